"""The file a desk's batch is made from: what is printed on each card, and nothing more.

Columns, in CSV with `;` (UTF-8 with a mark): `numero_carte`, `prenom`, `nom`, `tri`, `photo`. `tri`
is where the card goes once made (an establishment, or `domicile`), to sort by, not to print;
`photo` names a JPEG beside the file, or is empty. What a spreadsheet would take for a formula is
written as text. `pass-terminal desk batch --orders` reads the file as it is.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.tables import Beneficiary
from backend.cards.order_tables import CardPhoto, CardRequest, Delivery
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.tabular import safe_cell

HEADINGS: Final = ("numero_carte", "prenom", "nom", "tri", "photo")
HOME: Final = "domicile"
#: OWASP, “CSV Injection”: a cell that begins so is run by a spreadsheet.


@dataclass(frozen=True, slots=True)
class ToMake:
    """One card to make, and what is printed on it."""

    number: str = field(repr=False)
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    sort: str
    has_photo: bool

    @property
    def photo_name(self) -> str:
        """Return the name of its photo's file."""
        return f"{self.number}.jpg" if self.has_photo else ""


def cards_to_make(
    session: Session, production_id: UUID, places: dict[UUID, str]
) -> Iterator[ToMake]:
    """Give the cards of a production that are still to make, by place and name.

    `places` are the establishments' names: this room knows none.
    """
    rows = session.execute(
        select(
            Card.number,
            Beneficiary.given_name,
            Beneficiary.family_name,
            CardRequest.delivery,
            CardRequest.establishment_id,
            CardPhoto.beneficiary_id,
        )
        .join(CardRequest, CardRequest.card_id == Card.id)
        .join(Beneficiary, Beneficiary.id == Card.beneficiary_id)
        .outerjoin(CardPhoto, CardPhoto.beneficiary_id == Card.beneficiary_id)
        .where(CardRequest.production_id == production_id, Card.state == CardState.ORDERED.value)
        .order_by(
            CardRequest.establishment_id, Beneficiary.family_name, Beneficiary.given_name, Card.id
        )
    )
    for number, given, family, delivery, place_id, photo in rows:
        goes_home = delivery == Delivery.HOME.value
        sort = HOME if goes_home or place_id is None else places.get(place_id, "")
        yield ToMake(number, given, family, sort, photo is not None)


def photos_of(session: Session, production_id: UUID) -> Iterator[tuple[str, bytes]]:
    """Give the photo of each card of a production that has one: its file's name, and the JPEG."""
    rows = session.execute(
        select(Card.number, CardPhoto.image)
        .join(CardRequest, CardRequest.card_id == Card.id)
        .join(CardPhoto, CardPhoto.beneficiary_id == Card.beneficiary_id)
        .where(CardRequest.production_id == production_id, Card.state == CardState.ORDERED.value)
        .order_by(Card.number)
        .execution_options(yield_per=100)
    )
    yield from ((f"{number}.jpg", image) for number, image in rows)


def as_csv(cards: Iterable[ToMake]) -> str:
    """Write the file."""
    written = io.StringIO()
    written.write("\ufeff")
    table = csv.writer(written, delimiter=";", lineterminator="\r\n")
    table.writerow(HEADINGS)
    for one in cards:
        printed = (one.given_name, one.family_name, one.sort)
        table.writerow([one.number, *map(safe_cell, printed), one.photo_name])
    return written.getvalue()
