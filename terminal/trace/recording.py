"""A reader whose cards are traced; it stands where the reader stood.

Promise: whoever uses the reader notices nothing; every tap ends in the trace, however it ends. With
no `trace_dir` in the settings, the reader itself is used. Belongs to the reader's thread.
"""

from types import TracebackType
from typing import Self

from terminal.reader.pcsc import CardConnection, PcscReader
from terminal.settings import TerminalSettings
from terminal.trace.recorder import TapRecord, TraceFolder, uid_of


def recorded(reader: PcscReader, settings: TerminalSettings) -> "PcscReader | RecordingReader":
    """Return the reader, traced if the settings say where."""
    if settings.trace_dir is None:
        return reader
    return RecordingReader(reader, TraceFolder(settings.trace_dir, lambda: reader.name))


class RecordingReader:
    """A reader, traced."""

    def __init__(self, reader: PcscReader, folder: TraceFolder) -> None:
        self._reader = reader
        self._folder = folder
        self._current: RecordingConnection | None = None

    def wait_for_card(self, seconds_max: float) -> "RecordingConnection | None":
        """Wait as the reader does."""
        self._end_tap()
        connection = self._reader.wait_for_card(seconds_max)
        if connection is not None:
            self._current = RecordingConnection(connection, self._folder)
        return self._current

    def close(self) -> None:
        """Let the card and the daemon go."""
        self._end_tap()
        self._reader.close()

    def _end_tap(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.disconnect()


class RecordingConnection:
    """A card in the field, traced."""

    def __init__(self, connection: CardConnection, folder: TraceFolder) -> None:
        self._connection = connection
        self._folder = folder
        self._record: TapRecord | None = folder.begin(uid_of(connection), connection.atr)

    @property
    def atr(self) -> bytes:
        """Return the answer to reset."""
        return self._connection.atr

    def uid(self) -> bytes:
        """Return what the card calls itself."""
        return self._connection.uid()

    def transmit(self, command: bytes) -> bytes:
        """Carry one command APDU to the card and its response back."""
        if self._record is None:
            return self._connection.transmit(command)
        return self._record.carry(self._connection.transmit, command)

    def wait_for_removal(self, seconds_max: float) -> bool:
        """Say whether the card left within this time; works after `disconnect`, too."""
        return self._connection.wait_for_removal(seconds_max)

    def disconnect(self) -> None:
        """Let the card go, then write what it said; a second time does nothing."""
        self._connection.disconnect()
        record, self._record = self._record, None
        if record is not None:
            self._folder.keep(record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()
