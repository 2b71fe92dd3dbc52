"""What the ISO 7816-4 commands of the chip have in common: a command, a refusal, status words."""

from dataclasses import dataclass

OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
SECURITY_NOT_SATISFIED = b"\x69\x82"
CONDITIONS_NOT_SATISFIED = b"\x69\x85"
WRONG_PARAMETERS = b"\x6a\x86"
REFERENCE_NOT_FOUND = b"\x6a\x88"
LE_MAX = 256


class IsoRefusalError(Exception):
    """A refusal in ISO's own words."""

    def __init__(self, status: bytes) -> None:
        super().__init__(status.hex())
        self.status = status


@dataclass(frozen=True, slots=True)
class IsoCommand:
    """One command of class 00, short form."""

    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None


def require_iso(condition: bool, status: bytes) -> None:
    """Refuse with this status word unless the condition holds."""
    if not condition:
        raise IsoRefusalError(status)
