"""The real daemon in a process of its own, with a fake reader and pad: `settings.toml [hold]`.

With `hold` the card never comes, so that a sale can be met in the middle.
"""

import sys
from dataclasses import replace
from pathlib import Path

from terminal.counter.daemon import SystemClock, run
from terminal.counter.ports import Collaborators
from terminal.settings import CounterSettings, load_settings
from tests.terminal.counter.fakes import FakePad, FakeReader

HOLD = "hold"


def with_fake_devices(them: Collaborators) -> Collaborators:
    reader = FakeReader(SystemClock())
    if HOLD in sys.argv:
        reader.card = None
    return replace(them, reader=reader, pad=FakePad())


if __name__ == "__main__":
    sys.exit(run(load_settings(CounterSettings, Path(sys.argv[1])), with_fake_devices))
