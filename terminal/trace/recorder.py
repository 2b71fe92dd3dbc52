"""What cards say while a terminal works, kept in a folder: redacted before it is kept.

Promise: never in the way. An exchange is redacted when it is heard and written when the card is let
go; a folder that cannot be written, or is full, is said once in the log, and the terminal goes on
without. At most FILES_MAX files of about FILE_BYTES_MAX, the oldest go first; each for its owner
alone, under a key of its own: a card is the same within a file, and another in the next.
Not here: what is masked (`passcard.redact`).
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from passcard.redact import Redactor, TapRedactor
from terminal.errors import CardSilent, ReaderError
from terminal.trace.errors import TraceUnusable
from terminal.trace.masking import without_serial
from terminal.trace.text import Exchange, NoAnswer, Tap, Trace, write_head, write_tap

FILES_MAX = 20
FILE_BYTES_MAX = 256 * 1024
TAP_EXCHANGES_MAX = 500
SUFFIX = ".trace"
KEY_BYTES = 32
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600

_log = logging.getLogger(__name__)


def product() -> str:
    """Return this program's name and version."""
    try:
        return f"pass-terminal {version('pass-terminal')}"
    except PackageNotFoundError:
        return "pass-terminal"


def stamp(moment: datetime) -> str:
    """Return a moment as it stands in a trace."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Instruments:
    """Clock and randomness."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[int], bytes] = os.urandom


class TapRecord:
    """One card's conversation, redacted as it goes on."""

    def __init__(
        self, redactor: Redactor, uid: bytes | None, atr: bytes, instruments: Instruments
    ) -> None:
        self._of_tap = TapRedactor(redactor, uid)
        self._monotonic = instruments.monotonic
        self._began = instruments.monotonic()
        self._tap = Tap(
            None if uid is None else redactor.rekeyed(uid), atr, (), stamp(instruments.now())
        )
        self._exchanges = list[Exchange]()

    def carry(self, transmit: Callable[[bytes], bytes], command: bytes) -> bytes:
        """Carry a command and its answer, whatever comes, and note both."""
        if len(self._exchanges) >= TAP_EXCHANGES_MAX:
            return transmit(command)
        pieces, asked_at = self._of_tap.command(command), self._milliseconds()
        try:
            answer = transmit(command)
        except ReaderError as error:
            how = NoAnswer.SILENT if isinstance(error, CardSilent) else NoAnswer.GONE
            self._exchanges.append(Exchange(pieces, how, asked_at, self._milliseconds()))
            raise
        answered_at = self._milliseconds()
        said = self._of_tap.answer(answer)
        self._exchanges.append(Exchange(pieces, said, asked_at, answered_at))
        return answer

    def ended(self) -> Tap:
        """Return what was noted."""
        tap = self._tap
        return Tap(tap.uid, tap.atr, tuple(self._exchanges), tap.at)

    def _milliseconds(self) -> int:
        return round((self._monotonic() - self._began) * 1000)


@dataclass(slots=True)
class TraceFolder:
    """The folder, and the file that is being written. Belongs to one thread."""

    path: Path
    reader: Callable[[], str]
    instruments: Instruments = field(default_factory=Instruments)
    _file: Path | None = None
    _redactor: Redactor | None = None
    _is_broken: bool = False

    def begin(self, uid: bytes | None, atr: bytes) -> TapRecord:
        """Begin a card."""
        if self._redactor is None or self._is_full():
            self._file, self._redactor = None, Redactor(self.instruments.random(KEY_BYTES))
        return TapRecord(self._redactor, uid, atr, self.instruments)

    def keep(self, record: TapRecord) -> None:
        """Write a card that has been; never raises."""
        if self._is_broken:
            return
        try:
            self._write(write_tap(record.ended()))
        except OSError as error:
            self._is_broken = True
            _log.warning("no more traces: %s: %s", self.path, error.strerror)

    def _write(self, text: str) -> None:
        if self._file is None:
            self._file = self._make_room()
            head = Trace((), without_serial(self.reader()), self._now(), product())
            text = write_head(head) + text
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self._file, flags, _FILE_MODE), "a", encoding="utf-8") as file:
            file.write(text)

    def _make_room(self) -> Path:
        """Return the next file, with the oldest ones gone."""
        self.path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        for old in kept_traces(self.path)[: -(FILES_MAX - 1)]:
            old.unlink(missing_ok=True)
        name = self._now().replace(":", "")
        number = 0
        while (file := self.path / f"{name}-{number:03}{SUFFIX}").exists():
            number += 1
        return file

    def _is_full(self) -> bool:
        try:
            return self._file is not None and self._file.stat().st_size >= FILE_BYTES_MAX
        except OSError:  # somebody took the file away: begin another
            return True

    def _now(self) -> str:
        return stamp(self.instruments.now())


def kept_traces(folder: Path) -> list[Path]:
    """Return the traces of a folder, the oldest first."""
    return sorted(file for file in folder.glob(f"*{SUFFIX}") if file.is_file())


def newest_trace(folder: Path) -> Path:
    """Return the newest trace of a folder; TraceUnusable."""
    kept = kept_traces(folder)
    if not kept:
        raise TraceUnusable(f"{folder}: no {SUFFIX} file in it")
    return kept[-1]


class TracedCard(Protocol):
    """A card on a reader."""

    atr: bytes

    def uid(self) -> bytes:
        """Return what the card calls itself."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Carry one command APDU to the card and its response back."""
        ...


def record_alone(
    card: TracedCard,
    reader: str,
    talk: Callable[[Callable[[bytes], bytes]], None],
    instruments: Instruments | None = None,
) -> tuple[Trace, ReaderError | None]:
    """Return the trace of one conversation, and the trouble that ended it, if any."""
    given = instruments or Instruments()
    record = TapRecord(Redactor(given.random(KEY_BYTES)), uid_of(card), card.atr, given)
    trouble: ReaderError | None = None
    try:
        talk(lambda command: record.carry(card.transmit, command))
    except ReaderError as error:
        trouble = error
    tap = record.ended()
    head = Trace((tap,), without_serial(reader), stamp(given.now()), product())
    return head, trouble


def uid_of(card: TracedCard) -> bytes | None:
    """Return a card's UID, or None where the reader gives none."""
    try:
        return card.uid()
    except ReaderError:
        return None
