"""Communes from a file: code, name and point, as INSEE's and data.gouv.fr's tables have them.

Known columns are found by their names, whatever their order; the others are not looked at. A line
that cannot be read is counted and left out; the rest is taken. Doing it again changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.database import Database
from backend.partners.directory import COMMUNE_CODE, Point
from backend.partners.directory_errors import CommuneFileUnreadable, PlaceInvalid
from backend.partners.directory_tables import COMMUNE_NAME_CHARACTERS_MAX, Commune
from backend.tabular import QuotationMarkOpen, encoding_of, plain, raw_lines, split_cells

FILE_BYTES_MAX: Final = 50_000_000
ROWS_PER_STATEMENT: Final = 1_000
SEPARATORS: Final = (";", ",", "\t")
#: What the public tables call each column, without accents.
NAMES: Final = {
    "code": ("code_insee", "code", "codgeo", "insee_com", "code_commune_insee", "com"),
    "name": ("nom_standard", "nom", "nom_commune", "libelle", "libgeo", "name"),
    "latitude": ("latitude_mairie", "latitude", "lat", "latitude_centre"),
    "longitude": ("longitude_mairie", "longitude", "lon", "lng", "longitude_centre"),
}


@dataclass(frozen=True, slots=True)
class CommunesRead:
    """How many communes a file brought, and how many of its lines could not be read."""

    communes: int
    left_out: int


def import_communes(database: Database, path: Path) -> CommunesRead:
    """Record every commune of a file, in one unit of work; raise CommuneFileUnreadable."""
    if path.stat().st_size > FILE_BYTES_MAX or (encoding := encoding_of(path)) is None:
        raise CommuneFileUnreadable
    known = dict[str, dict[str, object]]()
    left_out = 0
    with path.open("rb") as file:
        for row in _rows(raw_lines(file), encoding):
            if row is None:
                left_out += 1
            else:
                known[str(row["code"])] = row
    rows = list(known.values())
    with database.unit_of_work() as session:
        for first in range(0, len(rows), ROWS_PER_STATEMENT):
            _put(session, rows[first : first + ROWS_PER_STATEMENT])
    return CommunesRead(len(rows), left_out)


def _rows(lines: Iterator[bytes], encoding: str) -> Iterator[dict[str, object] | None]:
    """Give each line's commune, None for one that cannot be read."""
    head = (
        next(lines, b"")
        .decode(encoding, "replace")
        .strip()
        .lstrip("\N{ZERO WIDTH NO-BREAK SPACE}#")
    )
    separator = max(SEPARATORS, key=head.count)
    places = _places([plain(cell) for cell in _cells(head, separator) or []])
    for raw in lines:
        if not raw.strip():
            continue
        cells = _cells(raw.decode(encoding, "replace").strip(), separator)
        yield None if cells is None else _commune(cells, places)


def _cells(text: str, separator: str) -> list[str] | None:
    try:
        return split_cells(text, separator)
    except QuotationMarkOpen:
        return None


def _places(head: list[str]) -> Callable[[list[str], str], str]:
    found = {
        meaning: next((head.index(name) for name in names if name in head), None)
        for meaning, names in NAMES.items()
    }
    if found["code"] is None or found["name"] is None:
        raise CommuneFileUnreadable

    def cell(cells: list[str], meaning: str) -> str:
        place = found[meaning]
        return cells[place].strip() if place is not None and place < len(cells) else ""

    return cell


def _commune(cells: list[str], cell: Callable[[list[str], str], str]) -> dict[str, object] | None:
    code, name = cell(cells, "code").zfill(5).upper(), cell(cells, "name")
    if not COMMUNE_CODE.fullmatch(code) or not 0 < len(name) <= COMMUNE_NAME_CHARACTERS_MAX:
        return None
    latitude, longitude = cell(cells, "latitude"), cell(cells, "longitude")
    point = None
    if latitude and longitude:
        try:
            point = Point.of_degrees(latitude, longitude)
        except PlaceInvalid:
            return None
    return {
        "code": code,
        "name": name,
        "latitude_e6": None if point is None else point.latitude_e6,
        "longitude_e6": None if point is None else point.longitude_e6,
    }


def _put(session: Session, rows: list[dict[str, object]]) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    made = (sqlite if on_sqlite else postgresql).insert(Commune)
    given = made.excluded
    changed = {name: given[name] for name in ("name", "latitude_e6", "longitude_e6")}
    session.execute(made.on_conflict_do_update(index_elements=["code"], set_=changed), rows)
