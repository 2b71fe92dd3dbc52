"""The pad's serial cable: a pseudo-terminal, and the thread that lives in it.

Promise: a terminal may open, close and open again the path `link` as it would a serial port; what
the pad says while nobody listens is lost, as on a wire; pulling the plug looks to the terminal as
it does with a real one. Every call is safe from any thread, and `stop` leaves nothing behind.
Not done here: what a pad says (`pad.py`). A pseudo-terminal has no speed or parity to get wrong;
open it with 8 bits and no parity, which is all that it can do.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from simulator.pad.faults import Faults
from simulator.pty_line import Listener, PtyLine

TURN_SECONDS_MAX = 1.0

_log = logging.getLogger(__name__)


class Unplugged(Exception):
    """The cable hangs loose: nothing can be pressed on a pad without power."""


@dataclass(frozen=True, slots=True)
class PadView:
    """What somebody in front of the pad sees."""

    lines: tuple[str, str]
    entering: bool
    entry_count: int
    plugged: bool


class CabledPad(Protocol):
    """What hangs on the cable: bytes, key presses and time in; bytes and a display out."""

    faults: Faults
    entry_count: int
    lines: tuple[str, str]

    @property
    def entering(self) -> bool: ...  # noqa: D102 -- whether it waits for its keys
    @property
    def deadline(self) -> float | None: ...  # noqa: D102 -- when `advance` has something to do

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take bytes from the line."""
        ...

    def press(self, key: str, now: float) -> bytes:
        """Press one key: a digit, E, B or C."""
        ...

    def advance(self, now: float) -> bytes:
        """Let time pass."""
        ...

    def unplug(self) -> None:
        """Lose power."""
        ...


class PadCable:
    """`with PadCable(pad, link):` plugs the pad in; leaving it takes the pad away."""

    def __init__(
        self, pad: CabledPad, link: Path, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.link = link
        self._pad = pad
        self._now = now
        self._lock = threading.Lock()
        self._line: PtyLine | None = None
        self._listener = Listener("pad", self._watch, self._take_turn)

    def __enter__(self) -> Self:
        self.plug()
        self._listener.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Unplug, and end the thread."""
        self._listener.end()
        self.unplug()
        self._listener.close()

    def plug(self) -> None:
        """Make the line and the path to it; nothing if it is there already."""
        with self._lock:
            if self._line is None:
                self._line = PtyLine(self.link)
        self._listener.wake()

    def unplug(self) -> None:
        """Take the line away: an open port of a terminal dies, the path is gone."""
        with self._lock:
            line, self._line = self._line, None
            if line is None:
                return
            line.close()
            self._pad.unplug()
        # The thread's wait keeps a closed line alive: only after its turn does the terminal see.
        self._listener.wake()

    def press(self, keys: str) -> None:
        """Press keys one after the other: digits, E, B, C. They are never logged."""
        with self._lock:
            if self._line is None:
                raise Unplugged
            for key in keys:
                self._send(self._line, self._pad.press(key, self._now()))
        self._listener.wake()

    def set_faults(self, faults: Faults) -> None:
        """Choose what goes wrong from now on."""
        with self._lock:
            self._pad.faults = faults

    @property
    def is_silent(self) -> bool:
        """Say whether the pad is mute on purpose."""
        with self._lock:
            return self._pad.faults.silent

    def view(self) -> PadView:
        """Look at the pad."""
        with self._lock:
            pad = self._pad
            return PadView(pad.lines, pad.entering, pad.entry_count, self._line is not None)

    def _watch(self) -> tuple[PtyLine | None, float]:
        with self._lock:
            return self._line, self._patience()

    def _patience(self) -> float:
        due_at = self._pad.deadline
        if due_at is None:
            return TURN_SECONDS_MAX
        return min(max(0.0, due_at - self._now()), TURN_SECONDS_MAX)

    def _take_turn(self, line: PtyLine | None) -> None:
        """Hear what came and let time pass, unless the plug was pulled meanwhile."""
        with self._lock:
            if line is None or line is not self._line:
                return
            if received := line.read():
                _log.debug("pad hears %d bytes", len(received))
                self._send(line, self._pad.receive_data(received, self._now()))
            self._send(line, self._pad.advance(self._now()))

    def _send(self, line: PtyLine, said: bytes) -> None:
        if not said:
            return
        _log.debug("pad says %d bytes", len(said))
        line.write(said)
