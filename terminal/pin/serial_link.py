"""A serial port as a few verbs: read, write, close. The one file that knows pyserial.

Promise: the port is ours alone while it is open; every failure of the device is a `PadError`, and
no call waits longer than the time it was given. Not done here: frames, retries, reopening.
"""

import contextlib
import os
import re
import select
import termios
from dataclasses import dataclass
from errno import EAGAIN, EBUSY
from typing import Final, Literal

import serial

from terminal.errors import PadRefused, PadSilent, PadUnplugged

READ_BYTES_MAX = 4096
WRITE_SECONDS_MAX = 2.0
IN_USE = "IN_USE"

# pyserial's own error is an OSError, but it lets `termios.error` through, which is not.
_GONE = (OSError, termios.error)


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Speed and character format: `8`, `N` for the UIC family, `7`, `E` for VeriFone's."""

    baud_rate: int = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"

    @classmethod
    def parse(cls, text: str) -> "LineSettings":
        """Read what manuals write: `115200 7E1`; raise ValueError for anything else."""
        found = re.fullmatch(r"([1-9][0-9]{2,5}) (7|8)(N|E|O)1", text)
        if found is None:
            raise ValueError("a line is written like 9600 8N1")
        speed, bits, parity = found.groups()
        return cls(int(speed), BITS[bits], PARITIES[parity])


BITS: Final[dict[str, Literal[7, 8]]] = {"7": 7, "8": 8}
PARITIES: Final[dict[str, Literal["N", "E", "O"]]] = {"N": "N", "E": "E", "O": "O"}


class SerialLink:
    """An open port. Construct it to open it; it cannot be opened twice, here or elsewhere."""

    def __init__(self, device: str, settings: LineSettings | None = None) -> None:
        self.device = device
        line = settings or LineSettings()
        try:
            self._port = serial.Serial(
                port=device,
                baudrate=line.baud_rate,
                bytesize=line.data_bits,
                parity=line.parity,
                stopbits=1,
                timeout=0,
                write_timeout=WRITE_SECONDS_MAX,
                exclusive=True,
            )
        except _GONE as cause:
            raise self._not_opened(cause) from cause

    def _not_opened(self, cause: BaseException) -> PadRefused | PadUnplugged:
        if getattr(cause, "errno", None) in (EAGAIN, EBUSY):
            return PadRefused(IN_USE, f"another program holds {self.device}")
        return PadUnplugged(f"{self.device} cannot be opened", device=self.device)

    def _gone(self) -> PadUnplugged:
        return PadUnplugged(f"{self.device} went away", device=self.device)

    def read(self, seconds_max: float) -> bytes:
        """Return what has arrived, waiting for the first byte; empty when time is up."""
        try:
            # Not by pyserial's timeout: changing it sets the whole line up again at every read.
            ready, _, _ = select.select([self._port], [], [], seconds_max)
            if not ready:
                return b""
            # Readable and nothing there is how a line says goodbye: reading it then raises.
            received: bytes = self._port.read(min(max(1, self._port.in_waiting), READ_BYTES_MAX))
        except _GONE as cause:
            raise self._gone() from cause
        return received

    def read_into(self, buffer: bytearray, seconds_max: float) -> int:
        """Put what has arrived into the buffer; return how many bytes, 0 when time is up.

        What is read this way is in no other place of this process: a keypad's digits, say.
        """
        try:
            ready, _, _ = select.select([self._port], [], [], seconds_max)
            if not ready:
                return 0
            count = os.readv(self._port.fileno(), [buffer])
        except _GONE as cause:
            raise self._gone() from cause
        if count == 0:
            raise self._gone()
        return count

    def write(self, frame: bytes) -> None:
        """Hand all bytes to the line; raise `PadSilent` if it does not take them in time."""
        try:
            self._port.write(frame)
        except serial.SerialTimeoutException as cause:
            raise PadSilent(
                "the line takes no more bytes", seconds_max=WRITE_SECONDS_MAX
            ) from cause
        except _GONE as cause:
            raise self._gone() from cause

    def close(self) -> None:
        """Let go of the port; never raises."""
        with contextlib.suppress(*_GONE):
            self._port.close()
