"""What goes wrong with a pad on purpose.

Promise: a counted fault happens that many times and then no more; a switch stays until it is put
back. Not done here: the going wrong (`pad.py`), pulling the plug (`cable.py`).
"""

from dataclasses import dataclass, field
from enum import Enum, auto


class Fault(Enum):
    """What is counted."""

    SPOIL_CHECK_BYTE = auto()  # of the next answer sent
    NAK = auto()  # to the next good frame received
    LOSE_ACK = auto()  # the next ACK stays in the pad
    REPEAT_ANSWER = auto()  # the next answer is sent twice


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault is still to happen, and whether the pad is mute."""

    left: dict[Fault, int] = field(default_factory=dict)
    silent: bool = False

    def spend(self, fault: Fault) -> "tuple[Faults, bool]":
        """Return what is left after one, and whether there was one."""
        left = self.left.get(fault, 0)
        if left <= 0:
            return self, False
        return Faults({**self.left, fault: left - 1}, self.silent), True


NO_FAULTS = Faults()
