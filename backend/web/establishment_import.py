"""Importing an establishment's own files: what they would change is shown first.

Promise: a file is read, compared and forgotten; to write what was shown, the same file is chosen
once more, and another is refused. Nobody's record at another place is shown. What only a person can
decide (two namesakes, a doubtful INE) is named and left alone.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from backend.accounts.signin.acts import ActKind, record_act
from backend.commands.pupils_report import FIELD_WORDS
from backend.errors import BackendError
from backend.pupils.difference import Update
from backend.pupils.errors import OtherEstablishment, PupilFileRefused, TooManyDepartures
from backend.pupils.importing import Order, Outcome, import_roster
from backend.pupils.matching import DOUBT_WORDS, Known
from backend.pupils.reading import read_files
from backend.pupils.rows import Problem as RowProblem
from backend.pupils.rows import PupilRow
from backend.web.establishment_frame import Frame, StaffFrame, new_router
from backend.web.file_form import check_form, read_file_form
from backend.web.pages import Problem
from backend.web.signed_in import Token
from backend.web.words import Text

IMPORT_BYTES_MAX: Final = 50_000_000
FILES_MAX: Final = 4
SHOWN_MAX: Final = 100
CHUNK_BYTES: Final = 1_000_000

router = new_router()


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The files of one request, in a folder that is gone when it is answered."""

    folder: TemporaryDirectory[str]
    paths: tuple[Path, ...]
    digest: str
    fields: dict[str, str]
    problem: Text | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some of what would change: how many, and the first of them in words."""

    title: str
    count: int
    lines: tuple[str, ...]


async def read_uploaded(request: Request, frame: Frame, token: Token) -> Uploaded:
    """Put a request's files into a folder of their own; raise FormForged."""
    del frame  # asked before a byte of the body is read
    form = await read_file_form(request, bytes_max=IMPORT_BYTES_MAX, files_max=FILES_MAX)
    folder = TemporaryDirectory(prefix="pass-import-")
    if form.too_long or form.unreadable:
        said = Text(
            "Ces fichiers sont illisibles, ou dépassent 50 Mo.",
            "These files cannot be read, or are larger than 50 MB.",
        )
        return Uploaded(folder, (), "", {}, said)
    digest, paths = hashlib.sha256(), list[Path]()
    try:
        check_form(form.fields.get("form", ""), token)
        for place, file in enumerate(form.files):
            paths.append(Path(folder.name) / f"fichier-{place + 1}")
            with paths[-1].open("wb") as kept:
                while chunk := await file.read(CHUNK_BYTES):
                    digest.update(chunk)
                    kept.write(chunk)
    except BaseException:
        folder.cleanup()
        raise
    finally:
        await form.close()
    return Uploaded(folder, tuple(paths), digest.hexdigest(), dict(form.fields))


@router.get("/import")
def form(frame: Frame) -> HTMLResponse:
    """Show the form that asks for the files."""
    return _show(frame)


@router.post("/import")
def compare_or_apply(frame: Frame, given: Annotated[Uploaded, Depends(read_uploaded)]) -> Response:
    """Show what the files would change; write it when the same files come again."""
    with given.folder:
        if given.problem is not None or not given.paths:
            said = given.problem or Text("Choisissez un fichier.", "Choose a file.")
            return _show(frame, problem=said)
        shown = given.fields.get("empreinte", "")
        if shown and shown != given.digest:
            said = Text(
                "Ce n’est pas le fichier dont les changements étaient montrés. Voici les siens.",
                "This is not the file whose changes were shown. Here are its own.",
            )
            return _import(frame, given, apply=False, problem=said)
        return _import(frame, given, apply=bool(shown))


def _import(
    frame: StaffFrame, given: Uploaded, *, apply: bool, problem: Text | None = None
) -> Response:
    departures = given.fields.get("departs", "")
    order = Order(
        by=f"account {frame.account_id}",
        digest=bytes.fromhex(given.digest),
        apply=apply,
        partial=given.fields.get("partiel") == "oui",
        departures=int(departures) if departures.isdecimal() else None,
        order_cards=given.fields.get("cartes") == "oui",
    )
    services = frame.services
    try:
        roster = read_files(given.paths, mapping={}, progress=lambda _count, _share: None)
        place = frame.establishment_id
        outcome = import_roster(services.database, place, roster, order, services.now)
    except PupilFileRefused as why:
        said = why.words[0].upper() + why.words[1:]
        return _show(frame, problem=Text(f"{said}.", why.code))
    except (OtherEstablishment, TooManyDepartures) as why:
        return _show(frame, problem=_in_french(why))
    if apply:
        with services.database.unit_of_work() as session:
            kind, now = ActKind.PUPILS_IMPORTED, services.now()
            record_act(session, kind, frame.account_id, frame.establishment_id, now)
    return _show(frame, problem=problem, outcome=outcome, given=given)


def _in_french(why: BackendError) -> Text:
    if isinstance(why, OtherEstablishment):
        return Text(
            "Ce fichier est celui d’un autre établissement. Vérifiez l’UAI de l’export.",
            "This file is another school’s.",
        )
    count = why.details.get("departures")
    return Text(
        f"{count} élèves partiraient : cochez la case qui confirme ce nombre.",
        f"{count} pupils would leave: tick the box that confirms the number.",
    )


def _show(
    frame: StaffFrame,
    *,
    problem: Text | None = None,
    outcome: Outcome | None = None,
    given: Uploaded | None = None,
) -> HTMLResponse:
    return frame.show(
        "establishment_import.html",
        "/import",
        problem=None if problem is None else Problem("fichiers", problem),
        outcome=outcome,
        changes=_parts(outcome) if outcome is not None else (),
        digest="" if given is None else given.digest,
        fields={} if given is None else given.fields,
    )


def _parts(outcome: Outcome) -> tuple[Part, ...]:
    """Say what would change; of whoever comes from elsewhere, no more than the file says."""
    found = outcome.difference
    joins = [one.row for one in found.updated if one.joins or one.returns]
    changed = [one for one in found.updated if one.changes and not (one.joins or one.returns)]
    sections = (
        ("Nouveaux", [_row(row) for row in found.created]),
        ("Rejoignent ou reviennent", [_row(row) for row in joins]),
        ("Modifiés", [_changes(one) for one in changed]),
        ("Partis", [_known(one.known) for one in found.departed]),
        (
            "À décider, rien n’est fait",
            [f"{_row(one.row)} : {DOUBT_WORDS[one.doubt]}" for one in found.doubtful],
        ),
        ("Lignes refusées", [_line(one.problem) for one in found.refused]),
        ("Remarques", [_line(one) for one in found.notes]),
    )
    return tuple(
        Part(title, len(lines), tuple(lines[:SHOWN_MAX])) for title, lines in sections if lines
    )


def _row(row: PupilRow) -> str:
    where = f", {row.class_code}" if row.class_code else ""
    return f"ligne {row.line} : {row.family_name} {row.given_name}{where}"


def _known(known: Known) -> str:
    where = "" if known.place is None or known.place.class_code is None else known.place.class_code
    return f"{known.family_name} {known.given_name}" + (f", {where}" if where else "")


def _changes(one: Update) -> str:
    said = " ; ".join(
        f"{FIELD_WORDS[change.field]} {change.before or '–'} → {change.after or '–'}"
        for change in one.changes
    )
    return f"{_known(one.known)} : {said}"


def _line(problem: RowProblem) -> str:
    return f"ligne {problem.line} : {problem.words}"
