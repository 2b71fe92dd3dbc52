"""Stopping things at once: a card, a terminal."""

from uuid import UUID

from backend.cards.history import Actor
from backend.cards.life import expire_card
from backend.cards.reporting import ReportReason, report_lost, stop_card
from backend.commands.lookup import card_numbered
from backend.commands.refusal import CommandRefused
from backend.partners.registry import revoke_terminal
from backend.pins.forcing import TAKEN_AWAY, force_after_loss
from backend.services import Services
from backend.settings import LostCardCode


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
        now, actor = services.now(), Actor.typed(by)
        if reason in TAKEN_AWAY:
            report_lost(session, card.id, ReportReason(reason), now, by=actor)
        else:
            stop_card(session, card.id, reason, now, by=actor)
        return force_after_loss(session, card.beneficiary_id, reason, choice, now, by=by)


def expire(services: Services, card_number: str, by: str = "operator") -> None:
    """End the life of the card with this number; raise CommandRefused, CardStateRefused."""
    with services.database.unit_of_work() as session:
        card = card_numbered(session, card_number)
        expire_card(session, card.id, services.now(), by=Actor.typed(by))


def revoke(services: Services, terminal_id: str) -> None:
    """Revoke a terminal for good; raise CommandRefused, TerminalUnknown."""
    try:
        wanted = UUID(terminal_id)
    except ValueError:
        msg = "a terminal's id is a UUID"
        raise CommandRefused(msg) from None
    with services.database.unit_of_work() as session:
        revoke_terminal(session, wanted, services.now())
