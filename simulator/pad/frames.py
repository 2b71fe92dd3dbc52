"""What a pad hears and says on the line, as values.

Promise: any bytes, cut anywhere, become a list of things heard; nothing raises, nothing grows.
Not done here: what they mean (`requests.py`), whose turn it is (`machine.py`).
"""

from dataclasses import dataclass, field
from enum import Enum

STX, ETX, EOT, ACK, SO, SI, NAK = 0x02, 0x03, 0x04, 0x06, 0x0E, 0x0F, 0x15
FIELD_SEPARATOR, CLEAR_SCREEN = "\x1c", "\x1a"
TEXT_BYTES_MAX = 256

_ENDS = {STX: ETX, SI: SO}


class Signal(Enum):
    """A byte that stands alone."""

    ACK = ACK
    NAK = NAK
    EOT = EOT


_SIGNALS = {signal.value: signal for signal in Signal}


@dataclass(frozen=True, slots=True)
class Command:
    """A frame whose check byte was right. Its text may hold a card number: not shown."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A frame whose check byte was wrong."""


Heard = Signal | Command | Unreadable


def frame(text: str, *, flaw: int = 0) -> bytes:
    """Return STX, text, ETX and the check byte, which `flaw` spoils on purpose."""
    inside = text.encode("ascii") + bytes((ETX,))
    return bytes((STX,)) + inside + bytes((check_byte(inside) ^ flaw,))


def check_byte(inside: bytes) -> int:
    """Return the XOR of all bytes after the start byte, the end byte included."""
    total = 0
    for byte in inside:
        total ^= byte
    return total


class LineReader:
    """Collects a frame until its check byte; what comes outside of one stands alone."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self._ended = False

    def hear(self, received: bytes) -> list[Heard]:
        """Return everything these bytes completed."""
        heard = (self._hear_byte(byte) for byte in received)
        return [thing for thing in heard if thing is not None]

    def forget(self) -> None:
        """Drop a frame that has begun."""
        self._frame, self._ended = None, False

    def _hear_byte(self, byte: int) -> Heard | None:
        if self._ended:
            return self._close(byte)
        if byte in _ENDS:
            self._frame = bytearray((byte,))
        elif self._frame is None:
            return _SIGNALS.get(byte)
        else:
            self._frame.append(byte)
            self._ended = byte == _ENDS[self._frame[0]]
            if len(self._frame) > TEXT_BYTES_MAX:
                self.forget()
                return Unreadable()
        return None

    def _close(self, check: int) -> Heard:
        assert self._frame is not None
        inside = bytes(self._frame[1:])
        self.forget()
        if check_byte(inside) != check or not inside.isascii():
            return Unreadable()
        return Command(inside[:-1].decode())
