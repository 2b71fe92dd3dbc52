"""`make screenshots`: start the demonstration's parts, look at them in a browser, write pictures.

Sizes are fixed; what a clock or a fresh number shows differs from run to run. Exit status 0 only if
every picture was taken. With names, only those are written, and the whole story is played still.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from scripts.demo.drawer import fill_drawer
from scripts.demo.hands import Hands
from scripts.demo.story import (
    Story,
    choose_codes,
    personalise_cards,
    refuse_cloned_uid,
    refuse_unknown_card,
)
from scripts.demo.turnstile import with_turnstile
from scripts.demo.world import ANY_PORTS, set_stage
from scripts.screenshots.people import take_people
from scripts.screenshots.studio import CHROMIUM, FLAGS, Studio
from scripts.screenshots.terminals import take_terminals

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these pictures")
    parser.add_argument("--out", type=Path, default=IMAGES, help="now %(default)s")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pass-shots-") as name:
        folder = Path(name)
        world = set_stage(folder, ANY_PORTS, with_turnstile(folder))
        try:
            story = Story(world, Hands(world))
            for step in (personalise_cards, choose_codes, refuse_unknown_card, refuse_cloned_uid):
                step(story)
            fill_drawer(story)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                studio = Studio(browser, asked.out, frozenset(asked.names))
                take_terminals(studio, story)
                take_people(studio, story)
                browser.close()
        finally:
            world.programs.stop_all()
    for path in studio.written:
        print(f"{path.stat().st_size / 1024:6.0f} KiB  {path}")
    missing = studio.wanted - {path.stem for path in studio.written}
    if missing:
        print(f"no such picture: {', '.join(sorted(missing))}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
