"""What the counter stands on, looked at when somebody asks, and now and then by itself.

The pad is not spoken to, because a sale may be using it: its device is looked for. The backend is
asked who we are, which proves the line and our right to use it, at most once in a few seconds.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from terminal.counter.api_shapes import Condition, HealthShape
from terminal.counter.reasons import Reason, reason_of
from terminal.counter.words import DEVICE_WORDS, clock_words
from terminal.errors import TerminalError

BACKEND_ASKED_EVERY_SECONDS = 5.0
WATCH_SECONDS = 30.0
END_SECONDS_MAX = 1.0

_log = logging.getLogger(__name__)


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
        self._backend_reason = ""
        self._ask_again_at = monotonic()

    def look(self) -> HealthShape:
        """Return the condition of each part; `open_reversals` is 0 while the journal is away."""
        journal, open_reversals = self._look_at_journal()
        backend = self._look_at_backend()  # before the clock: it is what tells the time
        ahead = self._probes.clock_ahead()
        reader, reader_reason = _look(self._probes.reader, Reason.READER_UNAVAILABLE)
        pad, pad_reason = _look(self._probes.pad, Reason.PAD_UNAVAILABLE)
        return HealthShape(
            reader=reader,
            reader_reason=reader_reason,
            reader_words=DEVICE_WORDS.get(reader_reason, ""),
            pad=pad,
            pad_reason=pad_reason,
            pad_words=DEVICE_WORDS.get(pad_reason, ""),
            backend=backend,
            backend_reason=self._backend_reason,
            backend_words=DEVICE_WORDS.get(self._backend_reason, ""),
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
                self._backend, self._backend_reason = _look(
                    self._probes.backend, Reason.BACKEND_UNAVAILABLE
                )
                self._ask_again_at = self._monotonic() + BACKEND_ASKED_EVERY_SECONDS
            return self._backend


def _look(probe: Callable[[], bool], absent: Reason) -> tuple[Condition, str]:
    """Return the condition of a part, and the reason for which it does not serve."""
    try:
        if probe():
            return "ok", ""
        reason: str = absent
    except TerminalError as error:
        reason = reason_of(error)
    return "unavailable", reason if reason in DEVICE_WORDS else absent


class Lookout:
    """Looks now and then by itself, while the `with` lasts, and logs what changed.

    So a counter at which nobody looks, too, knows within WATCH_SECONDS that it was revoked.
    """

    def __init__(
        self, look: Callable[[], HealthShape], every_seconds: float = WATCH_SECONDS
    ) -> None:
        self._look = look
        self._every_seconds = every_seconds
        self._seen: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopping.set()
        self._thread.join(END_SECONDS_MAX)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._look_once()
            self._stopping.wait(self._every_seconds)

    def _look_once(self) -> None:
        try:
            health = self._look()
        except Exception:  # noqa: BLE001 -- a fault of ours must not end the watch
            _log.exception("the health could not be looked at")
            return
        for part in ("reader", "pad", "backend", "journal"):
            condition = getattr(health, part)
            if self._seen.get(part, "ok") != condition:
                words = getattr(health, f"{part}_words", "")
                level = logging.INFO if condition == "ok" else logging.WARNING
                _log.log(level, "%s is %s now: %s", part, condition, words or "-")
            self._seen[part] = condition
