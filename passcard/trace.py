"""What was said to a card, told without its secrets: for a support desk, not for a debugger.

    5  ChangeKey, key 0, type AES | 46 bytes sent | 2 received | OK (9100)

Promise: a trace is redacted where it is recorded. Of a command it keeps its name, the header fields
named in HEADERS (never encrypted, never secret) and a length; of an answer its length and status.
So no key, session key, ciphertext, challenge, proof or file content is ever in it, whatever is
sent: an unknown command has no fields. Any bytes can be traced. Not here: time, and where it goes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from passcard.apdu import WRAPPED_CLASS, parse_response
from passcard.errors import UnexpectedAnswer
from passcard.session import Transmit

ADDITIONAL_FRAME = 0xAF
_HEADER_LENGTH = 5  # CLA INS P1 P2 Lc
_NAMES = {
    0x0A: "AuthenticateLegacy",
    0x0C: "Credit",
    0x1A: "AuthenticateISO",
    0x1C: "LimitedCredit",
    0x3B: "WriteRecord",
    0x3D: "WriteData",
    0x45: "GetKeySettings",
    0x51: "GetCardUID",
    0x54: "ChangeKeySettings",
    0x5A: "SelectApplication",
    0x5C: "SetConfiguration",
    0x5F: "ChangeFileSettings",
    0x60: "GetVersion",
    0x64: "GetKeyVersion",
    0x6A: "GetApplicationIDs",
    0x6C: "GetValue",
    0x6E: "FreeMem",
    0x6F: "GetFileIDs",
    0x71: "AuthenticateEV2First",
    0x77: "AuthenticateEV2NonFirst",
    0x8B: "WriteRecord",
    0x8D: "WriteData",
    0xA7: "AbortTransaction",
    0xAA: "AuthenticateAES",
    0xAB: "ReadRecords",
    0xAD: "ReadData",
    0xBA: "UpdateRecord",
    0xBB: "ReadRecords",
    0xBD: "ReadData",
    0xC4: "ChangeKey",
    0xC6: "ChangeKeyEV2",
    0xC7: "CommitTransaction",
    0xC8: "CommitReaderID",
    0xCA: "CreateApplication",
    0xDA: "DeleteApplication",
    0xDB: "UpdateRecord",
    0xDC: "Debit",
    0xDF: "DeleteFile",
    0xEB: "ClearRecordFile",
    0xF5: "GetFileSettings",
    0xFC: "FormatPICC",
}
_ISO_CLASS, _READER_CLASS = 0x00, 0xFF
_ISO_NAMES = {0xA4: "ISO SELECT", 0xB0: "ISO READ BINARY", 0xD6: "ISO UPDATE BINARY"}
_PICC_KEY_TYPES = {0x00: "DES", 0x40: "3K3DES", 0x80: "AES"}


class _Reading(Enum):
    """How a header field is written."""

    HEX = "hex"  # as on the wire
    NUMBER = "number"  # little endian, as the interface counts
    KEY = "key"  # bits 5-0 the number, bits 7-6 the type of a PICC key


_KEY = (("key", 1, _Reading.KEY),)
_AID = (("application", 3, _Reading.HEX),)
_FILE = (("file", 1, _Reading.NUMBER),)
_SPAN = (*_FILE, ("offset", 3, _Reading.NUMBER), ("length", 3, _Reading.NUMBER))
#: The fields of a command that may be told, in the order they are sent; nothing after them is.
HEADERS: dict[int, tuple[tuple[str, int, _Reading], ...]] = {
    **dict.fromkeys((0x0A, 0x1A, 0x64, 0x71, 0x77, 0xAA, 0xC4), _KEY),
    0xC6: (("key set", 1, _Reading.NUMBER), *_KEY),
    **dict.fromkeys((0x5A, 0xDA), _AID),
    0xCA: (*_AID, ("settings", 2, _Reading.HEX)),
    0x5C: (("option", 1, _Reading.NUMBER),),
    **dict.fromkeys((0x0C, 0x1C, 0x5F, 0x6C, 0xDC, 0xDF, 0xEB, 0xF5), _FILE),
    **dict.fromkeys((0x3B, 0x3D, 0x8B, 0x8D, 0xAB, 0xAD, 0xBB, 0xBD), _SPAN),
}


@dataclass(frozen=True, slots=True)
class TracedExchange:
    """One command and its answer, as far as they may be told; lengths are of whole APDUs.

    `received` and `status` are None when no answer came.
    """

    number: int
    command: str
    fields: tuple[str, ...]
    sent: int
    received: int | None
    status: str | None

    def __str__(self) -> str:
        said = ", ".join((self.command, *self.fields))
        answered = "no answer"
        if self.received is not None:
            answered = f"{self.received} received | {self.status}"
        return f"{self.number} {said} | {self.sent} bytes sent | {answered}"


def traced(transmit: Transmit, record: Callable[[TracedExchange], None]) -> Transmit:
    """Return a `transmit` that carries the same bytes and records each exchange, redacted.

    What `transmit` raises passes through, recorded as no answer.
    """
    return _Trace(transmit, record).carry


class _Trace:
    def __init__(self, transmit: Transmit, record: Callable[[TracedExchange], None]) -> None:
        self._transmit = transmit
        self._record = record
        self._number = 0
        self._teller = Teller()

    def carry(self, command: bytes) -> bytes:
        self._number += 1
        name, fields = self._teller.tell(command)
        answer: bytes | None = None
        try:
            answer = self._transmit(command)
            return answer
        finally:
            received = None if answer is None else len(answer)
            status = None if answer is None else status_of(answer)
            self._record(TracedExchange(self._number, name, fields, len(command), received, status))


class Teller:
    """Names the commands of one tap, in their order."""

    def __init__(self) -> None:
        self._chained = ""

    def tell(self, command: bytes) -> tuple[str, tuple[str, ...]]:
        """Return a command's name and its tellable fields; a part is named after its command."""
        if len(command) < _HEADER_LENGTH:
            return "malformed command", ()
        kind, ins = command[0], command[1]
        if kind != WRAPPED_CLASS:
            return _other_name(kind, ins), ()
        if ins == ADDITIONAL_FRAME:
            return f"next part of {self._chained or 'nothing'}", ()
        self._chained = _NAMES.get(ins, f"unknown command {ins:02X}")
        # Without data the fifth byte is Le; with data the last one is.
        return self._chained, _tell_header(ins, command[_HEADER_LENGTH:-1])


def _other_name(kind: int, ins: int) -> str:
    if kind == _READER_CLASS:
        return "reader command"
    if kind == _ISO_CLASS:
        return _ISO_NAMES.get(ins, f"ISO command {ins:02X}")
    return f"command of class {kind:02X}"


def _tell_header(ins: int, body: bytes) -> tuple[str, ...]:
    told = []
    for name, length, reading in HEADERS.get(ins, ()):
        value, body = body[:length], body[length:]
        if len(value) < length:
            break
        told.append(f"{name} {_read(value, reading)}")
    return tuple(told)


def _read(value: bytes, reading: _Reading) -> str:
    if reading is _Reading.HEX:
        return value.hex().upper()
    if reading is _Reading.NUMBER:
        return str(int.from_bytes(value, "little"))
    kind = _PICC_KEY_TYPES.get(value[0] & 0xC0, "unknown")
    number = str(value[0] & 0x3F)
    return number if kind == "DES" else f"{number}, type {kind}"


def status_of(answer: bytes) -> str:
    """Return an answer's verdict in words."""
    try:
        return str(parse_response(answer).status)
    except UnexpectedAnswer:
        return "no status word"
