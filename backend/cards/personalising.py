"""Personalising a chip for an ordered card, and renewing the keys of a card in use.

Promise: a chip belongs to one card at a time; a card is made only when the whole dialogue
succeeded, and then records the version of the masters its keys were made under, which is the
current one. A card that is to be sent is then produced, and of no use before it is handed over; one
that nobody asked to be sent is made at a counter and active at once. Not here: keys, and how a
dialogue goes on (`desk`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.desk import DeskStep, DeskTask, answer_dialogue, open_dialogue
from backend.cards.errors import CardStateRefused, CardUnknown, UidTaken
from backend.cards.history import Actor
from backend.cards.life import lock_card, move
from backend.cards.order_tables import CardRequest, Delivery
from backend.cards.states import WITH_A_CHIP, CardEvent, CardState
from backend.cards.tables import Card, CardPersonalisation, DeskPurpose
from backend.partners.tokens import AuthenticatedTerminal
from backend.services import Services
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number


def begin_personalisation(
    services: Services, terminal: AuthenticatedTerminal, uid: bytes, card_number: str | None
) -> DeskStep:
    """Start personalising the chip with this UID (7 bytes) as the card with this number.

    Without a number the chip must be a card already: its keys are renewed. Raises CardUnknown,
    CardStateRefused, UidTaken, TooManyDialogues.
    """
    with services.database.reading() as session:
        card = _find_card(session, uid, card_number)
        _check_chip(session, card, uid)
    version = services.vault.current_card_key_version()
    step = services.vault.begin_personalisation(uid, to_version=version)
    task = DeskTask(card, uid, DeskPurpose.PERSONALISE, key_version=version)
    return open_dialogue(services, terminal, step, task)


def continue_personalisation(
    services: Services, terminal: AuthenticatedTerminal, personalisation_id: UUID, response: bytes
) -> DeskStep:
    """Give the chip's response; at the end the chip is the card's, and the card made or active.

    Raises PersonalisationUnknown, PersonalisationFailed, DialogueUnknown, CardStateRefused,
    UidTaken. After the end, the same call again tells the end again.
    """
    return answer_dialogue(
        services,
        terminal,
        personalisation_id,
        response,
        purpose=DeskPurpose.PERSONALISE,
        ending=give_chip,
    )


def give_chip(session: Session, row: CardPersonalisation, now: datetime) -> None:
    """Make the finished chip its card's own, whose state is checked anew."""
    card = lock_card(session, row.card_id)
    _check_chip(session, card, row.uid)
    assert row.key_version is not None
    card.uid = row.uid
    card.key_version = row.key_version
    move(card, _event(session, card), now, by=Actor.terminal(row.terminal_id))


def _event(session: Session, card: Card) -> CardEvent:
    """Say what making a card means for it; a chip whose keys are renewed keeps its state."""
    state = CardState(card.state)
    if state is CardState.ACTIVE:
        return CardEvent.PERSONALISED
    asked = session.get(CardRequest, card.id)
    at_counter = asked is None or asked.delivery == Delivery.COUNTER.value
    if state is CardState.ORDERED and at_counter:
        return CardEvent.PERSONALISED
    return CardEvent.PRODUCED


def _find_card(session: Session, uid: bytes, card_number: str | None) -> Card:
    wanted = Card.uid == uid
    if card_number is not None:
        try:
            wanted = Card.number == parse_card_number(card_number)
        except InvalidCardNumber:
            raise CardUnknown from None
    card = session.scalar(select(Card).where(wanted))
    if card is None:
        raise CardUnknown
    return card


def _check_chip(session: Session, card: Card, uid: bytes) -> None:
    """Refuse a chip that is another card's, and a card that has another chip or may have none."""
    if CardState(card.state) not in (CardState.ORDERED, *WITH_A_CHIP):
        raise CardStateRefused(state=card.state)
    owner = session.scalar(select(Card.id).where(Card.uid == uid))
    if owner is not None and owner != card.id:
        raise UidTaken
    if card.uid is not None and card.uid != uid:
        raise CardStateRefused(state=card.state)
