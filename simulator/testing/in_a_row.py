"""Several commands of one program in one interpreter: what is imported once serves them all.

Promise: each command is the program's own, run by its own entry point with its own words, one after
the other; the first that fails ends the row with its status. What each but the last prints is in
its own file. A server may come last.

    python -m simulator.testing.in_a_row PROGRAM FOLDER '[["keys", "create"], ["migrate"]]'
"""

import contextlib
import gc
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path


def said_in(folder: Path, number: int) -> Path:
    """Return the file with what a command printed."""
    return folder / f"said-{number}"


def main(program: str, folder: Path, commands: list[list[str]]) -> int:
    """Run the commands; return the status of the last one that ran."""
    (found,) = entry_points(group="console_scripts", name=program)
    # What is loaded stays: no look for garbage among it.
    gc.disable()
    run = found.load()
    gc.enable()
    status = 0
    for number, words in enumerate(commands):
        sys.argv = [program, *words]
        is_last = number == len(commands) - 1
        with contextlib.ExitStack() as stack:
            if not is_last:
                stream = stack.enter_context(said_in(folder, number).open("w", encoding="utf-8"))
                stack.enter_context(contextlib.redirect_stdout(stream))
            try:
                status = run(words) or 0
            except SystemExit as ending:
                status = ending.code if isinstance(ending.code, int) else 1
        if status:
            break
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])))
