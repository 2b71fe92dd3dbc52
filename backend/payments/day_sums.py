"""What several counters took and gave back on a day, each in two sums: for a partner's page.

Not here: a terminal's own account of its day, line by line (totals.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.payments.days import day_bounds
from backend.payments.states import APPROVED_ONCE
from backend.payments.tables import Payment, PaymentReturn


@dataclass(frozen=True, slots=True)
class DaySum:
    """Payments that were approved and not reversed, and what was given back that day."""

    sales: int = 0
    taken_cents: int = 0
    given_back_cents: int = 0


def day_sums(session: Session, terminals: Collection[UUID], day: date) -> dict[UUID, DaySum]:
    """Add up a day (Paris) of each terminal, in two queries however many there are."""
    start, end = day_bounds(day)
    paid = (
        select(Payment.terminal_id, func.count(), func.sum(Payment.amount_cents))
        .where(
            Payment.terminal_id.in_(terminals),
            # For the index: nobody decides for longer than a day.
            Payment.created_at >= start - timedelta(days=1),
            Payment.created_at < end,
            Payment.decided_at >= start,
            Payment.decided_at < end,
            Payment.status.in_(APPROVED_ONCE),
        )
        .group_by(Payment.terminal_id)
    )
    back = (
        select(PaymentReturn.terminal_id, func.sum(PaymentReturn.amount_cents))
        .where(
            PaymentReturn.terminal_id.in_(terminals),
            PaymentReturn.recorded_at >= start,
            PaymentReturn.recorded_at < end,
        )
        .group_by(PaymentReturn.terminal_id)
    )
    given_back = {one: int(cents) for one, cents in session.execute(back)}
    taken = {one: (count, int(cents or 0)) for one, count, cents in session.execute(paid)}
    return {
        one: DaySum(*taken.get(one, (0, 0)), given_back.get(one, 0))
        for one in taken.keys() | given_back.keys()
    }
