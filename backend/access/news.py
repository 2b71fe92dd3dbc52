"""What a gate must hear within seconds: cards out of use, meals taken or given back, its siblings.

Promise: a gate that asks with the cursor of its last answer misses nothing: the cursor reaches back
further than a unit of work may last, so the same news may come twice, and saying it twice is
harmless. A gate hears of its own establishment only. The list itself stays the whole truth.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import String, literal, select, union_all
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


#: A passage, and when it came.
_Heard: TypeAlias = tuple[SiblingPassage, datetime]
_BLOCKED: Final = "blocked"
_CANCELLED: Final = "cancelled"
_ADDRESS: Final = "address"


def read_news(session: Session, terminal_id: UUID, since: datetime | None, now: datetime) -> News:
    """Return at most NEWS_MAX of each kind since `since`; raise GateNotAssigned."""
    gate = session.get(Gate, terminal_id)
    if gate is None:
        raise GateNotAssigned
    # A cursor from the future would silence a gate for as long.
    begin = min(since, now - OVERLAP) if since is not None else now - FIRST_LOOK_BACK
    passages = _read_passages(session, gate, begin)
    blocked, cancelled, siblings = _read_others(session, gate, begin)
    reached = now - OVERLAP
    if len(passages) == NEWS_MAX:
        reached = min(reached, passages[-1][1])
    return News(
        cursor=max(begin, reached),
        blocked=tuple(blocked),
        passages=tuple(passage for passage, _ in passages),
        cancelled=tuple(cancelled),
        siblings=tuple(siblings),
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


def _read_passages(session: Session, gate: Gate, begin: datetime) -> list[_Heard]:
    # Columns and no objects: at noon the last minute is read again every five seconds.
    query = (
        select(
            Passage.passage_id,
            Passage.terminal_id,
            Passage.sequence,
            Passage.card_id,
            Passage.service,
            Passage.occurred_at,
            Passage.day_code_id,
            Passage.received_at,
        )
        .where(
            Passage.establishment_id == gate.establishment_id,
            Passage.received_at >= begin,
            Passage.answer == GateAnswer.OK.value,
            Passage.terminal_id != gate.terminal_id,
        )
        .order_by(Passage.received_at, Passage.terminal_id, Passage.sequence)
        .limit(NEWS_MAX)
    )
    return [_heard(*row) for row in session.execute(query)]


def _heard(  # noqa: PLR0917 -- a row, column by column
    passage_id: UUID,
    gate: UUID,
    sequence: int,
    card_id: UUID | None,
    service: str | None,
    occurred_at: datetime,
    day_code_id: UUID | None,
    received_at: datetime,
) -> _Heard:
    assert service is not None, "an admission names its service"
    passage = SiblingPassage(passage_id, gate, sequence, card_id, service, occurred_at, day_code_id)
    return passage, received_at


def _read_others(
    session: Session, gate: Gate, begin: datetime
) -> tuple[list[UUID], list[UUID], list[SiblingAddress]]:
    """Return, in one statement, cards out of use, passages taken back, where siblings listen.

    Taken back at this gate too: whoever's passage it was may pass again.
    """
    blocked = (
        select(literal(_BLOCKED), Card.id, literal(None, String))
        .join(Enrolment, Enrolment.beneficiary_id == Card.beneficiary_id)
        .where(
            Enrolment.establishment_id == gate.establishment_id,
            Card.state.in_(_OUT_OF_USE),
            Card.state_since >= begin,
        )
        .order_by(Card.state_since.desc())
        .limit(NEWS_MAX)
    )
    cancelled = (
        select(literal(_CANCELLED), PassageCancellation.passage_id, literal(None, String))
        .where(
            PassageCancellation.establishment_id == gate.establishment_id,
            PassageCancellation.cancelled_at >= begin,
        )
        .order_by(PassageCancellation.cancelled_at.desc())
        .limit(NEWS_MAX)
    )
    siblings = select(literal(_ADDRESS), Gate.terminal_id, Gate.lan_address).where(
        Gate.establishment_id == gate.establishment_id,
        Gate.terminal_id != gate.terminal_id,
        Gate.lan_address.is_not(None),
    )
    # SQLite takes no ordered part of a union as it is.
    parts = (select(part.subquery()) for part in (blocked, cancelled, siblings))
    found: dict[str, list[tuple[UUID, str | None]]] = {_BLOCKED: [], _CANCELLED: [], _ADDRESS: []}
    for kind, one, address in session.execute(union_all(*parts)):
        found[kind].append((one, address))
    addresses = [
        SiblingAddress(one, address) for one, address in sorted(found[_ADDRESS]) if address
    ]
    return [one for one, _ in found[_BLOCKED]], [one for one, _ in found[_CANCELLED]], addresses
