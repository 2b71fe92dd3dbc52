"""Importing a file of grants: people, what is known of them, and what they are given.

A row that names a benefit and an amount is given it; any other lets the campaign's rules decide.
Each batch of rows is a unit of work: killed anywhere, the same file is imported again and
everything in it that is done already is recognised. Every row is either taken or refused.
Not here: reading a row (grant_file.py), where refused rows go (the command).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.tables import Beneficiary
from backend.benefits.bulk import Key, Known, Order, known_decisions, record_orders, upsert
from backend.benefits.eligibility import Decision, Person, Reason
from backend.benefits.grant_file import (
    Attributes,
    GrantFile,
    GrantRow,
    Line,
    LineRefused,
    NamedGrant,
)
from backend.benefits.granting import (
    BenefitRules,
    Run,
    Tally,
    batch,
    only_new,
    open_for_grants,
    orders_for,
    person_of,
    rules_of,
    select_people,
)
from backend.benefits.tables import Campaign, Eligibility
from backend.database import Database

PEOPLE: Final = uuid5(NAMESPACE_URL, "urn:pass:beneficiary-reference")
BATCH_TRIES_MAX: Final = 3
ATTRIBUTES: Final = (
    "commune",
    "postcode",
    "department",
    "track",
    "level",
    "scholarship",
    "scholarship_proof",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken, and why."""

    line: Line
    code: str
    words: str


@dataclass(slots=True)
class ImportTally(Tally):
    """How far an import is; `people` counts those it made."""

    lines: int = 0
    refused_lines: int = 0
    bytes_read: int = 0


@dataclass(slots=True)
class _Draft:
    """A person as they will be once the batch's rows are applied."""

    beneficiary_id: UUID
    person: Person
    #: The row that made this person; None: known before.
    made_by: GrantRow | None
    changed: bool


@dataclass(slots=True)
class _Plan:
    """What a batch will write, worked out before anything is written."""

    drafts: dict[str, _Draft] = field(default_factory=dict)
    named: dict[Key, tuple[Line, Order]] = field(default_factory=dict)
    by_rule: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    already: int = 0


def import_grants(
    database: Database,
    campaign_id: UUID,
    file: GrantFile,
    now: Callable[[], datetime],
    *,
    run: Run,
    refuse: Callable[[Refusal], None],
) -> ImportTally:
    """Take every row of the file, and hand those that cannot be taken to `refuse`.

    Raises CampaignClosed after its last day, CampaignUnknown.
    """
    tally = ImportTally()
    for lines in _batches(file.lines(), run.people_per_batch):
        plan = _take(database, campaign_id, file, lines, now=now, run=run)
        for refusal in plan.refusals:
            refuse(refusal)
        tally.lines += len(lines)
        tally.refused_lines += len(plan.refusals)
        tally.people += sum(draft.made_by is not None for draft in plan.drafts.values())
        tally.bytes_read = lines[-1].bytes_read
        tally.add(plan.orders, plan.already)
        run.progress(tally)
    return tally


