"""What a PIN pad is to the rest of the terminal: the values, and the interface drivers fulfil.

Promise: nothing here can hold a digit of a code, nor print an encrypted PIN block by accident.
Shaped on the PINPad class of UnifiedPOS: claim, enter, one of three outcomes, release.
Not done here: any wire (`visa_pad.py` is the driver for serial pads).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NoReturn, Protocol

ACCOUNT_DIGITS_MIN, ACCOUNT_DIGITS_MAX = 8, 19


class PinEntryStatus(Enum):
    """How an entry ended: the status of UnifiedPOS's DataEvent."""

    SUCCESS = "success"
    CANCEL = "cancel"
    TIMEOUT = "timeout"


class PinProfile(StrEnum):
    """Which key scheme and block format the pad used; the backend accepts these two."""

    AES128_DUKPT_ISO4 = "aes128-dukpt/iso4"
    TDES_DUKPT_ISO0 = "tdes-dukpt/iso0"


class EncryptedPinBlock:
    """A PIN block only the backend's vault can open, and the number of the key that closed it.

    `key_serial_number` is hex, upper case: 24 characters for AES, 20 for TDES.
    """

    __slots__ = ("_block", "key_serial_number", "profile")

    def __init__(self, profile: PinProfile, key_serial_number: str, block: str) -> None:
        self.profile = profile
        self.key_serial_number = key_serial_number
        self._block = block

    def reveal(self) -> str:
        """Return the block in hex: the one door; grep for `reveal` to audit it."""
        return self._block

    def __repr__(self) -> str:
        """Say which key, never which block."""
        return f"EncryptedPinBlock({self.profile}, {self.key_serial_number}, hidden)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EncryptedPinBlock):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __reduce__(self) -> NoReturn:
        raise TypeError("an encrypted PIN block is neither pickled nor copied")

    def _identity(self) -> tuple[PinProfile, str, str]:
        return self.profile, self.key_serial_number, self._block


@dataclass(frozen=True, slots=True)
class PinEntry:
    """The end of one entry. A block exists if, and only if, the status is SUCCESS."""

    status: PinEntryStatus
    encrypted_pin_block: EncryptedPinBlock | None = None

    def __post_init__(self) -> None:
        if (self.status is PinEntryStatus.SUCCESS) != (self.encrypted_pin_block is not None):
            raise ValueError("a block comes with success, and only with it")


@dataclass(frozen=True, slots=True)
class PinPrompt:
    """Whose code is asked for, and the two lines the holder reads meanwhile.

    The block is bound to `card_number`: 8 to 19 digits, without spaces. Masked in the repr.
    """

    card_number: str
    line1: str
    line2: str

    def __post_init__(self) -> None:
        digits = self.card_number
        long_enough = ACCOUNT_DIGITS_MIN <= len(digits) <= ACCOUNT_DIGITS_MAX
        if not (long_enough and digits.isascii() and digits.isdigit()):
            raise ValueError("a card number has 8 to 19 digits")

    def __repr__(self) -> str:
        """Show the last four digits of the card, as a receipt does."""
        return f"PinPrompt(…{self.card_number[-4:]}, {self.line1!r}, {self.line2!r})"


class PinPad(Protocol):
    """One pad, used by one thread at a time. Every method may raise a `PadError`."""

    def claim(self) -> None:
        """Take the pad for ourselves and bring it to rest; also the way back after an unplug."""
        ...

    def release(self) -> None:
        """Give the pad back; never raises."""
        ...

    def enter_pin(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry:
        """Let the holder type; return within `seconds_max` plus a few seconds of wire.

        `cancelled` is asked several times a second; once true, the entry ends with CANCEL.
        """
        ...

    def show(self, line1: str, line2: str = "") -> None:
        """Put two lines on the display; accents are taken off, 16 characters are kept."""
        ...

    def reset(self) -> None:
        """End whatever the pad is doing."""
        ...
