"""A plain numeric keypad: what is pressed is what it says, in clear. No display, no key, no answer.

Promise: it keeps nothing that was pressed. Not done here: the cable (`cable.py`).
"""

from simulator.pad.faults import NO_FAULTS, Fault, Faults, at_another_speed
from simulator.pad.pad import KEYS

_BYTES = {"E": b"\r", "B": b"\b", "C": b"\x1b"}
STRAY = b"\x00"


class SimulatedKeypad:
    """One keypad; it has the same hands as a `SimulatedPad`, and no ears."""

    def __init__(self, faults: Faults = NO_FAULTS) -> None:
        self.faults = faults
        self.entry_count = 0
        self.lines = ("", "")
        self.entering = False  # it does not know
        self.deadline: float | None = None

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Hear nothing."""
        del received, now
        return b""

    def press(self, key: str, now: float) -> bytes:
        """Press one key: a digit, E (Enter), B (Backspace) or C (Escape)."""
        del now
        if len(key) != 1 or key not in KEYS:
            # Says what exists, never what was pressed.
            raise ValueError("a key is a digit, E, B or C")
        self.entry_count += key == "E"
        said = _BYTES.get(key) or key.encode()
        if self._spend(Fault.BOUNCE_KEY):
            said *= 2
        if self._spend(Fault.STRAY_BYTE):
            said = STRAY + said
        if self.faults.silent:
            return b""
        return at_another_speed(said) if self.faults.wrong_speed else said

    def advance(self, now: float) -> bytes:
        """Let time pass: nothing happens."""
        del now
        return b""

    def unplug(self) -> None:
        """Lose power."""

    def __repr__(self) -> str:
        """Say how often Enter was pressed."""
        return f"SimulatedKeypad({self.entry_count} entries)"

    def _spend(self, fault: Fault) -> bool:
        self.faults, spent = self.faults.spend(fault)
        return spent
