"""The orders a desk has to make, page by page.

Promise: in the order of card numbers, each card once however long the reading takes; a card made in
the meantime is simply no longer there. Not here: who a card is for.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.states import CardState
from backend.cards.tables import Card

ORDERS_PER_PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class CardOrder:
    """A card, as far as a desk must know it."""

    card_number: str = field(repr=False)
    state: CardState
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some orders, and the card number to ask the next page after; None at the end."""

    orders: tuple[CardOrder, ...]
    next_after: str | None = field(repr=False)


def list_orders(
    session: Session, *, state: CardState, limit: int, after: str | None = None
) -> OrderPage:
    """Return at most `limit` cards (1 to ORDERS_PER_PAGE_MAX) in a state, after a card number."""
    assert 1 <= limit <= ORDERS_PER_PAGE_MAX, "the route checks it"
    wanted = select(Card).where(Card.state == state.value).order_by(Card.number).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(Card.number > after)
    found = session.scalars(wanted).all()
    orders = tuple(
        CardOrder(card.number, CardState(card.state), card.ordered_at) for card in found[:limit]
    )
    return OrderPage(orders, orders[-1].card_number if len(found) > limit else None)
