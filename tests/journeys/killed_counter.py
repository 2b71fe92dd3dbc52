"""The real counter daemon that kills itself at the n-th point of its first sale; 0 never does.

Points are counted from the sale's first line in the journal, so that what an earlier run left
unfinished is recovered before, and does not count.

The program is loaded once: each line read is a point, for which a child is forked and its process
id said; the child runs the daemon and dies of a real SIGKILL.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from terminal.counter.daemon import run
from terminal.settings import CounterSettings, load_settings
from tests.terminal.counter.effects import KillAt, counter_effects

T = TypeVar("T")


class KillInSaleAt(KillAt):
    """Counts only once a sale has begun."""

    begun = False

    def __call__(self, name: str, effect: Callable[[], T], /) -> T:
        self.begun = self.begun or name == "journal.open_sale"
        return super().__call__(name, effect) if self.begun else effect()


def run_in_a_child(settings: CounterSettings, point: int) -> None:
    """Say the child's process id, and return when it is no more."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(run(settings, counter_effects(KillInSaleAt(point))))
        finally:
            os._exit(70)
    sys.stdout.write(f"{child}\n")
    sys.stdout.flush()
    os.waitpid(child, 0)


if __name__ == "__main__":
    loaded = load_settings(CounterSettings, Path(sys.argv[1]))
    for line in sys.stdin:
        run_in_a_child(loaded, int(line))
