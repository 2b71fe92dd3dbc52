"""A person as an operator sees them: cards, code, money, mails, whose child, what was done.

Promise: as many questions to the database whoever they are; lists are the latest, each with a named
limit. Of a code its state and its history, never more. Reading is an act of its own.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Row,
    Select,
    bindparam,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from backend.access.tables import Enrolment, Establishment, Gate
from backend.accounts.errors import NotYours
from backend.accounts.families.tables import FamilyChild, FamilyMember, Relation, Tie
from backend.accounts.signin.acts import ActKind
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, Notice
from backend.benefits.rules import GRANTING, Phase, day_of
from backend.benefits.tables import Benefit, Campaign, Wallet
from backend.cards.history import HistoryLine, read_histories
from backend.cards.states import CardEvent, CardState, next_state
from backend.cards.tables import Card
from backend.ledger.tables import Account
from backend.operators.acting import note
from backend.operators.entering import Acting
from backend.operators.listing import latest_notices, named
from backend.operators.trail import TrailLine, Wanted, read_trail
from backend.partners.tables import Partner, Terminal
from backend.payments.tables import Payment
from backend.pins.states import CodeState
from backend.pins.tables import CodeRecord, PinReferenceRow

CARDS_MAX: Final = 20
WALLETS_MAX: Final = 40
PAYMENTS_MAX: Final = 25
RECORDS_MAX: Final = 15
ACTS_MAX: Final = 15
PEOPLE_MAX: Final = 20
GIFTS_MAX: Final = 60
GATES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class CardPart:
    """A card and what happened to it."""

    card: Card
    state: CardState
    history: tuple[HistoryLine, ...]

    @property
    def may_be_blocked(self) -> bool:
        """Whether blocking would change anything."""
        after = next_state(self.state, CardEvent.BLOCKED)
        return after is not None and after is not self.state


@dataclass(frozen=True, slots=True)
class CodePart:
    """A code's state, never the code."""

    state: CodeState
    tries_left: int | None
    set_at: datetime | None
    right_at: datetime | None
    records: list[CodeRecord]


@dataclass(frozen=True, slots=True)
class WalletPart:
    """What somebody has of a benefit."""

    label: str
    campaign: str
    campaign_id: UUID
    left_cents: int
    until: date
    phase: Phase


@dataclass(frozen=True, slots=True)
class PaymentPart:
    """A payment, and where it was."""

    payment: Payment
    partner: str | None


@dataclass(frozen=True, slots=True)
class TiedAccount:
    """Somebody who signs in and may see this person's data."""

    account_id: UUID
    name: str
    email: str
    relation: Relation
    closed: bool


@dataclass(frozen=True, slots=True)
class GiftChoice:
    """A benefit of which something may be given today."""

    benefit_id: UUID
    label: str
    campaign: str


@dataclass(frozen=True, slots=True)
class GateHeard:
    """A gate that this person's card opens, and when it was last heard: what it knows."""

    terminal_id: UUID
    name: str
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """Everything the page shows."""

    person: Beneficiary
    places: list[tuple[UUID, str]]
    cards: list[CardPart]
    #: Where somebody has a blocked card: the gates that have to know of it.
    gates: list[GateHeard]
    code: CodePart
    wallets: list[WalletPart]
    payments: list[PaymentPart]
    notices: list[Notice]
    accounts: list[TiedAccount]
    gifts: list[GiftChoice]
    acts: list[TrailLine]


def read_person(session: Session, acting: Acting, person_id: UUID, now: datetime) -> PersonView:
    """Return a person, and write down that somebody looked; raise NotYours."""
    person = session.get(Beneficiary, person_id)
    if person is None:
        raise NotYours
    cards = _cards(session, person_id)
    blocked = any(part.state is CardState.BLOCKED for part in cards)
    found = PersonView(
        person,
        _places(session, person_id),
        cards,
        _gates(session, person_id) if blocked else [],
        _code(session, person_id),
        _wallets(session, person_id, now),
        _payments(session, person_id),
        latest_notices(session, Notice.beneficiary_id == person_id),
        _accounts(session, person_id),
        _gifts(session, now),
        read_trail(session, Wanted(person_id=person_id), limit=ACTS_MAX).lines,
    )
    note(session, acting, ActKind.PERSON_READ, person_id, now, person_id=person_id)
    return found


def _places(session: Session, person_id: UUID) -> list[tuple[UUID, str]]:
    enrolled = (Enrolment.beneficiary_id == person_id) & Enrolment.ended_at.is_(None)
    those = select(Establishment.id, Establishment.name).join(
        Enrolment, Enrolment.establishment_id == Establishment.id
    )
    return named(session, those.where(enrolled))


def _cards(session: Session, person_id: UUID) -> list[CardPart]:
    query = (
        select(Card)
        .where(Card.beneficiary_id == person_id)
        .order_by(Card.ordered_at.desc(), Card.id)
        .limit(CARDS_MAX)
    )
    cards = session.scalars(query).all()
    histories = read_histories(session, [card.id for card in cards])
    return [CardPart(card, CardState(card.state), histories[card.id]) for card in cards]


