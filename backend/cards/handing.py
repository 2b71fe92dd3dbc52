"""Handing cards over, and letting them be used.

Promise: a card works from the moment its holder has it, and not before. Whoever hands it to the
holder in person activates it in the same moment; given to somebody else, or sent home, it waits
until its holder says on their account that they have it, by the last digits printed on it.
"""

import hmac
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.errors import CardUnknown, DigitsWrong
from backend.cards.history import Actor
from backend.cards.life import lock_cards, move
from backend.cards.order_tables import CardRequest, Delivery
from backend.cards.states import CardEvent, CardState
from backend.cards.tables import Card

LAST_DIGITS: Final = 4
HANDED_OVER_AT_ONCE_MAX: Final = 500


def hand_over(
    session: Session,
    card_ids: Collection[UUID],
    now: datetime,
    *,
    by: Actor,
    in_person: bool = True,
) -> int:
    """Hand over cards that arrived; return how many. One in its holder's hands is left alone.

    Given to somebody else (`in_person` false), they wait to be activated. Raises CardUnknown,
    CardStateRefused; then none is handed over.
    """
    assert len(card_ids) <= HANDED_OVER_AT_ONCE_MAX, "the caller divides"
    done = 0
    for card in lock_cards(session, card_ids):
        if card.state in (CardState.HANDED_OVER.value, CardState.ACTIVE.value):
            continue
        move(card, CardEvent.HANDED_OVER, now, by=by)
        if in_person:
            move(card, CardEvent.ACTIVATED, now, by=by)
        done += 1
    session.flush()
    return done


def activate_card(
    session: Session, beneficiary_id: UUID, last_digits: str, now: datetime, *, by: Actor
) -> Card:
    """Let a person's card be used: they have it, and can read it. A second time is harmless.

    Raises CardUnknown (none waits for that), DigitsWrong.
    """
    waiting = (
        select(Card.id, Card.number)
        .outerjoin(CardRequest, CardRequest.card_id == Card.id)
        .where(
            Card.beneficiary_id == beneficiary_id,
            (Card.state == CardState.HANDED_OVER.value)
            | (
                (Card.state == CardState.SHIPPED.value)
                & (CardRequest.delivery == Delivery.HOME.value)
            )
            | (Card.state == CardState.ACTIVE.value),
        )
        # What waits comes before what works.
        .order_by((Card.state == CardState.ACTIVE.value).asc(), Card.ordered_at.desc())
        .limit(1)
    )
    row = session.execute(waiting).first()
    if row is None:
        raise CardUnknown
    if not hmac.compare_digest(row.number[-LAST_DIGITS:].encode(), last_digits.strip().encode()):
        raise DigitsWrong
    (card,) = lock_cards(session, [row.id])
    if card.state != CardState.ACTIVE.value:
        move(card, CardEvent.ACTIVATED, now, by=by)
        session.flush()
    return card
