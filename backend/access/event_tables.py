"""What happened at a gate's door and reader, as the gate told it: what, when, and nobody's name."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class GateEventKind(StrEnum):
    """What a gate tells of its door and its reader."""

    NOT_PASSED = "not_passed"  # released, and nobody went through
    IN_DOUBT = "in_doubt"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    SENSOR_STUCK = "sensor_stuck"
    LINE_LOST = "line_lost"
    ALARM_OVER = "alarm_over"
    EMERGENCY = "emergency"  # the fire panel released the door for everybody
    EMERGENCY_BY_HAND = "emergency_hand"  # a supervisor did
    EMERGENCY_OVER = "emergency_over"
    READER_LOST = "reader_lost"
    READER_BACK = "reader_back"


_KINDS = ", ".join(f"'{kind.value}'" for kind in GateEventKind)


class GateEvent(Base):
    """One event, numbered by its gate."""

    __tablename__ = "gate_event"
    __table_args__ = (
        CheckConstraint(f"kind in ({_KINDS})", name="kind"),
        CheckConstraint("passages >= 0", name="passages"),
        Index("ix_gate_event_establishment_id_occurred_at", "establishment_id", "occurred_at"),
        Index("ix_gate_event_terminal_id_mailed_at", "terminal_id", "mailed_at"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    sequence: Mapped[int]
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    #: How many went through a door released for everybody, where it ends and they were counted.
    passages: Mapped[int | None]
    received_at: Mapped[datetime]
    #: When a mail was written of it; None: nobody asked for one, or there was one just before.
    mailed_at: Mapped[datetime | None]
