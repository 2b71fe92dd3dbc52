"""`make demo`: set the stage, tell the story, stay up until Ctrl-C. `--once` ends by itself.

Exit status 0 only if every step was seen to happen.
"""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import httpx

from scripts.demo.drawer import codes_told, fill_drawer
from scripts.demo.hands import Hands
from scripts.demo.partner_system import give_partner_a_system, look_what_the_partner_was_told
from scripts.demo.people import accounts_told, let_people_in
from scripts.demo.processes import DemonstrationError
from scripts.demo.story import STEPS as STORY_STEPS
from scripts.demo.story import Step, Story
from scripts.demo.turnstile import with_turnstile
from scripts.demo.world import ANY_PORTS, WANTED_PORTS, World, set_stage

STEPS: tuple[Step, ...] = (
    give_partner_a_system,
    *STORY_STEPS,
    fill_drawer,
    let_people_in,
    look_what_the_partner_was_told,
)
FOLDER = Path.cwd() / "var" / "demo"


def main() -> int:
    """Run the demonstration; return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the story")
    parser.add_argument("--any-ports", action="store_true", help="let the system choose ports")
    arguments = parser.parse_args()
    # Said for SIGINT too: a shell that starts this in the background has it ignored.
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, _stop)
    began = time.monotonic()
    try:
        ports = ANY_PORTS if arguments.any_ports else WANTED_PORTS
        world = set_stage(FOLDER, ports, with_turnstile(FOLDER))
    except DemonstrationError as error:
        print(f"The stage could not be set: {error}", file=sys.stderr)
        return 1
    try:
        print(f"Everything is running ({time.monotonic() - began:.1f} s).\n", flush=True)
        if not _tell(world):
            return 1
        if not arguments.once:
            _stay(world)
    except KeyboardInterrupt:
        print("\nStopping what was started.")
        return 0
    finally:
        world.programs.stop_all()
    return 0


def _tell(world: World) -> bool:
    story = Story(world, Hands(world))
    for number, step in enumerate(STEPS, 1):
        title = (step.__doc__ or step.__name__).splitlines()[0]
        print(f"{number:2}. {title}", flush=True)
        try:
            told = step(story)
        except (DemonstrationError, OSError, KeyError, httpx.HTTPError) as error:
            print(f"    NOT SEEN: {type(error).__name__}: {error}", file=sys.stderr)
            print(f"    Logs: {FOLDER / 'logs'}", file=sys.stderr)
            return False
        for line in told:
            print(f"    {line}", flush=True)
    print(f"\nAll {len(STEPS)} steps were seen to happen.", flush=True)
    return True


def _stay(world: World) -> None:
    print(f"\nThe counter:  {world.simulator}/   cards, readers, pad, screens, wires, breakdowns")
    print(f"Till page:    {world.till}/")
    print(f"Gate screen:  {world.gate}/")
    print(
        f"Supervisor:   {world.tablet}/   paired by: pass-terminal tablet pair --name … --config …"
    )
    print(f"Their pages:  {world.backend}/connexion   {accounts_told()}")
    print(f"Backend API:  {world.backend}/docs")
    print(f"Their codes:  {codes_told()}")
    print("Ctrl-C stops everything that was started.", flush=True)
    while True:
        time.sleep(1)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
