"""`pass-backend cards …`: ordering, making, sending and handing over, as the pages do it.

Not here: who may sign in to do so (commands/staff.py), and the making itself (a desk).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access.establishments import find_establishment
from backend.access.tables import Establishment
from backend.cards.handing import hand_over
from backend.cards.history import Actor, read_histories
from backend.cards.life import lock_cards
from backend.cards.lots import (
    Scan,
    find_lot,
    list_missing,
    receive,
    ship,
    start_production,
)
from backend.cards.order_tables import CardLot, CardRequest, Delivery, LotKind
from backend.cards.ordering import Wish
from backend.cards.production import as_csv, cards_to_make, photos_of
from backend.cards.reporting import WithdrawalReason, withdraw_card
from backend.cards.requests import ReplacementReason, cancel_order, order_for, replace_card
from backend.commands.lookup import card_numbered
from backend.commands.pupils import place_called
from backend.commands.refusal import CommandRefused
from backend.pupils.listing import people_without_card
from backend.services import Services

CSV_NAME: Final = "cartes.csv"
PHOTOS_NAME: Final = "photos"


@dataclass(frozen=True, slots=True)
class Produced:
    """A production file as it was written."""

    number: str
    cards: int
    photos: int

    def as_text(self) -> str:
        """Write it for a person."""
        return f"lot {self.number}: {self.cards} cards to make, {self.photos} photos"


def order(services: Services, establishment: str, class_code: str | None, by: str) -> int:
    """Order a card for each pupil of a place, or a class, who has none; return how many."""
    place_id = place_called(establishment)
    with services.database.unit_of_work() as session:
        find_establishment(session, place_id)
        people = people_without_card(session, place_id, class_code)
        wish = Wish(delivery=Delivery.ESTABLISHMENT, establishment_id=place_id)
        return len(order_for(session, people, wish, services.now(), by=Actor.typed(by)).card_ids)


def cancel(services: Services, card_number: str, by: str) -> None:
    """Take an order back before the card is made; raise CommandRefused, CardStateRefused."""
    with services.database.unit_of_work() as session:
        card_id = card_numbered(session, card_number).id
        cancel_order(session, card_id, services.now(), by=Actor.typed(by))


def produce(
    services: Services, folder: Path, *, establishment: str | None, again: str | None, by: str
) -> Produced:
    """Write the file of the cards to make, and their photos, into an empty folder.

    `again` is the number of a lot whose file is wanted once more: what is still to make of it.
    Raises CommandRefused, NothingToSend, LotUnknown.
    """
    place_id = None if establishment is None else place_called(establishment)
    _make_folder(folder)
    with services.database.unit_of_work() as session:
        if again is None:
            now = services.now()
            lot = start_production(session, now, made_by=by, establishment_id=place_id)
        else:
            lot = find_lot(session, again, LotKind.PRODUCTION)
        return _write(session, lot, folder)


def send(services: Services, establishment: str | None, by: str) -> tuple[str, int]:
    """Send the cards that are made, to a place or home (None); return the slip's number and count.

    Raises NothingToSend.
    """
    place_id = None if establishment is None else place_called(establishment)
    with services.database.unit_of_work() as session:
        actor, now = Actor.typed(by), services.now()
        lot = ship(session, now, by=actor, made_by=by, establishment_id=place_id)
        sent = select(func.count()).where(CardRequest.shipment_id == lot.id)
        return lot.number, session.scalar(sent) or 0


def slip(services: Services, number: str) -> str:
    """Write the slip of a parcel: where it goes, and what of it has not arrived."""
    with services.database.reading() as session:
        lot = find_lot(session, number, LotKind.SHIPMENT)
        place = lot.establishment_id
        name = "homes" if place is None else find_establishment(session, place).name
        missing = list_missing(session, lot.id)
    lines = [f"lot {lot.number}, sent {lot.made_at:%Y-%m-%d %H:%M} by {lot.made_by} to {name}"]
    lines += [f"not received: {one.number}  {one.name}" for one in missing]
    return "\n".join(lines)


def take_in(services: Services, establishment: str, scanned: str, by: str) -> Scan:
    """Take note of a card that arrived at a place."""
    with services.database.unit_of_work() as session:
        place_id, actor = place_called(establishment), Actor.typed(by)
        return receive(session, place_id, scanned, services.now(), by=actor)


def give(services: Services, card_number: str, by: str, *, in_person: bool) -> None:
    """Hand a card over; raise CommandRefused, CardStateRefused."""
    with services.database.unit_of_work() as session:
        card_id = card_numbered(session, card_number).id
        hand_over(session, [card_id], services.now(), by=Actor.typed(by), in_person=in_person)


def withdraw(services: Services, card_number: str, reason: WithdrawalReason, by: str) -> None:
    """Take a card out of use for good; raise CommandRefused, CardStateRefused."""
    with services.database.unit_of_work() as session:
        card_id = card_numbered(session, card_number).id
        withdraw_card(session, card_id, reason, services.now(), by=Actor.typed(by))


def replace(
    services: Services,
    card_number: str,
    reason: ReplacementReason,
    *,
    establishment: str | None,
    by: str,
) -> str:
    """Stop a card and order another, for a place or to be made at a counter; return its number.

    Raises CommandRefused, CardStateRefused, HasCard, TooManyOrders.
    """
    place_id = None if establishment is None else place_called(establishment)
    delivery = Delivery.COUNTER if place_id is None else Delivery.ESTABLISHMENT
    fee_cents = services.settings.replacement_fee_cents
    wish = Wish(delivery=delivery, establishment_id=place_id, fee_cents=fee_cents)
    with services.database.unit_of_work() as session:
        card_id = card_numbered(session, card_number).id
        actor, now = Actor.typed(by), services.now()
        made = replace_card(session, card_id, reason, wish, now, by=actor)
        return lock_cards(session, [made])[0].number


def history(services: Services, card_number: str) -> str:
    """Write what happened to a card, a line each."""
    with services.database.reading() as session:
        card_id = card_numbered(session, card_number).id
        lines = read_histories(session, [card_id])[card_id]
    return "\n".join(
        f"{one.at:%Y-%m-%d %H:%M:%S}  {one.event.value:12}  {one.state.value:11}"
        f"  {one.reason or '-':13}  {one.by}"
        for one in lines
    )


def _write(session: Session, lot: CardLot, folder: Path) -> Produced:
    places: dict[UUID, str] = {
        row.id: row.name for row in session.execute(select(Establishment.id, Establishment.name))
    }
    cards = list(cards_to_make(session, lot.id, places))
    _write_file(folder / CSV_NAME, as_csv(cards).encode())
    photos = folder / PHOTOS_NAME
    photos.mkdir(mode=0o700)
    count = 0
    for name, image in photos_of(session, lot.id):
        _write_file(photos / name, image)
        count += 1
    return Produced(lot.number, len(cards), count)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if any(folder.iterdir()):
            msg = f"{folder} is not empty"
            raise CommandRefused(msg)
    except OSError as cause:
        msg = f"{folder}: {cause.strerror}"
        raise CommandRefused(msg) from None


def _write_file(path: Path, content: bytes) -> None:
    """Write a file for its owner alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
