"""`make docs`: build the site into var/site, without the network, with warnings as errors.

`python -m scripts.docs exchanges` writes docs/api/exchanges.json again.
"""

import argparse
import sys
import time
from pathlib import Path

from scripts.docs.sources import ROOT, DocumentError

OUT = ROOT / "var" / "site"


def main() -> int:
    """Do what was asked; return the exit status."""
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("site", "exchanges"), default="site")
    parser.add_argument("--out", type=Path, default=OUT, help="now %(default)s")
    asked = parser.parse_args()
    try:
        return _write_exchanges() if asked.what == "exchanges" else _build(asked.out)
    except DocumentError as error:
        print(f"The documents do not fit together: {error}", file=sys.stderr)
        return 1


def _build(out: Path) -> int:
    from scripts.docs.checks import look_at_site  # noqa: PLC0415 -- each verb loads its own
    from scripts.docs.site import build_site  # noqa: PLC0415 -- idem

    began = time.monotonic()
    pages = build_site(out)
    look_at_site(out)
    print(f"{len(pages)} pages in {out}, in {time.monotonic() - began:.1f} s: open index.html")
    return 0


def _write_exchanges() -> int:
    from scripts.docs.exchanges import write_exchanges  # noqa: PLC0415 -- idem

    print(f"{write_exchanges()} exchanges are written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
