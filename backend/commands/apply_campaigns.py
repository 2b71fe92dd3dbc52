"""The part of `apply` on money: programmes, campaigns, benefits, their rules and activities.

As all of `apply`: what is there is left as it is, what is new in the file is added, nothing is
removed. A campaign's days are moved by `pass-backend campaigns extend`, not here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.campaigns import (
    CampaignTerms,
    contract_partner,
    create_benefit,
    create_campaign,
    create_scheme,
    set_activities_of_benefit,
)
from backend.benefits.eligibility import Conditions, Person, Rule
from backend.benefits.granting import create_rule
from backend.benefits.people import set_eligibility
from backend.benefits.tables import Benefit, BenefitActivity, Campaign, GrantRule, Scheme
from backend.commands.declared import (
    DeclaredBeneficiary,
    DeclaredBenefit,
    DeclaredCampaign,
    DeclaredRule,
    DeclaredScheme,
    id_of,
)
from backend.ledger.money import Cents
from backend.partners.registry import set_activities
from backend.partners.tables import PartnerActivity

Count = Callable[[str], None]


def apply_campaigns(session: Session, scheme: DeclaredScheme, count: Count, now: datetime) -> None:
    """Make what is new of programmes, campaigns, benefits and rules."""
    for key, programme in scheme.scheme.items():
        new_id = id_of("scheme", key)
        if session.get(Scheme, new_id) is None:
            create_scheme(
                session,
                code=key,
                name=programme.name,
                authority=programme.authority,
                make_id=_always(new_id),
            )
            count("schemes")
    for key, campaign in scheme.campaign.items():
        if session.get(Campaign, id_of("campaign", key)) is None:
            _create_campaign(session, key, campaign, now)
            count("campaigns")
    for key, benefit in scheme.benefit.items():
        new_id = id_of("benefit", key)
        if session.get(Benefit, new_id) is None:
            create_benefit(
                session,
                code=benefit.code or key,
                label=benefit.label,
                campaign_id=id_of("campaign", benefit.campaign),
                make_id=_always(new_id),
            )
            count("benefits")
        _add_to_benefit(session, new_id, benefit)


def add_activities(
    session: Session, partner_id: UUID, activities: Sequence[str], now: datetime
) -> None:
    """Add to what a partner does, and give it an account if it does anything."""
    if not activities:
        return
    mine = PartnerActivity.partner_id == partner_id
    known = session.scalars(select(PartnerActivity.activity).where(mine))
    set_activities(session, partner_id, {*known, *activities})
    contract_partner(session, partner_id, now=now)


def apply_eligibility(
    session: Session, beneficiary_id: UUID, declared: DeclaredBeneficiary, now: datetime
) -> None:
    """Write down what grant rules may ask of a person, if the file says anything of it."""
    said = declared.eligibility
    if said is None:
        return
    person = Person(
        birth_date=declared.birth_date,
        commune=said.commune,
        postcode=said.postcode,
        department=said.department,
        track=said.track,
        level=said.level,
        scholarship=said.scholarship,
        scholarship_proof=said.scholarship_proof,
    )
    set_eligibility(session, beneficiary_id, person, reference=said.reference, now=now)


def _always(new_id: UUID) -> Callable[[], UUID]:
    """Make the id that the file's key stands for, instead of a random one."""
    return lambda: new_id


def _create_campaign(session: Session, key: str, declared: DeclaredCampaign, now: datetime) -> None:
    create_campaign(
        session,
        name=declared.name,
        opens_on=declared.opens_on,
        closes_on=declared.closes_on,
        terms=CampaignTerms(
            code=key,
            scheme_id=id_of("scheme", declared.scheme) if declared.scheme else None,
            spend_until=declared.spend_until,
            partners_until=declared.partners_until,
            purse=declared.purse,
        ),
        now=now,
        make_id=_always(id_of("campaign", key)),
    )


def _add_to_benefit(session: Session, benefit_id: UUID, declared: DeclaredBenefit) -> None:
    if declared.activities:
        mine = BenefitActivity.benefit_id == benefit_id
        known = session.scalars(select(BenefitActivity.activity).where(mine))
        set_activities_of_benefit(session, benefit_id, {*known, *declared.activities})
    mine_too = GrantRule.benefit_id == benefit_id
    codes = set(session.scalars(select(GrantRule.code).where(mine_too)))
    for position, rule in enumerate(declared.rule):
        if rule.code not in codes:
            create_rule(session, benefit_id, _rule(rule), position=position)


def _rule(declared: DeclaredRule) -> Rule:
    return Rule(
        code=declared.code,
        label=declared.label,
        amount=Cents(declared.amount_cents),
        top_up=declared.top_up,
        conditions=Conditions(
            age_min=declared.age_min,
            age_max=declared.age_max,
            age_on=declared.age_on,
            departments=declared.departments,
            postcodes=declared.postcodes,
            communes=declared.communes,
            tracks=declared.tracks,
            levels=tuple(level.lower() for level in declared.levels),
            scholarship=declared.scholarship,
            holders=declared.holders,
        ),
    )
