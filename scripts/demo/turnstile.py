"""The turnstile beside the demonstration's gate: a relay board on a serial line, wired secure."""

from pathlib import Path

from scripts.demo.world import Staging

_BOARD = """
[turnstile]
link = "{folder}/turnstile"
kind = "numato"
wiring = "secure"
"""
_DOOR = """
[door]
kind = "relay"
device = "{folder}/turnstile"
dialect = "numato"
failing = "secure"
rotation_input = 0
contact_input = 1
emergency_input = 2
"""


def with_turnstile(folder: Path) -> Staging:
    """Return a stage whose gate releases a turnstile."""
    more = {"simulator": _BOARD, "portillon": _DOOR}
    return Staging(adjust=lambda name, text: text + more.get(name, "").format(folder=folder))
