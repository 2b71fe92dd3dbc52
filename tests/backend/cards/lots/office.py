"""What the tests of orders and lots share: an office, its pupils, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.cards.history import Actor, read_histories
from backend.cards.life import lock_card, move
from backend.cards.lots import (
    receive,
    ship,
)
from backend.cards.order_tables import Delivery
from backend.cards.ordering import Wish
from backend.cards.requests import (
    ReplacementReason,
    order_for,
    replace_card,
)
from backend.cards.states import CardEvent
from backend.cards.tables import Card
from backend.services import Services

UIDS = count(1)


BY = Actor.typed("anne")


HOME = "12 RUE DU PORT\n69002 LYON"


@dataclass
class Desk:
    """Two establishments, and what happens to their people's cards."""

    services: Services
    here: UUID
    there: UUID

    def person(self, given: str = "Léa", family: str = "Martin") -> UUID:
        with self.services.database.unit_of_work() as session:
            made = create_beneficiary(
                session,
                given_name=given,
                family_name=family,
                birth_date=date(2010, 1, 2),
                contact=Contact("lea@example.fr"),
                now=self.services.now(),
            )
            return made.id

    def wish(self, **told: Any) -> Wish:
        return Wish(delivery=Delivery.ESTABLISHMENT, establishment_id=self.here, **told)

    def order(self, person: UUID, wish: Wish | None = None) -> UUID:
        with self.services.database.unit_of_work() as session:
            asked = wish or self.wish()
            now = self.services.now()
            (made,) = order_for(session, [person], asked, now, by=BY).card_ids
        return made

    def run(self, act: Callable[..., Any], *told: Any, **more: Any) -> Any:
        """Let something happen in a unit of work, now, by somebody."""
        with self.services.database.unit_of_work() as session:
            return act(session, *told, self.services.now(), **more)

    def add(self, row: Any) -> None:
        with self.services.database.unit_of_work() as session:
            session.add(row)

    def replace(self, card_id: UUID, reason: ReplacementReason) -> UUID:
        with self.services.database.unit_of_work() as session:
            wish, now = self.wish(fee_cents=500), self.services.now()
            return replace_card(session, card_id, reason, wish, now, by=BY)

    def make(self, card_id: UUID) -> None:
        with self.services.database.unit_of_work() as session:
            card = lock_card(session, card_id)
            card.uid = (0x04C0DE00000000 + next(UIDS)).to_bytes(7, "big")
            move(card, CardEvent.PRODUCED, self.services.now(), by=BY)

    def send(self, card_id: UUID, place: UUID | None) -> str:
        self.make(card_id)
        lot = self.run(ship, by=BY, made_by="anne", establishment_id=place)
        return str(lot.number)

    def card(self, card_id: UUID) -> Card:
        with self.services.database.reading() as session:
            return session.get_one(Card, card_id)

    def number(self, card_id: UUID) -> str:
        return self.card(card_id).number

    def history(self, card_id: UUID) -> list[str]:
        with self.services.database.reading() as session:
            return [one.event.value for one in read_histories(session, [card_id])[card_id]]

    def arrived(self, person: UUID) -> UUID:
        card_id = self.order(person)
        self.send(card_id, self.here)
        self.run(receive, self.here, self.number(card_id), by=BY)
        return card_id
