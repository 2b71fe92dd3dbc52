"""Tables of pupils: PRONOTE's lists, and the documented CSV of our own.

A column is found by its name, in PRONOTE's words or ours, or as the caller maps it; any other is
not read. Not here: what a cell means (rows.py).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.pupils.errors import PupilFileRefused
from backend.pupils.names import words_of
from backend.tabular import (
    LINE_BYTES_MAX,
    QuotationMarkOpen,
    encoding_of,
    raw_lines,
    split_cells,
)

#: The columns of our own CSV, in the order of the guide.
COLUMNS: Final = (
    "ine",
    "nom",
    "nom_usage",
    "prenom",
    "date_naissance",
    "classe",
    "regime",
    "repas",
    "jours",
    "courriel",
    "telephone",
    "sortie",
)
#: PRONOTE's list of pupils has both names in one column: `MARTIN Léa`.
WHOLE_NAME: Final = "eleve"
#: What PRONOTE and offices call them, without accents and punctuation.
_ALIASES: Final = {
    "ine": ("numero national", "n national", "identifiant national", "id national", "numero ine"),
    "nom": ("nom de famille", "nom de naissance", "nom eleve", "nom de l eleve"),
    "nom_usage": ("nom d usage",),
    "prenom": ("prenoms", "prenom 1", "prenom eleve", "prenom de l eleve"),
    "date_naissance": ("date de naissance", "ne e le", "ne le", "date naiss", "naissance"),
    "classe": ("classes", "division", "classe de rattachement"),
    "regime": ("code regime", "regime de l eleve"),
    "repas": ("regime alimentaire",),
    "jours": ("jours de forfait", "forfait"),
    "courriel": ("e mail", "email", "mail", "adresse e mail", "mail eleve", "e mail eleve"),
    "telephone": ("telephone portable", "tel portable", "portable", "tel mobile"),
    "sortie": ("date de sortie", "date sortie", "sorti e le"),
    WHOLE_NAME: ("eleves", "nom prenom", "nom et prenom"),
}
_SEPARATORS: Final = (";", "\t", ",")
_UPPER_WORD: Final = re.compile(r"[^a-zà-öø-ÿœ]+")
HEADER_CHARACTERS_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of the table: its cells by column, or why it cannot be split."""

    number: int
    words: dict[str, str]
    refused: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header is understood."""

    path: Path
    encoding: str
    separator: str
    #: By place: one of COLUMNS, WHOLE_NAME, or None for what is not read.
    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]
    #: Every column is named as in our own CSV.
    is_ours: bool

    def lines(self, progress: Callable[[int], None]) -> Iterator[TableLine]:
        """Give the lines after the header that are not blank; `progress` hears of bytes."""
        with self.path.open("rb") as file:
            for number, raw in enumerate(raw_lines(file), start=1):
                progress(len(raw))
                text = raw.decode(self.encoding, errors="replace").rstrip("\r\n")
                if number > 1 and text.strip(f'{self.separator} \t"'):
                    yield self._line(number, text, whole=len(raw) < LINE_BYTES_MAX)

    def _line(self, number: int, text: str, *, whole: bool) -> TableLine:
        if not whole:
            return TableLine(number, {}, ("line_too_long", f"{LINE_BYTES_MAX} octets ou plus"))
        try:
            cells = split_cells(text, self.separator)
        except QuotationMarkOpen:
            return TableLine(number, {}, ("quotation_mark", "guillemet mal fermé"))
        if len(cells) != len(self.columns):
            words = f"{len(cells)} colonnes au lieu de {len(self.columns)}"
            return TableLine(number, {}, ("columns_unexpected", words))
        words_by_column = {
            name: cell for name, cell in zip(self.columns, cells, strict=True) if name is not None
        }
        return TableLine(number, self._untangle(words_by_column))

    def _untangle(self, words: dict[str, str]) -> dict[str, str]:
        whole_name = words.pop(WHOLE_NAME, None)
        if whole_name is not None:
            family_name, given_name = split_whole_name(whole_name)
            words = {"nom": family_name, "prenom": given_name} | words
        if not self.is_ours and "," in words.get("classe", ""):
            # PRONOTE adds the parts of classes: `3D, <3D> <LATIN> LAT`.
            words["classe"] = words["classe"].split(",", 1)[0]
        return words


def open_table(path: Path, mapping: Mapping[str, str]) -> Table:
    """Find out encoding, separator and columns; `mapping` gives headers of the caller's own.

    Raise PupilFileRefused.
    """
    encoding = encoding_of(path)
    if encoding is None:
        words = f"{path.name} : enregistrez la liste en CSV UTF-8"
        raise PupilFileRefused("table_encoding", words)
    with path.open("rb") as file:
        header = file.readline(LINE_BYTES_MAX).decode(encoding, errors="replace").rstrip("\r\n")
    separator = max(_SEPARATORS, key=header.count)
    try:
        names = [" ".join(name.split()) for name in split_cells(header, separator)]
    except QuotationMarkOpen:
        names = []
    columns = tuple(_column(name, mapping) for name in names)
    _check(path.name, names, columns, mapping)
    return Table(
        path=path,
        encoding=encoding,
        separator=separator,
        columns=columns,
        ignored=tuple(
            name for name, known in zip(names, columns, strict=True) if known is None and name
        ),
        is_ours=not mapping and all(name.strip().lower() in COLUMNS for name in names),
    )


def split_whole_name(text: str) -> tuple[str, str]:
    """Split `DE LA TOUR Jean-Luc`: the words in capitals are the family name; else nothing."""
    words = text.split()
    upper = 0
    while upper < len(words) and _UPPER_WORD.fullmatch(words[upper]):
        upper += 1
    if not 0 < upper < len(words):
        return "", ""
    return " ".join(words[:upper]), " ".join(words[upper:])


def _column(name: str, mapping: Mapping[str, str]) -> str | None:
    own = {header: column for column, header in mapping.items()}
    if name in own:
        return own[name]
    plain = " ".join(words_of(name))
    for column in (*COLUMNS, WHOLE_NAME):
        if column in mapping:
            continue
        if plain == column.replace("_", " ") or plain in _ALIASES[column]:
            return column
    return None


def _check(
    file: str, names: list[str], columns: tuple[str | None, ...], mapping: Mapping[str, str]
) -> None:
    found = [column for column in columns if column is not None]
    absent = [header for header in mapping.values() if header not in names]
    if absent:
        words = f"{file} : pas de colonne « {absent[0][:HEADER_CHARACTERS_SHOWN]} »"
        raise PupilFileRefused("column_missing", words)
    twice = next((column for column in found if found.count(column) > 1), None)
    if twice is not None:
        words = f"{file} : deux colonnes disent « {twice} » ; choisissez avec --column {twice}=…"
        raise PupilFileRefused("column_twice", words)
    missing = [column for column in ("date_naissance",) if column not in found]
    if WHOLE_NAME not in found:
        missing = [column for column in ("nom", "prenom") if column not in found] + missing
    if missing:
        words = (
            f"{file} : colonne {' et '.join(missing)} introuvable dans la première ligne ; "
            f"nommez-la avec --column {missing[0]}=…"
        )
        raise PupilFileRefused("column_missing", words)
