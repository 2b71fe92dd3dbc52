"""What a PIN pad is to the rest of the terminal: the values, and the interface drivers fulfil.

Promise: nothing here can hold a digit of a code, nor print an encrypted PIN block by accident.
Shaped on the PINPad class of UnifiedPOS: claim, begin, enter (one of three outcomes), end, release;
another driver is one file, and a row in `drivers.py`.
Not done here: any wire (`visa_pad.py`, `keypad.py`), what a sale wants of a pad (`dialogue.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import NoReturn, Protocol

# What a pad takes (ISO 9564-1 §6.1); how many digits a scheme's codes have, the backend says.
CODE_DIGITS_MIN, CODE_DIGITS_MAX = 4, 12
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

    The block is bound to `card_number`: 8 to 19 digits, without spaces. Masked in the repr. A code
    of fewer digits than `length_min` is not taken, nor a digit beyond `length_max`.
    """

    card_number: str
    line1: str
    line2: str
    length_min: int = CODE_DIGITS_MIN
    length_max: int = CODE_DIGITS_MIN

    def __post_init__(self) -> None:
        digits = self.card_number
        long_enough = ACCOUNT_DIGITS_MIN <= len(digits) <= ACCOUNT_DIGITS_MAX
        if not (long_enough and digits.isascii() and digits.isdigit()):
            raise ValueError("a card number has 8 to 19 digits")

    def __repr__(self) -> str:
        """Show the last four digits of the card, as a receipt does."""
        return f"PinPrompt(…{self.card_number[-4:]}, {self.line1!r}, {self.line2!r})"


class Display(IntEnum):
    """What may be written on a pad: CapDisplay of UnifiedPOS."""

    UNRESTRICTED = 1
    PIN_RESTRICTED = 2  # the pad's own words while a code is typed
    RESTRICTED_LIST = 3  # prompts of the fixed table only
    RESTRICTED_ORDER = 4  # idem, and in the order of a transaction
    NONE = 5


class PromptCode(IntEnum):
    """The fixed prompts: PPAD_MSG of UnifiedPOS; their words are in `prompts.py`."""

    ENTERPIN = 1
    PLEASEWAIT = 2
    ENTERVALIDPIN = 3
    RETRIESEXCEEDED = 4
    APPROVED = 5
    DECLINED = 6
    CANCELED = 7
    AMOUNTOK = 8
    NOTREADY = 9
    IDLE = 10
    SLIDE_CARD = 11
    INSERTCARD = 12
    SELECTCARDTYPE = 13


class TransactionType(IntEnum):
    """What the code is for: PPAD_TRANS of UnifiedPOS."""

    DEBIT = 1
    CREDIT = 2
    INQUIRY = 3
    RECONCILE = 4
    ADMINISTRATION = 5


class Completion(IntEnum):
    """How a transaction ends: PPAD_EFT of UnifiedPOS."""

    NORMAL = 1
    ABNORMAL = 2


class CodeEntry(StrEnum):
    """Who encrypts a code: the pad itself, or this terminal for a keypad that cannot."""

    SECURE = "secure"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class PinPadCaps:
    """What a driver can do; `languages` are those of its prompts."""

    display: Display
    length_min: int
    length_max: int
    systems: tuple[str, ...] = ("DUKPT",)
    languages: tuple[str, ...] = ("fr", "en")
    # The keys reach this terminal in clear, which encrypts at once: no secure device.
    keypad_in_clear: bool = False

    @property
    def code_entry(self) -> CodeEntry:
        """Return how codes typed here are marked, on screens and in the register."""
        return CodeEntry.TERMINAL if self.keypad_in_clear else CodeEntry.SECURE


@dataclass(frozen=True, slots=True)
class EftContext:
    """What a transaction is about: set before `begin`, as UnifiedPOS sets properties."""

    prompt: PinPrompt
    transaction_type: TransactionType = TransactionType.DEBIT
    system: str = "DUKPT"
    language: str = "fr"


class PinPad(Protocol):
    """One pad. Every method may raise a `PadError`; out of turn, `PadDisabled` or `PadBusy`."""

    @property
    def caps(self) -> PinPadCaps:
        """Return what this pad can do; before `claim`, too."""
        ...

    def claim(self) -> None:
        """Take the pad for ourselves and bring it to rest; also the way back after an unplug."""
        ...

    def release(self) -> None:
        """Give the pad back, ending whatever was begun; never raises."""
        ...

    def begin(self, context: EftContext) -> None:
        """Begin a transaction; ValueError if the context is beyond `caps`."""
        ...

    def enter_pin(self, seconds_max: float, cancelled: Callable[[], bool]) -> PinEntry:
        """Let the holder type; return within `seconds_max` plus a few seconds of wire.

        `cancelled` is asked several times a second; once true, the entry ends with CANCEL.
        """
        ...

    def prompt(self, code: PromptCode, language: str = "fr") -> None:
        """Show words of the fixed table; a pad without a display does nothing."""
        ...

    def show(self, line1: str, line2: str = "") -> None:
        """Show free text, accents taken off; PadRefused unless the display is UNRESTRICTED."""
        ...

    def end(self, completion: Completion) -> None:
        """End the transaction; ABNORMAL brings the pad to rest, whatever it is doing."""
        ...
