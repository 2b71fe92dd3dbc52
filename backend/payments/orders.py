"""What a terminal asks and what it is answered, as values. Pure."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.ledger.money import Cents
from backend.payments.advice import NO_ADVICE, Advice
from backend.payments.reasons import DeclineReason
from backend.payments.words import decline_sentence
from backend.pins.checking import EncryptedPinBlock
from backend.sentences import Sentence

#: 1 000 €: no benefit is spent in one go beyond it.
AMOUNT_CENTS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One wish to pay; `payment_id` was made and written down by the terminal."""

    payment_id: UUID
    proof_id: UUID
    benefit_code: str
    amount: Cents
    pin: EncryptedPinBlock


def fingerprint(order: PaymentOrder) -> str:
    """Return what makes two orders the same, as 64 hex digits.

    Never the PIN block, so that nothing stored depends on a code. The key serial number stands
    for it: a pad encrypts once under each.
    """
    content = [
        str(order.payment_id),
        str(order.proof_id),
        order.benefit_code,
        order.amount.value,
        order.pin.profile,
        order.pin.key_serial_number.hex(),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Being decided."""

    payment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money of a payment that a counter gave back later."""

    refund_id: UUID
    authorisation_number: str
    amount_cents: int
    refunded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The wallet was debited, once; `refunds` is what came back since, oldest first."""

    payment_id: UUID
    authorisation_number: str
    benefit_code: str
    amount_cents: int
    remaining_cents: int
    decided_at: datetime
    refunds: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The answer is no, and nothing was debited."""

    payment_id: UUID
    reason: DeclineReason
    tries_left: int | None
    decided_at: datetime
    advice: Advice = NO_ADVICE

    @property
    def sentence(self) -> Sentence:
        """What the person at the counter reads, on the screen and on the pad."""
        return decline_sentence(self.reason, self.tries_left, self.advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed:
    """Undone; `money_moved` says whether there was money to give back, and it is back."""

    payment_id: UUID
    money_moved: bool
    #: What the reversal itself gave back, for the terminal's day.
    amount_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """Approved, with this answer, and undone at the counter on the same day."""

    approved: Approved
    void_id: UUID
    voided_at: datetime


Decision = Approved | Declined
Answer = Pending | Approved | Declined | Reversed | Voided
