"""How much may be paid: setting the limits, and holding a holder's day to them.

A day's sum is one holder's. Whoever adds it up holds that holder's own row, so two payments of
one person are added one after the other, and payments of two people never wait for each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from backend.accounts.tables import Beneficiary
from backend.benefits.errors import BenefitUnknown
from backend.benefits.tables import Benefit
from backend.partners.errors import PartnerUnknown
from backend.partners.tables import Partner
from backend.payments.days import day_bounds, day_of
from backend.payments.errors import LimitUnacceptable
from backend.payments.place import Place
from backend.payments.reasons import DeclineReason
from backend.payments.tables import Payment, PaymentLimit


@dataclass(frozen=True, slots=True)
class LimitRule:
    """Limits in cents, for one scope; None sets none. `per_partner_day` is for benefits only."""

    per_payment_cents: int | None = None
    per_day_cents: int | None = None
    per_partner_day_cents: int | None = None


@dataclass(frozen=True, slots=True)
class DayReached:
    """A day's limit would be passed; `left_cents` would still be taken."""

    reason: DeclineReason
    left_cents: int


def limit_benefit(
    session: Session, benefit_code: str, rule: LimitRule, make_id: Callable[[], UUID] = uuid4
) -> None:
    """Set all limits of a benefit, in every campaign; raise BenefitUnknown, LimitUnacceptable."""
    if session.scalar(select(Benefit.id).where(Benefit.code == benefit_code).limit(1)) is None:
        raise BenefitUnknown
    known = session.scalar(
        select(PaymentLimit).where(PaymentLimit.benefit_code == benefit_code).with_for_update()
    )
    _set(session, known or PaymentLimit(id=make_id(), benefit_code=benefit_code), rule)


def limit_partner(
    session: Session, partner_id: UUID, rule: LimitRule, make_id: Callable[[], UUID] = uuid4
) -> None:
    """Set all limits of a partner; raise PartnerUnknown, LimitUnacceptable."""
    if session.get(Partner, partner_id) is None:
        raise PartnerUnknown
    if rule.per_partner_day_cents is not None:
        raise LimitUnacceptable
    known = session.scalar(
        select(PaymentLimit).where(PaymentLimit.partner_id == partner_id).with_for_update()
    )
    _set(session, known or PaymentLimit(id=make_id(), partner_id=partner_id), rule)


def _set(session: Session, row: PaymentLimit, rule: LimitRule) -> None:
    given = (rule.per_payment_cents, rule.per_day_cents, rule.per_partner_day_cents)
    if any(limit is not None and limit <= 0 for limit in given):
        raise LimitUnacceptable
    row.per_payment_cents, row.per_day_cents, row.per_partner_day_cents = given
    session.add(row)
    session.flush()


def check_day(
    session: Session,
    place: Place,
    beneficiary_id: UUID,
    *,
    benefit_code: str,
    amount_cents: int,
    now: datetime,
) -> DayReached | None:
    """Return the limit that this payment would pass today, or None; holds the holder's row."""
    limits = place.limits
    if not limits.by_day:
        return None
    _lock_holder(session, beneficiary_id)
    spent = _spent_today(session, place.partner_id, beneficiary_id, benefit_code, now)
    left = [
        DayReached(reason, max(limit - sum_, 0))
        for reason, limit, sum_ in (
            (DeclineReason.DAY_LIMIT, limits.benefit_day_cents, spent[0]),
            (DeclineReason.PARTNER_DAY_LIMIT, limits.benefit_partner_day_cents, spent[1]),
            (DeclineReason.PARTNER_DAY_LIMIT, limits.partner_day_cents, spent[2]),
        )
        if limit is not None
    ]
    least = min(left, key=lambda reached: reached.left_cents)
    return least if amount_cents > least.left_cents else None


def _lock_holder(session: Session, beneficiary_id: UUID) -> None:
    # key_share: a new row elsewhere that merely names the holder need not wait.
    session.execute(
        select(Beneficiary.id)
        .where(Beneficiary.id == beneficiary_id)
        .with_for_update(key_share=True)
    )


def _spent_today(
    session: Session, partner_id: UUID, beneficiary_id: UUID, benefit_code: str, now: datetime
) -> tuple[int, int, int]:
    """Return what the holder spent of the benefit, of it here, and of all benefits here (cents)."""
    spent = Payment.amount_cents - Payment.given_back_cents
    same, here = Payment.benefit_code == benefit_code, Payment.partner_id == partner_id
    sums = (
        func.coalesce(func.sum(case((wanted, spent), else_=0)), 0)
        for wanted in (same, same & here, here)
    )
    start, end = day_bounds(day_of(now))
    row = session.execute(
        select(*sums).where(
            Payment.beneficiary_id == beneficiary_id,
            Payment.decided_at >= start,
            Payment.decided_at < end,
            Payment.transfer_id.is_not(None),
        )
    ).one()
    return int(row[0]), int(row[1]), int(row[2])
