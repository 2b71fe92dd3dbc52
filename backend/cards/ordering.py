"""Ordering cards for many people at once, each with a number nobody has.

Not here: who gets one (the caller), and the making of them (a desk, orders.py).
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.cards.errors import CardNumberTaken
from backend.cards.states import CardState
from backend.cards.tables import Card
from passcard.layout import make_card_number

SERIALS: Final = 10**11
DRAWS_MAX: Final = 5
IDS_PER_STATEMENT: Final = 1000
#: Whoever has a card in one of these needs no other.
_WITH_A_CARD: Final = (CardState.ORDERED.value, CardState.ACTIVE.value)


def without_card(session: Session, beneficiary_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these people who have no card, neither in use nor ordered."""
    having = set[UUID]()
    for first in range(0, len(beneficiary_ids), IDS_PER_STATEMENT):
        some = beneficiary_ids[first : first + IDS_PER_STATEMENT]
        having |= set(
            session.scalars(
                select(Card.beneficiary_id).where(
                    Card.beneficiary_id.in_(some), Card.state.in_(_WITH_A_CARD)
                )
            )
        )
    return [person for person in beneficiary_ids if person not in having]


def order_cards(
    session: Session,
    beneficiary_ids: Collection[UUID],
    now: datetime,
    *,
    draw_serial: Callable[[], int] = lambda: secrets.randbelow(SERIALS),
    make_id: Callable[[], UUID] = uuid4,
) -> None:
    """Record a card to be made for each of these people; raise CardNumberTaken."""
    numbers = _draw_numbers(session, len(beneficiary_ids), draw_serial)
    rows = [
        {
            "id": make_id(),
            "number": number,
            "beneficiary_id": person,
            "state": CardState.ORDERED.value,
            "state_since": now,
            "ordered_at": now,
        }
        for person, number in zip(beneficiary_ids, numbers, strict=True)
    ]
    if rows:
        session.execute(insert(Card), rows)


def _draw_numbers(session: Session, count: int, draw_serial: Callable[[], int]) -> list[str]:
    numbers = dict[str, None]()
    for _ in range(DRAWS_MAX):
        drawn = {make_card_number(draw_serial()) for _ in range(count - len(numbers))}
        taken = set[str]()
        wanted = sorted(drawn)
        for first in range(0, len(wanted), IDS_PER_STATEMENT):
            some = wanted[first : first + IDS_PER_STATEMENT]
            taken |= set(session.scalars(select(Card.number).where(Card.number.in_(some))))
        numbers |= dict.fromkeys(number for number in wanted if number not in taken)
        if len(numbers) == count:
            return list(numbers)
    raise CardNumberTaken