def _gates(session: Session, person_id: UUID) -> list[GateHeard]:
    rows = session.execute(
        select(Terminal.id, Terminal.name, Gate.heard_at)
        .join(Gate, Gate.terminal_id == Terminal.id)
        .join(Enrolment, Enrolment.establishment_id == Gate.establishment_id)
        .where(
            Enrolment.beneficiary_id == person_id,
            Enrolment.ended_at.is_(None),
            Terminal.revoked_at.is_(None),
            Terminal.enrolled_at.is_not(None),
        )
        .order_by(Terminal.name, Terminal.id)
        .limit(GATES_MAX)
    )
    return [GateHeard(*row) for row in rows]


def _code(session: Session, person_id: UUID) -> CodePart:
    row = session.get(PinReferenceRow, person_id)
    records = session.scalars(
        select(CodeRecord)
        .where(CodeRecord.account_id == person_id)
        .order_by(CodeRecord.sequence.desc())
        .limit(RECORDS_MAX)
    ).all()
    if row is None:
        return CodePart(CodeState.UNSET, None, None, None, list(records))
    state = CodeState(row.state) if row.tries_left else CodeState.LOCKED
    return CodePart(state, row.tries_left, row.set_at, row.right_at, list(records))


def _wallets(session: Session, person_id: UUID, now: datetime) -> list[WalletPart]:
    rows = session.execute(_select_wallets(), {"person_id": person_id})
    return [
        WalletPart(
            label or campaign.name,
            campaign.name,
            campaign.id,
            left_cents,
            campaign.spending_ends_on,
            campaign.days.phase(day_of(now)),
        )
        for campaign, label, left_cents in rows
    ]


@cache
def _select_wallets() -> Select[Campaign, str, int]:
    left_cents = Account.credits_posted - Account.debits_posted - Account.debits_held
    return (
        select(Campaign, Benefit.label, left_cents)
        .select_from(Wallet)
        .join(Account, Account.id == Wallet.account_id)
        .join(Campaign, Campaign.id == Wallet.campaign_id)
        .outerjoin(Benefit, Benefit.id == Wallet.benefit_id)
        .where(Wallet.beneficiary_id == bindparam("person_id"))
        .order_by(Campaign.opens_on.desc(), Benefit.label, Wallet.id)
        .limit(WALLETS_MAX)
    )


def _payments(session: Session, person_id: UUID) -> list[PaymentPart]:
    """Return the latest that went through and the latest that were refused: an index each."""
    rows = session.execute(_select_payments(), {"person_id": person_id})
    found = [PaymentPart(payment, name) for payment, name in rows]
    found.sort(key=lambda part: part.payment.created_at, reverse=True)
    return found[:PAYMENTS_MAX]


@cache
def _select_payments() -> Select[Payment, str]:
    went = Payment.transfer_id.is_not(None)
    # As the index has it: a bound value would keep the planner from it.
    refused = Payment.status == literal_column("'declined'")
    parts = (
        select(Payment.payment_id)
        .where(Payment.beneficiary_id == bindparam("person_id"), kind)
        .order_by(Payment.decided_at.desc())
        .limit(PAYMENTS_MAX)
        .subquery()
        for kind in (went, refused)
    )
    meant = union_all(*(select(part) for part in parts)).subquery()
    return (
        select(Payment, Partner.name)
        .join(meant, meant.c.payment_id == Payment.payment_id)
        .outerjoin(Partner, Partner.id == Payment.partner_id)
    )


def _accounts(session: Session, person_id: UUID) -> list[TiedAccount]:
    """Return whoever may see this person's data: themselves first."""
    once: dict[UUID, Row[Any]] = {}
    for row in session.execute(_select_accounts(), {"person_id": person_id}):
        once.setdefault(row.id, row)
    return [
        TiedAccount(
            row.id,
            f"{row.given_name} {row.family_name}",
            row.email,
            Relation.SELF if row.own else Relation.CHILD,
            row.closed_at is not None,
        )
        for row in once.values()
    ]


@cache
def _select_accounts() -> Select[Any]:
    person_id: BindParameter[UUID] = bindparam("person_id")
    own = (
        select(Tie.account_id, literal(1).label("own"))
        .where(Tie.beneficiary_id == person_id, Tie.ended_at.is_(None))
        .limit(PEOPLE_MAX)
        .subquery()
    )
    parents = (
        select(FamilyMember.account_id, literal(0).label("own"))
        .join(FamilyChild, FamilyChild.family_id == FamilyMember.family_id)
        .where(
            FamilyChild.beneficiary_id == person_id,
            FamilyChild.ended_at.is_(None),
            FamilyMember.ended_at.is_(None),
        )
        .limit(PEOPLE_MAX)
        .subquery()
    )
    theirs = union_all(select(own), select(parents)).subquery()
    account = SignInAccount
    columns: tuple[Any, ...] = (
        account.id,
        account.given_name,
        account.family_name,
        account.email,
        account.closed_at,
    )
    return (
        select(*columns, theirs.c.own)
        .join(theirs, theirs.c.account_id == account.id)
        .order_by(theirs.c.own.desc(), account.email)
    )


def _gifts(session: Session, now: datetime) -> list[GiftChoice]:
    today = day_of(now)
    rows = session.execute(
        select(Benefit, Campaign)
        .join(Campaign, Campaign.id == Benefit.campaign_id)
        .where(Campaign.closes_on >= today)
        .order_by(Campaign.opens_on, Campaign.name, Benefit.label)
        .limit(GIFTS_MAX)
    )
    return [
        GiftChoice(benefit.id, benefit.label, campaign.name)
        for benefit, campaign in rows
        if campaign.days.phase(today) in GRANTING
    ]
