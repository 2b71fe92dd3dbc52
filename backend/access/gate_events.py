"""What gates tell of their doors and readers: recorded exactly once, listed, and mailed if asked.

Promise: the same event again is `already_recorded`; the same id with other content is refused and
overwrites nothing. A door forced, held or released for everybody is mailed to the establishment's
alarm address, if it has one: of each gate at most one mail in MAIL_GAP, and none of what is long
past; a release for everybody is mailed whatever was before it but another. Not here: HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import GateNotAssigned
from backend.access.establishments import find_establishment
from backend.access.event_tables import GateEvent, GateEventKind
from backend.access.tables import Establishment, Gate
from backend.accounts.beneficiaries import normal_email
from backend.accounts.outbox import owe_address_notice
from backend.accounts.tables import AddressNoticeKind
from backend.partners.tables import Terminal

BATCH_MAX: Final = 100
LISTED_MAX: Final = 200
#: What somebody should look at now.
EMERGENCIES: Final = frozenset({GateEventKind.EMERGENCY, GateEventKind.EMERGENCY_BY_HAND})
ALARMS: Final = frozenset({GateEventKind.FORCED, GateEventKind.HELD_OPEN, *EMERGENCIES})
MAIL_GAP: Final = timedelta(minutes=15)
MAILED_WITHIN: Final = timedelta(hours=2)


class RefusedBecause(StrEnum):
    """Why an event was not recorded."""

    EVENT_ID_REUSED = "event_id_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport:
    """One event as a gate tells it; `occurred_at` to the second."""

    event_id: UUID
    sequence: int
    occurred_at: datetime
    kind: GateEventKind
    passages: int | None = None


@dataclass(slots=True)
class EventReceipt:
    """What became of each event of a batch."""

    recorded: list[UUID] = field(default_factory=list)
    already_recorded: list[UUID] = field(default_factory=list)
    refused: dict[UUID, RefusedBecause] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event, and the names of where it happened."""

    event_id: UUID
    terminal_id: UUID
    gate: str
    establishment_id: UUID
    establishment: str
    occurred_at: datetime
    kind: GateEventKind
    passages: int | None = None

    @property
    def is_alarm(self) -> bool:
        """Tell whether somebody should look at it now."""
        return self.kind in ALARMS


def record_events(
    session: Session, terminal_id: UUID, reports: Sequence[EventReport], now: datetime
) -> EventReceipt:
    """Record at most BATCH_MAX events of one gate, in order; raise GateNotAssigned."""
    assert len(reports) <= BATCH_MAX, "the route holds the limit"
    # The same batch again, while it is being recorded, waits here.
    gate = session.get(Gate, terminal_id, with_for_update={"key_share": True})
    if gate is None:
        raise GateNotAssigned
    place = session.get_one(Establishment, gate.establishment_id)
    ids = {report.event_id for report in reports}
    rows = session.scalars(select(GateEvent).where(GateEvent.event_id.in_(ids)))
    known = {row.event_id: row for row in rows}
    receipt = EventReceipt()
    for report in reports:
        event = known.get(report.event_id)
        if event is None:
            event = known[report.event_id] = _event(report, gate, now)
            session.add(event)
            receipt.recorded.append(event.event_id)
            _mail(session, place, event, now)
        elif _is_same(event, terminal_id, report):
            receipt.already_recorded.append(event.event_id)
        else:
            receipt.refused[report.event_id] = RefusedBecause.EVENT_ID_REUSED
    session.flush()
    return receipt


def _event(report: EventReport, gate: Gate, now: datetime) -> GateEvent:
    return GateEvent(
        event_id=report.event_id,
        terminal_id=gate.terminal_id,
        sequence=report.sequence,
        establishment_id=gate.establishment_id,
        occurred_at=report.occurred_at.replace(microsecond=0),
        kind=report.kind.value,
        passages=report.passages,
        received_at=now,
        mailed_at=None,
    )


def _is_same(event: GateEvent, terminal_id: UUID, report: EventReport) -> bool:
    at = report.occurred_at.replace(microsecond=0)
    told = (terminal_id, report.sequence, at, report.kind.value, report.passages)
    known = (event.terminal_id, event.sequence, event.occurred_at, event.kind, event.passages)
    return known == told


def _mail(session: Session, place: Establishment, event: GateEvent, now: datetime) -> None:
    """Owe the establishment a mail, if it wants any and there was none just before."""
    if place.alarm_email is None or event.kind not in ALARMS:
        return
    if event.occurred_at < now - MAILED_WITHIN:
        return
    session.flush()
    before = select(GateEvent.event_id).where(
        GateEvent.terminal_id == event.terminal_id, GateEvent.mailed_at > now - MAIL_GAP
    )
    if event.kind in EMERGENCIES:
        before = before.where(GateEvent.kind.in_([kind.value for kind in EMERGENCIES]))
    if session.scalar(before.limit(1)) is None:
        event.mailed_at = now
        owe_address_notice(session, AddressNoticeKind.DOOR_ALARM, event.event_id, now)


def set_alarm_address(session: Session, establishment_id: UUID, email: str | None) -> None:
    """Say who is mailed when a door is forced, held open or freed for all; None: nobody.

    Raises EstablishmentUnknown, EmailInvalid.
    """
    place = find_establishment(session, establishment_id)
    place.alarm_email = None if email is None else normal_email(email)
    session.flush()


def list_gate_events(
    session: Session,
    *,
    establishment_id: UUID | None = None,
    since: datetime,
    alarms_only: bool = False,
    count_max: int = LISTED_MAX,
) -> list[ListedEvent]:
    """Return what happened since a moment, newest first: at one establishment's gates, or at all.

    One statement, however many gates. Raises EstablishmentUnknown.
    """
    query = (
        select(GateEvent, Terminal.name, Establishment.name)
        .join(Terminal, Terminal.id == GateEvent.terminal_id)
        .join(Establishment, Establishment.id == GateEvent.establishment_id)
        .where(GateEvent.occurred_at >= since)
        .order_by(GateEvent.occurred_at.desc(), GateEvent.sequence.desc(), GateEvent.event_id)
        .limit(min(count_max, LISTED_MAX))
    )
    if establishment_id is not None:
        find_establishment(session, establishment_id)
        query = query.where(GateEvent.establishment_id == establishment_id)
    if alarms_only:
        query = query.where(GateEvent.kind.in_([kind.value for kind in ALARMS]))
    return [
        ListedEvent(
            event.event_id,
            event.terminal_id,
            gate,
            event.establishment_id,
            place,
            event.occurred_at,
            GateEventKind(event.kind),
            event.passages,
        )
        for event, gate, place in session.execute(query)
    ]