def _batches(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    while taken := list(islice(lines, size)):
        yield taken


def _take(
    database: Database,
    campaign_id: UUID,
    file: GrantFile,
    lines: Sequence[Line],
    *,
    now: Callable[[], datetime],
    run: Run,
) -> _Plan:
    for tries_left in reversed(range(BATCH_TRIES_MAX)):
        try:
            with batch(database, commit=run.commit) as session:
                campaign = open_for_grants(session, campaign_id, now(), lock=run.commit)
                plan = _plan(session, campaign, file, lines)
                if run.commit:
                    _write(session, campaign, plan, now())
        except IntegrityError:
            # Somebody made the same person or wallet meanwhile: look again.
            if not tries_left:
                raise
        else:
            return plan
    raise AssertionError


def _plan(session: Session, campaign: Campaign, file: GrantFile, lines: Sequence[Line]) -> _Plan:
    plan, rows = _Plan(), list[tuple[Line, GrantRow]]()
    for line in lines:
        try:
            rows.append((line, file.read(line)))
        except LineRefused as why:
            plan.refusals.append(Refusal(line, why.code, why.words))
    benefits = rules_of(session, campaign.id)
    known_people = _known_people(session, {row.reference for _, row in rows})
    known = known_decisions(session, [draft.beneficiary_id for draft in known_people.values()])
    for line, row in rows:
        try:
            _apply(plan, line, row, known_people, benefits=benefits, known=known)
        except LineRefused as why:
            plan.refusals.append(Refusal(line, why.code, why.words))
    plan.refusals.sort(key=lambda refusal: refusal.line.number)
    _decide(plan, campaign, benefits, known)
    return plan


def _apply(
    plan: _Plan,
    line: Line,
    row: GrantRow,
    known_people: dict[str, _Draft],
    *,
    benefits: Sequence[BenefitRules],
    known: dict[Key, Known],
) -> None:
    before = plan.drafts.get(row.reference) or known_people.get(row.reference)
    draft = _new_person(row) if before is None else _same_person(before, row)
    if row.named is None:
        plan.by_rule.add(row.reference)
    else:
        order = _named_order(draft.beneficiary_id, row.named, benefits)
        _refuse_other_amount(order, plan, known)
        plan.named.setdefault(order.key, (line, order))
    plan.drafts[row.reference] = draft


def _new_person(row: GrantRow) -> _Draft:
    if row.family_name is None or row.given_name is None or row.birth_date is None:
        words = "personne inconnue : il faut nom, prenom et date_naissance"
        raise LineRefused("person_unknown", words)
    person = _with(Person(row.birth_date), row.attributes)
    return _Draft(uuid5(PEOPLE, row.reference), person, row, changed=True)


def _same_person(before: _Draft, row: GrantRow) -> _Draft:
    if row.birth_date is not None and row.birth_date != before.person.birth_date:
        words = "cette référence est déjà celle d'une personne d'une autre date de naissance"
        raise LineRefused("other_person", words)
    person = _with(before.person, row.attributes)
    changed = before.changed or person != before.person
    return _Draft(before.beneficiary_id, person, before.made_by, changed=changed)


def _with(person: Person, said: Attributes) -> Person:
    new = {name: getattr(said, name) for name in ATTRIBUTES if getattr(said, name) is not None}
    return replace(person, **new)


def _named_order(
    beneficiary_id: UUID, named: NamedGrant, benefits: Sequence[BenefitRules]
) -> Order:
    for benefit in benefits:
        if benefit.code == named.benefit_code:
            words = f"Accordé : {named.amount.in_words()} par un fichier ({named.motive})."
            decision = Decision(
                slot=f"import:{named.payment}",
                rule_code=None,
                reason=Reason.NAMED,
                amount=named.amount,
                words=words,
                statement=named.motive,
            )
            return Order(beneficiary_id, benefit.benefit_id, decision)
    raise LineRefused("benefit_unknown", "avantage : inconnu dans cette campagne")


def _refuse_other_amount(order: Order, plan: _Plan, known: dict[Key, Known]) -> None:
    amount = order.decision.amount.value
    before = known.get(order.key)
    if order.key in plan.named:
        line, other = plan.named[order.key]
        if other.decision.amount.value != amount:
            words = f"la ligne {line.number} accorde un autre montant du même versement"
            raise LineRefused("amount_conflict", words)
    elif before is not None and before.granted and before.amount_cents != amount:
        words = "ce versement est déjà accordé, d'un autre montant : nommez un autre versement"
        raise LineRefused("amount_conflict", words)


def _decide(
    plan: _Plan,
    campaign: Campaign,
    benefits: Sequence[BenefitRules],
    known: dict[Key, Known],
) -> None:
    by_rule = [plan.drafts[reference] for reference in sorted(plan.by_rule & plan.drafts.keys())]
    people = [(draft.beneficiary_id, draft.person) for draft in by_rule]
    orders = [order for _, order in plan.named.values()]
    orders += orders_for(people, benefits, campaign)
    plan.orders, plan.already = only_new(orders, known)


def _known_people(session: Session, references: set[str]) -> dict[str, _Draft]:
    query = select_people().where(Eligibility.reference.in_(references))
    return {
        reference: _Draft(beneficiary_id, person_of(*known), None, changed=False)
        for beneficiary_id, reference, *known in session.execute(query)
    }


def _write(session: Session, campaign: Campaign, plan: _Plan, now: datetime) -> None:
    # In id order: two imports of two campaigns that know the same people never deadlock.
    drafts = sorted(plan.drafts.items(), key=lambda item: item[1].beneficiary_id)
    new_people = [
        {
            "id": draft.beneficiary_id,
            "given_name": draft.made_by.given_name,
            "family_name": draft.made_by.family_name,
            "birth_date": draft.person.birth_date,
            "email": draft.made_by.email,
            "phone": draft.made_by.phone,
            "postcode": draft.person.postcode,
            "created_at": now,
        }
        for _, draft in drafts
        if draft.made_by is not None
    ]
    upsert(session, Beneficiary, new_people)
    eligibilities = [
        _eligibility(reference, draft, now) for reference, draft in drafts if draft.changed
    ]
    upsert(session, Eligibility, eligibilities, changed=(*ATTRIBUTES, "updated_at"))
    record_orders(session, campaign, plan.orders, now)


def _eligibility(reference: str, draft: _Draft, now: datetime) -> dict[str, object]:
    person = draft.person
    return {
        "beneficiary_id": draft.beneficiary_id,
        "reference": reference,
        **{name: getattr(person, name) for name in ATTRIBUTES},
        "track": None if person.track is None else person.track.value,
        "updated_at": now,
    }
