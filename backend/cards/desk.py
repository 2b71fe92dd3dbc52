"""A desk's dialogue with a chip: opened, answered step by step, ended once.

Promise: a dialogue is for the desk that began it and for its purpose; what it means for the card
happens in one unit of work, when the vault says that the chip is finished; telling the end again is
harmless. A dialogue cut short is simply begun again. Not here: keys.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.cards.errors import PersonalisationUnknown, UidTaken
from backend.cards.tables import Card, CardPersonalisation, DeskPurpose
from backend.expiry import sweep_expired
from backend.partners.tokens import AuthenticatedTerminal
from backend.services import Services
from backend.vault.values import DialogueStep

DIALOGUE_SECONDS_MAX = 60
KEPT_HOURS_MAX = 24

#: What the end of a dialogue means for its card, inside the unit of work that records it.
Ending = Callable[[Session, CardPersonalisation, datetime], None]


@dataclass(frozen=True, slots=True)
class DeskStep:
    """The next command for the chip, or None when it is finished."""

    dialogue_id: UUID
    command: bytes | None
    card_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeskTask:
    """What shall be done with which chip, for which card; `key_version` is the one to be given."""

    card: Card
    uid: bytes
    purpose: DeskPurpose
    key_version: int | None = None


def open_dialogue(
    services: Services, terminal: AuthenticatedTerminal, step: DialogueStep, task: DeskTask
) -> DeskStep:
    """Record a dialogue that the vault has begun."""
    now = services.now()
    with services.database.unit_of_work() as session:
        forgotten = now - timedelta(hours=KEPT_HOURS_MAX)
        sweep_expired(session, CardPersonalisation, CardPersonalisation.expires_at, forgotten)
        session.add(
            CardPersonalisation(
                id=step.dialogue_id,
                card_id=task.card.id,
                uid=task.uid,
                purpose=task.purpose.value,
                key_version=task.key_version,
                terminal_id=terminal.terminal_id,
                expires_at=now + timedelta(seconds=DIALOGUE_SECONDS_MAX),
                finished_at=None,
            )
        )
    return DeskStep(step.dialogue_id, step.command, task.card.number)


def answer_dialogue(
    services: Services,
    terminal: AuthenticatedTerminal,
    dialogue_id: UUID,
    response: bytes,
    *,
    purpose: DeskPurpose,
    ending: Ending,
) -> DeskStep:
    """Give the chip's response; when the chip is finished, let the ending happen.

    Raises PersonalisationUnknown (also for a dialogue of another purpose), PersonalisationFailed,
    DialogueUnknown, UidTaken, and what the ending raises.
    """
    with services.database.reading() as session:
        row = session.get(CardPersonalisation, dialogue_id)
        if row is None or row.terminal_id != terminal.terminal_id:
            raise PersonalisationUnknown
        if row.purpose != purpose.value:
            raise PersonalisationUnknown
        number = session.scalar(select(Card.number).where(Card.id == row.card_id)) or ""
    if row.finished_at is not None:
        return DeskStep(row.id, None, number)
    step = services.vault.continue_personalisation(row.id, response)
    if step.command is None:
        finish(services, row.id, ending)
    return DeskStep(row.id, step.command, number)


def finish(services: Services, dialogue_id: UUID, ending: Ending) -> None:
    """Record that a chip is finished, and what that means for its card."""
    now = services.now()
    try:
        with services.database.unit_of_work() as session:
            row = session.get(CardPersonalisation, dialogue_id, with_for_update=True)
            if row is None:
                raise PersonalisationUnknown
            ending(session, row, now)
            row.finished_at = now
    except IntegrityError:
        # Two desks, one chip, at the same moment: the unique key let one of them through.
        raise UidTaken from None
