"""The stored reference of each code, and each PIN pad's last counter.

Never here: a digit, a PIN block, a key.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

TRIES_MAX = 3


class PinReferenceRow(Base):
    """What is stored of a beneficiary's code: a keyed hash and how many tries are left."""

    __tablename__ = "pin_reference"
    __table_args__ = (
        CheckConstraint("state in ('active', 'locked')", name="state"),
        CheckConstraint(f"tries_left between 0 and {TRIES_MAX}", name="tries_left"),
        CheckConstraint("state <> 'locked' or tries_left = 0", name="locked_has_no_try"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    generation: Mapped[int]
    key_version: Mapped[int]
    salt: Mapped[bytes]
    tag: Mapped[bytes]
    tries_left: Mapped[int]
    state: Mapped[str] = mapped_column(String(6))
    set_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    right_at: Mapped[datetime | None]


class PinPad(Base):
    """A pad, known by its initial key; the last counter it used never serves again."""

    __tablename__ = "pin_pad"

    # AES: 8 bytes; TDES: the KSN with its counter at zero, 10 bytes.
    initial_key_id: Mapped[bytes] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), index=True)
    profile: Mapped[str] = mapped_column(String(24))
    last_counter: Mapped[int]
    # In a row, since the last block that was of its format: many mean a wrong key in the pad.
    invalid_blocks: Mapped[int]
