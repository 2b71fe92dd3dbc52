"""The line of Concert V2 and V3, terminal's side: who speaks, what arrived whole, what was heard.

```
 till                        terminal
 ENQ ───────────────────────▶        idle → receiving
     ◀─────────────────────── ACK
 STX request ETX LRC ───────▶        receiving → received (NAK: once more)
     ◀─────────────────────── ACK
 EOT ───────────────────────▶        received → working: only now the request counts
                             …
     ◀─────────────────────── ENQ    working → calling (no ACK: EOT, 1 s, again; three times)
 ACK ───────────────────────▶
     ◀─────── STX answer ETX LRC     calling → sending (NAK or silence: again; three times)
 ACK ───────────────────────▶
     ◀─────────────────────── EOT    sending → idle: delivered
```

LRC is the XOR of all after STX, ETX included. Sans-I/O: bytes and silences go in, bytes and events
come out; it has no clock and knows no message. What does not belong is dropped, never guessed.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from functools import reduce
from operator import xor

STX, ETX, EOT, ENQ, ACK, NAK = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15"
ANSWER_SECONDS_MAX = 3.0  # the protocol's own; a till must not shorten it
PAUSE_SECONDS = 1.0
TRIES_MAX = 3
MESSAGE_BYTES_MAX = 1100


class LineState(Enum):
    """Whose turn it is."""

    IDLE = auto()
    RECEIVING = auto()
    RECEIVED = auto()
    WORKING = auto()
    CALLING = auto()
    PAUSING = auto()
    SENDING = auto()


@dataclass(frozen=True, slots=True)
class Requested:
    """A whole request, which the till has ended."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """The end of an answer: the till acknowledged it, or it cannot be reached."""

    delivered: bool


_WAITS = {
    LineState.RECEIVING: ANSWER_SECONDS_MAX,
    LineState.RECEIVED: ANSWER_SECONDS_MAX,
    LineState.CALLING: ANSWER_SECONDS_MAX,
    LineState.PAUSING: PAUSE_SECONDS,
    LineState.SENDING: ANSWER_SECONDS_MAX,
}


class ConcertLine:
    """One serial line."""

    def __init__(self) -> None:
        self.state = LineState.IDLE
        self._out = bytearray()
        self._events: deque[Requested | Told] = deque()
        self._frame: bytearray | None = None  # from STX on, while one is coming
        self._message = b""
        self._tries = 0

    @property
    def seconds_to_wait(self) -> float | None:
        """How long the line may be silent now before `time_out`; None: for ever."""
        return _WAITS.get(self.state)

    def receive_data(self, piece: bytes) -> None:
        """Take bytes, in pieces of any size."""
        for value in piece:
            self._receive(bytes((value,)))

    def time_out(self) -> None:
        """Note that the line was silent for `seconds_to_wait`."""
        if self.state in {LineState.RECEIVING, LineState.RECEIVED}:
            self._rest()
        elif self.state is LineState.CALLING:
            self._call_later()
        elif self.state is LineState.PAUSING:
            self._call()
        elif self.state is LineState.SENDING:
            self._send_again()

    def answer(self, message: bytes) -> None:
        """Begin to tell the till how its request ended."""
        assert self.state is LineState.WORKING, "an answer answers a request"
        assert len(message) <= MESSAGE_BYTES_MAX, "a message is short"
        self._message, self._tries = message, 0
        self._call()

    def drop(self) -> None:
        """Leave the request without an answer: it was none."""
        assert self.state is LineState.WORKING, "only a request is dropped"
        self._rest()

    def data_to_send(self) -> bytes:
        """Return the bytes for the line, once."""
        out, self._out = bytes(self._out), bytearray()
        return out

    def next_event(self) -> Requested | Told | None:
        """Return what happened, in order."""
        return self._events.popleft() if self._events else None

    # --- bytes, one by one --------------------------------------------------------------------

    def _receive(self, byte: bytes) -> None:
        if self._frame is not None:
            self._receive_in_frame(byte)
        elif self.state in {LineState.IDLE, LineState.RECEIVING, LineState.RECEIVED}:
            self._listen(byte)
        elif self.state is LineState.WORKING:
            if byte == ENQ:
                self._out += NAK  # one request at a time
        elif self.state is LineState.CALLING:
            self._hear_call(byte)
        elif self.state is LineState.SENDING:
            self._hear_answer(byte)

    def _listen(self, byte: bytes) -> None:
        if byte == ENQ:  # also again, from a till that did not hear the ACK
            self.state, self._message, self._tries = LineState.RECEIVING, b"", 0
            self._out += ACK
        elif self.state is LineState.IDLE:
            return
        elif byte == STX:
            self._frame = bytearray()
        elif byte == EOT:
            if self.state is LineState.RECEIVED:
                self.state = LineState.WORKING
                self._events.append(Requested(self._message))
            else:
                self._rest()

    def _receive_in_frame(self, byte: bytes) -> None:
        assert self._frame is not None, "a frame is coming"
        if not self._frame.endswith(ETX):
            self._frame += byte
            if len(self._frame) > MESSAGE_BYTES_MAX:
                self._refuse_frame()
            return
        if _lrc(self._frame) != byte[0]:
            self._refuse_frame()
            return
        self._message, self._frame = bytes(self._frame[:-1]), None
        self.state = LineState.RECEIVED
        self._out += ACK

    def _refuse_frame(self) -> None:
        self._frame, self._message = None, b""
        self._tries += 1
        if self._tries >= TRIES_MAX:
            self._out += EOT
            self._rest()
        else:
            self.state = LineState.RECEIVING
            self._out += NAK

    def _hear_call(self, byte: bytes) -> None:
        if byte == ACK:
            self.state, self._tries = LineState.SENDING, 0
            self._send_again()
        elif byte == NAK:
            self._call_later()

    def _hear_answer(self, byte: bytes) -> None:
        if byte == ACK:
            self._finish(delivered=True)
        elif byte == NAK:
            self._send_again()

    # --- our turn -----------------------------------------------------------------------------

    def _call(self) -> None:
        self.state = LineState.CALLING
        self._tries += 1
        self._out += ENQ

    def _call_later(self) -> None:
        if self._tries >= TRIES_MAX:
            self._finish(delivered=False)
        else:
            self._out += EOT
            self.state = LineState.PAUSING

    def _send_again(self) -> None:
        if self._tries >= TRIES_MAX:
            self._finish(delivered=False)
            return
        self._tries += 1
        self._out += frame(self._message)

    def _finish(self, *, delivered: bool) -> None:
        self._out += EOT
        self._events.append(Told(delivered))
        self._rest()

    def _rest(self) -> None:
        self.state, self._frame, self._message, self._tries = LineState.IDLE, None, b"", 0


def frame(message: bytes) -> bytes:
    """Return STX message ETX LRC."""
    body = message + ETX
    return STX + body + bytes((_lrc(body),))


def _lrc(body: bytes | bytearray) -> int:
    return reduce(xor, body, 0)
