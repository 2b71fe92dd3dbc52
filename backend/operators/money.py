"""A payment, and the campaigns, as an operator sees them. Only reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.tables import Beneficiary
from backend.benefits.changing import changes_of
from backend.benefits.counting import Counted, read_count
from backend.benefits.rules import Phase, day_of
from backend.benefits.tables import (
    Benefit,
    BenefitActivity,
    Campaign,
    CampaignChange,
    GrantRule,
)
from backend.cards.tables import Card
from backend.operators.trail import TrailLine, Wanted, read_trail
from backend.partners.tables import Outlet, Partner, Terminal
from backend.payments.tables import Payment, PaymentReturn

RETURNS_MAX: Final = 100
CAMPAIGNS_MAX: Final = 200
BENEFITS_MAX: Final = 200
ACTS_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Everything a payment's page shows."""

    payment: Payment
    person: Beneficiary | None
    card_number: str | None
    terminal: Terminal
    outlet: Outlet | None
    partner: Partner | None
    returns: list[PaymentReturn]


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in the list."""

    campaign: Campaign
    phase: Phase


@dataclass(frozen=True, slots=True)
class BenefitPart:
    """A benefit, who takes it, and the rules by which it is given."""

    benefit: Benefit
    activities: list[str]
    rules: list[GrantRule]


@dataclass(frozen=True, slots=True)
class CampaignView:
    """Everything a campaign's page shows."""

    campaign: Campaign
    phase: Phase
    benefits: list[BenefitPart]
    changes: list[CampaignChange]
    acts: list[TrailLine]


def read_payment(session: Session, payment_id: UUID) -> PaymentView:
    """Return a payment; raise NotYours."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotYours
    row = session.execute(
        select(Terminal, Outlet, Partner, Beneficiary, Card.number)
        .select_from(Payment)
        .join(Terminal, Terminal.id == Payment.terminal_id)
        .outerjoin(Outlet, Outlet.id == Payment.outlet_id)
        .outerjoin(Partner, Partner.id == Payment.partner_id)
        .outerjoin(Beneficiary, Beneficiary.id == Payment.beneficiary_id)
        .outerjoin(Card, Card.id == Payment.card_id)
        .where(Payment.payment_id == payment_id)
    ).one()
    terminal, outlet, partner, person, number = row
    returns = session.scalars(
        select(PaymentReturn)
        .where(PaymentReturn.payment_id == payment_id)
        .order_by(PaymentReturn.recorded_at)
        .limit(RETURNS_MAX)
    ).all()
    return PaymentView(payment, person, number, terminal, outlet, partner, list(returns))


def list_campaigns(session: Session, now: datetime) -> list[CampaignLine]:
    """Return the campaigns, the latest first; at most CAMPAIGNS_MAX."""
    query = select(Campaign).order_by(Campaign.opens_on.desc(), Campaign.name).limit(CAMPAIGNS_MAX)
    today = day_of(now)
    return [CampaignLine(one, one.days.phase(today)) for one in session.scalars(query)]


def read_campaign(session: Session, campaign_id: UUID, now: datetime) -> CampaignView:
    """Return a campaign; raise NotYours."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotYours
    benefits = session.scalars(
        select(Benefit)
        .where(Benefit.campaign_id == campaign_id)
        .order_by(Benefit.label)
        .limit(BENEFITS_MAX)
    ).all()
    parts = {one.id: BenefitPart(one, [], []) for one in benefits}
    activities = session.scalars(
        select(BenefitActivity)
        .where(BenefitActivity.benefit_id.in_(parts))
        .order_by(BenefitActivity.activity)
    )
    for activity in activities:
        parts[activity.benefit_id].activities.append(activity.activity)
    rules = session.scalars(
        select(GrantRule)
        .where(GrantRule.benefit_id.in_(parts))
        .order_by(GrantRule.position, GrantRule.code)
    )
    for rule in rules:
        parts[rule.benefit_id].rules.append(rule)
    return CampaignView(
        campaign,
        campaign.days.phase(day_of(now)),
        list(parts.values()),
        changes_of(session, campaign_id),
        read_trail(session, Wanted(subject_id=campaign_id), limit=ACTS_MAX).lines,
    )


def read_report(session: Session, campaign_id: UUID) -> tuple[Campaign, Counted | None]:
    """Return what became of a campaign's money when it was last counted; raise NotYours.

    None before it was ever counted.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotYours
    return campaign, read_count(session, campaign_id)
