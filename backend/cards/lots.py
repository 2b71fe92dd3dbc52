"""Making, sending and receiving cards by the lot.

Promise: a card is in one production file at most, and its file can be asked for again; a card is
sent once; what arrives is scanned card by card, and each scan says what it was. What was sent and
not scanned is known by number. Every step is written down with who and when. Not here: who may do
it, and the making itself, which a desk tells the backend by doing it.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_notice
from backend.accounts.tables import Beneficiary, NoticeKind
from backend.cards.errors import LotUnknown, NothingToSend
from backend.cards.history import Actor
from backend.cards.life import IDS_PER_STATEMENT, lock_card, lock_cards, move
from backend.cards.order_tables import (
    COMMAND_CHARACTERS_MAX,
    LOT_DIGITS,
    CardLot,
    CardRequest,
    Delivery,
    LotKind,
)
from backend.cards.states import CardEvent, CardState
from backend.cards.tables import Card
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

CARDS_PER_LOT_MAX: Final = 20_000
LOTS_SHOWN_MAX: Final = 50
DRAWS_MAX: Final = 20


class ScanAnswer(StrEnum):
    """What a scanned card is to the place where it was scanned."""

    RECEIVED = "received"
    ALREADY = "already"
    #: Of another place, or sent to its holder's home.
    ELSEWHERE = "elsewhere"
    #: Not made yet, blocked, withdrawn: it must not be handed over.
    NOT_TO_HAND_OVER = "not_to_hand_over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: what it said, and whose card it is where that is this place's to know."""

    answer: ScanAnswer
    card_id: UUID | None = None
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LotLine:
    """A lot, how many cards are in it, and how many of them are still on their way."""

    id: UUID
    number: str
    made_at: datetime
    cards: int
    missing: int


@dataclass(frozen=True, slots=True)
class LotCard:
    """One card of a lot."""

    card_id: UUID
    number: str = field(repr=False)
    name: str = field(repr=False)
    state: CardState


def _draw() -> str:
    return f"{secrets.randbelow(10**LOT_DIGITS):0{LOT_DIGITS}}"


def start_production(
    session: Session,
    now: datetime,
    *,
    made_by: str,
    establishment_id: UUID | None = None,
    draw: Callable[[], str] = _draw,
) -> CardLot:
    """Put every ordered card that is to be sent into a lot to make, or those of one place.

    A card is in one such lot only. Raises NothingToSend.
    """
    waiting = (
        select(CardRequest.card_id)
        .join(Card, Card.id == CardRequest.card_id)
        .where(
            Card.state == CardState.ORDERED.value,
            CardRequest.delivery != Delivery.COUNTER.value,
            CardRequest.production_id.is_(None),
        )
        .order_by(CardRequest.card_id)
        .limit(CARDS_PER_LOT_MAX)
        .with_for_update(of=CardRequest)
    )
    if establishment_id is not None:
        waiting = waiting.where(CardRequest.establishment_id == establishment_id)
    found = session.scalars(waiting).all()
    if not found:
        raise NothingToSend
    lot = _lot(LotKind.PRODUCTION, establishment_id, made_by, now)
    _number(session, lot, draw)
    _put(session, found, production_id=lot.id)
    return lot


def ship(
    session: Session,
    now: datetime,
    *,
    by: Actor,
    made_by: str,
    establishment_id: UUID | None,
    draw: Callable[[], str] = _draw,
) -> CardLot:
    """Send the cards that are made: to an establishment, or to their holders' homes (None).

    Raises NothingToSend.
    """
    to_place = (
        CardRequest.delivery == Delivery.HOME.value
        if establishment_id is None
        else (CardRequest.delivery == Delivery.ESTABLISHMENT.value)
        & (CardRequest.establishment_id == establishment_id)
    )
    made = (
        select(Card.id)
        .join(CardRequest, CardRequest.card_id == Card.id)
        .where(Card.state == CardState.PRODUCED.value, to_place)
        .order_by(Card.id)
        .limit(CARDS_PER_LOT_MAX)
    )
    cards = lock_cards(session, session.scalars(made).all())
    sent = [one for one in cards if one.state == CardState.PRODUCED.value]
    ids = [one.id for one in sent]
    if not ids:
        raise NothingToSend
    lot = _lot(LotKind.SHIPMENT, establishment_id, made_by, now)
    _number(session, lot, draw)
    _put(session, ids, shipment_id=lot.id)
    for card in sent:
        move(card, CardEvent.SHIPPED, now, by=by)
        if establishment_id is None:
            owe_notice(session, NoticeKind.CARD_SENT, card.beneficiary_id, now)
    session.flush()
    return lot


