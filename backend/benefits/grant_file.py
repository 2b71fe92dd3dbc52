"""Reading a file of grants: bytes to rows, line by line, whatever its encoding and separator.

A line of the file is a line of the table: a quotation mark left open spoils its own line and no
other. A row that cannot be read is refused with a code and French words, and never guessed.
Not here: whether the person or the benefit exists (importing.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid
from backend.accounts.tables import EMAIL_CHARACTERS_MAX
from backend.benefits.eligibility import TRACK_WORDS, Track
from backend.ledger.money import Cents
from backend.tabular import (
    LINE_BYTES_MAX,
    QuotationMarkOpen,
    encoding_of,
    plain,
    raw_lines,
    split_cells,
)

NAME_CHARACTERS_MAX: Final = 100
LEVEL_CHARACTERS_MAX: Final = 40
PAYMENT_CHARACTERS_MAX: Final = 40
AMOUNT_CENTS_MAX: Final = 1_000_000
YEAR_MIN: Final = 1900

COLUMNS: Final = (
    "reference",
    "nom",
    "prenom",
    "date_naissance",
    "courriel",
    "telephone",
    "commune",
    "code_postal",
    "departement",
    "filiere",
    "niveau",
    "boursier",
    "justificatif",
    "avantage",
    "montant",
    "motif",
    "versement",
)
#: What a file of refused lines says besides: it can be corrected and imported as it is.
REFUSAL_COLUMNS: Final = ("ligne", "code", "raison")
YES: Final = {"oui", "o", "1", "vrai"}
NO: Final = {"non", "n", "0", "faux"}
#: Without accents: what a file may call a track.
TRACKS: Final = {
    "college": Track.COLLEGE,
    "general": Track.GENERAL,
    "generale": Track.GENERAL,
    "technologique": Track.TECHNOLOGICAL,
    "professionnel": Track.PROFESSIONAL,
    "professionnelle": Track.PROFESSIONAL,
    "apprentissage": Track.APPRENTICE,
    "apprenti": Track.APPRENTICE,
    "apprentie": Track.APPRENTICE,
    "agricole": Track.AGRICULTURAL,
    "etudiant": Track.STUDENT,
    "etudiante": Track.STUDENT,
    "autre": Track.OTHER,
}

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_AMOUNT: Final = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9 .-]{8,19}")
_COMMUNE: Final = re.compile(r"(\d\d|2[AB])\d{3}", re.ASCII)
_POSTCODE: Final = re.compile(r"\d{5}", re.ASCII)
_DEPARTMENT: Final = re.compile(r"\d\d|2[AB]|9[78]\d", re.ASCII)


class GrantFileRefused(Exception):
    """The file as a whole cannot be read; the text is one French sentence."""


class LineRefused(Exception):
    """A line cannot be taken: a stable code, and French words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, by its number (the header is 1), and what it says, unread."""

    number: int
    text: str
    #: How much of the file is read with it.
    bytes_read: int
    #: Whether all of it is in `text`.
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a row says of a person; None: nothing, so what is known stays."""

    commune: str | None = None
    postcode: str | None = None
    department: str | None = None
    track: Track | None = None
    level: str | None = None
    scholarship: bool | None = None
    scholarship_proof: str | None = None


