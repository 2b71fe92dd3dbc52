"""A payment's row: put there once, found again under its lock, moved through its life.

Every change of a status is here and goes through `next_state`. Not here: money.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.payments.errors import PaymentUnknown
from backend.payments.orders import Answer, Approved, Decision, Declined, Pending, Reversed
from backend.payments.reasons import DeclineReason
from backend.payments.states import PaymentEvent, PaymentState, next_state
from backend.payments.tables import Payment

#: Longer than any decision takes. Whoever has not decided by then has died.
PENDING_SECONDS_MAX: Final = 30


def insert_or_lock(session: Session, row: Payment) -> tuple[Payment, bool]:
    """Record a new payment, or lock the one that has its id; True when it was new."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        known = lock(session, row.payment_id)
        if known is None:
            raise
        return known, False
    return row, True


def lock(session: Session, payment_id: UUID) -> Payment | None:
    """Return a payment, its row locked and freshly read."""
    return session.get(Payment, payment_id, with_for_update=True, populate_existing=True)


def of_terminal(row: Payment | None, terminal_id: UUID) -> Payment:
    """Return the row if it is this terminal's; raise PaymentUnknown, whoever else's it is."""
    if row is None or row.terminal_id != terminal_id:
        raise PaymentUnknown
    return row


def move(row: Payment, event: PaymentEvent) -> None:
    """Let an event happen to a locked payment; refusing it would be our own mistake."""
    after = next_state(row.status, event)
    assert after is not None, f"{event} in {row.status}"
    row.status = after


def decline(
    row: Payment, reason: DeclineReason, now: datetime, *, tries_left: int | None = None
) -> Declined:
    """Write a decline down and return it."""
    interrupted = reason is DeclineReason.INTERRUPTED
    move(row, PaymentEvent.INTERRUPTED if interrupted else PaymentEvent.DECLINED)
    row.reason = reason
    row.tries_left = tries_left
    row.decided_at = now
    return Declined(payment_id=row.payment_id, reason=reason, tries_left=tries_left, decided_at=now)


def is_abandoned(row: Payment, now: datetime) -> bool:
    """Tell whether a pending payment is too old for anybody to be deciding it still."""
    too_old = now - row.created_at >= timedelta(seconds=PENDING_SECONDS_MAX)
    return row.status is PaymentState.PENDING and too_old


def answer_of(row: Payment) -> Answer:
    """Say what a row says."""
    if row.status is PaymentState.PENDING:
        return Pending(payment_id=row.payment_id)
    if row.status is PaymentState.REVERSED:
        moved = row.reversal_transfer_id is not None
        return Reversed(payment_id=row.payment_id, money_moved=moved)
    return decision_of(row)


def decision_of(row: Payment) -> Decision:
    """Say what a decided row answers to its order, the first time and every other.

    A reversed payment is never approved again: it answers with the decline it had, or as
    reversed. A till that hears it late must not hand over the goods.
    """
    assert row.decided_at is not None
    if row.status is PaymentState.APPROVED:
        return _approved(row, row.decided_at)
    return Declined(
        payment_id=row.payment_id,
        reason=row.reason or DeclineReason.REVERSED_BEFORE_ARRIVAL,
        tries_left=row.tries_left,
        decided_at=row.decided_at,
    )


def _approved(row: Payment, decided_at: datetime) -> Approved:
    # The table's constraints promise all four.
    assert row.authorisation_number is not None
    assert row.benefit_code is not None
    assert row.amount_cents is not None
    assert row.remaining_cents is not None
    return Approved(
        payment_id=row.payment_id,
        authorisation_number=row.authorisation_number,
        benefit_code=row.benefit_code,
        amount_cents=row.amount_cents,
        remaining_cents=row.remaining_cents,
        decided_at=decided_at,
    )
