"""`pass-backend benefits …`: what a campaign gives, which activities take it, by which rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.holder_kinds import HolderKind
from backend.benefits.campaigns import (
    allow_at,
    create_benefit,
    disallow_at,
    set_activities_of_benefit,
)
from backend.benefits.eligibility import HOLDER_WORDS, TRACK_WORDS, Conditions, Rule
from backend.benefits.granting import create_rule, remove_rule, rules_of
from backend.benefits.tables import Benefit, BenefitActivity, BenefitPartner, GrantRule
from backend.commands.campaigns import find_campaign
from backend.commands.declared import id_of
from backend.commands.refusal import CommandRefused
from backend.commands.trade import id_named
from backend.partners.tables import Partner
from backend.services import Services


@dataclass(frozen=True, slots=True)
class BenefitLine:
    """A benefit as the list shows it; rules in the order in which they are asked."""

    code: str
    label: str
    activities: tuple[str, ...]
    #: Partners that take it whatever they do.
    partners: tuple[str, ...]
    rules: tuple[Rule, ...]

    def as_row(self) -> dict[str, object]:
        """Write it for a program."""
        return {
            "benefit": self.code,
            "label": self.label,
            "activities": list(self.activities),
            "partners": list(self.partners),
            "rules": [
                {
                    "rule": rule.code,
                    "label": rule.label,
                    "amount_cents": rule.amount.value,
                    "top_up": rule.top_up,
                    "conditions": json.loads(rule.conditions.as_json()),
                }
                for rule in self.rules
            ],
        }

    def as_text(self) -> str:
        """Write it for a person, a line a rule."""
        taken = ", ".join((*self.activities, *self.partners)) or "personne encore"
        lines = [f"{self.code} · {self.label} · accepté par : {taken}"]
        for rule in self.rules:
            kind = "complément" if rule.top_up else "dotation"
            asked = conditions_in_words(rule.conditions)
            amount = rule.amount.in_words()
            lines.append(f"  {rule.code} · {kind} « {rule.label} » · {amount} · {asked}")
        return "\n".join(lines)


def create(
    services: Services, campaign_name: str, code: str, label: str, activities: Sequence[str]
) -> str:
    """Add a benefit to a campaign and return the line that shows it."""
    with services.database.unit_of_work() as session:
        campaign = find_campaign(session, campaign_name)
        # Where the declared file would look for it, unless that is another campaign's.
        usual = id_of("benefit", code)
        new_id = usual if session.get(Benefit, usual) is None else uuid4()
        benefit = create_benefit(
            session, code=code, label=label, campaign_id=campaign.id, make_id=lambda: new_id
        )
        set_activities_of_benefit(session, benefit.id, activities)
        return _line(session, benefit).as_text()


def change(
    services: Services,
    campaign_name: str,
    code: str,
    *,
    taken: Sequence[str] = (),
    not_taken: Sequence[str] = (),
    partners: Sequence[str] = (),
    not_partners: Sequence[str] = (),
) -> str:
    """Change which activities and which partners take a benefit; return the line that shows it."""
    with services.database.unit_of_work() as session:
        benefit = find_benefit(session, find_campaign(session, campaign_name).id, code)
        known = set(_activities(session, benefit.id))
        wanted = (known | set(taken)) - set(not_taken)
        set_activities_of_benefit(session, benefit.id, wanted)
        for name in partners:
            allow_at(session, benefit, _partner(session, name), now=services.now())
        for name in not_partners:
            disallow_at(session, benefit, _partner(session, name))
        return _line(session, benefit).as_text()


def add_rule(services: Services, campaign_name: str, code: str, rule: Rule) -> str:
    """Add a rule after the others of its benefit; return the line that shows the benefit."""
    with services.database.unit_of_work() as session:
        benefit = find_benefit(session, find_campaign(session, campaign_name).id, code)
        positions = session.scalars(
            select(GrantRule.position).where(GrantRule.benefit_id == benefit.id)
        )
        create_rule(session, benefit.id, rule, position=max(positions, default=-1) + 1)
        return _line(session, benefit).as_text()


def drop_rule(services: Services, campaign_name: str, code: str, rule_code: str) -> str:
    """Ask a rule of nobody any more: what it gave stays given."""
    with services.database.unit_of_work() as session:
        benefit = find_benefit(session, find_campaign(session, campaign_name).id, code)
        remove_rule(session, benefit.id, rule_code)
        return _line(session, benefit).as_text()


def list_benefits(services: Services, campaign_name: str) -> list[BenefitLine]:
    """Return a campaign's benefits, by code."""
    with services.database.reading() as session:
        campaign = find_campaign(session, campaign_name)
        query = select(Benefit).where(Benefit.campaign_id == campaign.id).order_by(Benefit.code)
        return [_line(session, benefit) for benefit in session.scalars(query)]


