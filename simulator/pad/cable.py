"""The pad's serial cable: a pseudo-terminal, and the thread that lives in it.

Promise: a terminal may open, close and open again the path `link` as it would a serial port; what
the pad says while nobody listens is lost, as on a wire; pulling the plug looks to the terminal as
it does with a real one. Every call is safe from any thread, and `stop` leaves nothing behind.
Not done here: what a pad says (`pad.py`). A pseudo-terminal has no speed or parity to get wrong;
open it with 8 bits and no parity, which is all that it can do.
"""

import contextlib
import logging
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from simulator.pad.faults import Faults

READ_BYTES_MAX = 4096
TURN_SECONDS_MAX = 1.0
STOP_SECONDS_MAX = 2.0

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


@dataclass(frozen=True, slots=True)
class _Line:
    """Both ends of the pseudo-terminal; we keep the far end open, so that it outlives terminals."""

    near: int
    far: int

    @classmethod
    def open(cls) -> "_Line":
        near, far = os.openpty()
        # Without this the line would echo the pad's own words back to it.
        tty.setraw(far)
        os.set_blocking(near, False)
        return cls(near, far)

    @property
    def path(self) -> str:
        return os.ttyname(self.far)

    def close(self) -> None:
        os.close(self.near)
        os.close(self.far)


class PadCable:
    """`with PadCable(pad, link):` plugs the pad in; leaving it takes the pad away."""

    def __init__(
        self, pad: CabledPad, link: Path, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.link = link
        self._pad = pad
        self._now = now
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._stopping = threading.Event()
        self._wake_end, self._wake_start = os.pipe()
        self._thread = threading.Thread(target=self._live, name="pad", daemon=True)

    def __enter__(self) -> Self:
        self.plug()
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Unplug, and end the thread."""
        self._stopping.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS_MAX)
        self.unplug()
        os.close(self._wake_end)
        os.close(self._wake_start)

    def plug(self) -> None:
        """Make the line and the path to it; nothing if it is there already."""
        with self._lock:
            if self._line is None:
                self._line = _Line.open()
                _point(self.link, self._line.path)
        self._wake()

    def unplug(self) -> None:
        """Take the line away: an open port of a terminal dies, the path is gone."""
        with self._lock:
            line, self._line = self._line, None
            if line is None:
                return
            with contextlib.suppress(OSError):
                if str(self.link.readlink()) == line.path:
                    self.link.unlink()
            line.close()
            self._pad.unplug()
        # The thread's wait keeps a closed line alive: only after its turn does the terminal see.
        self._wake()

    def press(self, keys: str) -> None:
        """Press keys one after the other: digits, E, B, C. They are never logged."""
        with self._lock:
            if self._line is None:
                raise Unplugged
            for key in keys:
                self._send(self._line, self._pad.press(key, self._now()))
        self._wake()

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

    def _wake(self) -> None:
        os.write(self._wake_start, b"!")

    def _live(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                line, patience = self._line, self._patience()
            watched = [self._wake_end] if line is None else [self._wake_end, line.near]
            # A line closed in the meantime is an error here, and gone at the next turn.
            try:
                ready, _, _ = select.select(watched, [], [], patience)
            except (OSError, ValueError):
                continue
            if self._wake_end in ready:
                os.read(self._wake_end, READ_BYTES_MAX)
            self._take_turn(line)

    def _patience(self) -> float:
        due_at = self._pad.deadline
        if due_at is None:
            return TURN_SECONDS_MAX
        return min(max(0.0, due_at - self._now()), TURN_SECONDS_MAX)

    def _take_turn(self, line: _Line | None) -> None:
        """Hear what came and let time pass, unless the plug was pulled meanwhile."""
        with self._lock:
            if line is None or line is not self._line:
                return
            with contextlib.suppress(BlockingIOError):
                received = os.read(line.near, READ_BYTES_MAX)
                _log.debug("pad hears %d bytes", len(received))
                self._send(line, self._pad.receive_data(received, self._now()))
            self._send(line, self._pad.advance(self._now()))

    def _send(self, line: _Line, said: bytes) -> None:
        if not said:
            return
        _log.debug("pad says %d bytes", len(said))
        # A full line means nobody listens: what does not fit is lost, as on a wire.
        with contextlib.suppress(BlockingIOError):
            os.write(line.near, said)


def _point(link: Path, target: str) -> None:
    """Make `link` lead to `target` in one step, whatever it led to before."""
    link.parent.mkdir(parents=True, exist_ok=True)
    draft = link.with_name(f".{link.name}.draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
