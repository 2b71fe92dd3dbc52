"""`pass-simulator turnstile …`: go through, force it, hold it open, pull its cable, break it."""

from argparse import Namespace

from simulator.commands.client import ControlClient
from simulator.commands.outcome import Json, Outcome

SWITCHES = {
    "stuck_arm": "the arm does not turn, released or not",
    "stuck_sensor": "the rotation sensor stays active",
    "blind_sensor": "the arm turns and the sensor says nothing",
    "silent": "the board, or the head's inputs, say nothing",
}


def show(client: ControlClient, _asked: Namespace) -> Outcome:
    """Look at it."""
    return _seen(client.turnstile())


def push(client: ControlClient, asked: Namespace) -> Outcome:
    """Go through."""
    return _seen(client.change_turnstile("POST", "push", {"force": asked.force}))


def open_door(client: ControlClient, asked: Namespace) -> Outcome:
    """Open the door, and leave it open."""
    return _swing(client, stands_open=True, force=asked.force)


def close_door(client: ControlClient, _asked: Namespace) -> Outcome:
    """Close the door."""
    return _swing(client, stands_open=False, force=False)


def plug(client: ControlClient, _asked: Namespace) -> Outcome:
    """Put the cable in."""
    return _seen(client.change_turnstile("PUT", "plug", {"plugged": True}))


def unplug(client: ControlClient, _asked: Namespace) -> Outcome:
    """Pull the cable out."""
    return _seen(client.change_turnstile("PUT", "plug", {"plugged": False}))


def panel(client: ControlClient, asked: Namespace) -> Outcome:
    """Let the fire panel ask for the arm to be free, or end that."""
    return _seen(client.change_turnstile("PUT", "panel", {"closed": not asked.over}))


def faults(client: ControlClient, asked: Namespace) -> Outcome:
    """Choose what is broken from now on."""
    wanted = {name: getattr(asked, name) for name in SWITCHES}
    return _seen(client.change_turnstile("PUT", "faults", wanted))


def _swing(client: ControlClient, *, stands_open: bool, force: bool) -> Outcome:
    wanted = {"stands_open": stands_open, "force": force}
    return _seen(client.change_turnstile("PUT", "door", wanted))


def _seen(turnstile: Json) -> Outcome:
    said = ["free" if turnstile["free"] else "locked"]
    said += ["the door stands open"] if turnstile["stands_open"] else []
    said += ["without its cable"] if not turnstile["plugged"] else []
    said += [f"shows {turnstile['light']}"] if turnstile["light"] else []
    said += ["the fire panel asks for it"] if turnstile["panel"] else []
    said += [SWITCHES[name] for name, broken in turnstile["faults"].items() if broken]
    return Outcome(turnstile, f"{'; '.join(said)}; through so far: {turnstile['through']}")
