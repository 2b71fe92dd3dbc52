"""How far this machine's clock stands from the backend's, learnt from the Date of its answers.

A terminal whose clock is wrong by hours must still sell: what it signs for the backend bears the
backend's time, and the difference is told, so that a person has the clock set. The Date header
(RFC 9110 §6.6.1) counts whole seconds, so small differences mean nothing. Over TLS it is the
backend's own word; in plain HTTP it never left this machine. It sets no clock.
"""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CLOCK_DIFFERENCE_MIN = timedelta(seconds=30)
"""Below this the clock is right: an assertion lives 60 s, an answer may be on its way for some."""


class BackendClock:
    """Remembers the last difference seen; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead: timedelta | None = None

    def learn(self, date: str, answered_at: datetime) -> None:
        """Take note of an answer's Date header; one that is none changes nothing."""
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=UTC)
        with self._lock:
            self._ahead = answered_at - theirs

    @property
    def ahead(self) -> timedelta | None:
        """Return how far our clock is ahead (below zero: behind); None: nothing was heard yet."""
        with self._lock:
            return self._ahead

    @property
    def is_wrong(self) -> bool:
        """Say whether our clock is known to be wrong."""
        ahead = self.ahead
        return ahead is not None and abs(ahead) > CLOCK_DIFFERENCE_MIN

    def corrected(self, ours: datetime) -> datetime:
        """Return the backend's time at our moment `ours`; `ours` itself while it is not wrong."""
        ahead = self.ahead
        return ours - ahead if ahead is not None and self.is_wrong else ours
