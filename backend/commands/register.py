"""Stopping things at once: a card, a terminal."""

from uuid import UUID

from backend.cards.life import block_card
from backend.commands.lookup import card_numbered
from backend.commands.refusal import CommandRefused
from backend.partners.registry import revoke_terminal
from backend.services import Services


def block(services: Services, card_number: str, reason: str) -> None:
    """Block the card with this number; raise CommandRefused, CardStateRefused."""
    with services.database.unit_of_work() as session:
        block_card(session, card_numbered(session, card_number).id, reason, services.now())


def revoke(services: Services, terminal_id: str) -> None:
    """Revoke a terminal for good; raise CommandRefused, TerminalUnknown."""
    try:
        wanted = UUID(terminal_id)
    except ValueError:
        msg = "a terminal's id is a UUID"
        raise CommandRefused(msg) from None
    with services.database.unit_of_work() as session:
        revoke_terminal(session, wanted, services.now())
