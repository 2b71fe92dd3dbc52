"""What happened at a gate's door and reader, in; for gates only."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

import backend.access.door_letters  # noqa: F401 - what is mailed of them
from backend.access.event_tables import GateEventKind
from backend.access.gate_events import BATCH_MAX, EventReport, RefusedBecause, record_events
from backend.http import ServicesDependency
from backend.partners.authentication import CurrentTerminal, TerminalKind, require_kind
from backend.wire_types import Count, GateSequence, Moment

router = APIRouter(prefix="/v1", tags=["access"])


class GateEventBody(BaseModel):
    """One thing that happened: never who stood there."""

    model_config = ConfigDict(extra="forbid")

    event_id: UUID
    sequence: GateSequence
    occurred_at: Moment
    kind: GateEventKind
    passages: Count | None = Field(
        default=None,
        description="how many went through a door released for everybody, at its end",
    )


class GateEventsBody(BaseModel):
    """A batch, in the order of its numbers."""

    model_config = ConfigDict(extra="forbid")

    events: list[GateEventBody] = Field(min_length=1, max_length=BATCH_MAX)


class RefusedEventBody(BaseModel):
    """An event that was not recorded: it need not be sent again."""

    event_id: UUID
    reason: RefusedBecause


class EventReceiptBody(BaseModel):
    """What became of each event."""

    recorded: list[UUID]
    already_recorded: list[UUID]
    refused: list[RefusedEventBody]


@router.post("/gate-events", name="upload_gate_events")
def gate_events(
    body: GateEventsBody, terminal: CurrentTerminal, services: ServicesDependency
) -> EventReceiptBody:
    """Record what happened at a gate's door and reader, each once however often it is sent."""
    require_kind(terminal, TerminalKind.GATE)
    reports = [EventReport(**event.model_dump()) for event in body.events]
    with services.database.unit_of_work() as session:
        receipt = record_events(session, terminal.terminal_id, reports, services.now())
    return EventReceiptBody(
        recorded=receipt.recorded,
        already_recorded=receipt.already_recorded,
        refused=[
            RefusedEventBody(event_id=event_id, reason=reason)
            for event_id, reason in receipt.refused.items()
        ],
    )
