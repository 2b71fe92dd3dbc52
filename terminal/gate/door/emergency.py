"""The door released for everybody: by the fire panel's contact, or by a supervisor's hand.

    nobody asks ──panel or hand──▶ released ──the last of both lets go──▶ nobody asks

Promise: the door opens first and is written down after; a disk that fails holds nothing up, and is
owed. While it is released no passage is decided and nobody is charged: whoever goes through is
counted, without a name. It outlives a restart: what a hand began only a hand ends. Beginning and
end are events like the door's others.

Not here: moving the door (`keeper.py`), and fire safety itself, which cuts the lock's current
upstream of us, whatever this program does.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from terminal.errors import JournalError
from terminal.gate.door.event_book import DoorNews, EventBook
from terminal.gate.passages import PassageJournal

LOG = logging.getLogger(__name__)

PANEL_GAP_SECONDS: Final = 2.0
"""A contact that chatters is one release: it is over when it was at rest for so long."""
OWED_MAX: Final = 50
"""So many beginnings and ends wait for a full disk; how it stands now is owed on top."""


@dataclass(frozen=True, slots=True)
class Release:
    """A door that is released for everybody, by whom, and how many went through since."""

    since: datetime
    by_panel: bool
    by_hand: bool
    passages: int = 0


@dataclass(frozen=True, slots=True)
class _Owed:
    kind: DoorNews
    at: datetime
    passages: int | None = None
    supervisor: str | None = None


class Emergency:
    """Whether a door is released for everybody. Whoever holds the door's lock may call it."""

    def __init__(
        self,
        journal: PassageJournal,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        counts_rotations: bool,
    ) -> None:
        self._file = journal.file
        self._events = EventBook(journal.file, names=journal.names)
        self._now = now
        self._monotonic = monotonic
        self._counts_rotations = counts_rotations
        self._owed: list[_Owed] = []
        self._has_failed = False
        self._panel_at = monotonic()
        self.current = self._written = self._load()

    @property
    def is_on(self) -> bool:
        """Tell whether everybody may go through."""
        return self.current is not None

    @property
    def passages(self) -> int | None:
        """Return how many went through since, None where nobody can count them."""
        if self.current is None or not self._counts_rotations:
            return None
        return self.current.passages

    def see(self, *, panel: bool) -> None:
        """Hear how the fire panel's contact stands, as often as one looks."""
        current = self.current
        is_known = current is not None and current.by_panel
        if panel:
            self._panel_at = self._monotonic()
            if not is_known:
                self._begin(DoorNews.EMERGENCY)
        elif is_known and self._monotonic() - self._panel_at >= PANEL_GAP_SECONDS:
            self._end(DoorNews.EMERGENCY)

    def begin_by_hand(self, supervisor: str) -> None:
        """Release the door; once more is nothing more."""
        if self.current is None or not self.current.by_hand:
            self._begin(DoorNews.EMERGENCY_BY_HAND, supervisor)

    def end_by_hand(self, supervisor: str) -> bool:
        """End what a hand began; False while the fire panel still asks for it."""
        if self.current is not None and self.current.by_hand:
            self._end(DoorNews.EMERGENCY_BY_HAND, supervisor)
        return not self.is_on

    def count(self) -> None:
        """Count somebody who went through."""
        if self.current is not None:
            self.current = replace(self.current, passages=self.current.passages + 1)

    def pay(self) -> None:
        """Write down what is not written yet; never raises."""
        if not self._owed and self.current == self._written:
            return
        try:
            self._write()
        except JournalError as error:
            if not self._has_failed:
                LOG.error("an emergency release is not written yet: %s", error)  # noqa: TRY400 - its message says it all
            self._has_failed = True
            return
        self._owed.clear()
        self._written, self._has_failed = self.current, False

    def _begin(self, kind: DoorNews, supervisor: str | None = None) -> None:
        LOG.warning("the door is released for everybody: %s", kind)
        now, by_hand = self._now(), kind is DoorNews.EMERGENCY_BY_HAND
        release = self.current or Release(now, by_panel=False, by_hand=False)
        self.current = replace(
            release, by_panel=release.by_panel or not by_hand, by_hand=release.by_hand or by_hand
        )
        self._owe(_Owed(kind, now, supervisor=supervisor))

    def _end(self, kind: DoorNews, supervisor: str | None = None) -> None:
        release, passages = self.current, self.passages
        assert release is not None, "it was begun"
        by_hand = kind is DoorNews.EMERGENCY_BY_HAND
        release = replace(
            release, by_panel=release.by_panel and by_hand, by_hand=release.by_hand and not by_hand
        )
        if release.by_panel or release.by_hand:
            self.current = release
            return
        LOG.warning("the door is no longer released for everybody")
        self.current = None
        self._owe(_Owed(DoorNews.EMERGENCY_OVER, self._now(), passages, supervisor))

    def _owe(self, owed: _Owed) -> None:
        if len(self._owed) < OWED_MAX:
            self._owed.append(owed)

    def _write(self) -> None:
        with self._file.transaction():
            for each in self._owed:
                self._events.note(
                    each.kind, each.at, passages=each.passages, supervisor=each.supervisor
                )
            self._file.execute("delete from emergency_release")
            release = self.current
            if release is not None:
                self._file.execute(
                    "insert into emergency_release values (1, ?, ?, ?, ?)",
                    (
                        release.since.astimezone(UTC).isoformat(timespec="microseconds"),
                        int(release.by_panel),
                        int(release.by_hand),
                        release.passages,
                    ),
                )

    def _load(self) -> Release | None:
        row = self._file.first_row("select * from emergency_release")
        if row is None:
            return None
        return Release(
            datetime.fromisoformat(row["began_at"]),
            bool(row["by_panel"]),
            bool(row["by_hand"]),
            row["passages"],
        )
