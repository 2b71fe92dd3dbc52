"""Stopping things at once: a card, a terminal."""

from uuid import UUID

from sqlalchemy import select

from backend.cards.life import block_card
from backend.cards.tables import Card
from backend.commands.refusal import CommandRefused
from backend.partners.registry import revoke_terminal
from backend.services import Services
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number


def block(services: Services, card_number: str, reason: str) -> None:
    """Block the card with this number; raise CommandRefused, CardStateRefused."""
    try:
        number = parse_card_number(card_number)
    except InvalidCardNumber as error:
        raise CommandRefused(str(error)) from None
    with services.database.unit_of_work() as session:
        card_id = session.scalar(select(Card.id).where(Card.number == number))
        if card_id is None:
            msg = "no card has this number"
            raise CommandRefused(msg)
        block_card(session, card_id, reason, services.now())


def revoke(services: Services, terminal_id: str) -> None:
    """Revoke a terminal for good; raise CommandRefused, TerminalUnknown."""
    try:
        wanted = UUID(terminal_id)
    except ValueError:
        msg = "a terminal's id is a UUID"
        raise CommandRefused(msg) from None
    with services.database.unit_of_work() as session:
        revoke_terminal(session, wanted, services.now())
