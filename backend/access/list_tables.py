"""What each gate's list held at each version, so that only what changed has to travel."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class GateListVersion(Base):
    """A version of a gate's list, and the digest of its content: the newest ones are kept."""

    __tablename__ = "gate_list_version"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("gate.terminal_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes]


class GateListCard(Base):
    """A card as a gate's list last carried it; `digest` is None once it is off the list."""

    __tablename__ = "gate_list_card"
    __table_args__ = (
        Index("ix_gate_list_card_terminal_id_changed_in", "terminal_id", "changed_in"),
    )

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("gate.terminal_id"), primary_key=True)
    #: No foreign key: a card that is gone for good must still be taken off lists.
    card_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes | None]
    changed_in: Mapped[int]
