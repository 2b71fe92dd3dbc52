"""`pass-backend pupils …`: what an establishment's files change, and what its regimes give."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select

from backend.access.errors import EstablishmentUnknown
from backend.access.establishments import RightTerms, find_establishment
from backend.access.tables import Service
from backend.commands.declared import id_of
from backend.commands.grants import Progress
from backend.commands.pupils_report import PupilReport
from backend.commands.refusal import CommandRefused
from backend.errors import BackendError
from backend.pupils.errors import (
    DecisionInvalid,
    OtherEstablishment,
    PupilFileRefused,
    TooManyDepartures,
)
from backend.pupils.importing import Order, Outcome, import_roster
from backend.pupils.reading import Roster, read_files
from backend.pupils.regimes import read_regimes, set_regime
from backend.pupils.rows import read_days
from backend.pupils.table import COLUMNS, WHOLE_NAME
from backend.pupils.tables import PupilImport
from backend.services import Services

DIGEST_CHUNK_BYTES: Final = 1_000_000
IMPORTS_SHOWN_MAX: Final = 50


class PupilsRefused(CommandRefused):
    """An import is refused: one French sentence, and a stable code for programs."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Asked:
    """Which files, into which establishment, and by which headers a table says what."""

    establishment: str
    files: Sequence[Path]
    columns: Mapping[str, str]


def import_files(services: Services, asked: Asked, order: Order, progress: Progress) -> PupilReport:
    """Read files and compare them with what is recorded; write only if the order says so.

    Raises PupilsRefused.
    """
    place_id = place_called(asked.establishment)
    try:
        roster = read_files(
            asked.files,
            mapping=asked.columns,
            progress=lambda count, share: progress.tell(count, "élèves lus", share),
        )
        with services.database.reading() as session:
            name = find_establishment(session, place_id).name
        outcome = import_roster(services.database, place_id, roster, order, services.now)
    except PupilFileRefused as why:
        raise PupilsRefused(why.code, why.words) from None
    except BackendError as why:
        raise PupilsRefused(why.code, _in_french(why)) from None
    return _report(name, roster, outcome)


def digest_of(files: Sequence[Path]) -> bytes:
    """Return the SHA-256 of files, one after the other; unreadable ones are refused later."""
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                while chunk := file.read(DIGEST_CHUNK_BYTES):
                    digest.update(chunk)
        except OSError:
            continue
    return digest.digest()


def column_given(text: str) -> tuple[str, str]:
    """Read `date_naissance=Né(e) le`; raise ValueError."""
    column, _, header = text.partition("=")
    if column not in (*COLUMNS, WHOLE_NAME) or not header.strip():
        raise ValueError(text)
    return column, " ".join(header.split())


def same_person(text: str) -> tuple[int, UUID]:
    """Read `77=0b2c…`: the pupil of a line is this known person; raise ValueError."""
    line, _, person = text.partition("=")
    return int(line), UUID(person)


def right_given(text: str) -> tuple[str, RightTerms]:
    """Read `lunch`, or `lunch:days=1245,reservation,prepaid`; raise ValueError."""
    code, _, terms = text.partition(":")
    days, by_reservation, prepaid = None, False, False
    for term in filter(None, terms.split(",")):
        if term.startswith("days="):
            read = read_days(term.removeprefix("days="))
            if read is None:
                raise ValueError(text)
            days = frozenset(int(day) for day in read)
        elif term == "reservation":
            by_reservation = True
        elif term == "prepaid":
            prepaid = True
        else:
            raise ValueError(text)
    return code, RightTerms(days=days, by_reservation=by_reservation, prepaid=prepaid)


def define_regime(
    services: Services, establishment: str, name: str, rights: Mapping[str, RightTerms]
) -> str:
    """Say what a regime gives; return the name under which files are understood."""
    with services.database.unit_of_work() as session:
        return set_regime(session, place_called(establishment), name, rights)


def list_regimes(services: Services, establishment: str, *, as_json: bool) -> str:
    """Write what every regime of an establishment gives."""
    place_id = place_called(establishment)
    with services.database.reading() as session:
        found = read_regimes(session, place_id)
        codes = {
            row.id: row.code
            for row in session.execute(
                select(Service.id, Service.code).where(Service.establishment_id == place_id)
            )
        }
    written = {
        name: [_written(codes[service_id], terms) for service_id, terms in rights.items()]
        for name, rights in sorted(found.by_name.items())
    }
    if as_json:
        return json.dumps(written, ensure_ascii=False)
    lines = [f"{name} : {', '.join(rights) or 'aucun droit'}" for name, rights in written.items()]
    return "\n".join(lines) or "aucun régime n'est défini"


def list_imports(services: Services, establishment: str) -> str:
    """Write the latest imports of an establishment, newest first."""
    place_id = place_called(establishment)
    with services.database.reading() as session:
        find_establishment(session, place_id)
        found = session.scalars(
            select(PupilImport)
            .where(PupilImport.establishment_id == place_id)
            .order_by(PupilImport.imported_at.desc())
            .limit(IMPORTS_SHOWN_MAX)
        ).all()
    lines = [
        f"{one.imported_at:%Y-%m-%d %H:%M} UTC, {one.imported_by}, {one.source} : "
        f"{one.pupils} élèves, {one.created} nouveaux, {one.joined} rejoints, "
        f"{one.changed} modifiés, {one.departed} partis, {one.doubtful} à décider, "
        f"{one.refused} refusés, SHA-256 {one.digest.hex()[:12]}"
        for one in found
    ]
    return "\n".join(lines) or "aucun import"


def place_called(named: str) -> UUID:
    """Return the id of an establishment named by it, or by its key in the declared file."""
    try:
        return UUID(named)
    except ValueError:
        return id_of("establishment", named)


def _report(name: str, roster: Roster, outcome: Outcome) -> PupilReport:
    return PupilReport(name, roster.source, len(roster.rows), roster.ignored, outcome)


def _written(code: str, terms: RightTerms) -> str:
    said = [] if terms.days is None else ["days=" + "".join(map(str, sorted(terms.days)))]
    said += ["reservation"] if terms.by_reservation else []
    said += ["prepaid"] if terms.prepaid else []
    return code + (":" + ",".join(said) if said else "")


def _in_french(why: BackendError) -> str:
    facts = why.details
    if isinstance(why, OtherEstablishment):
        return (
            f"ce fichier est celui de l'établissement {facts['found']} ; "
            f"celui-ci est {facts['expected']}"
        )
    if isinstance(why, TooManyDepartures):
        count = facts["departures"]
        return (
            f"{count} élèves partiraient : vérifiez le fichier, puis confirmez ce nombre "
            f"avec --departures {count}"
        )
    if isinstance(why, DecisionInvalid):
        return f"ligne {facts['line']} : rien à décider, ou pas ainsi ; refaites un essai"
    if isinstance(why, EstablishmentUnknown):
        return "aucun établissement ne porte ce nom"
    return str(why)
