"""The readers' own cables: pulling one takes the reader out of PC/SC, as unplugging it would.

Promise: a reader that is out is in nobody's list, and comes back under its name, at its port. The
daemon starts again each time (its virtual readers are read once, at its start), so the readers
beside it blink for a moment: that is this simulator's, not a real reader's.
Not here: cards (`tabletop.py`), the daemon (`pcscd.py`).
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, Self

from simulator.pcscd import PcscdError, PcscdRefusedError
from simulator.refusals import ReadersStay, ReaderUnreachable

RESTART_SECONDS_MAX = 20.0


class Daemon(Protocol):
    """What serves the readers; `PrivatePcscd` is one."""

    def serve_only(self, readers: Sequence[str], /) -> None:
        """Start again with these readers."""
        ...


class ReaderPlugs:
    """Whose cable is in. Close it before the daemon is stopped."""

    def __init__(self, daemon: Daemon, readers: Sequence[str]) -> None:
        self._daemon = daemon
        self._readers = tuple(readers)
        self._out: set[str] = set()
        self._lock = threading.Lock()
        # The daemon dies with the thread that started it: one thread that outlives it does.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pcscd")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._starter.shutdown(wait=True, cancel_futures=True)

    def is_in(self, reader: str) -> bool:
        """Say whether this reader has its cable."""
        return reader not in self._out

    def change(self, reader: str, *, plugged: bool) -> bool:
        """Put a cable in or pull it out; say whether that changed anything.

        Raises ReadersStay where the daemon is not ours, ReaderUnreachable if it does not come back.
        """
        with self._lock:
            if plugged == self.is_in(reader):
                return False
            out = self._out ^ {reader}
            served = [name for name in self._readers if name not in out]
            try:
                started = self._starter.submit(self._daemon.serve_only, served)
                started.result(RESTART_SECONDS_MAX)
            except PcscdRefusedError as cause:
                raise ReadersStay from cause
            except (PcscdError, TimeoutError, OSError) as cause:
                raise ReaderUnreachable from cause
            self._out = out
            return True
