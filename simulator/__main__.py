"""`pass-simulator serve|counter|card|pad`: readers, cards, a PIN pad, and hands for them.

Promise: what a program reads is on standard output, what people are told on standard error; the
exit status says which of the ends listed in `--help` it was. Not done here: the doing.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from simulator.commands.card import Cards
from simulator.commands.client import ControlClient
from simulator.commands.outcome import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_WRONG_USE,
    CommandError,
    Outcome,
)
from simulator.commands.parser import build_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    asked = build_parser().parse_args(arguments)
    try:
        return _serve(asked) if asked.command in {"serve", "counter"} else _act(asked)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _serve(asked: argparse.Namespace) -> int:
    # A card command does not wait for a web server to load.
    from simulator.serve import CannotServe, serve  # noqa: PLC0415 -- see above

    try:
        with_page = asked.command == "counter"
        serve(asked.config, lambda ready: print(ready, flush=True), with_page=with_page)
    except CannotServe as error:
        return _refused(asked, CommandError("cannot_serve", str(error), EXIT_WRONG_USE))
    return EXIT_DONE


def _act(asked: argparse.Namespace) -> int:
    try:
        outcome: Outcome = asked.run(_target(asked), asked)
    except CommandError as error:
        return _refused(asked, error)
    value = json.dumps(outcome.value, ensure_ascii=False)
    print(value if asked.json else outcome.words, flush=True)
    return outcome.exit_status


def _refused(asked: argparse.Namespace, error: CommandError) -> int:
    refusal = {"code": error.code, "message": str(error)}
    print(json.dumps(refusal) if asked.json else f"pass-simulator: {error}", file=sys.stderr)
    return error.exit_status


def _target(asked: argparse.Namespace) -> Cards:
    if asked.cards_dir is None:
        return ControlClient(asked.control)
    from simulator.commands.offline import OfflineCards  # noqa: PLC0415 -- idem

    return OfflineCards(asked.cards_dir)


if __name__ == "__main__":
    sys.exit(main())
