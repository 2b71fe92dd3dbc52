"""Why a sale did not end with a payment: stable codes, and the code for each error.

A reason is the terminal's own word, or the backend's decline reason passed on as it is. The French
sentence for each is in `words.py`. Pure.
"""

from enum import StrEnum

from passcard.errors import CardNotGenuine, PassCardError
from terminal.errors import (
    BackendError,
    BackendRefused,
    CardRemoved,
    CardSilent,
    PadError,
    PadRefused,
    ReaderAmbiguous,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
)
from terminal.pin.key_file import NO_KEY
from terminal.pin.serial_link import IN_USE


class Reason(StrEnum):
    """The reasons this terminal finds by itself."""

    CANCELLED_AT_COUNTER = "cancelled_at_counter"
    CANCELLED_BY_HOLDER = "cancelled_by_holder"
    CARD_TIMEOUT = "card_timeout"
    BENEFIT_TIMEOUT = "benefit_timeout"
    CODE_TIMEOUT = "code_timeout"
    NOT_A_PASS_CARD = "not_a_pass_card"  # noqa: S105 -- Pass is the product
    CARD_REMOVED = "card_removed"
    CARD_NOT_GENUINE = "card_not_genuine"
    CARD_TOO_SLOW = "card_too_slow"
    CARD_UNKNOWN = "card_unknown"
    CARD_BLOCKED = "card_blocked"
    CARD_NOT_ACTIVE = "card_not_active"
    NO_BENEFIT = "no_benefit"
    BENEFIT_NOT_USABLE = "benefit_not_usable"
    WRONG_CODE = "wrong_pin"
    READER_UNAVAILABLE = "reader_unavailable"
    READER_BUSY = "reader_busy"
    READER_AMBIGUOUS = "reader_ambiguous"
    READER_SERVICE_DOWN = "reader_service_down"
    PAD_UNAVAILABLE = "pad_unavailable"
    PAD_IN_USE = "pad_in_use"
    PAD_WITHOUT_KEY = "pad_without_key"
    BACKEND_UNAVAILABLE = "backend_unavailable"
    BACKEND_REFUSED = "backend_refused"
    TERMINAL_NOT_ALLOWED = "terminal_not_allowed"
    ANSWER_LOST = "answer_lost"
    RESTARTED = "restarted"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    INTERNAL_ERROR = "internal_error"


# What the backend refuses before a payment is sent, and the word for it here.
_BACKEND_CODES = {
    "card_unknown": Reason.CARD_UNKNOWN,
    "card_not_genuine": Reason.CARD_NOT_GENUINE,
    "card_blocked": Reason.CARD_BLOCKED,
    "card_not_active": Reason.CARD_NOT_ACTIVE,
    "challenge_used": Reason.CARD_TOO_SLOW,
    "challenge_expired": Reason.CARD_TOO_SLOW,
    "challenge_not_found": Reason.CARD_TOO_SLOW,
    "token_missing": Reason.TERMINAL_NOT_ALLOWED,
    "token_invalid": Reason.TERMINAL_NOT_ALLOWED,
    "token_expired": Reason.TERMINAL_NOT_ALLOWED,
    "terminal_revoked": Reason.TERMINAL_NOT_ALLOWED,
    "terminal_kind_not_allowed": Reason.TERMINAL_NOT_ALLOWED,
}


_BY_PAD_CODE = {IN_USE: Reason.PAD_IN_USE, NO_KEY: Reason.PAD_WITHOUT_KEY}

# The first kind that fits wins, so a leaf stands before its branch.
_BY_ERROR: tuple[tuple[type[Exception], Reason], ...] = (
    (CardNotGenuine, Reason.CARD_NOT_GENUINE),
    (PassCardError, Reason.NOT_A_PASS_CARD),
    (CardRemoved, Reason.CARD_REMOVED),
    (CardSilent, Reason.CARD_REMOVED),
    (ReaderAmbiguous, Reason.READER_AMBIGUOUS),
    (ReaderBusy, Reason.READER_BUSY),
    (ReaderServiceDown, Reason.READER_SERVICE_DOWN),
    (ReaderError, Reason.READER_UNAVAILABLE),
    (PadError, Reason.PAD_UNAVAILABLE),
    (BackendError, Reason.BACKEND_UNAVAILABLE),
)


def reason_of(error: Exception) -> str:
    """Return the reason for an error that stopped a sale."""
    if isinstance(error, PadRefused):
        return _BY_PAD_CODE.get(error.code, Reason.PAD_UNAVAILABLE)
    if isinstance(error, BackendRefused):
        return _BACKEND_CODES.get(error.code, Reason.BACKEND_REFUSED)
    return next(
        (reason for kind, reason in _BY_ERROR if isinstance(error, kind)), Reason.INTERNAL_ERROR
    )
