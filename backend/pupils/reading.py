"""From files to pupils: whichever they are, one roster comes out.

Promise: every pupil of the files is a row or a refusal, with its line. Not here: who they are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from backend.pupils.errors import PupilFileRefused
from backend.pupils.rows import Problem, PupilRow, Refused, RowReader, is_uai
from backend.pupils.siecle import PUPILS_MAX, SiecleDocument, read_document
from backend.pupils.sources import Shape, shape_of, xml_parts
from backend.pupils.table import Table, TableLine, open_table

FILES_MAX: Final = 10
PUPILS_PER_WORD: Final = 100

Progress = Callable[[int, float], None]


class Source(StrEnum):
    """Where a roster comes from."""

    SIECLE = "siecle"
    PRONOTE = "pronote"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Roster:
    """The pupils of an establishment, as its files say them on one day."""

    source: Source
    rows: tuple[PupilRow, ...] = field(repr=False)
    refused: tuple[Refused, ...]
    notes: tuple[Problem, ...]
    #: Long names of classes, by code.
    classes: Mapping[str, str]
    uai: str | None
    #: Columns or documents that were not read.
    ignored: tuple[str, ...]

    @property
    def pupils_have_classes(self) -> bool:
        """True where a pupil without a class is no pupil yet, or no more."""
        return self.source is Source.SIECLE


def read_files(paths: Iterable[Path], *, mapping: Mapping[str, str], progress: Progress) -> Roster:
    """Read one table, or SIECLE's exports together; `progress` hears of pupils and a share.

    `mapping` says by which header a table names a column. Raise PupilFileRefused.
    """
    files = list(paths)
    if not 0 < len(files) <= FILES_MAX:
        raise PupilFileRefused("files_unexpected", f"de 1 à {FILES_MAX} fichiers attendus")
    shapes = {path: shape_of(path) for path in files}
    if Shape.TABLE not in shapes.values():
        return _read_siecle(files, progress)
    if len(files) > 1:
        words = "une seule liste CSV à la fois, et jamais avec un export SIECLE"
        raise PupilFileRefused("files_mixed", words)
    return _read_table(open_table(files[0], mapping), progress)


def _read_siecle(files: list[Path], progress: Progress) -> Roster:
    document, bytes_read = SiecleDocument(), 0
    bytes_total = max(1, sum(path.stat().st_size for path in files))
    uai = set[str]()

    def tell(count: int) -> None:
        nonlocal bytes_read
        bytes_read += count
        progress(len(document.pupils), min(1.0, bytes_read / bytes_total))

    for path in files:
        with xml_parts(path) as parts:
            for part in parts:
                document.uai = None
                read_document(part, document, tell)
                uai |= {document.uai} if document.uai else set()
    if not document.has_pupils:
        words = "aucun fichier d'élèves : il faut ElevesAvecAdresses.xml ou ElevesSansAdresses.xml"
        raise PupilFileRefused("pupils_missing", words)
    if len(uai) > 1:
        words = f"ces fichiers sont de plusieurs établissements : {', '.join(sorted(uai))}"
        raise PupilFileRefused("files_mixed", words)
    rows, refused, notes = _take(_siecle_lines(document))
    return Roster(
        source=Source.SIECLE,
        rows=rows,
        refused=refused,
        notes=notes,
        classes=document.labels,
        uai=next((code for code in uai if is_uai(code)), None),
        ignored=tuple(document.ignored),
    )


def _siecle_lines(document: SiecleDocument) -> Iterable[TableLine]:
    for pupil_id, (line, words) in document.pupils.items():
        division = document.divisions_of.get(pupil_id)
        yield TableLine(line, words | ({"classe": division} if division else {}))


def _read_table(table: Table, progress: Progress) -> Roster:
    bytes_read, pupils = 0, 0
    bytes_total = max(1, table.path.stat().st_size)

    def tell(count: int) -> None:
        nonlocal bytes_read
        bytes_read += count

    def lines() -> Iterable[TableLine]:
        nonlocal pupils
        for line in table.lines(tell):
            pupils += 1
            if pupils > PUPILS_MAX:
                raise PupilFileRefused("too_many_pupils", f"plus de {PUPILS_MAX} élèves")
            if pupils % PUPILS_PER_WORD == 0:
                progress(pupils, min(1.0, bytes_read / bytes_total))
            yield line

    rows, refused, notes = _take(lines())
    return Roster(
        source=Source.CSV if table.is_ours else Source.PRONOTE,
        rows=rows,
        refused=refused,
        notes=notes,
        classes={},
        uai=None,
        ignored=table.ignored,
    )


def _take(
    lines: Iterable[TableLine],
) -> tuple[tuple[PupilRow, ...], tuple[Refused, ...], tuple[Problem, ...]]:
    rows, refused, notes = list[PupilRow](), list[Refused](), list[Problem]()
    for line in lines:
        if line.refused is not None:
            refused.append(Refused(Problem(line.number, *line.refused)))
            continue
        taken = RowReader(line.number, line.words, notes).take()
        if isinstance(taken, PupilRow):
            rows.append(taken)
        else:
            refused.append(taken)
    return tuple(rows), tuple(refused), tuple(notes)
