"""A pseudo-terminal that somebody opens as a serial port, and the thread that listens at it.

Promise: the path comes and goes like a plugged cable; a port that is open dies when it goes. What
is said while nobody listens is lost, as on a wire. A listener ends when told, and leaves nothing
behind. A pseudo-terminal has no speed or parity to get wrong.
"""

import contextlib
import os
import select
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

READ_BYTES_MAX = 4096
STOP_SECONDS_MAX = 2.0


class PtyLine:
    """An open line. The far end stays open here too, so that it outlives who opened it."""

    def __init__(self, link: Path) -> None:
        self.near, self._far = os.openpty()
        # Without this the line would echo a device's own words back to it.
        tty.setraw(self._far)
        os.set_blocking(self.near, False)
        self._link = link
        self._path = os.ttyname(self._far)
        self._point()

    def _point(self) -> None:
        """Make the path lead here in one step, whatever it led to before."""
        self._link.parent.mkdir(parents=True, exist_ok=True)
        draft = self._link.with_name(f".{self._link.name}.draft")
        draft.unlink(missing_ok=True)
        draft.symlink_to(self._path)
        draft.replace(self._link)

    def read(self) -> bytes:
        """Return what has arrived, nothing if nothing has."""
        try:
            return os.read(self.near, READ_BYTES_MAX)
        except OSError:
            return b""

    def write(self, said: bytes) -> int:
        """Say something; what does not fit because nobody listens is lost, as on a wire."""
        with contextlib.suppress(OSError):
            return os.write(self.near, said)
        return len(said)

    def close(self) -> None:
        """Take the path and the line away: a port that is open dies."""
        with contextlib.suppress(OSError):
            if str(self._link.readlink()) == self._path:
                self._link.unlink()
        os.close(self.near)
        os.close(self._far)


#: Which line to listen at, if any, and how long at most until the next turn.
Watch: TypeAlias = Callable[[], tuple[PtyLine | None, float]]


class Listener:
    """A thread that turns when something was said, when time is up, and when it is woken."""

    def __init__(self, name: str, watch: Watch, turn: Callable[[PtyLine | None], None]) -> None:
        self._watch = watch
        self._turn = turn
        self._stopping = threading.Event()
        self._wake_end, self._wake_start = os.pipe()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def wake(self) -> None:
        """Let it turn at once: a line came or went, or there is something to do."""
        os.write(self._wake_start, b"!")

    def end(self) -> None:
        """End the thread; `close` then lets go of what it was woken by."""
        self._stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS_MAX)

    def close(self) -> None:
        """Let go; nobody may wake it any more."""
        os.close(self._wake_end)
        os.close(self._wake_start)

    def _live(self) -> None:
        while not self._stopping.is_set():
            line, patience = self._watch()
            watched = [self._wake_end] if line is None else [self._wake_end, line.near]
            # A line closed in the meantime is an error here, and gone at the next turn.
            try:
                ready, _, _ = select.select(watched, [], [], patience)
            except (OSError, ValueError):
                continue
            if self._wake_end in ready:
                os.read(self._wake_end, READ_BYTES_MAX)
            self._turn(line)
