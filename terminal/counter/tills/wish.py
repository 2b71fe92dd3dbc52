"""What a till may ask for, and what it is told, whatever the protocol. Values only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from terminal.counter.record import SaleRecord


class Action(StrEnum):
    """What a till asks for; the values are those of both protocols."""

    DEBIT = "0"
    REFUND = "1"
    CANCEL = "2"  # of a payment made before
    DUPLICATE = "3"  # the last answer once more
    PROBE = "I"


MONEY_BACK = frozenset({Action.REFUND, Action.CANCEL})
MOVES_MONEY = frozenset({Action.DEBIT}) | MONEY_BACK


class Failure(StrEnum):
    """Why it was not done: the codes of Caisse-AP's tag AF."""

    REFUSED = "04"
    FORBIDDEN = "05"
    GIVEN_UP_BY_HOLDER = "06"
    NOT_COMPLETED = "07"
    TIMED_OUT = "08"
    BAD_FORMAT = "09"
    BAD_SELECTION = "10"
    GIVEN_UP_AT_TILL = "11"
    UNKNOWN_ACTION = "12"
    BAD_CURRENCY = "13"


@dataclass(frozen=True, slots=True)
class Wish:
    """One request. `till` names who asks, for the life of the shop; `reference` is its own id."""

    till: str
    action: Action
    amount_cents: int | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: done with no failure, or not done with one.

    `amount_cents` is what was really moved, `action` which way. `sale` is the sale it concerns;
    `at`, aware, when money went back. `accepted` alone: it has begun, and nobody knows yet.
    """

    failure: Failure | None = None
    amount_cents: int | None = None
    sale: SaleRecord | None = None
    authorisation_number: str | None = None
    exchange_id: str | None = None
    accepted: bool = False
    action: Action = Action.DEBIT
    at: datetime | None = None

    @property
    def done(self) -> bool:
        """True when money moved as asked, or nothing was to be moved."""
        return self.failure is None and not self.accepted


def failed(failure: Failure, exchange_id: str | None = None) -> Result:
    """Return a result that is not done."""
    return Result(failure, exchange_id=exchange_id)
