"""What the counter stands on, looked at when somebody asks.

The pad is not spoken to, because a sale may be using it: its device is looked for. The backend is
asked who we are, which proves the line and our right to use it, at most once in a few seconds.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from terminal.counter.api_shapes import Condition, HealthShape
from terminal.counter.reasons import Reason, reason_of
from terminal.counter.words import DEVICE_WORDS, clock_words
from terminal.errors import TerminalError

BACKEND_ASKED_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Probes:
    """One look each: False or a TerminalError is a no; only the count needs the journal.

    `clock_ahead`: how far our clock is ahead of the backend's, None unless it is wrong.
    """

    reader: Callable[[], bool]
    pad: Callable[[], bool]
    backend: Callable[[], bool]
    count_open_reversals: Callable[[], int]
    clock_ahead: Callable[[], timedelta | None] = lambda: None


class HealthWatch:
    """Looks at everything, remembering the backend's answer for a moment."""

    def __init__(self, probes: Probes, monotonic: Callable[[], float]) -> None:
        self._probes = probes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._backend: Condition = "unavailable"
        self._ask_again_at = monotonic()

    def look(self) -> HealthShape:
        """Return the condition of each part; `open_reversals` is 0 while the journal is away."""
        journal, open_reversals = self._look_at_journal()
        backend = self._look_at_backend()  # before the clock: it is what tells the time
        ahead = self._probes.clock_ahead()
        reader, reader_words = _look(self._probes.reader, Reason.READER_UNAVAILABLE)
        pad, pad_words = _look(self._probes.pad, Reason.PAD_UNAVAILABLE)
        return HealthShape(
            reader=reader,
            reader_words=reader_words,
            pad=pad,
            pad_words=pad_words,
            backend=backend,
            journal=journal,
            open_reversals=open_reversals,
            clock_words="" if ahead is None else clock_words(ahead),
        )

    def _look_at_journal(self) -> tuple[Condition, int]:
        try:
            return "ok", self._probes.count_open_reversals()
        except TerminalError:
            return "unavailable", 0

    def _look_at_backend(self) -> Condition:
        with self._lock:  # several pages that ask at once make one call
            if self._monotonic() >= self._ask_again_at:
                self._backend = _condition(self._probes.backend)
                self._ask_again_at = self._monotonic() + BACKEND_ASKED_EVERY_SECONDS
            return self._backend


def _look(probe: Callable[[], bool], absent: Reason) -> tuple[Condition, str]:
    """Return the condition of a device, and the words for why it does not serve."""
    try:
        if probe():
            return "ok", ""
        reason: str = absent
    except TerminalError as error:
        reason = reason_of(error)
    return "unavailable", DEVICE_WORDS.get(reason, DEVICE_WORDS[absent])


def _condition(probe: Callable[[], bool]) -> Condition:
    try:
        return "ok" if probe() else "unavailable"
    except TerminalError:
        return "unavailable"
