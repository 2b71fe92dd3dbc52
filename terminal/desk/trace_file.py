"""The desk's trace on disk, for a support desk: one line for each exchange with a card.

Promise: a line holds what `passcard.trace` lets through and the time, nothing else; the file is for
its owner (0600), is only ever added to, and stops growing at TRACE_BYTES_MAX. Not here: redaction.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from passcard.trace import TracedExchange, traced
from terminal.desk.relay import DeskConnection, DeskReader
from terminal.errors import SettingsError

TRACE_BYTES_MAX = 64 * 1024 * 1024
_FULL = "the trace is full\n"


class TraceFile:
    """An open trace. Close it, or use it in a `with`. Raises SettingsError on an unusable file."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")
        except OSError as cause:
            raise SettingsError(f"the trace file cannot be written: {cause.strerror}") from cause
        self._now = now
        self._left = TRACE_BYTES_MAX - self._file.tell()

    def record(self, exchange: TracedExchange) -> None:
        """Add one exchange."""
        self._write(str(exchange))

    def card_came(self) -> None:
        """Mark that another card is on the reader."""
        self._write("a card is on the reader")

    def close(self) -> None:
        """Close the file."""
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

    def _write(self, text: str) -> None:
        if self._left <= 0:
            return
        stamp = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        line = f"{stamp} {text}\n"
        self._left -= len(line.encode())
        self._file.write(line if self._left > 0 else _FULL)
        self._file.flush()


class TracedReader:
    """A reader whose cards' conversations go into a trace."""

    def __init__(self, reader: DeskReader, trace: TraceFile) -> None:
        self._reader = reader
        self._trace = trace

    def wait_for_card(self, seconds_max: float) -> DeskConnection | None:
        """Return the next card, traced."""
        connection = self._reader.wait_for_card(seconds_max)
        if connection is None:
            return None
        self._trace.card_came()
        return _TracedConnection(connection, self._trace)


class _TracedConnection:
    def __init__(self, connection: DeskConnection, trace: TraceFile) -> None:
        self._connection = connection
        self._transmit = traced(connection.transmit, trace.record)

    def uid(self) -> bytes:
        return self._connection.uid()

    def transmit(self, command: bytes) -> bytes:
        return self._transmit(command)

    def disconnect(self) -> None:
        self._connection.disconnect()

    def wait_for_removal(self, seconds_max: float) -> bool:
        return self._connection.wait_for_removal(seconds_max)
