"""`pass-backend cards`: the cards in a state, and the masters that the chips out there are under.

Not here: making or retiring a card, which needs its chip and so a desk.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from backend.cards.orders import ORDERS_PER_PAGE_MAX, CardOrder, list_orders
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.services import Services


@dataclass(frozen=True, slots=True)
class VersionCount:
    """How many cards in a state have a chip whose keys are of a version of the masters."""

    key_version: int
    state: str
    cards: int


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that chips out there have, and the one that new cards get."""

    current: int
    counts: tuple[VersionCount, ...]

    def as_json(self) -> str:
        """Return it for a program."""
        return json.dumps(asdict(self))

    def as_text(self) -> str:
        """Return it for a person."""
        lines = [f"new cards get key version {self.current}"]
        lines += [
            f"key version {one.key_version}: {one.cards} cards {one.state}" for one in self.counts
        ]
        return "\n".join(lines)


def list_cards(services: Services, state: CardState) -> Iterator[str]:
    """Give the CSV lines (`;`) of the cards in a state: what `desk batch --orders` reads."""
    yield "card_number;state;ordered_at"
    after: str | None = None
    while True:
        with services.database.reading() as session:
            page = list_orders(session, state=state, limit=ORDERS_PER_PAGE_MAX, after=after)
        yield from map(_line, page.orders)
        after = page.next_after
        if after is None:
            return


def count_versions(services: Services) -> Versions:
    """Count the chips of each version of the masters: how far a roll-over has come."""
    with services.database.reading() as session:
        rows = session.execute(
            select(Card.key_version, Card.state, func.count())
            .where(Card.uid.is_not(None))
            .group_by(Card.key_version, Card.state)
            .order_by(Card.key_version, Card.state)
        ).all()
    counts = tuple(VersionCount(version, state, cards) for version, state, cards in rows)
    return Versions(services.vault.current_card_key_version(), counts)


def _line(order: CardOrder) -> str:
    return f"{order.card_number};{order.state.value};{order.ordered_at:%Y-%m-%dT%H:%M:%SZ}"
