"""`make bench`: measure, and print each figure beside its floor.

Each measurement runs in a process of its own: pyscard learns once where its daemon is.
`python -m benchmarks NAME` runs one.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Comparison

NAMES = (
    "counter",
    "gate",
    "gate_cards",
    "gate_list",
    "host_side",
    "vault",
    "payments",
    "grants",
    "ten_years",
    "gates_at_noon",
    "first_sale",
    "september",
    "pages",
)
#: These take options of their own, after their name, and tell what they find as they go.
TALKERS = (
    "counter",
    "gate_cards",
    "gate_list",
    "payments",
    "grants",
    "ten_years",
    "gates_at_noon",
    "first_sale",
    "september",
    "pages",
)
Measure = Callable[[Path], Comparison | Sequence[Comparison]]
Talk = Callable[[Path, Sequence[str]], Iterator[str]]


def main() -> int:
    """Run the benchmarks named on the command line, or all; return 1 if any failed."""
    if len(sys.argv) >= 2:
        return _run(sys.argv[1], sys.argv[2:])
    statuses = [
        subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode
        for name in NAMES
    ]
    return int(any(statuses))


def _run(name: str, options: Sequence[str]) -> int:
    if name not in NAMES or (options and name not in TALKERS):
        print(f"no such benchmark; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if name in TALKERS:
        talk: Talk = import_module(f"benchmarks.{name}").measure
        with tempfile.TemporaryDirectory(prefix="pass-bench-") as folder:
            for line in talk(Path(folder), options):
                print(line, flush=True)
        return 0
    measure: Measure = import_module(f"benchmarks.{name}").measure
    with tempfile.TemporaryDirectory(prefix="pass-bench-") as folder:
        found = measure(Path(folder))
    for one in [found] if isinstance(found, Comparison) else found:
        print(one.in_words(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
