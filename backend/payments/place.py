"""Where a payment is asked, as one query: the partner, whether it may sell, its limits. Only reads.

The rows are read, never locked or changed: every payment of the partner reads the same ones.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from backend.benefits.tables import PartnerAccount
from backend.partners.tables import Outlet, Partner
from backend.payments.reasons import DeclineReason
from backend.payments.tables import PaymentLimit
from backend.statements import Statement


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be paid, in cents; None where nothing is set."""

    per_payment_cents: int | None
    #: Of the benefit, by its holder, in a day.
    benefit_day_cents: int | None
    #: Of the benefit, by its holder, in a day, at this partner.
    benefit_partner_day_cents: int | None
    #: Of all benefits, by their holder, in a day, at this partner.
    partner_day_cents: int | None

    @classmethod
    def of(
        cls,
        benefit_payment: int | None,
        partner_payment: int | None,
        benefit_day: int | None,
        benefit_partner_day: int | None,
        partner_day: int | None,
    ) -> Self:
        """Make them of the columns of a benefit's limit and of a partner's."""
        per_payment = _least(benefit_payment, partner_payment)
        return cls(per_payment, benefit_day, benefit_partner_day, partner_day)

    @property
    def by_day(self) -> bool:
        """Whether the holder's day has to be added up."""
        days = (self.benefit_day_cents, self.benefit_partner_day_cents, self.partner_day_cents)
        return any(limit is not None for limit in days)


@dataclass(frozen=True, slots=True)
class Place:
    """An outlet's partner as it is now; `account_id` is None before it may take any benefit."""

    partner_id: UUID
    partner_name: str
    account_id: UUID | None
    refusal: DeclineReason | None
    limits: Limits


def find_place(
    session: Session | Connection, outlet_id: UUID | None, benefit_code: str, now: datetime
) -> Place | None:
    """Return the place, with the limits of a payment of this benefit; None without an outlet."""
    if outlet_id is None:
        return None
    asked = {"outlet": outlet_id, "benefit": benefit_code}
    row = _PLACE.first(session, asked)
    if row is None:
        return None
    partner_id, name, account_id, suspended_at, closed_at, *limits = row
    return Place(
        partner_id,
        name,
        account_id,
        _refusal(suspended_at, closed_at, now),
        Limits.of(*limits),
    )


def standing_of(
    session: Session | Connection, outlet_id: UUID | None, now: datetime
) -> DeclineReason | None:
    """Return why nothing can be paid at this outlet now, or None if it can."""
    place = find_place(session, outlet_id, "", now)
    return None if place is None else place.refusal


def _refusal(
    suspended_at: datetime | None, closed_at: datetime | None, now: datetime
) -> DeclineReason | None:
    if suspended_at is not None and suspended_at <= now:
        return DeclineReason.PARTNER_SUSPENDED
    if closed_at is not None and closed_at <= now:
        return DeclineReason.OUTLET_CLOSED
    return None


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _build_place() -> Statement:
    of_benefit, of_partner = aliased(PaymentLimit), aliased(PaymentLimit)
    return Statement(
        select(
            Partner.id,
            Partner.name,
            PartnerAccount.account_id,
            Partner.suspended_at,
            Outlet.closed_at,
            of_benefit.per_payment_cents,
            of_partner.per_payment_cents,
            of_benefit.per_day_cents,
            of_benefit.per_partner_day_cents,
            of_partner.per_day_cents,
        )
        .select_from(Outlet)
        .join(Partner, Partner.id == Outlet.partner_id)
        .outerjoin(PartnerAccount, PartnerAccount.partner_id == Partner.id)
        .outerjoin(of_benefit, of_benefit.benefit_code == bindparam("benefit", type_=String()))
        .outerjoin(of_partner, of_partner.partner_id == Partner.id)
        .where(Outlet.id == bindparam("outlet", type_=Uuid()))
    )


_PLACE: Final = _build_place()
