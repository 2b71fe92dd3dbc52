"""What a gate must hear within seconds: cards out of use, meals taken or given back, its siblings.

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
from backend.access.tables import Enrolment, Gate, GateAnswer, Passage, PassageCancellation
from backend.cards.states import OUT_OF_USE
from backend.cards.tables import Card

OVERLAP: Final = timedelta(seconds=60)
"""Longer than a unit of work lasts: what was committed late is found the next time."""
FIRST_LOOK_BACK: Final = timedelta(hours=20)
"""Without a cursor: the services of the day."""
NEWS_MAX: Final = 1000
_OUT_OF_USE: Final = tuple(state.value for state in OUT_OF_USE)
HEARD_STEP: Final = timedelta(seconds=30)
"""How exactly it is known when a gate was heard: each step is one write."""


@dataclass(frozen=True, slots=True)
class SiblingPassage:
    """An admission at another gate of the same establishment."""

    passage_id: UUID
    gate: UUID
    sequence: int
    card_id: UUID | None
    service: str
    occurred_at: datetime
    day_code_id: UUID | None


@dataclass(frozen=True, slots=True)
class SiblingAddress:
    """Where another gate of the establishment listens on the school's own network."""

    gate: UUID
    address: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened since a cursor; `cursor` is for the next question."""

    cursor: datetime
    blocked: tuple[UUID, ...]
    passages: tuple[SiblingPassage, ...]
    cancelled: tuple[UUID, ...]
    siblings: tuple[SiblingAddress, ...]
    is_heard_of: bool  # noted within the last HEARD_STEP: nothing to write


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
        cancelled=tuple(_read_cancelled(session, gate, begin)),
        siblings=tuple(_read_siblings(session, gate)),
        is_heard_of=gate.heard_at is not None and now - HEARD_STEP < gate.heard_at <= now,
    )


def note_heard(
    session: Session, terminal_id: UUID, now: datetime, lan_address: str | None = None
) -> None:
    """Note that a gate was heard, and where it listens if it said so; raise GateNotAssigned."""
    gate = session.get(Gate, terminal_id)
    if gate is None:
        raise GateNotAssigned
    gate.heard_at = now
    if lan_address is not None:
        gate.lan_address = lan_address or None


def _read_blocked(session: Session, gate: Gate, begin: datetime) -> list[UUID]:
    query = (
        select(Card.id)
        .join(Enrolment, Enrolment.beneficiary_id == Card.beneficiary_id)
        .where(
            Enrolment.establishment_id == gate.establishment_id,
            Card.state.in_(_OUT_OF_USE),
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


def _read_cancelled(session: Session, gate: Gate, begin: datetime) -> list[UUID]:
    """Return passages taken back, at this gate too: whoever's it was may pass again."""
    query = (
        select(PassageCancellation.passage_id)
        .where(
            PassageCancellation.establishment_id == gate.establishment_id,
            PassageCancellation.cancelled_at >= begin,
        )
        .order_by(PassageCancellation.cancelled_at.desc())
        .limit(NEWS_MAX)
    )
    return list(session.scalars(query))


def _read_siblings(session: Session, gate: Gate) -> list[SiblingAddress]:
    query = (
        select(Gate.terminal_id, Gate.lan_address)
        .where(
            Gate.establishment_id == gate.establishment_id,
            Gate.terminal_id != gate.terminal_id,
            Gate.lan_address.is_not(None),
        )
        .order_by(Gate.terminal_id)
    )
    rows = session.execute(query).all()
    return [SiblingAddress(sibling, address) for sibling, address in rows if address is not None]


def _sibling(passage: Passage) -> SiblingPassage:
    assert passage.service is not None, "an admission names its service"
    return SiblingPassage(
        passage_id=passage.passage_id,
        gate=passage.terminal_id,
        sequence=passage.sequence,
        card_id=passage.card_id,
        service=passage.service,
        occurred_at=passage.occurred_at,
        day_code_id=passage.day_code_id,
    )
