"""Somebody's facts as files they take away: JSON for programs, tables for a spreadsheet.

Promise: everything of one moment, in UTF-8; a cell is never a formula; amounts and dates as people
here write them in the tables, as programs read them in the JSON. Not here: who may take it.
"""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from backend.folding import fold
from backend.holders.fact_words import for_person, for_program, labels
from backend.holders.my_facts import Facts

FORMAT: Final = 1
#: What Excel needs to read UTF-8.
_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_ZIP_YEAR_MIN: Final = 1980
_README: Final = """Tout ce que le Pass garde sur {name}, le {when}.

Un fichier par sujet, à ouvrir avec un tableur (séparateur : point-virgule). Les sujets vides n’ont
pas de fichier. SOMMAIRE.csv dit à quoi sert chaque sujet et combien de temps il est gardé.
"""


def as_json(facts: Sequence[Facts], name: str, now: datetime) -> bytes:
    """Write everything for a program."""
    subjects = [
        {
            "sujet": one.kept.title,
            "table": one.kept.table.__tablename__,
            "pourquoi": one.kept.why,
            "garde": one.kept.kept_for.words,
            "tronque": one.cut,
            "lignes": [
                {
                    column: for_program(value)
                    for column, value in zip(one.kept.shown, row, strict=True)
                }
                for row in one.rows
            ],
        }
        for one in facts
    ]
    whole = {"format": FORMAT, "personne": name, "le": for_program(now), "sujets": subjects}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def as_tables(facts: Sequence[Facts], name: str, now: datetime, zone: ZoneInfo) -> bytes:
    """Write everything as a ZIP of tables (CSV), with the photos beside them."""
    packed = io.BytesIO()
    at = now.astimezone(zone)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(file_name: str, content: bytes) -> None:
            entry = zipfile.ZipInfo(
                file_name, (max(at.year, _ZIP_YEAR_MIN), at.month, at.day, 0, 0, 0)
            )
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)

        add("LISEZMOI.txt", _README.format(name=name, when=f"{at:%d/%m/%Y à %H:%M}").encode())
        add("SOMMAIRE.csv", _summary(facts))
        for number, one in enumerate(facts, 1):
            if not one.rows:
                continue
            stem = f"{number:02d}-{'-'.join(fold(one.kept.title).split())}"
            add(f"{stem}.csv", _table([labels(one.kept.shown), *_cells(one, zone)]))
            for picture in _pictures(one):
                add(f"{stem}.jpg", picture)
    return packed.getvalue()


def _summary(facts: Sequence[Facts]) -> bytes:
    head = ["sujet", "pourquoi", "gardé", "lignes", "tout y est"]
    rows = [
        [
            one.kept.title,
            one.kept.why,
            one.kept.kept_for.words,
            str(len(one.rows)),
            "non" if one.cut else "oui",
        ]
        for one in facts
    ]
    return _table([head, *rows])


def _cells(one: Facts, zone: ZoneInfo) -> list[list[str]]:
    return [
        [for_person(column, value, zone) for column, value in zip(one.kept.shown, row, strict=True)]
        for row in one.rows
    ]


def _pictures(one: Facts) -> list[bytes]:
    if "image" not in one.kept.shown:
        return []
    place = one.kept.shown.index("image")
    return [row[place] for row in one.rows[:1] if row[place]]


def _table(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return (_MARK + text.getvalue()).encode()
