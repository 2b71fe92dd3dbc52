"""Ordering cards for many people at once, each with a number nobody has.

Not here: who gets one (the caller, requests.py), and the making of them (a desk, orders.py).
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.cards.errors import CardNumberTaken
from backend.cards.history import THE_SYSTEM, Actor, line_of, write_lines
from backend.cards.order_tables import CardRequest, Delivery
from backend.cards.states import ENOUGH, CardEvent, CardState
from backend.cards.tables import Card
from passcard.layout import make_card_number

SERIALS: Final = 10**11
DRAWS_MAX: Final = 5
IDS_PER_STATEMENT: Final = 1000
_ENOUGH: Final = tuple(state.value for state in ENOUGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for with cards: how they reach their holders, and on what terms.

    `fee_cents` is what a replacement costs; `address` has the lines of a home.
    """

    delivery: Delivery = Delivery.COUNTER
    establishment_id: UUID | None = None
    replaces_id: UUID | None = None
    fee_cents: int = 0
    charter_version: str | None = None
    address: str | None = field(default=None, repr=False)


AT_A_COUNTER: Final = Wish()


def without_card(session: Session, beneficiary_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these people who have no card, neither in use nor ordered."""
    having = set[UUID]()
    for first in range(0, len(beneficiary_ids), IDS_PER_STATEMENT):
        some = beneficiary_ids[first : first + IDS_PER_STATEMENT]
        having |= set(
            session.scalars(
                select(Card.beneficiary_id).where(
                    Card.beneficiary_id.in_(some), Card.state.in_(_ENOUGH)
                )
            )
        )
    return [person for person in beneficiary_ids if person not in having]


def order_cards(
    session: Session,
    beneficiary_ids: Collection[UUID],
    now: datetime,
    *,
    wish: Wish = AT_A_COUNTER,
    by: Actor = THE_SYSTEM,
    draw_serial: Callable[[], int] = lambda: secrets.randbelow(SERIALS),
    make_id: Callable[[], UUID] = uuid4,
) -> list[UUID]:
    """Record a card to be made for each of these people, return their ids.

    Raises CardNumberTaken.
    """
    numbers = _draw_numbers(session, len(beneficiary_ids), draw_serial)
    rows: list[dict[str, Any]] = [
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
    if not rows:
        return []
    session.execute(insert(Card), rows)
    made = [row["id"] for row in rows]
    if wish != AT_A_COUNTER:
        session.execute(insert(CardRequest), [_request(card_id, wish) for card_id in made])
    ordered = (CardEvent.ORDERED, CardState.ORDERED)
    write_lines(session, [line_of(card_id, *ordered, by, now) for card_id in made])
    return made


def _request(card_id: UUID, wish: Wish) -> dict[str, object]:
    return {
        "card_id": card_id,
        "delivery": wish.delivery.value,
        "establishment_id": wish.establishment_id,
        "replaces_id": wish.replaces_id,
        "fee_cents": wish.fee_cents,
        "charter_version": wish.charter_version,
        "address": wish.address,
    }


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