def as_json(lines: list[BenefitLine]) -> str:
    """Write benefits for a program."""
    return json.dumps([line.as_row() for line in lines], ensure_ascii=False)


def find_benefit(session: Session, campaign_id: UUID, code: str) -> Benefit:
    """Return a campaign's benefit of this code; raise CommandRefused."""
    query = select(Benefit).where(Benefit.campaign_id == campaign_id, Benefit.code == code)
    benefit = session.scalar(query)
    if benefit is None:
        raise CommandRefused(f"this campaign has no benefit {code!r}")
    return benefit


def conditions_in_words(conditions: Conditions) -> str:
    """Say in French what a rule asks."""
    words = []
    if conditions.holders != (HolderKind.YOUNG,):
        words.append(" et ".join(HOLDER_WORDS[kind] for kind in conditions.holders))
    if conditions.age_min is not None or conditions.age_max is not None:
        low, high = conditions.age_min, conditions.age_max
        ages = [f"au moins {low} ans" if low is not None else ""]
        ages.append(f"au plus {high} ans" if high is not None else "")
        day = f" au {conditions.age_on:%d/%m/%Y}" if conditions.age_on else ""
        words.append(" et ".join(filter(None, ages)) + day)
    places = (
        ("département", conditions.departments),
        ("code postal", conditions.postcodes),
        ("commune", conditions.communes),
    )
    homes = [f"{kind} {', '.join(named)}" for kind, named in places if named]
    if homes:
        words.append(" ou ".join(homes))
    if conditions.tracks:
        words.append("filière " + ", ".join(TRACK_WORDS[track] for track in conditions.tracks))
    if conditions.levels:
        words.append("niveau " + ", ".join(conditions.levels))
    if conditions.scholarship is not None:
        words.append("boursiers" if conditions.scholarship else "non-boursiers")
    return " ; ".join(words) or "sans condition"


def _line(session: Session, benefit: Benefit) -> BenefitLine:
    partners = (
        select(Partner.name)
        .join(BenefitPartner, BenefitPartner.partner_id == Partner.id)
        .where(BenefitPartner.benefit_id == benefit.id)
        .order_by(Partner.name)
    )
    (rules,) = (
        one.rules for one in rules_of(session, benefit.campaign_id) if one.code == benefit.code
    )
    return BenefitLine(
        code=benefit.code,
        label=benefit.label,
        activities=tuple(_activities(session, benefit.id)),
        partners=tuple(session.scalars(partners)),
        rules=rules,
    )


def _activities(session: Session, benefit_id: UUID) -> Sequence[str]:
    mine = BenefitActivity.benefit_id == benefit_id
    query = select(BenefitActivity.activity).where(mine).order_by(BenefitActivity.activity)
    return session.scalars(query).all()


def _partner(session: Session, name: str) -> UUID:
    partner_id = id_named("partner", name)
    if session.get(Partner, partner_id) is None:
        raise CommandRefused(f"no partner is called {name!r}")
    return partner_id