@dataclass(frozen=True, slots=True)
class NamedGrant:
    """An amount of a benefit that the row itself names; `payment` tells two of them apart."""

    benefit_code: str
    amount: Cents
    motive: str
    payment: str


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A row that can be read."""

    reference: str
    family_name: str | None
    given_name: str | None
    birth_date: date | None
    email: str | None
    phone: str | None
    attributes: Attributes
    named: NamedGrant | None


@dataclass(frozen=True, slots=True)
class GrantFile:
    """A file whose header is understood."""

    path: Path
    bytes_total: int
    encoding: str
    separator: str
    columns: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """Give the lines after the header that are not blank, one at a time."""
        bytes_read = 0
        with self.path.open("rb") as file:
            for number, raw in enumerate(raw_lines(file), start=1):
                bytes_read += len(raw)
                text = raw.decode(self.encoding, errors="replace").rstrip("\r\n")
                if number > 1 and text.strip(f"{self.separator} \t"):
                    yield Line(number, text, bytes_read, whole=len(raw) < LINE_BYTES_MAX)

    def cells(self, line: Line) -> list[str]:
        """Split a line without an earlier refusal, or give it whole if that cannot be done."""
        try:
            cells = _split(line.text, self.separator)
        except LineRefused:
            return [line.text]
        if len(cells) != len(self.columns):
            return cells
        named = zip(self.columns, cells, strict=True)
        return [cell for name, cell in named if name not in REFUSAL_COLUMNS]

    def read(self, line: Line) -> GrantRow:
        """Read one line; raise LineRefused."""
        if not line.whole:
            raise LineRefused("line_too_long", f"{LINE_BYTES_MAX} octets ou plus")
        cells = _split(line.text, self.separator)
        if len(cells) != len(self.columns):
            words = f"{len(cells)} colonnes au lieu de {len(self.columns)}"
            raise LineRefused("columns_unexpected", words)
        return read_row(dict(zip(self.columns, cells, strict=True)))


def open_grant_file(path: Path) -> GrantFile:
    """Find out the encoding, the separator and the columns; raise GrantFileRefused."""
    if not path.is_file():
        msg = f"{path} : ce fichier n'existe pas"
        raise GrantFileRefused(msg)
    encoding = _encoding_of(path)
    with path.open("rb") as file:
        raw = file.readline(LINE_BYTES_MAX)
    header = raw.decode(encoding, errors="replace").rstrip("\r\n")
    separator = ";" if header.count(";") >= header.count(",") else ","
    columns = tuple(plain(name).replace(" ", "_") for name in _header(path, header, separator))
    _refuse_columns(path, columns)
    return GrantFile(path, path.stat().st_size, encoding, separator, columns)


def read_row(cells: dict[str, str]) -> GrantRow:
    """Read the cells of a row by their columns' names; raise LineRefused."""
    if any(_CONTROL.search(cell) for cell in cells.values()):
        raise LineRefused("control_character", "caractère de contrôle (encodage inattendu)")
    cell = _Cells(cells)
    reference = cell.text("reference", NAME_CHARACTERS_MAX)
    if reference is None:
        raise LineRefused("reference_missing", "référence absente")
    return GrantRow(
        reference=reference,
        family_name=cell.text("nom", NAME_CHARACTERS_MAX),
        given_name=cell.text("prenom", NAME_CHARACTERS_MAX),
        birth_date=cell.day("date_naissance"),
        email=cell.email("courriel"),
        phone=cell.code("telephone", _PHONE, 10),
        attributes=_attributes(cell),
        named=_named(cell),
    )


class _Cells:
    """A row's cells, each read in one way or refused."""

    def __init__(self, cells: dict[str, str]) -> None:
        self._cells = cells

    def text(self, column: str, characters_max: int) -> str | None:
        text = " ".join(self._cells.get(column, "").split())
        if len(text) > characters_max:
            words = f"{column} : plus de {characters_max} caractères"
            raise LineRefused(f"{column}_too_long", words)
        return text or None

    def day(self, column: str) -> date | None:
        text = self.text(column, NAME_CHARACTERS_MAX)
        if text is None:
            return None
        found = _DATE.fullmatch(text)
        parts = found.groups() if found else ()
        try:
            if parts and parts[0]:
                day = date.fromisoformat(text)
            else:
                day = date(int(parts[5]), int(parts[4]), int(parts[3]))
        except (IndexError, ValueError):
            words = f"{column} : date illisible, attendue comme 31/01/2010"
            raise LineRefused(f"{column}_unreadable", words) from None
        if day.year < YEAR_MIN:
            raise LineRefused(f"{column}_unreadable", f"{column} : avant {YEAR_MIN}")
        return day

    def code(self, column: str, form: re.Pattern[str], digits: int) -> str | None:
        text = self.text(column, NAME_CHARACTERS_MAX)
        if text is None:
            return None
        # A spreadsheet drops the zero in front of 01000.
        code = text.upper().rjust(digits, "0")
        if not form.fullmatch(code):
            raise LineRefused(f"{column}_unreadable", f"{column} : code inattendu")
        return code

    def email(self, column: str) -> str | None:
        text = self.text(column, EMAIL_CHARACTERS_MAX)
        try:
            return None if text is None else normal_email(text)
        except EmailInvalid:
            words = f"{column} : adresse illisible"
            raise LineRefused(f"{column}_unreadable", words) from None

    def yes(self, column: str) -> bool | None:
        text = self.text(column, NAME_CHARACTERS_MAX)
        if text is None:
            return None
        word = plain(text)
        if word not in YES | NO:
            raise LineRefused(f"{column}_unreadable", f"{column} : attendu oui ou non")
        return word in YES

    def amount(self, column: str) -> Cents | None:
        text = self.text(column, NAME_CHARACTERS_MAX)
        if text is None:
            return None
        found = _AMOUNT.fullmatch(text.removesuffix("€").replace(" ", ""))
        cents = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
        if not 0 < cents <= AMOUNT_CENTS_MAX:
            most = Cents(AMOUNT_CENTS_MAX).in_words()
            words = f"{column} : attendu de 0,01 € à {most}, comme 80,00"
            raise LineRefused(f"{column}_unreadable", words)
        return Cents(cents)


