"""What an establishment's staff do about its pupils' cards, each act with who and when.

Promise: a card is theirs to touch while its holder belongs to their establishment, and no longer;
any other does not exist for them. Not here: what happens to a card (the cards room).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.staff import check_staff
from backend.access.tables import Enrolment
from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.cards.handing import HANDED_OVER_AT_ONCE_MAX, hand_over
from backend.cards.history import Actor, HistoryLine, read_histories
from backend.cards.lots import LotCard, LotLine, Scan, ScanAnswer, list_missing, receive
from backend.cards.order_tables import CardLot, CardRequest, Delivery, LotKind
from backend.cards.ordering import Wish
from backend.cards.reporting import ReportReason, WithdrawalReason, report_lost, withdraw_card
from backend.cards.requests import (
    Ordered,
    ReplacementReason,
    cancel_order,
    order_for,
    replace_card,
)
from backend.cards.states import CardState
from backend.cards.tables import Card

CARDS_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Office:
    """Who acts, for which establishment, and when."""

    account_id: UUID
    establishment_id: UUID
    now: datetime

    @property
    def by(self) -> Actor:
        """Return who answers for it."""
        return Actor.person(self.account_id)

    def wish(self, *, at_counter: bool = False, fee_cents: int = 0) -> Wish:
        """Return how the establishment's cards are delivered."""
        delivery = Delivery.COUNTER if at_counter else Delivery.ESTABLISHMENT
        return Wish(delivery=delivery, establishment_id=self.establishment_id, fee_cents=fee_cents)


@dataclass(frozen=True, slots=True)
class CardOnFile:
    """One of a pupil's cards and what happened to it."""

    card_id: UUID
    number: str
    state: CardState
    reason: str | None
    since: datetime
    delivery: Delivery
    history: tuple[HistoryLine, ...]


def order_cards_for(
    session: Session, office: Office, people: Sequence[UUID], *, at_counter: bool = False
) -> Ordered:
    """Order cards for people who belong here and have none; tell who has one. Raises NotYours."""
    check_staff(session, office.account_id, office.establishment_id)
    _check_people(session, office, people)
    wish = office.wish(at_counter=at_counter)
    ordered = order_for(session, people, wish, office.now, by=office.by)
    if ordered.card_ids:
        words = f"{len(ordered.card_ids)} cards"
        _note(session, office, ActKind.CARDS_ORDERED, office.establishment_id, words=words)
    return ordered


def cancel_card_order(session: Session, office: Office, card_id: UUID) -> None:
    """Take an order back before the card is made. Raises NotYours, CardStateRefused."""
    holder = _check_card(session, office, card_id)
    cancel_order(session, card_id, office.now, by=office.by)
    _note(session, office, ActKind.CARD_ORDER_CANCELLED, card_id, holder)


def receive_card(session: Session, office: Office, scanned: str) -> Scan:
    """Take note of a card that was scanned here; a card of elsewhere says nothing of its holder.

    Raises NotYours.
    """
    check_staff(session, office.account_id, office.establishment_id)
    scan = receive(session, office.establishment_id, scanned, office.now, by=office.by)
    if scan.answer is ScanAnswer.RECEIVED and scan.card_id is not None:
        _note(session, office, ActKind.CARD_RECEIVED, scan.card_id)
    return scan


def hand_over_cards(
    session: Session, office: Office, card_ids: Collection[UUID], *, in_person: bool = True
) -> int:
    """Hand over cards that arrived; return how many. Raises NotYours, CardStateRefused."""
    wanted = sorted(set(card_ids))[:HANDED_OVER_AT_ONCE_MAX]
    check_staff(session, office.account_id, office.establishment_id)
    _check_cards(session, office, wanted)
    done = hand_over(session, wanted, office.now, by=office.by, in_person=in_person)
    if done:
        words = f"{done} cards"
        _note(session, office, ActKind.CARDS_HANDED_OVER, office.establishment_id, words=words)
    return done


def report_pupils_card(
    session: Session, office: Office, card_id: UUID, reason: ReportReason
) -> Card:
    """Block a pupil's card for them. Raises NotYours, CardStateRefused."""
    holder = _check_card(session, office, card_id)
    card = report_lost(session, card_id, reason, office.now, by=office.by)
    _note(session, office, ActKind.CARD_REPORTED, card_id, holder, words=reason.value)
    return card


