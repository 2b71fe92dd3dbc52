"""Stopping things at once: a card, a terminal."""

from uuid import UUID

from backend.cards.life import block_card, expire_card
from backend.commands.lookup import card_numbered
from backend.commands.refusal import CommandRefused
from backend.partners.registry import revoke_terminal
from backend.pins.errors import CodeNotSet
from backend.pins.forcing import force_change
from backend.services import Services
from backend.settings import LostCardCode

#: Somebody else may hold such a card, and may have seen its code typed.
TAKEN_AWAY = ("lost", "stolen")


def block(
    services: Services,
    card_number: str,
    reason: str,
    code: LostCardCode | None = None,
    by: str = "operator",
) -> bool:
    """Block the card with this number; True when its holder must choose another code.

    `code` says whether a lost or stolen card's code may stay (None: as the settings say). A gate
    looks at neither. Raises CommandRefused, CardStateRefused.
    """
    choice = code or services.settings.lost_card_code
    with services.database.unit_of_work() as session:
        card = card_numbered(session, card_number)
        block_card(session, card.id, reason, services.now())
        if reason not in TAKEN_AWAY or choice is LostCardCode.KEEP:
            return False
        try:
            force_change(
                session, card.beneficiary_id, services.now(), by=by, reason=f"card {reason}"
            )
        except CodeNotSet:
            return False
    return True


def expire(services: Services, card_number: str) -> None:
    """End the life of the card with this number; raise CommandRefused, CardStateRefused."""
    with services.database.unit_of_work() as session:
        card = card_numbered(session, card_number)
        expire_card(session, card.id, services.now())


def revoke(services: Services, terminal_id: str) -> None:
    """Revoke a terminal for good; raise CommandRefused, TerminalUnknown."""
    try:
        wanted = UUID(terminal_id)
    except ValueError:
        msg = "a terminal's id is a UUID"
        raise CommandRefused(msg) from None
    with services.database.unit_of_work() as session:
        revoke_terminal(session, wanted, services.now())
