"""What a till is told of a sale at rest: done, or one of ten failures. Pure.

A reason that is in no table is « refused » if the backend said it, because every reason of its own
that is not listed means no.
"""

from terminal.counter.reasons import Reason
from terminal.counter.record import SaleRecord
from terminal.counter.states import State
from terminal.counter.tills.wish import Failure

FAILURES: dict[str, Failure] = {
    Reason.CANCELLED_AT_COUNTER: Failure.GIVEN_UP_AT_TILL,
    Reason.CANCELLED_BY_HOLDER: Failure.GIVEN_UP_BY_HOLDER,
    Reason.CARD_TIMEOUT: Failure.TIMED_OUT,
    Reason.BENEFIT_TIMEOUT: Failure.TIMED_OUT,
    Reason.CODE_TIMEOUT: Failure.TIMED_OUT,
    # The card, or its code, is blocked.
    Reason.CARD_BLOCKED: Failure.FORBIDDEN,
    Reason.CARD_NOT_ACTIVE: Failure.FORBIDDEN,
    "pin_blocked": Failure.FORBIDDEN,
    # No right to this, here.
    Reason.NOT_A_PASS_CARD: Failure.REFUSED,
    Reason.CARD_NOT_GENUINE: Failure.REFUSED,
    Reason.CARD_UNKNOWN: Failure.REFUSED,
    Reason.NO_BENEFIT: Failure.REFUSED,
    Reason.BENEFIT_NOT_USABLE: Failure.REFUSED,
    Reason.WRONG_CODE: Failure.REFUSED,
    Reason.TERMINAL_NOT_ALLOWED: Failure.REFUSED,
    # Nobody refused: it did not work out, and may tomorrow.
    Reason.CARD_REMOVED: Failure.NOT_COMPLETED,
    Reason.CARD_TOO_SLOW: Failure.NOT_COMPLETED,
    Reason.READER_UNAVAILABLE: Failure.NOT_COMPLETED,
    Reason.READER_BUSY: Failure.NOT_COMPLETED,
    Reason.READER_AMBIGUOUS: Failure.NOT_COMPLETED,
    Reason.READER_SERVICE_DOWN: Failure.NOT_COMPLETED,
    Reason.PAD_UNAVAILABLE: Failure.NOT_COMPLETED,
    Reason.PAD_IN_USE: Failure.NOT_COMPLETED,
    Reason.PAD_WITHOUT_KEY: Failure.NOT_COMPLETED,
    Reason.BACKEND_UNAVAILABLE: Failure.NOT_COMPLETED,
    Reason.BACKEND_REFUSED: Failure.NOT_COMPLETED,
    Reason.ANSWER_LOST: Failure.NOT_COMPLETED,
    Reason.RESTARTED: Failure.NOT_COMPLETED,
    Reason.JOURNAL_UNAVAILABLE: Failure.NOT_COMPLETED,
    Reason.INTERNAL_ERROR: Failure.NOT_COMPLETED,
    "interrupted": Failure.NOT_COMPLETED,
    "reversed_before_arrival": Failure.NOT_COMPLETED,
    "pin_block_invalid": Failure.NOT_COMPLETED,
    "pin_replayed": Failure.NOT_COMPLETED,
    "proof_expired": Failure.NOT_COMPLETED,
    "proof_unknown": Failure.NOT_COMPLETED,
    "proof_used": Failure.NOT_COMPLETED,
}


def failure_of(record: SaleRecord) -> Failure | None:
    """Return why a sale at rest was not paid; None if it was."""
    if record.state is State.APPROVED:
        return None
    if not record.finished:  # reversing in the background: it will come to nothing
        return Failure.NOT_COMPLETED
    if record.reason == Reason.WRONG_CODE and record.tries_left == 0:
        return Failure.FORBIDDEN
    return FAILURES.get(record.reason or "", Failure.REFUSED)
