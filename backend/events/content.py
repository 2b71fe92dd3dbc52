"""What an event says. Pure.

Promise: nothing of a holder is in one: no name, no card, no balance. Programs must take a type or
a member they do not know as if it were not there.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from backend.cursors import write_cursor

EVENTS_LIST: Final = "events"


class EventKind(StrEnum):
    """What happened to a partner's money."""

    APPROVED = "payment.approved"
    REVERSED = "payment.reversed"
    VOIDED = "payment.voided"
    REFUNDED = "payment.refunded"


@dataclass(frozen=True, slots=True)
class Event:
    """One movement of a partner's money; `sequence` is its place among all."""

    sequence: int
    event_id: UUID
    kind: EventKind
    at: datetime
    payment_id: UUID
    #: The void's or the refund's.
    return_id: UUID | None
    outlet_id: UUID | None
    terminal_id: UUID
    benefit: str | None
    amount_cents: int
    #: What of the payment was still out after it.
    left_cents: int
    authorisation_number: str | None

    @property
    def cursor(self) -> str:
        """Where to go on after this event."""
        return write_cursor(EVENTS_LIST, str(self.sequence))

    def as_json(self) -> dict[str, object]:
        """Write it as it is sent and as it is read."""
        return {
            "id": str(self.event_id),
            "type": self.kind.value,
            "timestamp": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "cursor": self.cursor,
            "data": {
                "payment_id": str(self.payment_id),
                "return_id": None if self.return_id is None else str(self.return_id),
                "outlet_id": None if self.outlet_id is None else str(self.outlet_id),
                "terminal_id": str(self.terminal_id),
                "benefit": self.benefit,
                "amount_cents": self.amount_cents,
                "left_cents": self.left_cents,
                "authorisation_number": self.authorisation_number,
            },
        }

    def as_bytes(self) -> bytes:
        """Write the body that is sent: the same bytes each time."""
        return json.dumps(self.as_json(), separators=(",", ":")).encode()
