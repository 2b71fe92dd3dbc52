"""The mechanics: an arm, its lock on a relay, a rotation sensor, contacts of door and fire panel.

Promise: nobody gets through a locked arm but by force; whoever goes through is counted here, apart
from what any sensor says, so that a test may compare. Times are the caller's, in seconds.
Not done here: the line (`line.py`), what a board says (`boards.py`, `osdp_head.py`).
"""

from dataclasses import dataclass
from typing import Literal

PULSE_SECONDS = 0.2
ROTATION_INPUT, CONTACT_INPUT, PANEL_INPUT = 0, 1, 2

Wiring = Literal["secure", "safe"]


@dataclass(frozen=True, slots=True)
class ArmFaults:
    """What is broken, until it is put back."""

    stuck_arm: bool = False  # it does not turn, released or not
    stuck_sensor: bool = False  # the rotation sensor stays active
    blind_sensor: bool = False  # the arm turns and nobody hears
    silent: bool = False  # the board hears nothing and says nothing


NO_ARM_FAULTS = ArmFaults()


@dataclass(frozen=True, slots=True)
class ArmView:
    """What somebody in front of it sees, and who went through since it was made."""

    free: bool
    relay: bool
    rotating: bool
    stands_open: bool
    through: int
    plugged: bool
    panel: bool = False
    light: str | None = None
    beeps: int = 0


class Arm:
    """One turnstile. Wired "secure", the relay is pulled to free it; "safe", held to lock it."""

    def __init__(self, wiring: Wiring = "secure", *, normally_closed: bool = False) -> None:
        self.wiring = wiring
        self.faults = NO_ARM_FAULTS
        self.through = 0
        self.stands_open = False
        self.panel = False  # what the contact of the fire panel says, whichever way it is wired
        self._normally_closed = normally_closed
        self._relay = False
        self._other_until: float | None = None  # a board's timer holds the relay's other state
        self._pulse_until = float("-inf")

    def set_relay(self, on: bool) -> None:
        """Move the relay; a timer that ran is over."""
        self._relay, self._other_until = on, None

    def hold_relay(self, on: bool, seconds: float, now: float) -> None:
        """Move the relay for a time, after which it has the other state."""
        self._relay, self._other_until = not on, now + seconds

    def relay(self, now: float) -> bool:
        """Return whether the relay is pulled."""
        if self._other_until is not None and now >= self._other_until:
            self._other_until = None
        return self._relay if self._other_until is None else not self._relay

    def lose_power(self) -> None:
        """Drop the relay, as a board without its cable does."""
        self.set_relay(False)

    def is_free(self, now: float) -> bool:
        """Say whether the arm can be turned without force."""
        return self.relay(now) is (self.wiring == "secure")

    def push(self, now: float, *, force: bool = False) -> bool:
        """Try to go through; return whether that was possible."""
        if self.faults.stuck_arm or not (force or self.is_free(now)):
            return False
        self.through += 1
        if not self.faults.blind_sensor:
            self._pulse_until = now + PULSE_SECONDS
        return True

    def swing(self, now: float, *, stands_open: bool, force: bool = False) -> bool:
        """Open or close the door; return whether that was possible."""
        if stands_open and not self.stands_open and not (force or self.is_free(now)):
            return False
        self.stands_open = stands_open
        return True

    def is_rotating(self, now: float) -> bool:
        """Say whether the rotation sensor is active."""
        return self.faults.stuck_sensor or now < self._pulse_until

    def inputs(self, now: float) -> tuple[bool, bool, bool]:
        """Return what the inputs of a board carry: rotation, contact, fire panel."""
        closed = self._normally_closed
        return self.is_rotating(now) is not closed, self.stands_open is not closed, self.panel

    def view(self, now: float, *, plugged: bool) -> ArmView:
        """Look at it."""
        free, relay = self.is_free(now), self.relay(now)
        rotating = self.is_rotating(now)
        return ArmView(
            free, relay, rotating, self.stands_open, self.through, plugged, panel=self.panel
        )
