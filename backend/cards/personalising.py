"""Personalising a chip for an ordered card: the vault speaks, a desk carries the bytes.

Promise: a chip belongs to one card for ever; a card becomes active only when the whole dialogue
succeeded. A dialogue cut short is simply begun again. Not here: keys.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.cards.errors import CardStateRefused, CardUnknown, PersonalisationUnknown, UidTaken
from backend.cards.life import lock_card, move
from backend.cards.states import CardEvent, CardState, next_state
from backend.cards.tables import Card, CardPersonalisation
from backend.expiry import sweep_expired
from backend.partners.tokens import AuthenticatedTerminal
from backend.services import Services
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

PERSONALISATION_SECONDS_MAX = 60
KEPT_HOURS_MAX = 24


@dataclass(frozen=True, slots=True)
class PersonalisationStep:
    """The next command for the chip, or None when the card is ready."""

    personalisation_id: UUID
    command: bytes | None
    card_number: str = field(repr=False)


def begin_personalisation(
    services: Services, terminal: AuthenticatedTerminal, uid: bytes, card_number: str
) -> PersonalisationStep:
    """Start personalising the chip with this UID (7 bytes) as the card with this number.

    Raises CardUnknown, CardStateRefused, UidTaken, TooManyDialogues.
    """
    now = services.now()
    with services.database.reading() as session:
        card = _find_card(session, card_number)
        _check_chip(session, card, uid)
    step = services.vault.begin_personalisation(uid)
    with services.database.unit_of_work() as session:
        forgotten = now - timedelta(hours=KEPT_HOURS_MAX)
        sweep_expired(session, CardPersonalisation, CardPersonalisation.expires_at, forgotten)
        session.add(
            CardPersonalisation(
                id=step.dialogue_id,
                card_id=card.id,
                uid=uid,
                terminal_id=terminal.terminal_id,
                expires_at=now + timedelta(seconds=PERSONALISATION_SECONDS_MAX),
                finished_at=None,
            )
        )
    return PersonalisationStep(step.dialogue_id, step.command, card.number)


def continue_personalisation(
    services: Services, terminal: AuthenticatedTerminal, personalisation_id: UUID, response: bytes
) -> PersonalisationStep:
    """Give the chip's response; at the end the chip is the card's, and the card is active.

    Raises PersonalisationUnknown, PersonalisationFailed, DialogueUnknown, CardStateRefused,
    UidTaken. After the end, the same call again tells the end again.
    """
    with services.database.reading() as session:
        row = session.get(CardPersonalisation, personalisation_id)
        if row is None or row.terminal_id != terminal.terminal_id:
            raise PersonalisationUnknown
        number = session.scalar(select(Card.number).where(Card.id == row.card_id)) or ""
    if row.finished_at is not None:
        return PersonalisationStep(row.id, None, number)
    step = services.vault.continue_personalisation(row.id, response)
    if step.command is None:
        _finish(services, row)
    return PersonalisationStep(row.id, step.command, number)


def _find_card(session: Session, card_number: str) -> Card:
    try:
        number = parse_card_number(card_number)
    except InvalidCardNumber:
        raise CardUnknown from None
    card = session.scalar(select(Card).where(Card.number == number))
    if card is None:
        raise CardUnknown
    return card


def _check_chip(session: Session, card: Card, uid: bytes) -> None:
    """Refuse a chip that is another card's, and a card that has another chip or may have none."""
    if next_state(CardState(card.state), CardEvent.PERSONALISED) is None:
        raise CardStateRefused(state=card.state)
    owner = session.scalar(select(Card.id).where(Card.uid == uid))
    if owner is not None and owner != card.id:
        raise UidTaken
    if card.uid is not None and card.uid != uid:
        raise CardStateRefused(state=card.state)


def _finish(services: Services, row: CardPersonalisation) -> None:
    try:
        with services.database.unit_of_work() as session:
            _give_chip(session, row.id, services.now())
    except IntegrityError:
        # Two desks, one chip, at the same moment: the unique key let one of them through.
        raise UidTaken from None


def _give_chip(session: Session, personalisation_id: UUID, now: datetime) -> None:
    row = session.get(CardPersonalisation, personalisation_id, with_for_update=True)
    if row is None:
        raise PersonalisationUnknown
    card = lock_card(session, row.card_id)
    _check_chip(session, card, row.uid)
    card.uid = row.uid
    move(card, CardEvent.PERSONALISED, now)
    row.finished_at = now
