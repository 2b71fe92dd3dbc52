"""Frames of the VISA packet set: bytes in, events out, whatever the line did to them.

Promise: any split gives the same events, no damage raises, no buffer grows past its limit.
A frame is `STX body ETX LRC` (transactions) or `SI body SO LRC` (administration); the LRC is the
XOR of everything after the start byte up to and including the end byte (UIC PP791 manual p. 27).
Not done here: what a packet means (`dialects.py`), when it may come (`machine.py`), any I/O.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

STX, ETX = 0x02, 0x03
SI, SO = 0x0F, 0x0E
FS, SUB, GS, RS, US = 0x1C, 0x1A, 0x1D, 0x1E, 0x1F

# The longest packet of the set is a key block of 104 characters; twice that is a broken line.
BODY_BYTES_MAX = 256

_END_OF = {STX: ETX, SI: SO}
_SEPARATORS = frozenset((FS, SUB, GS, RS, US))
_ID_SHOWN = 2


class Control(Enum):
    """The one-byte answers, and the one-byte goodbye."""

    ACK = 0x06
    NAK = 0x15
    EOT = 0x04

    def encode(self) -> bytes:
        """Return the byte as it goes on the line."""
        return bytes((self.value,))


_CONTROLS = {control.value: control for control in Control}


class FrameKind(Enum):
    """Which pair of start and end bytes surrounds a body."""

    TRANSACTION = STX
    ADMINISTRATION = SI


@dataclass(frozen=True, slots=True)
class Packet:
    """One well-formed body. Its repr shows the identifier only: the rest may be a PIN block."""

    body: bytes
    kind: FrameKind = FrameKind.TRANSACTION

    def __repr__(self) -> str:
        """Name the packet without its content."""
        shown = self.body[:_ID_SHOWN].decode("ascii", "replace")
        return f"Packet({shown!r}, {len(self.body)} bytes)"

    def encode(self) -> bytes:
        """Return the frame; raise ValueError for a body that cannot travel."""
        if not 0 < len(self.body) <= BODY_BYTES_MAX:
            raise ValueError("a body has 1 to 256 bytes")
        if not all(map(_is_text, self.body)):
            raise ValueError("a body holds printable ASCII and field separators only")
        checked = self.body + bytes((_END_OF[self.kind.value],))
        return bytes((self.kind.value,)) + checked + bytes((lrc(checked),))


@dataclass(frozen=True, slots=True)
class Damaged:
    """Something that was a frame once: the answer to it is NAK."""


Event = Packet | Control | Damaged


def lrc(checked: bytes) -> int:
    """Return the XOR of all bytes."""
    return reduce(xor, checked, 0)


def _is_text(byte: int) -> bool:
    return 0x20 <= byte <= 0x7E or byte in _SEPARATORS


class _Place(Enum):
    BETWEEN = "between frames"
    BODY = "inside a frame"
    CHECK = "the next byte is the LRC"
    HEADLESS = "inside a frame whose start was lost"
    HEADLESS_CHECK = "the next byte is the LRC of a frame whose start was lost"


class FrameDecoder:
    """Turns what the line delivers into events: `receive_data`, then `next_event` until None."""

    def __init__(self, *, body_bytes_max: int = BODY_BYTES_MAX, events_max: int = 64) -> None:
        self._body_bytes_max = body_bytes_max
        self._events_max = events_max
        self._events: deque[Event] = deque()
        self._reset()

    def _reset(self) -> None:
        self._place = _Place.BETWEEN
        self._body = bytearray()
        self._start = STX
        self._broken = False

    @property
    def has_partial(self) -> bool:
        """Whether a frame has begun and not ended: if nothing follows, `abandon_partial`."""
        return self._place is not _Place.BETWEEN

    def receive_data(self, received: bytes) -> None:
        """Take bytes as they came, cut anywhere."""
        for byte in received:
            self._take(byte)

    def next_event(self) -> Event | None:
        """Return the oldest event not yet returned, or None."""
        return self._events.popleft() if self._events else None

    def abandon_partial(self) -> None:
        """Give up what stopped arriving: `Damaged` if it began as a frame, else mere noise."""
        was_frame = self._place in (_Place.BODY, _Place.CHECK)
        self._reset()
        if was_frame:
            self._report(Damaged())

    def discard(self) -> None:
        """Forget everything received, whole or partial, without a word."""
        self._reset()
        self._events.clear()

    def _report(self, event: Event) -> None:
        # A line that babbles faster than anyone listens loses the oldest events, not memory.
        if len(self._events) >= self._events_max:
            self._events.popleft()
        self._events.append(event)

    def _take(self, byte: int) -> None:
        match self._place:
            case _Place.CHECK:
                self._end(byte)
            case _Place.HEADLESS_CHECK:
                self._reset()
                self._report(Damaged())
            case _ if byte in _END_OF:
                self._begin(byte)
            case _Place.BODY:
                self._take_in_body(byte)
            case _:
                self._take_between(byte)

    def _begin(self, start: int) -> None:
        # A start byte cannot be part of a body: the frame before it was cut short.
        if self._place is _Place.BODY:
            self._report(Damaged())
        self._reset()
        self._place, self._start = _Place.BODY, start

    def _take_in_body(self, byte: int) -> None:
        if byte == _END_OF[self._start]:
            self._place = _Place.CHECK
        elif len(self._body) >= self._body_bytes_max:
            self._reset()
            self._place = _Place.HEADLESS
        else:
            # A control byte in here is a damaged letter, not a goodbye: it must not end an entry.
            self._broken |= not _is_text(byte)
            self._body.append(byte)

    def _take_between(self, byte: int) -> None:
        if byte in _CONTROLS:
            self._place = _Place.BETWEEN
            self._report(_CONTROLS[byte])
        elif byte in (ETX, SO):
            self._place = _Place.HEADLESS_CHECK
        else:
            self._place = _Place.HEADLESS

    def _end(self, check: int) -> None:
        start, body, broken = self._start, bytes(self._body), self._broken
        self._reset()
        whole = lrc(body + bytes((_END_OF[start],))) == check
        good = whole and body and not broken
        self._report(Packet(body, FrameKind(start)) if good else Damaged())
