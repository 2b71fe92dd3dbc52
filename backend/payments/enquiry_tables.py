"""What became of a balance enquiry, for as long as it may be asked again.

A row never holds a PIN block, nor anything that depends on one. It moves no money, so nothing
refers to it, and it is forgotten after a day.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base
from backend.payments.reasons import DeclineReason
from backend.payments.tables import FINGERPRINT_CHARACTERS


class EnquiryState(StrEnum):
    """Where an enquiry is."""

    PENDING = "pending"
    ANSWERED = "answered"
    DECLINED = "declined"


def _words(enumeration: type[StrEnum], length: int) -> Enum:
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class BalanceEnquiry(Base):
    """One enquiry: who asked with which proof, and the answer it got."""

    __tablename__ = "balance_enquiry"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'answered', 'declined')", name="status"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(status = 'declined') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint("(status = 'answered') = (balances IS NOT NULL)", name="answered"),
    )

    #: Made by the terminal.
    enquiry_id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    #: The proof and the serial number of the code, hashed: what makes two requests the same.
    fingerprint: Mapped[str] = mapped_column(String(FINGERPRINT_CHARACTERS))
    status: Mapped[EnquiryState] = mapped_column(_words(EnquiryState, 8))
    reason: Mapped[DeclineReason | None] = mapped_column(_words(DeclineReason, 40))
    tries_left: Mapped[int | None]
    #: The answer as JSON, so that it is the same each time.
    balances: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    decided_at: Mapped[datetime | None]
