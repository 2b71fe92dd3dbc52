"""When the journal's log is folded into its file: between taps, and never in one.

Promise: a tap costs the disk one sync of pages that are there already. The log has its room in the
first lull, is folded when nobody has tapped for IDLE_SECONDS, and at ROWS_MAX rows at the next
moment at which no card is in the field; a fold that has begun does not hold a tap's write up. Only
a gate that found no such moment for as much again lets SQLite fold within a write (PAGES_MAX).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from terminal.errors import JournalError
from terminal.journal_file import JournalFile

LOG = logging.getLogger(__name__)

LOG_BYTES: Final = 32 * 1024 * 1024
ROWS_MAX: Final = 1000
"""A tap's row is eight pages of the log at most, its receipt's three: 1,000 rows have room there,
and that is a queue of 500 with the backend there, of 1,000 without."""
PAGES_MAX: Final = 16384
LOOK_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 10.0
SETTLED_SECONDS: Final = 3.0
"""No room is taken before nobody has tapped for so long: a start has enough to do."""
PIECE_SECONDS: Final = 0.05
"""Between two pieces of room: a tap may begin there."""
RETRY_SECONDS: Final = 60.0
"""A disk without room is asked again after this."""


class Lull:
    """How long nobody has had a card in the field."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._since: float | None = monotonic()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Somebody is there while this lasts."""
        self._since = None
        try:
            yield
        finally:
            self._since = self._monotonic()

    def seconds(self) -> float | None:
        """Return how long nobody has been there, None while somebody is."""
        since = self._since
        return None if since is None else self._monotonic() - since


class Folder:
    """Keeps the log of one journal, from a thread of its own (`run`)."""

    def __init__(
        self, file: JournalFile, lull: Lull, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._lull = lull
        self._monotonic = monotonic
        self._folded_rows = -1  # what made the tables lies in the log
        self._has_room = False
        self._room_again_at = 0.0
        file.keep_log(PAGES_MAX)

    def run(self, stop: threading.Event) -> None:
        """Look now and then until stopped."""
        while not stop.wait(self.look()):
            pass

    def look(self) -> float:
        """Do what is due and return the seconds until the next look; a full disk is tried again."""
        try:
            if self._may_take_room():
                self._has_room = self._file.take_log_room(LOG_BYTES)
                return LOOK_SECONDS if self._has_room else PIECE_SECONDS
            if self.is_due():
                self._fold()
        except JournalError as error:
            LOG.warning("the journal's log could not be kept: %s", error)
            self._room_again_at = self._monotonic() + RETRY_SECONDS
        return LOOK_SECONDS

    def is_due(self) -> bool:
        """Tell whether the log is to be folded at this moment."""
        rows, lull = self._file.rows_written - self._folded_rows, self._lull.seconds()
        if rows == 0 or lull is None:
            return False
        return lull >= IDLE_SECONDS or rows >= ROWS_MAX

    def _fold(self) -> None:
        rows = self._file.rows_written
        if self._file.fold_log():
            self._folded_rows = rows

    def _may_take_room(self) -> bool:
        lull = self._lull.seconds()
        if self._has_room or lull is None or lull < SETTLED_SECONDS:
            return False
        return self._monotonic() >= self._room_again_at
