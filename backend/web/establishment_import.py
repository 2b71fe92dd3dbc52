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
from backend.pupils.difference import Update
from backend.pupils.errors import OtherEstablishment, PupilFileRefused, TooManyDepartures
from backend.pupils.importing import Order, Outcome, import_roster
from backend.pupils.matching import Known
from backend.pupils.reading import read_files
from backend.pupils.rows import Problem as RowProblem
from backend.pupils.rows import PupilRow
from backend.web import establishment_import_words as words
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

    title: Text
    count: int
    lines: tuple[str, ...]


async def read_uploaded(request: Request, frame: Frame, token: Token) -> Uploaded:
    """Put a request's files into a folder of their own; raise FormForged."""
    del frame  # asked before a byte of the body is read
    form = await read_file_form(request, bytes_max=IMPORT_BYTES_MAX, files_max=FILES_MAX)
    folder = TemporaryDirectory(prefix="pass-import-")
    if form.too_long or form.unreadable:
        return Uploaded(folder, (), "", {}, words.TOO_LARGE)
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
            return _show(frame, problem=given.problem or words.CHOOSE)
        shown = given.fields.get("empreinte", "")
        if shown and shown != given.digest:
            return _import(frame, given, apply=False, problem=words.NOT_SHOWN)
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
        return _show(frame, problem=words.of_file(why.code, why.words))
    except OtherEstablishment:
        return _show(frame, problem=words.OTHER_ESTABLISHMENT)
    except TooManyDepartures as why:
        return _show(frame, problem=words.of_departures(why.details.get("departures")))
    if apply:
        with services.database.unit_of_work() as session:
            kind, now = ActKind.PUPILS_IMPORTED, services.now()
            record_act(session, kind, frame.account_id, frame.establishment_id, now)
    return _show(frame, problem=problem, outcome=outcome, given=given)


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
        changes=_parts(frame, outcome) if outcome is not None else (),
        nobody_leaves=_nobody_leaves(frame, outcome),
        digest="" if given is None else given.digest,
        fields={} if given is None else given.fields,
    )


def _nobody_leaves(frame: StaffFrame, outcome: Outcome | None) -> str:
    why = None if outcome is None else outcome.difference.nobody_leaves
    return "" if why is None else frame.voice.said(words.of_nobody_leaving(why))


def _parts(frame: StaffFrame, outcome: Outcome) -> tuple[Part, ...]:
    """Say what would change; of whoever comes from elsewhere, no more than the file says."""
    found = outcome.difference
    joins = [one.row for one in found.updated if one.joins or one.returns]
    changed = [one for one in found.updated if one.changes and not (one.joins or one.returns)]
    doubts = [(_row(frame, one.row), words.DOUBTS[one.doubt]) for one in found.doubtful]
    sections = (
        (words.NEW, [_row(frame, row) for row in found.created]),
        (words.JOINING, [_row(frame, row) for row in joins]),
        (words.CHANGED, [_changes(frame, one) for one in changed]),
        (words.GONE, [_known(one.known) for one in found.departed]),
        (words.TO_DECIDE, [_of(frame, who, frame.voice.said(doubt)) for who, doubt in doubts]),
        (words.REFUSED, [_line(frame, one.problem) for one in found.refused]),
        (words.NOTES, [_line(frame, one) for one in found.notes]),
    )
    return tuple(
        Part(title, len(lines), tuple(lines[:SHOWN_MAX])) for title, lines in sections if lines
    )


def _of(frame: StaffFrame, what: str, told: str) -> str:
    return frame.voice.say("{what} : {told}", what=what, told=told)


def _row(frame: StaffFrame, row: PupilRow) -> str:
    where = f", {row.class_code}" if row.class_code else ""
    at_line = frame.voice.say("ligne {number}", number=row.line)
    return _of(frame, at_line, f"{row.family_name} {row.given_name}{where}")


def _known(known: Known) -> str:
    where = "" if known.place is None or known.place.class_code is None else known.place.class_code
    return f"{known.family_name} {known.given_name}" + (f", {where}" if where else "")


def _changes(frame: StaffFrame, one: Update) -> str:
    said = frame.voice.said
    told = " · ".join(
        f"{said(words.FIELDS[change.field])} {change.before or '–'} → {change.after or '–'}"
        for change in one.changes
    )
    return _of(frame, _known(one.known), told)


def _line(frame: StaffFrame, problem: RowProblem) -> str:
    told = frame.voice.said(words.of_line(problem.code, problem.words))
    return _of(frame, frame.voice.say("ligne {number}", number=problem.line), told)
