"""`make bench`: measure, and print each figure beside its floor."""

import sys
import tempfile
from pathlib import Path

from benchmarks import gate


def main() -> int:
    """Run every benchmark."""
    with tempfile.TemporaryDirectory(prefix="pass-bench-") as folder:
        print(gate.measure(Path(folder)).in_words())
    return 0


if __name__ == "__main__":
    sys.exit(main())
