"""What goes wrong with a pad on purpose.

Promise: a counted fault happens that many times and then no more; a switch stays until it is put
back. Not done here: the going wrong (`pad.py`, `keypad.py`), pulling the plug (`cable.py`).
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto


class Fault(Enum):
    """What is counted."""

    SPOIL_CHECK_BYTE = auto()  # of the next answer sent
    NAK = auto()  # to the next good frame received
    LOSE_ACK = auto()  # the next ACK stays in the pad
    REPEAT_ANSWER = auto()  # the next answer is sent twice
    LATE_ACK = auto()  # the next ACK comes only after the next answer
    UNASKED_GOODBYE = auto()  # an EOT nobody asked for comes before the next ACK
    BOUNCE_KEY = auto()  # of a keypad: the next key arrives twice
    STRAY_BYTE = auto()  # of a keypad: before the next key comes a byte that is none


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault is still to happen; whether the pad is mute, or at another speed."""

    left: dict[Fault, int] = field(default_factory=dict)
    silent: bool = False
    wrong_speed: bool = False

    def spend(self, fault: Fault) -> "tuple[Faults, bool]":
        """Return what is left after one, and whether there was one."""
        left = self.left.get(fault, 0)
        if left <= 0:
            return self, False
        return replace(self, left={**self.left, fault: left - 1}), True


def at_another_speed(sent: bytes) -> bytes:
    """Return what a receiver set to twice the sender's speed makes of it: each bit twice."""
    heard = bytearray()
    for byte in sent:
        doubled = sum(0b11 << (2 * place) for place in range(8) if byte >> place & 1)
        heard += doubled.to_bytes(2, "little")
    return bytes(heard)


NO_FAULTS = Faults()
