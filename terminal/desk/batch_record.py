"""What a batch has done so far, kept through Ctrl-C and power cuts; and its report.

Promise: a line is on the disk before the next card is asked for; a line cut short by a power cut is
dropped; a second batch on the same record is refused. The report is written aside and renamed: CSV
for a spreadsheet (`;`, UTF-8 with a mark, numbers spaced so that none is taken for a quantity) and
JSON. Files are for their owner (0600). Not here: deciding anything.
"""

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter, ValidationError

from terminal.errors import JournalError, JournalFault, SettingsError

RECORD_BYTES_MAX = 256 * 1024 * 1024
_HEADINGS = ("numero_carte", "uid", "resultat", "motif", "secondes", "termine_le")


class CardResult(StrEnum):
    """What became of one chip, or of one order."""

    DONE = "done"
    CHIP_SET_ASIDE = "chip_set_aside"  # the order goes to the next chip
    ORDER_REFUSED = "order_refused"  # the chip goes to the next order


RESULT_WORDS = {
    CardResult.DONE: "faite",
    CardResult.CHIP_SET_ASIDE: "puce écartée",
    CardResult.ORDER_REFUSED: "commande refusée",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One chip tried for one order; `reason` is a stable code, empty when the card is done."""

    card_number: str = field(repr=False)
    uid: str = field(repr=False)
    result: CardResult
    reason: str
    seconds: float
    finished_at: datetime


_LINE = TypeAdapter(BatchLine)


class BatchRecord:
    """The open record of one batch. Close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)
        except OSError as cause:
            raise SettingsError(f"the report cannot be written: {cause.strerror}") from cause
        try:
            self.lines = self._load()
        except BaseException:
            self._file.close()
            raise

    @property
    def done_numbers(self) -> frozenset[str]:
        """Return the numbers of the cards that are done."""
        return frozenset(one.card_number for one in self.lines if one.result is CardResult.DONE)

    @property
    def done_uids(self) -> frozenset[str]:
        """Return the UIDs of the cards that are done, in hex."""
        return frozenset(one.uid for one in self.lines if one.result is CardResult.DONE)

    def add(self, line: BatchLine) -> None:
        """Put a line on the disk. Raises JournalError."""
        try:
            self._file.write(_LINE.dump_json(line) + b"\n")
            os.fsync(self._file.fileno())
        except OSError as cause:
            fault = JournalFault.UNUSABLE
            raise JournalError(
                fault, "the record cannot be written", path=str(self.path)
            ) from cause
        self.lines.append(line)

    def close(self) -> None:
        """Close the record."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _load(self) -> list[BatchLine]:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError("another batch is writing this report") from None
        content = self._file.read(RECORD_BYTES_MAX)
        whole = content.rfind(b"\n") + 1
        self._file.truncate(whole)  # what follows was cut short by a power cut
        try:
            return [_LINE.validate_json(line) for line in content[:whole].splitlines()]
        except ValidationError:
            raise SettingsError(f"{self.path.name} is no record of a batch") from None


def write_report(record: BatchRecord, *, left: int, per_hour: int) -> tuple[Path, Path]:
    """Write the report beside the record; return the paths of the CSV and of the JSON file."""
    as_csv, as_json = record.path.with_suffix(".csv"), record.path.with_suffix(".json")
    _replace(as_csv, _csv(record.lines).encode("utf-8-sig"))
    counts = {result.value: 0 for result in CardResult}
    for line in record.lines:
        counts[line.result.value] += 1
    cards = json.loads(TypeAdapter(list[BatchLine]).dump_json(record.lines))
    report = {**counts, "left": left, "per_hour": per_hour, "cards": cards}
    _replace(as_json, json.dumps(report, ensure_ascii=False, indent=1).encode())
    return as_csv, as_json


def _csv(lines: Iterable[BatchLine]) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    for line in lines:
        writer.writerow(
            (
                _spaced(line.card_number, 4),
                _spaced(line.uid, 2),
                RESULT_WORDS[line.result],
                line.reason,
                f"{line.seconds:.2f}".replace(".", ","),
                line.finished_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
        )
    return sheet.getvalue()


def _spaced(text: str, width: int) -> str:
    """Return `text` in groups: a spreadsheet would round 16 digits, and read 04E1… as a power."""
    return " ".join(text[at : at + width] for at in range(0, len(text), width))


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(aside, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as cause:
        fault = JournalFault.UNUSABLE
        raise JournalError(fault, "the report cannot be written", path=str(path)) from cause