def replace_pupils_card(
    session: Session, office: Office, card_id: UUID, reason: ReplacementReason, wish: Wish
) -> UUID:
    """Stop a pupil's card and order another; return its id.

    Raises NotYours, CardStateRefused, HasCard, TooManyOrders.
    """
    holder = _check_card(session, office, card_id)
    here = replace(wish, establishment_id=office.establishment_id)
    made = replace_card(session, card_id, reason, here, office.now, by=office.by)
    _note(session, office, ActKind.CARD_REPLACED, card_id, holder, words=reason.value)
    return made


def withdraw_pupils_card(
    session: Session, office: Office, card_id: UUID, reason: WithdrawalReason
) -> None:
    """Take a pupil's card out of use for good. Raises NotYours, CardStateRefused."""
    holder = _check_card(session, office, card_id)
    withdraw_card(session, card_id, reason, office.now, by=office.by)
    _note(session, office, ActKind.CARD_WITHDRAWN, card_id, holder, words=reason.value)


def read_cards(session: Session, beneficiary_id: UUID) -> list[CardOnFile]:
    """Return a person's latest cards, newest first, and what happened to each."""
    rows = session.execute(
        select(Card, CardRequest.delivery)
        .outerjoin(CardRequest, CardRequest.card_id == Card.id)
        .where(Card.beneficiary_id == beneficiary_id)
        .order_by(Card.ordered_at.desc(), Card.id)
        .limit(CARDS_SHOWN_MAX)
    ).all()
    histories = read_histories(session, [card.id for card, _ in rows])
    return [
        CardOnFile(
            card.id,
            card.number,
            CardState(card.state),
            card.state_reason,
            card.state_since,
            Delivery(delivery or Delivery.COUNTER),
            histories[card.id],
        )
        for card, delivery in rows
    ]


def read_parcel(session: Session, office: Office, lot_id: UUID) -> tuple[LotLine, list[LotCard]]:
    """Return a parcel to this establishment, and what of it has not arrived. Raises NotYours."""
    check_staff(session, office.account_id, office.establishment_id)
    lot = session.get(CardLot, lot_id)
    if lot is None or lot.kind != LotKind.SHIPMENT.value:
        raise NotYours
    if lot.establishment_id != office.establishment_id:
        raise NotYours
    missing = list_missing(session, lot_id)
    states = session.scalars(
        select(Card.state)
        .join(CardRequest, CardRequest.card_id == Card.id)
        .where(CardRequest.shipment_id == lot_id)
    ).all()
    still_coming = sum(state == CardState.SHIPPED.value for state in states)
    return LotLine(lot.id, lot.number, lot.made_at, len(states), still_coming), missing


def _check_people(session: Session, office: Office, people: Sequence[UUID]) -> None:
    for first in range(0, len(people), 1000):
        some = set(people[first : first + 1000])
        here = select(Enrolment.beneficiary_id).where(
            Enrolment.establishment_id == office.establishment_id,
            Enrolment.beneficiary_id.in_(some),
            Enrolment.ended_at.is_(None),
        )
        if set(session.scalars(here)) != some:
            raise NotYours


def _check_card(session: Session, office: Office, card_id: UUID) -> UUID:
    """Return whose card it is."""
    check_staff(session, office.account_id, office.establishment_id)
    return _check_cards(session, office, [card_id])[card_id]


def _check_cards(session: Session, office: Office, card_ids: Collection[UUID]) -> dict[UUID, UUID]:
    here = (
        select(Card.id, Card.beneficiary_id)
        .join(Enrolment, Enrolment.beneficiary_id == Card.beneficiary_id)
        .where(
            Card.id.in_(card_ids),
            Enrolment.establishment_id == office.establishment_id,
            Enrolment.ended_at.is_(None),
        )
    )
    holders = {row.id: row.beneficiary_id for row in session.execute(here)}
    if set(holders) != set(card_ids):
        raise NotYours
    return holders


def _note(
    session: Session,
    office: Office,
    kind: ActKind,
    subject_id: UUID,
    holder: UUID | None = None,
    *,
    words: str | None = None,
) -> None:
    record_act(
        session,
        kind,
        office.account_id,
        subject_id,
        office.now,
        beneficiary_id=holder,
        words=words,
    )
