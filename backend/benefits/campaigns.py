"""Setting up what may be given and where it may be spent. Not here: giving it (grants.py)."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.benefits.errors import (
    BenefitOverlaps,
    BenefitUnknown,
    CampaignDatesUnacceptable,
    CampaignUnknown,
    PartnerNotContracted,
)
from backend.benefits.rules import day_of, overlap
from backend.benefits.tables import Benefit, BenefitPartner, Campaign, PartnerAccount
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind


def create_campaign(
    session: Session,
    *,
    name: str,
    opens_on: date,
    closes_on: date,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> Campaign:
    """Record a campaign, both days included, and open its funding account.

    Raises CampaignDatesUnacceptable.
    """
    if closes_on < opens_on:
        raise CampaignDatesUnacceptable
    funding = open_account(session, AccountKind.FUNDING, now=now, make_id=make_id)
    campaign = Campaign(
        id=make_id(),
        name=name,
        opens_on=opens_on,
        closes_on=closes_on,
        funding_account_id=funding.id,
    )
    session.add(campaign)
    session.flush()
    return campaign


def create_benefit(
    session: Session,
    *,
    code: str,
    label: str,
    campaign_id: UUID,
    make_id: Callable[[], UUID] = uuid4,
) -> Benefit:
    """Record a benefit of a campaign; raise CampaignUnknown or BenefitOverlaps."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise CampaignUnknown
    _refuse_overlap(session, code, campaign)
    benefit = Benefit(id=make_id(), code=code, label=label, campaign_id=campaign_id)
    session.add(benefit)
    session.flush()
    return benefit


def _refuse_overlap(session: Session, code: str, campaign: Campaign) -> None:
    # A terminal names a benefit by its code alone: on any day it must mean one thing.
    # Two operators doing this in the same instant are not kept apart.
    query = select(Campaign).join(Benefit).where(Benefit.code == code)
    days = (campaign.opens_on, campaign.closes_on)
    for other in session.scalars(query):
        if overlap(days, (other.opens_on, other.closes_on)):
            raise BenefitOverlaps


def find_benefit(session: Session, code: str, now: datetime) -> Benefit:
    """Return the benefit that this code names today; raise BenefitUnknown."""
    today = day_of(now)
    query = (
        select(Benefit)
        .join(Campaign)
        .where(Benefit.code == code, Campaign.opens_on <= today, Campaign.closes_on >= today)
        .order_by(Campaign.closes_on)
    )
    benefit = session.scalars(query).first()
    if benefit is None:
        raise BenefitUnknown
    return benefit


def allow_at(
    session: Session,
    benefit: Benefit,
    partner_id: UUID,
    *,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> None:
    """Let a partner take a benefit, and give it an account; a second time changes nothing."""
    _ensure_account(session, partner_id, now, make_id)
    if session.get(BenefitPartner, (benefit.id, partner_id)) is None:
        session.add(BenefitPartner(benefit_id=benefit.id, partner_id=partner_id))
        session.flush()


def _ensure_account(
    session: Session, partner_id: UUID, now: datetime, make_id: Callable[[], UUID]
) -> None:
    if session.get(PartnerAccount, partner_id) is not None:
        return
    try:
        with session.begin_nested():
            account = open_account(session, AccountKind.PAYABLE, now=now, make_id=make_id)
            session.add(PartnerAccount(partner_id=partner_id, account_id=account.id))
    except IntegrityError:
        # Somebody else was first, and theirs is as good; anything else is not ours to hide.
        if session.get(PartnerAccount, partner_id) is None:
            raise


def partner_account_of(session: Session, partner_id: UUID) -> UUID:
    """Return the ledger account of what we owe a partner; raise PartnerNotContracted."""
    row = session.get(PartnerAccount, partner_id)
    if row is None:
        raise PartnerNotContracted
    return row.account_id
