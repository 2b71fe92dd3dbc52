"""From a release to a passage: the one that is under way, and the one that a full disk owes.

Promise: a release that began becomes a passage or nothing, whatever the disk says meanwhile: what
could not be written is tried again, and until then nobody else is released.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from terminal.errors import JournalError, JournalFault
from terminal.gate.decision import Detail
from terminal.gate.door.event_book import DoorNews
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.passages import Passage, PassageJournal, PassageState
from terminal.gate.state import StateBoard

LOG = logging.getLogger(__name__)


class Tally:
    """What is counted of one door's releases."""

    def __init__(
        self,
        journal: PassageJournal,
        book: ReleaseBook,
        board: StateBoard,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._book = book
        self._board = board
        self._now = now
        self._owed: Callable[[], Passage | None] | None = None
        self.pending: Passage | None = None
        self.after_passage: Callable[[], None] = lambda: None

    def begin(self, passage: Passage) -> None:
        """Write down who is about to be released; raises JournalError."""
        if self._owed is not None:
            raise JournalError(JournalFault.UNUSABLE, "the passage before is not written yet")
        self._book.begin(passage)
        self.pending = passage

    def count(self, detail: Detail | None = None) -> Passage | None:
        """Count who was released; None if nobody was, or if it could not be written yet."""
        passage = self.pending
        if passage is None:
            return None

        def write() -> Passage | None:
            counted = self._book.count(passage, detail)
            if detail is Detail.IN_DOUBT:
                self._book.note(DoorNews.IN_DOUBT, self._now(), passage.card_id)
            return counted

        return self._settle(write)

    def discount(self) -> bool:
        """Forget who was released; tell whether there was anybody."""
        passage = self.pending
        if passage is None:
            return False

        def write() -> None:
            self._book.discount(passage, self._now())

        self._settle(write)
        return True

    def pay(self) -> None:
        """Try again to write what is owed; never raises."""
        if self._owed is not None:
            self._settle(self._owed)

    def _settle(self, write: Callable[[], Passage | None]) -> Passage | None:
        self._owed = write
        try:
            counted = write()
            waiting = self._journal.count(PassageState.WAITING)
        except JournalError as error:
            self.pending = None
            LOG.error("a passage is not written yet: %s", error)  # noqa: TRY400 - its message says it all
            self._board.change(journal_ready=False)
            return None
        # Not before it is written: whoever decides meanwhile sees the one or the other.
        self._owed = self.pending = None
        self._board.change(journal_ready=True, outbox=waiting)
        if counted is not None:
            self.after_passage()
        return counted
