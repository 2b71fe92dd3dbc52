"""Moving a campaign's days: extending it, closing it early; who did it and when is kept.

Never moved: the opening day, and any day once the wallets began to be emptied (expiry.py).
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.benefits.campaigns import refuse_overlap
from backend.benefits.errors import (
    CampaignClosed,
    CampaignDatesUnacceptable,
    CampaignExpired,
    CampaignUnknown,
)
from backend.benefits.rules import CampaignDays, Phase, day_of
from backend.benefits.tables import Benefit, Campaign, CampaignChange


@dataclass(frozen=True, slots=True)
class NewDays:
    """The days an extension gives; None leaves a day, pushed along where it must be."""

    closes_on: date | None = None
    spend_until: date | None = None
    partners_until: date | None = None


def lock_campaign(session: Session, campaign_id: UUID) -> Campaign:
    """Return a campaign that nobody else changes meanwhile; raise CampaignUnknown.

    Payments and grants do not wait for this lock; imports, runs and expiry do.
    """
    campaign = session.get(
        Campaign, campaign_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if campaign is None:
        raise CampaignUnknown
    return campaign


def extend_campaign(
    session: Session, campaign_id: UUID, new: NewDays, *, by: str, now: datetime
) -> CampaignDays:
    """Move a campaign's last days later and return all its days.

    Raises CampaignDatesUnacceptable for a day earlier than it was, BenefitOverlaps,
    CampaignExpired, CampaignUnknown.
    """
    campaign = lock_campaign(session, campaign_id)
    old = campaign.days
    closes_on = new.closes_on or old.closes_on
    spending = new.spend_until or max(closes_on, old.spending_ends_on)
    days = CampaignDays(
        opens_on=old.opens_on,
        closes_on=closes_on,
        spending_ends_on=spending,
        partners_end_on=new.partners_until or max(spending, old.partners_end_on),
    )
    if not _is_later(old, days):
        raise CampaignDatesUnacceptable
    _move(session, campaign, days, by=by, now=now)
    for code in session.scalars(select(Benefit.code).where(Benefit.campaign_id == campaign.id)):
        refuse_overlap(session, code, campaign)
    return days


def close_campaign(session: Session, campaign_id: UUID, *, by: str, now: datetime) -> CampaignDays:
    """Make today the last day of grants; holders and partners keep the days they were told.

    Raises CampaignClosed if it was closed before today, CampaignDatesUnacceptable before it
    opens, CampaignUnknown.
    """
    campaign = lock_campaign(session, campaign_id)
    old, today = campaign.days, day_of(now)
    if old.phase(today) is Phase.PLANNED:
        raise CampaignDatesUnacceptable
    if old.phase(today) is not Phase.OPEN:
        raise CampaignClosed
    days = CampaignDays(old.opens_on, today, old.spending_ends_on, old.partners_end_on)
    if days != old:
        _move(session, campaign, days, by=by, now=now)
    return days


def changes_of(session: Session, campaign_id: UUID) -> list[CampaignChange]:
    """Return how a campaign's days were moved, the first first."""
    query = (
        select(CampaignChange)
        .where(CampaignChange.campaign_id == campaign_id)
        .order_by(CampaignChange.number)
    )
    return list(session.scalars(query))


def _is_later(old: CampaignDays, new: CampaignDays) -> bool:
    kept = (
        new.closes_on >= old.closes_on,
        new.spending_ends_on >= old.spending_ends_on,
        new.partners_end_on >= old.partners_end_on,
    )
    return new.in_order() and all(kept) and new != old


def _move(
    session: Session, campaign: Campaign, days: CampaignDays, *, by: str, now: datetime
) -> None:
    if campaign.expiry_began_at is not None:
        raise CampaignExpired
    mine = CampaignChange.campaign_id == campaign.id
    count = session.scalar(select(func.count()).select_from(CampaignChange).where(mine)) or 0
    session.add(
        CampaignChange(
            campaign_id=campaign.id,
            number=count + 1,
            changed_at=now,
            changed_by=by,
            old_closes_on=campaign.closes_on,
            old_spending_ends_on=campaign.spending_ends_on,
            old_partners_end_on=campaign.partners_end_on,
            new_closes_on=days.closes_on,
            new_spending_ends_on=days.spending_ends_on,
            new_partners_end_on=days.partners_end_on,
        )
    )
    campaign.closes_on = days.closes_on
    campaign.spend_until = days.spending_ends_on
    campaign.partners_until = days.partners_end_on
    session.flush()
