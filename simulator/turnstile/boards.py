"""Relay boards as their makers describe them, each hearing bytes and answering bytes.

    lcus        A0 relay state sum; relays from 1; it never answers
    numato      lines of text ended by CR: what came is said again, then the answer, then >
    modbus-rtu  eight bytes with a CRC: 05 sets a coil (0000 + n; 0200 + n on and 0400 + n off for
                tenths of a second), 02 reads inputs

Promise: what is malformed is met as a board meets it, with silence, an exception or a bare prompt.
Written from the makers' pages, not from the code that talks to them.
"""

import re
from typing import Protocol

from simulator.turnstile.arm import Arm

LINE_BYTES_MAX = 64
RELAYS = 8
_COIL, _HOLD_ON, _HOLD_OFF = 0x00, 0x02, 0x04
_FRAME_BYTES = 8


class Board(Protocol):
    """What hears the line."""

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take bytes; return what the board says."""
        ...


class LcusBoard:
    """It obeys and says nothing. Only its first relay moves the arm."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._left = b""

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take frames of four bytes; skip what is none."""
        del now
        self._left += received
        while len(self._left) >= 4:
            start, relay, state, total = self._left[:4]
            if start != 0xA0 or (start + relay + state) & 0xFF != total or state > 1:
                self._left = self._left[1:]
                continue
            self._left = self._left[4:]
            if relay == 1:
                self._arm.set_relay(bool(state))
        return b""


class NumatoBoard:
    """It repeats what it hears, and prompts."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._left = b""

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take lines of text."""
        self._left += received
        said = b""
        while b"\r" in self._left:
            line, _, self._left = self._left.partition(b"\r")
            answer = self._obey(line.decode("ascii", errors="replace").strip(), now)
            said += line + b"\n\r" + (answer + b"\n\r" if answer else b"") + b">"
        self._left = self._left[-LINE_BYTES_MAX:]
        return said

    def _obey(self, line: str, now: float) -> bytes:
        if found := re.fullmatch(r"relay (on|off) ([0-7])", line):
            if found[2] == "0":
                self._arm.set_relay(found[1] == "on")
        elif found := re.fullmatch(r"relay read ([0-7])", line):
            return b"on" if found[1] == "0" and self._arm.relay(now) else b"off"
        elif found := re.fullmatch(r"gpio read ([0-7])", line):
            inputs = (*self._arm.inputs(now), *(False,) * RELAYS)
            return b"1" if inputs[int(found[1])] else b"0"
        return b""


class ModbusBoard:
    """It answers to its address only."""

    def __init__(self, arm: Arm, address: int) -> None:
        self._arm = arm
        self._address = address
        self._left = b""

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take requests of eight bytes; a byte that begins none is skipped."""
        self._left += received
        said = b""
        while len(self._left) >= _FRAME_BYTES:
            frame = self._left[:_FRAME_BYTES]
            if _check_bytes(frame[:-2]) != frame[-2:]:
                self._left = self._left[1:]
                continue
            self._left = self._left[_FRAME_BYTES:]
            if frame[0] == self._address:
                said += self._answer(frame, now)
        return said

    def _answer(self, frame: bytes, now: float) -> bytes:
        function, place = frame[1], int.from_bytes(frame[2:4], "big")
        value = int.from_bytes(frame[4:6], "big")
        if function == 5 and self._set(place >> 8, place & 0xFF, value, now):
            return frame
        if function == 2 and 1 <= value <= RELAYS and place + value <= RELAYS:
            inputs = (*self._arm.inputs(now), *(False,) * RELAYS)[place : place + value]
            packed = sum(1 << bit for bit, active in enumerate(inputs) if active)
            return _checked(bytes([self._address, 2, 1, packed]))
        known = function in (2, 5)
        return _checked(bytes([self._address, function | 0x80, 2 if known else 1]))

    def _set(self, kind: int, relay: int, value: int, now: float) -> bool:
        if relay >= RELAYS or (kind == _COIL and value not in (0, 0xFF00)):
            return False
        if kind not in (_COIL, _HOLD_ON, _HOLD_OFF):
            return False
        if relay == 0 and kind == _COIL:
            self._arm.set_relay(value != 0)
        elif relay == 0:
            self._arm.hold_relay(kind == _HOLD_ON, value / 10, now)
        return True


def _checked(message: bytes) -> bytes:
    return message + _check_bytes(message)


def _check_bytes(message: bytes) -> bytes:
    """CRC-16 of Modbus, by a table made on the spot: another way than the terminal's."""
    total = 0xFFFF
    for byte in message:
        total = _TABLE[(total ^ byte) & 0xFF] ^ (total >> 8)
    return bytes([total & 0xFF, total >> 8])


def _table_entry(index: int) -> int:
    for _ in range(8):
        index = index >> 1 ^ 0xA001 if index & 1 else index >> 1
    return index


_TABLE = tuple(_table_entry(index) for index in range(256))


def make_board(kind: str, arm: Arm, address: int) -> Board:
    """Return the board of that kind; only a Modbus board has an address."""
    if kind == "modbus-rtu":
        return ModbusBoard(arm, address)
    return LcusBoard(arm) if kind == "lcus" else NumatoBoard(arm)