def _attributes(cell: _Cells) -> Attributes:
    word = cell.text("filiere", NAME_CHARACTERS_MAX)
    track = None if word is None else TRACKS.get(plain(word))
    if word is not None and track is None:
        known = ", ".join(TRACK_WORDS.values())
        raise LineRefused("filiere_unknown", f"filiere : inconnue, attendue parmi {known}")
    level = cell.text("niveau", LEVEL_CHARACTERS_MAX)
    return Attributes(
        commune=cell.code("commune", _COMMUNE, 5),
        postcode=cell.code("code_postal", _POSTCODE, 5),
        department=cell.code("departement", _DEPARTMENT, 2),
        track=track,
        level=None if level is None else level.lower(),
        scholarship=cell.yes("boursier"),
        scholarship_proof=cell.text("justificatif", NAME_CHARACTERS_MAX),
    )


def _named(cell: _Cells) -> NamedGrant | None:
    benefit_code = cell.text("avantage", NAME_CHARACTERS_MAX)
    amount = cell.amount("montant")
    if benefit_code is None and amount is None:
        return None
    if benefit_code is None or amount is None:
        raise LineRefused("grant_incomplete", "avantage et montant vont ensemble")
    motive = cell.text("motif", NAME_CHARACTERS_MAX) or "Dotation"
    payment = cell.text("versement", PAYMENT_CHARACTERS_MAX) or "1"
    return NamedGrant(benefit_code, amount, motive, payment)


def _split(text: str, separator: str) -> list[str]:
    try:
        return split_cells(text, separator)
    except QuotationMarkOpen:
        words = "guillemet mal fermé"
        raise LineRefused("quotation_mark", words) from None


def _header(path: Path, header: str, separator: str) -> list[str]:
    try:
        return _split(header, separator)
    except LineRefused:
        msg = f"{path} : la première ligne doit nommer les colonnes"
        raise GrantFileRefused(msg) from None


def _refuse_columns(path: Path, columns: tuple[str, ...]) -> None:
    unknown = [name for name in columns if name not in (*COLUMNS, *REFUSAL_COLUMNS)]
    if unknown:
        # A misspelt column must not be ignored: it may hold what decides.
        named = ", ".join(f"« {name[:LEVEL_CHARACTERS_MAX]} »" for name in unknown)
        msg = f"{path} : colonne inconnue {named} ; attendues : {', '.join(COLUMNS)}"
        raise GrantFileRefused(msg)
    if "reference" not in columns or len(set(columns)) < len(columns):
        msg = f"{path} : il faut une colonne « reference », et chaque colonne une seule fois"
        raise GrantFileRefused(msg)


def _encoding_of(path: Path) -> str:
    encoding = encoding_of(path)
    if encoding is None:
        msg = f"{path} : enregistrez le fichier en CSV UTF-8"
        raise GrantFileRefused(msg)
    return encoding
