"""The words of serial relay boards, as a table of dialects. Pure: bytes and values.

    lcus        A0 relay state sum, 9600 8N1 (LCUS-1 … LCUS-8). No answer, no inputs, no timer.
    numato      text: `relay on 0`, `gpio read 0`, each ended by CR; the board repeats the words,
                answers, and says `>`. Inputs, no timer.
    modbus-rtu  Modbus over serial line (V1.02): coils 05, discrete inputs 02. The relay boards of
                the Waveshare kind hold a coil for a time of their own: 05 at 0200 + relay (on) or
                0400 + relay (off), in tenths of a second. Inputs and timer.

A board with a timer drops its relay whatever becomes of us; the others hold it until they are told.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

ANSWER_BYTES_MAX: Final = 512
_NUMATO_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_CRC_POLYNOMIAL: Final = 0xA001
_WRITE_COIL, _READ_INPUTS, _EXCEPTION = 0x05, 0x02, 0x80
_HOLD_ON, _HOLD_OFF = 0x0200, 0x0400


class Garbled(Exception):
    """What came is no answer of this dialect to this request."""


class Refused(Exception):
    """The board says that it will not."""


Answer = tuple[bool, ...]
"""The inputs that were asked for, in the order asked; empty for a relay."""
Reading = Callable[[bytes], Answer | None]


@dataclass(frozen=True, slots=True)
class Request:
    """What to send, and how to read the answer: None while it is not whole yet."""

    frame: bytes
    read: Reading


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family of boards. `hold` switches for tenths of a second, where the board can."""

    name: str
    switch: Callable[[int, int, bool], Request]
    hold: Callable[[int, int, bool, int], Request] | None = None
    look: Callable[[int, Sequence[int]], Sequence[Request]] | None = None


def _nothing(_received: bytes) -> Answer:
    return ()


def _lcus_switch(_address: int, relay: int, on: bool) -> Request:
    words = bytes([0xA0, relay + 1, on])
    return Request(words + bytes([sum(words) & 0xFF]), _nothing)


def _numato(command: str, answer: str) -> Request:
    """Return a request whose whole answer is: the words again, then `answer`, then the prompt."""
    whole = re.compile(rf"{re.escape(command)}[\r\n]+{answer}[\r\n]*>")

    def read(received: bytes) -> Answer | None:
        text = received.decode("ascii", errors="replace")
        if (found := whole.search(text)) is not None:
            return tuple(each == "1" for each in found.groups())
        if text.count(">") > 1 or len(text) > ANSWER_BYTES_MAX:
            raise Garbled
        return None

    return Request(f"{command}\r".encode(), read)


def _numato_switch(_address: int, relay: int, on: bool) -> Request:
    return _numato(f"relay {'on' if on else 'off'} {_NUMATO_DIGITS[relay]}", "")


def _numato_look(_address: int, inputs: Sequence[int]) -> Sequence[Request]:
    return [_numato(f"gpio read {_NUMATO_DIGITS[each]}", "([01])") for each in inputs]


def crc(message: bytes) -> bytes:
    """Return the two check bytes of Modbus over serial line (V1.02, 6.2.2), low byte first."""
    register = 0xFFFF
    for byte in message:
        register ^= byte
        for _ in range(8):
            odd = register & 1
            register = (register >> 1) ^ (_CRC_POLYNOMIAL if odd else 0)
    return register.to_bytes(2, "little")


def _modbus(body: bytes, length: int, take: Callable[[bytes], Answer]) -> Request:
    """Return a request whose answer has `length` bytes, or five where the board refuses."""
    head = body[:2]

    def read(received: bytes) -> Answer | None:
        if len(received) < 5:
            return None
        if received[:2] == bytes([head[0], head[1] | _EXCEPTION]):
            _check(received[:5])
            raise Refused(f"Modbus exception {received[2]:02X}")
        if len(received) < length:
            return None
        if received[:2] != head or len(received) > length:
            raise Garbled
        _check(received)
        return take(received[2:-2])

    return Request(body + crc(body), read)


def _check(message: bytes) -> None:
    if crc(message[:-2]) != message[-2:]:
        raise Garbled


def _modbus_write(address: int, coil: int, value: int) -> Request:
    body = bytes([address, _WRITE_COIL]) + coil.to_bytes(2, "big") + value.to_bytes(2, "big")

    def take(echo: bytes) -> Answer:
        if echo != body[2:]:
            raise Garbled
        return ()

    return _modbus(body, len(body) + 2, take)


def _modbus_switch(address: int, relay: int, on: bool) -> Request:
    return _modbus_write(address, relay, 0xFF00 if on else 0)


def _modbus_hold(address: int, relay: int, on: bool, tenths: int) -> Request:
    return _modbus_write(address, (_HOLD_ON if on else _HOLD_OFF) + relay, tenths)


def _modbus_look(address: int, inputs: Sequence[int]) -> Sequence[Request]:
    """Read all inputs up to the last that is wanted, in one request."""
    count = max(inputs) + 1
    size = (count + 7) // 8
    body = bytes([address, _READ_INPUTS, 0, 0]) + count.to_bytes(2, "big")

    def take(answer: bytes) -> Answer:
        if answer[0] != size:
            raise Garbled
        return tuple(bool(answer[1 + each // 8] >> each % 8 & 1) for each in inputs)

    return [_modbus(body, 3 + size + 2, take)]


DIALECTS: Final = {
    each.name: each
    for each in (
        Dialect("lcus", _lcus_switch),
        Dialect("numato", _numato_switch, look=_numato_look),
        Dialect("modbus-rtu", _modbus_switch, hold=_modbus_hold, look=_modbus_look),
    )
}
