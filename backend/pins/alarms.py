"""Alarms about codes: raised by the rules, told to the operator, released by a person who is named.

An alarm is never removed. Not here: what sounds one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_alarm
from backend.pins.errors import AlarmReleased, AlarmUnknown
from backend.pins.tables import AlarmKind, CodeAlarm

LISTED_MAX = 500


def raise_alarm(
    session: Session,
    kind: AlarmKind,
    figure: int,
    now: datetime,
    *,
    terminal_id: UUID | None = None,
    establishment_id: UUID | None = None,
    until: datetime | None = None,
) -> UUID:
    """Write an alarm down and owe the operator a mail; return its id."""
    alarm = CodeAlarm(
        id=uuid4(),
        kind=kind.value,
        terminal_id=terminal_id,
        establishment_id=establishment_id,
        figure=figure,
        raised_at=now,
        suspended_until=until,
        released_at=None,
        released_by=None,
    )
    session.add(alarm)
    session.flush()
    place = terminal_id or establishment_id
    facts = {"alarm": str(alarm.id), "kind": kind.value, "where": str(place), "figure": figure}
    owe_alarm(session, facts, now)
    return alarm.id


def list_alarms(
    session: Session, *, everything: bool = False, count_max: int = LISTED_MAX
) -> Sequence[CodeAlarm]:
    """Return the alarms not yet released, or all, newest first; at most `count_max`."""
    chosen = select(CodeAlarm).order_by(CodeAlarm.raised_at.desc(), CodeAlarm.id).limit(count_max)
    if not everything:
        chosen = chosen.where(CodeAlarm.released_at.is_(None))
    return session.scalars(chosen).all()


def release_alarm(session: Session, alarm_id: UUID, by: str, now: datetime) -> CodeAlarm:
    """Write down who has dealt with an alarm; raise AlarmUnknown, AlarmReleased.

    Whoever calls lifts what the alarm suspended.
    """
    alarm = session.get(CodeAlarm, alarm_id, with_for_update=True, populate_existing=True)
    if alarm is None:
        raise AlarmUnknown
    if alarm.released_at is not None:
        raise AlarmReleased
    alarm.released_at = now
    alarm.released_by = by
    session.flush()
    return alarm
