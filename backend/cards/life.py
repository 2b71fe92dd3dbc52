"""Ordering, blocking and ending a card, and asking whether it may be used now.

Promise: whatever changes a card's state goes through `move`, which writes down what happened, when
and by whom. Not here: sending and handing over (lots.py, handing.py), asking for one (requests.py).
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from backend.accounts.beneficiaries import find_beneficiary
from backend.cards.errors import (
    CardBlocked,
    CardNotActive,
    CardNumberTaken,
    CardStateRefused,
    CardUnknown,
)
from backend.cards.history import THE_SYSTEM, Actor, line_of, write_lines
from backend.cards.order_tables import CardHistory, CardRequest
from backend.cards.states import OUT_OF_USE, CardEvent, CardState, next_state
from backend.cards.tables import Card
from passcard.layout import make_card_number

IDS_PER_STATEMENT = 1000
#: From then on nothing is sent to the holder's home any more.
_ARRIVED = (CardState.ACTIVE, CardState.CANCELLED, *OUT_OF_USE)


def order_card(
    session: Session,
    beneficiary_id: UUID,
    serial: int,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
    *,
    by: Actor = THE_SYSTEM,
) -> Card:
    """Record a card to be made for a person; `serial` has at most 11 digits.

    Raises BeneficiaryUnknown, CardNumberTaken.
    """
    find_beneficiary(session, beneficiary_id)
    number = make_card_number(serial)
    if session.scalar(select(Card.id).where(Card.number == number)) is not None:
        raise CardNumberTaken
    card = Card(
        id=make_id(),
        number=number,
        beneficiary_id=beneficiary_id,
        uid=None,
        state=CardState.ORDERED.value,
        state_reason=None,
        state_since=now,
        ordered_at=now,
    )
    session.add(card)
    session.flush()
    write_lines(session, [line_of(card.id, CardEvent.ORDERED, CardState.ORDERED, by, now)])
    return card


def block_card(
    session: Session, card_id: UUID, reason: str, now: datetime, *, by: Actor = THE_SYSTEM
) -> Card:
    """Block a card for good; blocked already, it keeps its first reason.

    Raises CardUnknown, CardStateRefused.
    """
    card = lock_card(session, card_id)
    move(card, CardEvent.BLOCKED, now, reason=reason, by=by)
    session.flush()
    return card


def expire_card(session: Session, card_id: UUID, now: datetime, *, by: Actor = THE_SYSTEM) -> Card:
    """End a card's life; expired already, it stays so. Raises CardUnknown, CardStateRefused."""
    card = lock_card(session, card_id)
    if card.state != CardState.EXPIRED.value:
        move(card, CardEvent.EXPIRED, now, by=by)
        session.flush()
    return card


def lock_card(session: Session, card_id: UUID) -> Card:
    """Return a card, its row locked and freshly read; raise CardUnknown."""
    card = session.get(Card, card_id, with_for_update=True, populate_existing=True)
    if card is None:
        raise CardUnknown
    return card


def lock_cards(session: Session, card_ids: Collection[UUID]) -> list[Card]:
    """Return cards, their rows locked in the order of their ids; raise CardUnknown."""
    wanted, found = sorted(set(card_ids)), list[Card]()
    for first in range(0, len(wanted), IDS_PER_STATEMENT):
        some = wanted[first : first + IDS_PER_STATEMENT]
        query = select(Card).where(Card.id.in_(some)).order_by(Card.id).with_for_update()
        found += session.scalars(query.execution_options(populate_existing=True))
    if len(found) < len(wanted):
        raise CardUnknown
    return found


def move(
    card: Card,
    event: CardEvent,
    now: datetime,
    *,
    reason: str | None = None,
    by: Actor = THE_SYSTEM,
) -> None:
    """Let an event happen to a card whose row is locked; raise CardStateRefused."""
    state = CardState(card.state)
    after = next_state(state, event)
    if after is None:
        raise CardStateRefused(state=state.value)
    if after is state:
        return
    card.state = after.value
    card.state_reason = reason
    card.state_since = now
    session = object_session(card)
    assert session is not None, "a card moves in its unit of work"
    session.add(CardHistory(**line_of(card.id, event, after, by, now, reason=reason)))
    if after in _ARRIVED:
        # The caller may be half way through with the card's row.
        with session.no_autoflush:
            asked = session.get(CardRequest, card.id)
        if asked is not None:
            asked.address = None


def check_usable(card_state: str) -> None:
    """Refuse a card that may not be used now; raise CardBlocked, CardNotActive."""
    state = CardState(card_state)
    if state is CardState.BLOCKED:
        raise CardBlocked(state=state.value)
    if state is not CardState.ACTIVE:
        raise CardNotActive(state=state.value)
