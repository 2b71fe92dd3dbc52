"""Retiring a card: nothing of ours stays on its chip, and the chip is free for another card.

Promise: the card is retired only when the whole dialogue succeeded; until then it keeps its state
and its chip, so that a chip torn away is finished by presenting it again. The card stays in the
books for ever. Not here: blocking, which needs no chip.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.desk import DeskStep, DeskTask, answer_dialogue, open_dialogue
from backend.cards.errors import CardAlreadyRetired, CardStateRefused, CardUnknown
from backend.cards.history import Actor
from backend.cards.life import lock_card, move
from backend.cards.states import CardEvent, CardState, next_state
from backend.cards.tables import Card, CardPersonalisation, DeskPurpose
from backend.partners.tokens import AuthenticatedTerminal
from backend.services import Services


def begin_retirement(services: Services, terminal: AuthenticatedTerminal, uid: bytes) -> DeskStep:
    """Start taking everything of ours off the chip with this UID (7 bytes).

    Raises CardUnknown, CardAlreadyRetired, CardStateRefused, TooManyDialogues.
    """
    with services.database.reading() as session:
        card = _find_card(session, uid)
    step = services.vault.begin_retirement(uid)
    return open_dialogue(services, terminal, step, DeskTask(card, uid, DeskPurpose.RETIRE))


def continue_retirement(
    services: Services, terminal: AuthenticatedTerminal, retirement_id: UUID, response: bytes
) -> DeskStep:
    """Give the chip's response; at the end the card is retired and its chip is nobody's.

    Raises PersonalisationUnknown, PersonalisationFailed, DialogueUnknown, CardStateRefused. After
    the end, the same call again tells the end again.
    """
    return answer_dialogue(
        services, terminal, retirement_id, response, purpose=DeskPurpose.RETIRE, ending=free_chip
    )


def free_chip(session: Session, row: CardPersonalisation, now: datetime) -> None:
    """Retire the card, whose state is checked anew; remember which chip it had."""
    card = lock_card(session, row.card_id)
    if card.uid != row.uid:
        raise CardStateRefused(state=card.state)
    move(card, CardEvent.RETIRED, now, by=Actor.terminal(row.terminal_id))
    card.uid, card.retired_uid = None, row.uid


def _find_card(session: Session, uid: bytes) -> Card:
    card = session.scalar(select(Card).where(Card.uid == uid))
    if card is None:
        if session.scalar(select(Card.id).where(Card.retired_uid == uid).limit(1)) is not None:
            raise CardAlreadyRetired
        raise CardUnknown
    if next_state(CardState(card.state), CardEvent.RETIRED) is None:
        raise CardStateRefused(state=card.state)
    return card
