"""Ordering, blocking and expiring a card, and asking whether it may be used now."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import find_beneficiary
from backend.cards.errors import (
    CardBlocked,
    CardNotActive,
    CardNumberTaken,
    CardStateRefused,
    CardUnknown,
)
from backend.cards.states import CardEvent, CardState, next_state
from backend.cards.tables import Card
from passcard.layout import make_card_number


def order_card(
    session: Session,
    beneficiary_id: UUID,
    serial: int,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
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
    return card


def block_card(session: Session, card_id: UUID, reason: str, now: datetime) -> Card:
    """Block a card for good; blocked already, it keeps its first reason.

    Raises CardUnknown, CardStateRefused.
    """
    card = lock_card(session, card_id)
    move(card, CardEvent.BLOCKED, now, reason=reason)
    session.flush()
    return card


def expire_card(session: Session, card_id: UUID, now: datetime) -> Card:
    """End a card's life; expired already, it stays so. Raises CardUnknown, CardStateRefused."""
    card = lock_card(session, card_id)
    if card.state != CardState.EXPIRED.value:
        move(card, CardEvent.EXPIRED, now)
        session.flush()
    return card


def lock_card(session: Session, card_id: UUID) -> Card:
    """Return a card, its row locked and freshly read; raise CardUnknown."""
    card = session.get(Card, card_id, with_for_update=True, populate_existing=True)
    if card is None:
        raise CardUnknown
    return card


def move(card: Card, event: CardEvent, now: datetime, *, reason: str | None = None) -> None:
    """Let an event happen to a card whose row is locked; raise CardStateRefused."""
    state = CardState(card.state)
    after = next_state(state, event)
    if after is None:
        raise CardStateRefused(state=state.value)
    if after is not state:
        card.state = after.value
        card.state_reason = reason
        card.state_since = now


def check_usable(card_state: str) -> None:
    """Refuse a card that may not be used now; raise CardBlocked, CardNotActive."""
    state = CardState(card_state)
    if state is CardState.BLOCKED:
        raise CardBlocked(state=state.value)
    if state is not CardState.ACTIVE:
        raise CardNotActive(state=state.value)
