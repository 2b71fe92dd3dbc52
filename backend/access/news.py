"""What a gate must hear within seconds, between two lists: cards just blocked, meals just taken.

Promise: a gate that asks with the cursor of its last answer misses nothing: the cursor reaches back
further than a unit of work may last, so the same news may come twice, and saying it twice is
harmless. A gate hears of its own establishment only. The list itself stays the whole truth.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import GateNotAssigned
from backend.access.tables import Enrolment, Gate, GateAnswer, Passage
from backend.cards.states import CardState
from backend.cards.tables import Card

OVERLAP: Final = timedelta(seconds=60)
"""Longer than a unit of work lasts: what was committed late is found the next time."""
FIRST_LOOK_BACK: Final = timedelta(hours=20)
"""Without a cursor: the services of the day."""
NEWS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class SiblingPassage:
    """An admission at another gate of the same establishment."""

    passage_id: UUID
    gate: UUID
    sequence: int
    card_id: UUID
    service: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """What happened since a cursor; `cursor` is for the next question."""

    cursor: datetime
    blocked: tuple[UUID, ...]
    passages: tuple[SiblingPassage, ...]


def read_news(session: Session, terminal_id: UUID, since: datetime | None, now: datetime) -> News:
    """Return at most NEWS_MAX of each kind since `since`; raise GateNotAssigned."""
    gate = session.get(Gate, terminal_id)
    if gate is None:
        raise GateNotAssigned
    # A cursor from the future would silence a gate for as long.
    begin = min(since, now - OVERLAP) if since is not None else now - FIRST_LOOK_BACK
    passages = _read_passages(session, gate, begin)
    reached = now - OVERLAP
    if len(passages) == NEWS_MAX:
        reached = min(reached, passages[-1].received_at)
    return News(
        cursor=max(begin, reached),
        blocked=tuple(_read_blocked(session, gate, begin)),
        passages=tuple(_sibling(passage) for passage in passages),
    )


def _read_blocked(session: Session, gate: Gate, begin: datetime) -> list[UUID]:
    query = (
        select(Card.id)
        .join(Enrolment, Enrolment.beneficiary_id == Card.beneficiary_id)
        .where(
            Enrolment.establishment_id == gate.establishment_id,
            Card.state == CardState.BLOCKED.value,
            Card.state_since >= begin,
        )
        .order_by(Card.state_since.desc())
        .limit(NEWS_MAX)
    )
    return list(session.scalars(query))


def _read_passages(session: Session, gate: Gate, begin: datetime) -> list[Passage]:
    query = (
        select(Passage)
        .where(
            Passage.establishment_id == gate.establishment_id,
            Passage.received_at >= begin,
            Passage.answer == GateAnswer.OK.value,
            Passage.terminal_id != gate.terminal_id,
        )
        .order_by(Passage.received_at, Passage.terminal_id, Passage.sequence)
        .limit(NEWS_MAX)
    )
    return list(session.scalars(query))


def _sibling(passage: Passage) -> SiblingPassage:
    assert passage.card_id is not None, "an admission names its card"
    assert passage.service is not None, "an admission names its service"
    return SiblingPassage(
        passage_id=passage.passage_id,
        gate=passage.terminal_id,
        sequence=passage.sequence,
        card_id=passage.card_id,
        service=passage.service,
        occurred_at=passage.occurred_at,
    )
