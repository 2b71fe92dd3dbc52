"""The card's verdicts: two-byte status words, named, unknown ones kept.

Promise: every 16-bit value becomes a `StatusWord`; a code nobody wrote down keeps its number.
Not here: what to do about a refusal.
"""

from enum import IntEnum
from typing import Self

LARGEST = 0xFFFF


class StatusWord(IntEnum):
    """SW1 SW2 of an answer: 91xx for wrapped DESFire commands, else ISO 7816-4."""

    OK = 0x9100
    NO_CHANGES = 0x910C
    OUT_OF_EEPROM = 0x910E
    ILLEGAL_COMMAND = 0x911C
    INTEGRITY_ERROR = 0x911E
    NO_SUCH_KEY = 0x9140
    LENGTH_ERROR = 0x917E
    PERMISSION_DENIED = 0x919D
    PARAMETER_ERROR = 0x919E
    APPLICATION_NOT_FOUND = 0x91A0
    APPLICATION_INTEGRITY_ERROR = 0x91A1
    AUTHENTICATION_ERROR = 0x91AE
    ADDITIONAL_FRAME = 0x91AF
    BOUNDARY_ERROR = 0x91BE
    PICC_INTEGRITY_ERROR = 0x91C1
    COMMAND_ABORTED = 0x91CA
    PICC_DISABLED = 0x91CD
    TOO_MANY_APPLICATIONS = 0x91CE
    DUPLICATE = 0x91DE
    EEPROM_ERROR = 0x91EE
    FILE_NOT_FOUND = 0x91F0
    FILE_INTEGRITY_ERROR = 0x91F1

    ISO_OK = 0x9000
    ISO_WRONG_LENGTH = 0x6700
    ISO_SECURITY_NOT_SATISFIED = 0x6982
    ISO_NOT_ALLOWED = 0x6985
    ISO_WRONG_DATA = 0x6A80
    ISO_NOT_SUPPORTED = 0x6A81
    ISO_FILE_NOT_FOUND = 0x6A82
    ISO_UNKNOWN_INSTRUCTION = 0x6D00
    ISO_UNKNOWN_CLASS = 0x6E00
    ISO_UNKNOWN_ERROR = 0x6F00

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Keep a code that has no name here: a card may say anything."""
        if not isinstance(value, int) or not 0 <= value <= LARGEST:
            return None
        unnamed = int.__new__(cls, value)
        unnamed._name_ = f"UNNAMED_{value:04X}"
        unnamed._value_ = value
        return unnamed

    @property
    def is_desfire(self) -> bool:
        """True for 91xx: a DESFire application processor spoke, whatever it said."""
        return self >> 8 == 0x91

    def __str__(self) -> str:
        return f"{self.name} ({self:04X})"
