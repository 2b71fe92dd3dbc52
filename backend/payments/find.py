"""What became of a payment: by its id for its terminal, by its receipt's number for its outlet."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.days import day_bounds, day_of
from backend.payments.errors import PaymentUnknown
from backend.payments.orders import Answer
from backend.payments.reasons import DeclineReason
from backend.payments.receipts import Receipt, receipt_of_payment
from backend.payments.record import answer_of, decline, is_abandoned, lock, of_terminal
from backend.payments.states import APPROVED_ONCE, PaymentEvent, next_state
from backend.payments.tables import Payment
from backend.services import Services

# As people read and type it: the alphabet has no I, L, O (Crockford's base 32).
_TYPED = str.maketrans("ILO", "110")


@dataclass(frozen=True, slots=True)
class FoundPayment:
    """A payment that a receipt names, and what may be done with it now."""

    answer: Answer
    receipt: Receipt
    #: What is still out of it.
    left_cents: int
    may_be_voided: bool


def find_payment(services: Services, terminal: AuthenticatedTerminal, payment_id: UUID) -> Answer:
    """Say what became of one of this terminal's payments.

    One that was abandoned undecided is declined here and now, so that the answer is final.
    Raises PaymentUnknown, for another terminal's payment too.
    """
    now = services.now()
    with services.database.reading() as session:
        row = of_terminal(session.get(Payment, payment_id), terminal.terminal_id)
        if not is_abandoned(row, now):
            return answer_of(session, row)
    with services.database.unit_of_work() as session:
        row = of_terminal(lock(session, payment_id), terminal.terminal_id)
        # Again under the lock: whoever was thought dead may have decided in between.
        if is_abandoned(row, now):
            decline(row, DeclineReason.INTERRUPTED, now)
        return answer_of(session, row)


def find_by_receipt(
    services: Services, terminal: AuthenticatedTerminal, number: str, day: date
) -> FoundPayment:
    """Find a payment of this terminal's outlet by its authorisation number and its day (Paris).

    Raises PaymentUnknown, for a reversed payment too: it has no receipt.
    """
    start, end = day_bounds(day)
    query = select(Payment).where(
        Payment.authorisation_number == number.upper().translate(_TYPED),
        Payment.transfer_id.is_not(None),
        Payment.outlet_id == terminal.outlet_id,
        Payment.decided_at >= start,
        Payment.decided_at < end,
        Payment.status.in_(APPROVED_ONCE),
    )
    with services.database.reading() as session:
        # Two of a day and outlet share six random characters once in a billion: the latest.
        row = session.scalars(query.order_by(Payment.decided_at.desc())).first()
        if row is None:
            raise PaymentUnknown
        return found_payment(session, row, services.now())


def found_payment(session: Session, row: Payment, now: datetime) -> FoundPayment:
    """Return a payment that was approved, and what may be done with it now."""
    return FoundPayment(
        answer_of(session, row),
        receipt_of_payment(session, row),
        (row.amount_cents or 0) - row.given_back_cents,
        _may_be_voided(row, now),
    )


def _may_be_voided(row: Payment, now: datetime) -> bool:
    allowed = next_state(row.status, PaymentEvent.VOIDED) is not None
    return allowed and row.decided_at is not None and day_of(row.decided_at) == day_of(now)
