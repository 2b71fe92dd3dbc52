"""Granting to everybody by a campaign's rules, batch by batch, and saying why to each.

Begun again after a stop, it goes on: whoever was given something keeps it and is given nothing
twice, even if a rule changed meanwhile; whoever was refused is looked at again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.accounts.holder_kinds import HolderKind
from backend.accounts.tables import Beneficiary
from backend.benefits.bulk import (
    Known,
    Order,
    allow_long_statements,
    known_decisions,
    record_orders,
)
from backend.benefits.changing import lock_campaign
from backend.benefits.eligibility import Conditions, Decision, Person, Rule, Track, decide
from backend.benefits.errors import (
    CampaignClosed,
    RuleCodeTaken,
    RuleUnacceptable,
    RuleUnknown,
)
from backend.benefits.rules import GRANTING, day_of
from backend.benefits.tables import Benefit, Campaign, Eligibility, GrantRule
from backend.database import Database
from backend.ledger.money import Cents

PEOPLE_PER_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class BenefitRules:
    """A benefit and its rules, in the order in which they are asked."""

    benefit_id: UUID
    code: str
    rules: tuple[Rule, ...]


@dataclass(slots=True)
class Tally:
    """How far a run is, and what it did or would do."""

    people: int = 0
    granted: int = 0
    granted_cents: int = 0
    refused: int = 0
    already: int = 0

    def add(self, new: Sequence[Order], already: int) -> None:
        """Count one batch's orders."""
        given = [order.decision.amount.value for order in new if order.decision.granted]
        self.granted += len(given)
        self.granted_cents += sum(given)
        self.refused += len(new) - len(given)
        self.already += already


@dataclass(frozen=True, slots=True)
class Run:
    """How to go through everybody: whether to keep it, how much at a time, whom to tell."""

    commit: bool
    people_per_batch: int = PEOPLE_PER_BATCH
    progress: Callable[[Tally], None] = field(default=lambda _tally: None)


def create_rule(
    session: Session,
    benefit_id: UUID,
    rule: Rule,
    *,
    position: int = 0,
    make_id: Callable[[], UUID] = uuid4,
) -> None:
    """Record a rule of a benefit; raise RuleUnacceptable, RuleCodeTaken."""
    if not rule.conditions.can_be_met() or rule.amount == Cents(0):
        raise RuleUnacceptable
    if session.scalar(_rule_called(benefit_id, rule.code)) is not None:
        raise RuleCodeTaken
    row = GrantRule(
        id=make_id(),
        benefit_id=benefit_id,
        code=rule.code,
        position=position,
        label=rule.label,
        amount_cents=rule.amount.value,
        top_up=rule.top_up,
        conditions=rule.conditions.as_json(),
    )
    session.add(row)
    session.flush()


def remove_rule(session: Session, benefit_id: UUID, code: str) -> None:
    """Ask a rule of nobody any more; what it gave stays given. Raise RuleUnknown."""
    rule = session.scalar(_rule_called(benefit_id, code))
    if rule is None:
        raise RuleUnknown
    session.delete(rule)
    session.flush()


def _rule_called(benefit_id: UUID, code: str) -> Select[GrantRule]:
    return select(GrantRule).where(GrantRule.benefit_id == benefit_id, GrantRule.code == code)


def rules_of(session: Session, campaign_id: UUID) -> list[BenefitRules]:
    """Return a campaign's benefits with their rules, by code."""
    query = select(Benefit).where(Benefit.campaign_id == campaign_id).order_by(Benefit.code)
    return [
        BenefitRules(benefit.id, benefit.code, tuple(_rules(session, benefit.id)))
        for benefit in session.scalars(query)
    ]


def explain(
    session: Session, campaign_id: UUID, beneficiary_id: UUID
) -> list[tuple[str, Decision]]:
    """Return what the rules say of one person today, by benefit code, whatever was recorded."""
    campaign = session.get_one(Campaign, campaign_id)
    benefits = rules_of(session, campaign_id)
    codes = {benefit.benefit_id: benefit.code for benefit in benefits}
    people = list(_people(session, None, 1, only=beneficiary_id))
    orders = orders_for(people, benefits, campaign)
    return [(codes[order.benefit_id], order.decision) for order in orders]


def orders_for(
    people: Sequence[tuple[UUID, Person]], benefits: Sequence[BenefitRules], campaign: Campaign
) -> Iterator[Order]:
    """Give what the rules decide for these people; nothing on a benefit without rules."""
    for beneficiary_id, person in people:
        for benefit in benefits:
            if benefit.rules:
                for decision in decide(person, benefit.rules, campaign.opens_on):
                    yield Order(beneficiary_id, benefit.benefit_id, decision)


