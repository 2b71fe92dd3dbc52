"""Finding what a person named on the command line."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.tables import Card
from backend.commands.refusal import CommandRefused
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number


def card_numbered(session: Session, text: str) -> Card:
    """Return the card with this number, spaces aside; raise CommandRefused."""
    try:
        number = parse_card_number(text)
    except InvalidCardNumber as error:
        raise CommandRefused(str(error)) from None
    card = session.scalar(select(Card).where(Card.number == number))
    if card is None:
        msg = "no card has this number"
        raise CommandRefused(msg)
    return card
