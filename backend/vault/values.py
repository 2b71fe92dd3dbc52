"""What goes in and out of the vault: values, and the code's hidden type.

Not here: keys. One value carries key bytes out, for injection into a PIN pad: `Secret`.
"""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

#: How many digits a code may have; how many those of a scheme have, its settings say.
CODE_DIGITS_MIN = 4
CODE_DIGITS_MAX = 8


class SecretCode:
    """A holder's code, in memory that can be wiped. It never prints itself.

    Raises ValueError, without quoting anything, unless it is four to eight ASCII digits.
    """

    __slots__ = ("_digits",)

    def __init__(self, digits: str | bytes | bytearray) -> None:
        raw = bytearray(digits.encode() if isinstance(digits, str) else digits)
        if not CODE_DIGITS_MIN <= len(raw) <= CODE_DIGITS_MAX or not raw.isdigit():
            raise ValueError("a code is four to eight digits")
        self._digits = raw

    def __len__(self) -> int:
        """Return how many digits it has."""
        return len(self._digits)

    def reveal(self) -> bytearray:
        """Return the digits in ASCII. The one door out."""
        return self._digits

    def wipe(self) -> None:
        """Overwrite the digits: best effort, Python may have copied them elsewhere."""
        wipe(self._digits)

    def __repr__(self) -> str:
        return "SecretCode(hidden)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretCode):
            return NotImplemented
        return hmac.compare_digest(self._digits, other._digits)

    # A hash would be a door of its own.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> str:
        raise TypeError("a code is never pickled")


def wipe(buffer: bytearray) -> None:
    """Overwrite a buffer with zeros, in place."""
    buffer[:] = bytes(len(buffer))


class PinProfile(StrEnum):
    """How a pad encrypts: key scheme, then PIN block format. Nothing else is accepted."""

    AES_DUKPT_FORMAT_4 = "aes128-dukpt/iso4"
    TDES_DUKPT_FORMAT_0 = "tdes-dukpt/iso0"


class PinVerdict(StrEnum):
    """What the vault found in a PIN block."""

    RIGHT = "right"
    WRONG = "wrong"
    BLOCK_INVALID = "block_invalid"


@dataclass(frozen=True, slots=True)
class EncryptedPinBlock:
    """What a pad sent: which key (KSN: 12 bytes AES, 10 TDES), and the block, never printed."""

    profile: PinProfile
    key_serial_number: bytes
    block: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinReference:
    """What is stored of a code: a keyed hash, worthless without the vault."""

    generation: int
    key_version: int
    salt: bytes
    tag: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinSubject:
    """Whose code a block is compared with, and the card number it is bound to."""

    account_id: UUID
    card_number: str
    reference: PinReference
    #: How many digits a code of the scheme may have: another count is nobody's code.
    digits_min: int = CODE_DIGITS_MIN
    digits_max: int = CODE_DIGITS_MIN


@dataclass(frozen=True, slots=True)
class ChallengeAnswer:
    """What goes to the card (32 bytes), and what the vault wants back to check its reply."""

    answer: bytes
    sealed_state: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DialogueStep:
    """The next command for the card, or None when the dialogue is over."""

    dialogue_id: UUID
    command: bytes | None
