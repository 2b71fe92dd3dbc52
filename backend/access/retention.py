"""Forgetting who passed: after the retention days only counts are left.

Movements of persons are kept three months at most (CNIL, deliberation 2006-102, art. 4). Promise: a
passage is in the counts or in its row, never in both and never in neither, because each batch is
one unit of work; the run's own row says how many went. Each gate's last passage stays, so that the
lists still know how far its numbers are. Money is not touched: what a meal cost is in the ledger,
for ten years.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from backend.access.event_tables import GateEvent
from backend.access.list_basis import count_longest
from backend.access.tables import Passage, PassageCount, QuarantinedPassage, RetentionRun
from backend.services import Services

RETENTION_DAYS: Final = 90
ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one run removed: every passage before this day, as counts now."""

    before_day: date
    passages: int
    quarantined: int
    gate_events: int = 0


def forget_passages(
    services: Services,
    *,
    retention_days: int = RETENTION_DAYS,
    make_id: Callable[[], UUID] = uuid4,
) -> Forgotten:
    """Turn every passage older than `retention_days` into counts; safe to stop and run again."""
    now = services.now()
    before = (now - timedelta(days=retention_days)).date()
    passages = _in_batches(services, lambda session: _count_batch(session, before))
    quarantined = _in_batches(services, lambda session: _drop_quarantined(session, before))
    events = _in_batches(services, lambda session: _drop_events(session, before))
    _in_batches(services, count_longest)
    with services.database.unit_of_work() as session:
        session.add(
            RetentionRun(
                id=make_id(),
                ran_at=now,
                before_day=before,
                passages=passages,
                quarantined=quarantined,
                gate_events=events,
            )
        )
    return Forgotten(before, passages, quarantined, events)


def _in_batches(services: Services, forget: Callable[[Session], int]) -> int:
    gone = 0
    while True:
        with services.database.unit_of_work() as session:
            batch = forget(session)
        gone += batch
        if batch == 0:
            return gone


def _count_batch(session: Session, before: date) -> int:
    newer = aliased(Passage)
    batch = session.scalars(
        select(Passage)
        .where(
            Passage.local_day < before,
            select(newer.passage_id)
            .where(newer.terminal_id == Passage.terminal_id, newer.sequence > Passage.sequence)
            .exists(),
        )
        .order_by(Passage.passage_id)
        .limit(ROWS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    tally = Counter(
        (passage.establishment_id, passage.local_day, passage.service or "", passage.answer)
        for passage in batch
    )
    for key, passages in sorted(tally.items()):  # in one order, so that two runs never deadlock
        _add_to_count(session, key, passages)
    ids = [passage.passage_id for passage in batch]
    session.flush()
    session.execute(delete(Passage).where(Passage.passage_id.in_(ids)))
    return len(ids)


def _add_to_count(session: Session, key: tuple[UUID, date, str, str], passages: int) -> None:
    count = session.get(PassageCount, key, with_for_update=True)
    if count is not None:
        count.passages += passages
        return
    establishment_id, local_day, service, answer = key
    session.add(
        PassageCount(
            establishment_id=establishment_id,
            local_day=local_day,
            service=service,
            answer=answer,
            passages=passages,
        )
    )
    session.flush()


def _drop_quarantined(session: Session, before: date) -> int:
    moment = datetime.combine(before, time.min, UTC)
    ids = session.scalars(
        select(QuarantinedPassage.id)
        .where(QuarantinedPassage.received_at < moment)
        .limit(ROWS_AT_ONCE)
    ).all()
    session.execute(delete(QuarantinedPassage).where(QuarantinedPassage.id.in_(ids)))
    return len(ids)


def _drop_events(session: Session, before: date) -> int:
    moment = datetime.combine(before, time.min, UTC)
    ids = session.scalars(
        select(GateEvent.event_id).where(GateEvent.occurred_at < moment).limit(ROWS_AT_ONCE)
    ).all()
    session.execute(delete(GateEvent).where(GateEvent.event_id.in_(ids)))
    return len(ids)


def count_passages(session: Session, establishment_id: UUID) -> int:
    """Return how many passages an establishment ever had, forgotten ones too."""
    kept = select(func.count()).select_from(Passage)
    kept = kept.where(Passage.establishment_id == establishment_id)
    counted = select(func.coalesce(func.sum(PassageCount.passages), 0))
    counted = counted.where(PassageCount.establishment_id == establishment_id)
    return (session.scalar(kept) or 0) + int(session.scalar(counted) or 0)
