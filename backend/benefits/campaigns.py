"""Setting up what may be given and where it may be spent. Not here: giving it (grants.py)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.benefits.errors import (
    BenefitCodeTaken,
    BenefitOverlaps,
    BenefitUnknown,
    CampaignCodeTaken,
    CampaignDatesUnacceptable,
    CampaignNeedsCode,
    CampaignUnknown,
    PartnerNotContracted,
)
from backend.benefits.rules import day_of, overlap
from backend.benefits.tables import (
    Benefit,
    BenefitActivity,
    BenefitPartner,
    Campaign,
    PartnerAccount,
    Purse,
    Scheme,
)
from backend.benefits.wallets import is_spending_on
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind


@dataclass(frozen=True, slots=True)
class CampaignTerms:
    """What a campaign may say besides its name and days; the days as in `Campaign`."""

    code: str | None = None
    scheme_id: UUID | None = None
    spend_until: date | None = None
    partners_until: date | None = None
    purse: Purse = Purse.SEPARATE


USUAL_TERMS: Final = CampaignTerms()


def create_scheme(
    session: Session,
    *,
    code: str,
    name: str,
    authority: str,
    make_id: Callable[[], UUID] = uuid4,
) -> Scheme:
    """Record a programme of an authority."""
    scheme = Scheme(id=make_id(), code=code, name=name, authority=authority)
    session.add(scheme)
    session.flush()
    return scheme


def create_campaign(
    session: Session,
    *,
    name: str,
    opens_on: date,
    closes_on: date,
    terms: CampaignTerms = USUAL_TERMS,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> Campaign:
    """Record a campaign, all its days included, and open its funding account.

    Raises CampaignDatesUnacceptable, CampaignNeedsCode, CampaignCodeTaken.
    """
    campaign = Campaign(
        id=make_id(),
        code=terms.code,
        scheme_id=terms.scheme_id,
        name=name,
        opens_on=opens_on,
        closes_on=closes_on,
        spend_until=terms.spend_until,
        partners_until=terms.partners_until,
        purse=terms.purse,
        expiry_began_at=None,
    )
    if not campaign.days.in_order():
        raise CampaignDatesUnacceptable
    if terms.purse is Purse.SINGLE and not terms.code:
        raise CampaignNeedsCode
    taken = select(Campaign.id).where(Campaign.code == terms.code)
    if terms.code is not None and session.scalar(taken) is not None:
        raise CampaignCodeTaken
    funding = open_account(session, AccountKind.FUNDING, now=now, make_id=make_id)
    campaign.funding_account_id = funding.id
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
    """Record a benefit of a campaign; raise CampaignUnknown, BenefitCodeTaken, BenefitOverlaps."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise CampaignUnknown
    taken = select(Benefit.id).where(Benefit.campaign_id == campaign_id, Benefit.code == code)
    if session.scalar(taken) is not None:
        raise BenefitCodeTaken
    refuse_overlap(session, code, campaign)
    benefit = Benefit(id=make_id(), code=code, label=label, campaign_id=campaign_id)
    session.add(benefit)
    session.flush()
    return benefit


def refuse_overlap(session: Session, code: str, campaign: Campaign) -> None:
    """Raise BenefitOverlaps if another campaign of the same days has a benefit of this code.

    A terminal names a benefit by its code alone: on any day it must mean one thing.
    Two operators doing this in the same instant are not kept apart.
    """
    query = select(Campaign).join(Benefit).where(Benefit.code == code, Campaign.id != campaign.id)
    days = (campaign.opens_on, campaign.spending_ends_on)
    for other in session.scalars(query):
        if overlap(days, (other.opens_on, other.spending_ends_on)):
            raise BenefitOverlaps


def set_activities_of_benefit(
    session: Session, benefit_id: UUID, activities: Iterable[str]
) -> None:
    """Make these the categories of partner that take a benefit; none leaves the named ones."""
    wanted = set(activities)
    mine = BenefitActivity.benefit_id == benefit_id
    known = set(session.scalars(select(BenefitActivity.activity).where(mine)))
    for activity in known - wanted:
        session.delete(session.get_one(BenefitActivity, (benefit_id, activity)))
    session.add_all(
        BenefitActivity(benefit_id=benefit_id, activity=activity)
        for activity in sorted(wanted - known)
    )
    session.flush()


def find_benefit(session: Session, code: str, now: datetime) -> Benefit:
    """Return the benefit that this code names today; raise BenefitUnknown."""
    query = (
        select(Benefit)
        .join(Campaign)
        .where(Benefit.code == code, is_spending_on(day_of(now)))
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
    contract_partner(session, partner_id, now=now, make_id=make_id)
    if session.get(BenefitPartner, (benefit.id, partner_id)) is None:
        session.add(BenefitPartner(benefit_id=benefit.id, partner_id=partner_id))
        session.flush()


def disallow_at(session: Session, benefit: Benefit, partner_id: UUID) -> None:
    """Let a partner no longer take a benefit by name; its activities may still allow it."""
    named = session.get(BenefitPartner, (benefit.id, partner_id))
    if named is not None:
        session.delete(named)
        session.flush()


def contract_partner(
    session: Session, partner_id: UUID, *, now: datetime, make_id: Callable[[], UUID] = uuid4
) -> None:
    """Give a partner its account, so that its activities count; again changes nothing."""
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
