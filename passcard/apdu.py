"""DESFire commands in ISO 7816-4 clothes: `90 INS 00 00 [Lc data] 00`, answered `data 91 xx`.

Promise: `parse_response` takes any bytes and either returns a Response or raises UnexpectedAnswer.
Not here: secure messaging, and chaining (see `dialogue`).
"""

from dataclasses import dataclass

from passcard.errors import UnexpectedAnswer
from passcard.status_word import StatusWord

__all__ = ["Response", "StatusWord", "parse_response", "wrap"]

WRAPPED_CLASS = 0x90
STATUS_LENGTH = 2
COMMAND_BYTES_MAX = 255  # Lc is one byte in short form (7816-4 §5.1)
RESPONSE_BYTES_MAX = 256 + STATUS_LENGTH  # Le 00 asks for up to 256


@dataclass(frozen=True, slots=True)
class Response:
    """An answer taken apart: the card's bytes and its verdict."""

    data: bytes
    status: StatusWord


def wrap(ins: int, data: bytes = b"") -> bytes:
    """Return the APDU that carries native command `ins` with `data` (at most 255 bytes)."""
    if len(data) > COMMAND_BYTES_MAX:
        raise ValueError("a short APDU carries at most 255 bytes")
    header = bytes((WRAPPED_CLASS, ins, 0, 0))
    if not data:
        return header + b"\x00"
    return header + bytes((len(data),)) + data + b"\x00"


def parse_response(answer: bytes) -> Response:
    """Take an answer apart; raise UnexpectedAnswer when it cannot be one."""
    if not STATUS_LENGTH <= len(answer) <= RESPONSE_BYTES_MAX:
        raise UnexpectedAnswer("an answer that ends with a status word", len(answer))
    status = StatusWord(int.from_bytes(answer[-STATUS_LENGTH:], "big"))
    return Response(bytes(answer[:-STATUS_LENGTH]), status)
