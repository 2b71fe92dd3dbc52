"""Alarms of the door: written down, shown, sounded; again and again while they last.

Promise: an alarm that cannot be written down is shown all the same. Not here: what is one
(`motion.py`).
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from terminal.errors import JournalError
from terminal.gate.door.event_book import DoorNews
from terminal.gate.door.motion import Effect
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.state import Shown, StateBoard
from terminal.gate.words import Notice, words_for_notice

LOG = logging.getLogger(__name__)

SHOWN_SECONDS: Final = 20.0
"""How long an alarm that is over at once, a forced arm, stays on the idle screen."""
REPEAT_SECONDS: Final = 6.0

ALARMS: Final = {
    Effect.ALARM_FORCED: (Notice.PASSAGE_FORCE, DoorNews.FORCED),
    Effect.ALARM_HELD: (Notice.PASSAGE_RESTE_OUVERT, DoorNews.HELD_OPEN),
    Effect.ALARM_STUCK: (Notice.PASSAGE_EN_PANNE, DoorNews.SENSOR_STUCK),
    Effect.ALARM_LOST: (Notice.PASSAGE_EN_PANNE, DoorNews.LINE_LOST),
}


class AlarmBell:
    """The one alarm there is at a time."""

    def __init__(
        self,
        board: StateBoard,
        book: ReleaseBook,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._board = board
        self._book = book
        self._now = now
        self._monotonic = monotonic
        self._kind: DoorNews | None = None
        self._rung_at = 0.0
        self.alarm: Notice | None = None

    def sound(self, effect: Effect) -> None:
        """Begin an alarm; one of the same kind that lasts is not news."""
        notice, kind = ALARMS[effect]
        if kind is DoorNews.LINE_LOST and self._kind is kind:
            return
        LOG.warning("alarm at the door: %s", kind)
        self.alarm, self._kind = notice, kind
        self._write(kind)
        self._show()

    def calm(self) -> None:
        """End the alarm, if there is one."""
        if self._kind is not None:
            self._write(DoorNews.ALARM_OVER)
        self.alarm = self._kind = None

    def ring(self, *, lasting: bool) -> bool:
        """Sound again while it lasts, end it a while after; return whether it ended now."""
        if self.alarm is None:
            return False
        since = self._monotonic() - self._rung_at
        if lasting and since >= REPEAT_SECONDS:
            self._show()
        elif not lasting and since >= SHOWN_SECONDS:
            self.calm()
            return True
        return False

    def _write(self, kind: DoorNews) -> None:
        try:
            self._book.note(kind, self._now())
        except JournalError as error:
            LOG.error("an alarm could not be written down: %s", error)  # noqa: TRY400 - its message says it all

    def _show(self) -> None:
        assert self.alarm is not None, "there is an alarm to show"
        self._rung_at = self._monotonic()
        words = words_for_notice(self.alarm)
        self._board.show(Shown(answer=self.alarm, words=words, at=self._now(), milliseconds=0))
