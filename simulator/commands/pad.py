"""`pass-simulator pad …`: look at the PIN pad, press its keys, pull its cable, spoil its line."""

import sys
from argparse import Namespace

from simulator.commands.client import ControlClient
from simulator.commands.outcome import Outcome
from simulator.commands.words import pad_words

KEYS_MAX = 40
FROM_STANDARD_INPUT = "-"
COUNTED_FAULTS = {
    "spoiled_check_bytes": "the next N answers have a wrong check byte",
    "naks": "the next N good frames are answered with NAK",
    "lost_acks": "the next N ACKs stay in the pad",
    "repeated_answers": "the next N answers are sent twice",
    "late_acks": "the next N ACKs of a request come after its answer",
    "unasked_goodbyes": "the next N ACKs come after an EOT",
    "bounced_keys": "of a keypad: the next N keys arrive twice",
    "stray_bytes": "of a keypad: before the next N keys comes a byte that is none",
}


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


def faults(client: ControlClient, asked: Namespace) -> Outcome:
    """Choose what goes wrong from now on."""
    wanted: dict[str, object] = {name: getattr(asked, name) for name in COUNTED_FAULTS}
    wanted |= {"silent": asked.silent, "wrong_speed": asked.wrong_speed}
    return _seen(client.spoil_pad(wanted))


def _seen(pad: dict[str, object]) -> Outcome:
    return Outcome(pad, pad_words(pad))