def receive(
    session: Session, establishment_id: UUID, scanned: str, now: datetime, *, by: Actor
) -> Scan:
    """Take note that a card has arrived: its number as it was typed, or as a scanner typed it."""
    try:
        number = parse_card_number(scanned.strip())
    except InvalidCardNumber:
        return Scan(ScanAnswer.UNKNOWN)
    row = session.execute(
        select(Card.id, CardRequest.delivery, CardRequest.establishment_id)
        .outerjoin(CardRequest, CardRequest.card_id == Card.id)
        .where(Card.number == number)
    ).one_or_none()
    if row is None:
        return Scan(ScanAnswer.UNKNOWN)
    is_ours = row.establishment_id == establishment_id
    if not is_ours or row.delivery != Delivery.ESTABLISHMENT.value:
        return Scan(ScanAnswer.ELSEWHERE)
    card = lock_card(session, row.id)
    name = _name_of(session, card.beneficiary_id)
    state = CardState(card.state)
    if state in (CardState.RECEIVED, CardState.HANDED_OVER, CardState.ACTIVE):
        return Scan(ScanAnswer.ALREADY, card.id, name)
    if state not in (CardState.SHIPPED, CardState.PRODUCED):
        return Scan(ScanAnswer.NOT_TO_HAND_OVER, card.id, name)
    move(card, CardEvent.RECEIVED, now, by=by)
    owe_notice(session, NoticeKind.CARD_ARRIVED, card.beneficiary_id, now)
    session.flush()
    return Scan(ScanAnswer.RECEIVED, card.id, name)


def find_lot(session: Session, number: str, kind: LotKind) -> CardLot:
    """Return a lot by its number, spaces aside; raise LotUnknown."""
    digits = "".join(number.split())
    lot = session.scalar(select(CardLot).where(CardLot.number == digits))
    if lot is None or lot.kind != kind.value:
        raise LotUnknown
    return lot


def list_shipments(session: Session, establishment_id: UUID) -> list[LotLine]:
    """Return the latest parcels to a place, newest first, and how much of each has arrived."""
    still_coming = func.count().filter(Card.state == CardState.SHIPPED.value)
    rows = session.execute(
        select(CardLot, func.count(), still_coming)
        .join(CardRequest, CardRequest.shipment_id == CardLot.id)
        .join(Card, Card.id == CardRequest.card_id)
        .where(CardLot.establishment_id == establishment_id)
        .group_by(CardLot.id)
        .order_by(CardLot.made_at.desc(), CardLot.id)
        .limit(LOTS_SHOWN_MAX)
    )
    return [LotLine(lot.id, lot.number, lot.made_at, n, missing) for lot, n, missing in rows]


def list_missing(session: Session, lot_id: UUID, count_max: int = 500) -> list[LotCard]:
    """Return the cards of a parcel that nobody has scanned, by name."""
    query = (
        select(Card.id, Card.number, Card.state, Beneficiary.given_name, Beneficiary.family_name)
        .join(CardRequest, CardRequest.card_id == Card.id)
        .join(Beneficiary, Beneficiary.id == Card.beneficiary_id)
        .where(CardRequest.shipment_id == lot_id, Card.state == CardState.SHIPPED.value)
        .order_by(Beneficiary.family_name, Beneficiary.given_name, Card.id)
        .limit(count_max)
    )
    return [
        LotCard(row.id, row.number, f"{row.family_name} {row.given_name}", CardState(row.state))
        for row in session.execute(query)
    ]


def _lot(kind: LotKind, establishment_id: UUID | None, made_by: str, now: datetime) -> CardLot:
    return CardLot(
        id=uuid4(),
        kind=kind.value,
        establishment_id=establishment_id,
        made_at=now,
        made_by=made_by[:COMMAND_CHARACTERS_MAX],
    )


def _number(session: Session, lot: CardLot, draw: Callable[[], str]) -> None:
    """Give a lot a number that no other has; two at one moment would collide, and one fail."""
    for _ in range(DRAWS_MAX):
        lot.number = draw()
        if session.scalar(select(CardLot.id).where(CardLot.number == lot.number)) is None:
            break
    session.add(lot)
    session.flush()


def _put(session: Session, card_ids: Collection[UUID], **column: UUID) -> None:
    wanted = list(card_ids)
    for first in range(0, len(wanted), IDS_PER_STATEMENT):
        some = CardRequest.card_id.in_(wanted[first : first + IDS_PER_STATEMENT])
        session.execute(update(CardRequest).where(some).values(**column))


def _name_of(session: Session, beneficiary_id: UUID) -> str:
    person = session.get_one(Beneficiary, beneficiary_id)
    return f"{person.family_name} {person.given_name}"