def only_new(
    orders: Sequence[Order], known: dict[tuple[UUID, UUID, str], Known]
) -> tuple[list[Order], int]:
    """Return the orders that change something, and how many are granted already."""
    new, already = [], 0
    for order in orders:
        before = known.get(order.key)
        if before is not None and before.granted:
            already += 1
        elif before is None or order.decision.granted or before.words != order.decision.words:
            new.append(order)
    return new, already


def run_grants(
    database: Database, campaign_id: UUID, now: Callable[[], datetime], run: Run
) -> Tally:
    """Apply the campaign's rules to everybody whose eligibility is known.

    Raises CampaignClosed after its last day, CampaignUnknown.
    """
    tally, last = Tally(), None
    while True:
        with batch(database, commit=run.commit) as session:
            last, seen = _run_batch(session, campaign_id, now(), after=last, run=run, tally=tally)
        run.progress(tally)
        if seen < run.people_per_batch:
            return tally


def open_for_grants(session: Session, campaign_id: UUID, now: datetime, *, lock: bool) -> Campaign:
    """Return the campaign, locked against other runs if asked; raise CampaignClosed."""
    found = lock_campaign(session, campaign_id) if lock else None
    campaign = found or session.get_one(Campaign, campaign_id)
    if campaign.days.phase(day_of(now)) not in GRANTING:
        raise CampaignClosed
    return campaign


@contextmanager
def batch(database: Database, *, commit: bool) -> Iterator[Session]:
    """Give a batch's unit of work, or only a look at the database."""
    with database.unit_of_work() if commit else database.reading() as session:
        allow_long_statements(session)
        yield session


def _run_batch(
    session: Session,
    campaign_id: UUID,
    now: datetime,
    *,
    after: UUID | None,
    run: Run,
    tally: Tally,
) -> tuple[UUID | None, int]:
    """Decide for the next people and return the last of them, and how many they were."""
    campaign = open_for_grants(session, campaign_id, now, lock=run.commit)
    people = list(_people(session, after, run.people_per_batch))
    orders = list(orders_for(people, rules_of(session, campaign_id), campaign))
    ids = [beneficiary_id for beneficiary_id, _ in people]
    new, already = only_new(orders, known_decisions(session, ids))
    if run.commit:
        record_orders(session, campaign, new, now)
    tally.people += len(people)
    tally.add(new, already)
    return (ids[-1] if ids else after), len(ids)


def _rules(session: Session, benefit_id: UUID) -> Iterator[Rule]:
    query = (
        select(GrantRule)
        .where(GrantRule.benefit_id == benefit_id)
        .order_by(GrantRule.position, GrantRule.code)
    )
    for row in session.scalars(query):
        conditions = Conditions.from_json(row.conditions)
        yield Rule(row.code, row.label, Cents(row.amount_cents), row.top_up, conditions)


def _people(
    session: Session, after: UUID | None, limit: int, *, only: UUID | None = None
) -> Iterator[tuple[UUID, Person]]:
    query = select_people().order_by(Eligibility.beneficiary_id).limit(limit)
    if after is not None:
        query = query.where(Eligibility.beneficiary_id > after)
    if only is not None:
        query = query.where(Eligibility.beneficiary_id == only)
    for beneficiary_id, _, *known in session.execute(query):
        yield beneficiary_id, person_of(*known)


def select_people() -> Select[*tuple[Any, ...]]:
    """Select a person's id, their reference, and what `person_of` takes: columns, for speed."""
    one = Eligibility
    home = one.commune, one.postcode, one.department
    school = one.track, one.level, one.scholarship, one.scholarship_proof
    person = Beneficiary.birth_date, *home, *school, Beneficiary.kind
    return select(one.beneficiary_id, one.reference, *person).join(
        Beneficiary, Beneficiary.id == one.beneficiary_id
    )


def person_of(birth_date: date, *known: Any) -> Person:
    """Return what the rules may ask of a person."""
    commune, postcode, department, track, level, scholarship, proof, kind = known
    return Person(
        birth_date=birth_date,
        commune=commune,
        postcode=postcode,
        department=department,
        track=None if track is None else Track(track),
        level=level,
        scholarship=scholarship,
        scholarship_proof=proof,
        kind=HolderKind(kind),
    )
