"""The real counter daemon that kills itself at the n-th point of its first sale; 0 never does.

Points are counted from the sale's first line in the journal, so that what an earlier run left
unfinished is recovered before, and does not count.
"""

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


if __name__ == "__main__":
    settings = load_settings(CounterSettings, Path(sys.argv[1]))
    sys.exit(run(settings, counter_effects(KillInSaleAt(int(sys.argv[2])))))
