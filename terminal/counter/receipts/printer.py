"""Carrying a ticket to the printer: network, serial line or device file, within named limits.

Promise: before and after the ticket the printer is asked for its paper (DLE EOT 4, real-time
status), so that « printed » means it had paper to the end; every failure is a `PrinterError`. It
makes no ticket (`paper.py`) and keeps no queue: who wants the paper asks again.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Protocol

from terminal.errors import PadError, PrinterAbsent, PrinterOutOfPaper, PrinterSilent
from terminal.pin.serial_link import LineSettings, SerialLink
from terminal.till_settings import PrinterSettings

CONNECT_SECONDS_MAX = 3.0
WRITE_SECONDS_MAX = 8.0
STATUS_SECONDS_MAX = 1.5
STATUS_BYTES_MAX = 16

ASK_FOR_PAPER = b"\x10\x04\x04"  # DLE EOT 4
_FIXED_MASK, _FIXED_BITS = 0b1001_0011, 0b0001_0010  # what every real-time status has
_NO_PAPER = 0b0110_0000


class Carrier(Protocol):
    """An open way to a printer; its methods raise OSError, TimeoutError included."""

    def write(self, content: bytes, seconds_max: float, /) -> None:
        """Hand over all bytes."""
        ...

    def read(self, seconds_max: float, /) -> bytes:
        """Return what has come; empty when time is up."""
        ...

    def close(self) -> None:
        """Let go; never raises."""
        ...


class Printer:
    """One ticket printer. It is held only while a ticket goes out."""

    def __init__(self, open_carrier: Callable[[], Carrier], *, asks_status: bool = True) -> None:
        self._open = open_carrier
        self._asks_status = asks_status

    def print_ticket(self, ticket: bytes) -> None:
        """Print; return once the printer has taken all of it and still has paper."""
        try:
            carrier = self._open()
        except OSError as cause:
            raise PrinterAbsent("the printer is not there") from cause
        try:
            self._check_paper(carrier)
            carrier.write(ticket, WRITE_SECONDS_MAX)
            self._check_paper(carrier)
        except OSError as cause:
            raise PrinterSilent("the printer does not take the ticket") from cause
        finally:
            carrier.close()

    def _check_paper(self, carrier: Carrier) -> None:
        if not self._asks_status:
            return
        carrier.write(ASK_FOR_PAPER, WRITE_SECONDS_MAX)
        answer = carrier.read(STATUS_SECONDS_MAX)[:STATUS_BYTES_MAX]
        status = [byte for byte in answer if byte & _FIXED_MASK == _FIXED_BITS]
        if not status:
            raise PrinterSilent("the printer does not say whether it has paper")
        if status[-1] & _NO_PAPER == _NO_PAPER:
            raise PrinterOutOfPaper("the roll is at its end")


def open_printer(settings: PrinterSettings) -> Printer:
    """Return the configured printer; nothing is opened yet."""
    openers: dict[str, Callable[[], Carrier]] = {
        "network": lambda: _Network(str(settings.host), settings.port),
        "serial": lambda: _Serial(str(settings.device), LineSettings.parse(settings.line)),
        "file": lambda: _DeviceFile(str(settings.device)),
    }
    return Printer(openers[settings.kind], asks_status=settings.asks_status)


class _Network:
    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=CONNECT_SECONDS_MAX)

    def write(self, content: bytes, seconds_max: float, /) -> None:
        self._socket.settimeout(seconds_max)
        self._socket.sendall(content)

    def read(self, seconds_max: float, /) -> bytes:
        self._socket.settimeout(seconds_max)
        try:
            return self._socket.recv(STATUS_BYTES_MAX)
        except TimeoutError:
            return b""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()


class _Serial:
    """The pad's serial link, speaking of a printer's failures."""

    def __init__(self, device: str, line: LineSettings) -> None:
        try:
            self._link = SerialLink(device, line)
        except PadError as cause:
            raise ConnectionError(str(cause)) from cause

    def write(self, content: bytes, _seconds_max: float, /) -> None:
        try:
            self._link.write(content)
        except PadError as cause:
            raise ConnectionError(str(cause)) from cause

    def read(self, seconds_max: float, /) -> bytes:
        try:
            return self._link.read(seconds_max)
        except PadError as cause:
            raise ConnectionError(str(cause)) from cause

    def close(self) -> None:
        self._link.close()


class _DeviceFile:
    """A device like /dev/usb/lp0, never waited for longer than asked."""

    def __init__(self, device: str) -> None:
        self._file = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)

    def write(self, content: bytes, seconds_max: float, /) -> None:
        end = time.monotonic() + seconds_max
        left = memoryview(content)
        while left:
            _, ready, _ = select.select([], [self._file], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("the device takes no more bytes")
            left = left[os.write(self._file, left) :]

    def read(self, seconds_max: float, /) -> bytes:
        ready, _, _ = select.select([self._file], [], [], seconds_max)
        return os.read(self._file, STATUS_BYTES_MAX) if ready else b""

    def close(self) -> None:
        os.close(self._file)
