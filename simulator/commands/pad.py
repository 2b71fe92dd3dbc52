"""`pass-simulator pad …`: look at the PIN pad, press its keys, pull its cable."""

import sys
from argparse import Namespace

from simulator.commands.client import ControlClient
from simulator.commands.outcome import Outcome
from simulator.commands.words import pad_words

KEYS_MAX = 40
FROM_STANDARD_INPUT = "-"


def keys(client: ControlClient, asked: Namespace) -> Outcome:
    """Press keys; `-` reads them from standard input, where no list of processes shows them."""
    pressed = asked.keys
    if pressed == FROM_STANDARD_INPUT:
        pressed = sys.stdin.read(KEYS_MAX + 2).strip()
    return _seen(client.press(pressed))


def show(client: ControlClient, _asked: Namespace) -> Outcome:
    """Look at the pad."""
    return _seen(client.pad())


def plug(client: ControlClient, _asked: Namespace) -> Outcome:
    """Put the cable in."""
    return _seen(client.plug(plugged=True))


def unplug(client: ControlClient, _asked: Namespace) -> Outcome:
    """Pull the cable out."""
    return _seen(client.plug(plugged=False))


def _seen(pad: dict[str, object]) -> Outcome:
    return Outcome(pad, pad_words(pad))
