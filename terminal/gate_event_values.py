"""What a gate tells of its door and its reader, as the API says it."""

from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEventReport:
    """What happened at a gate's door or reader, to hand over: never who stood there."""

    event_id: UUID
    sequence: int
    occurred_at: AwareDatetime
    kind: str
    passages: int | None = None  # how many went through a door released for everybody

    def as_json(self) -> dict[str, object]:
        """Return the value that the upload carries."""
        return {
            "event_id": str(self.event_id),
            "sequence": self.sequence,
            "occurred_at": self.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "kind": self.kind,
            **({} if self.passages is None else {"passages": self.passages}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedGateEvent:
    """An event the backend does not take: it need not be sent again."""

    event_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of an upload; what is in none of its lists must be sent again."""

    recorded: tuple[UUID, ...]
    already_recorded: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEventReceipt(Receipt):
    """What became of events."""

    refused: tuple[RefusedGateEvent, ...]


GATE_EVENT_RECEIPT = TypeAdapter(GateEventReceipt)
