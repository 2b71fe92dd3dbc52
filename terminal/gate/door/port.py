"""What the gate asks of a turnstile or door, whatever it hangs on.

Promise of every `Door`: claimed before anything else; a call ends within its own named limits, or
raises a `DoorError`; after `let_go` no relay is held by us. A rotation is never lost between two
looks: the door counts them. Not here: when to open (`motion.py`), what it costs (`keeper.py`).
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class Signal(Enum):
    """What a head shows and sounds: the four tones of the screen."""

    READY = auto()
    GOOD = auto()
    WAIT = auto()
    STOP = auto()


@dataclass(frozen=True, slots=True)
class DoorState:
    """What the inputs say: `rotations` since it was claimed, and whether the sensor is active.

    `emergency`: the fire panel asks for the door to be free.
    """

    rotations: int = 0
    rotating: bool = False
    stands_open: bool = False
    emergency: bool = False


class Door(Protocol):
    """One turnstile or door."""

    def claim(self) -> None:
        """Take the line and lock the door; raises DoorError."""
        ...

    def open(self, seconds: int) -> None:
        """Release the door; where the hardware can, it locks by itself after `seconds`."""
        ...

    def hold_open(self) -> None:
        """Release the door until it is closed; may be said again and again."""
        ...

    def close(self) -> None:
        """Lock the door, whatever it is doing."""
        ...

    def state(self) -> DoorState:
        """Look at the inputs; raises DoorError when nobody answers any more."""
        ...

    def signal(self, signal: Signal) -> None:
        """Show and sound, where there is something to show it with."""
        ...

    def let_go(self) -> None:
        """Drop the relay and the line: locked or free, as the site is wired. Never raises."""
        ...
