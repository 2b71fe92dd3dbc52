"""A pseudo-terminal that a gate opens as its serial port, with a path that comes and goes."""

import contextlib
import os
import tty
from pathlib import Path

READ_BYTES_MAX = 4096


class Line:
    """An open line. The far end stays open here too, so that it outlives the gate's hold of it."""

    def __init__(self, link: Path) -> None:
        self.near, self._far = os.openpty()
        # Without this the line would echo the board's own words back to it.
        tty.setraw(self._far)
        os.set_blocking(self.near, False)
        self._link = link
        self._path = os.ttyname(self._far)
        self._point()

    def _point(self) -> None:
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
