"""The counter's own daemon, with a clock beside its exchanges with the backend.

`python -m benchmarks.counter_process CONFIG TIMINGS` writes a line for each payment's exchange to
TIMINGS: what the backend alone took, in seconds. Nothing else differs from `pass-terminal counter`.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from terminal.counter.daemon import run
from terminal.counter.ports import Backend, Collaborators
from terminal.settings import CounterSettings, load_settings


class TimedBackend:
    """The backend, each payment timed."""

    def __init__(self, backend: Backend, timings: Path) -> None:
        self._backend = backend
        self._timings = timings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def pay(self, *what: Any, **more: Any) -> Any:
        """Send a payment and note how long its answer took."""
        began = time.monotonic()
        answer = self._backend.pay(*what, **more)
        took = time.monotonic() - began
        with self._timings.open("a", encoding="ascii") as file:
            file.write(f"{took:.6f}\n")
        return answer


def main(config: str, timings: str) -> int:
    """Serve as `pass-terminal counter` does."""

    def timed(them: Collaborators) -> Collaborators:
        backend: Any = TimedBackend(them.backend, Path(timings))
        return replace(them, backend=backend)

    return run(load_settings(CounterSettings, Path(config)), timed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
