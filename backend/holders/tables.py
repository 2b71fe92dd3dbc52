"""What holders ask about their data. Not here: the data itself, and doing what is asked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

ANSWER_CHARACTERS_MAX = 400
_OPEN = text("withdrawn_at is null and answered_at is null")


class ErasureRequest(Base):
    """Somebody asks that what is kept of a person be erased; one at a time for each person."""

    __tablename__ = "erasure_request"
    __table_args__ = (
        CheckConstraint("withdrawn_at is null or answered_at is null", name="one_end"),
        CheckConstraint("(answered_at is null) = (answer is null)", name="answered"),
        Index(
            "uq_erasure_request_open",
            "beneficiary_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        # Whoever answers reads the oldest first.
        Index("ix_erasure_request_asked_at", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"))
    #: Who asked: themselves, or somebody who looks after them.
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    asked_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    #: What was done, in words for whoever asked.
    answer: Mapped[str | None] = mapped_column(String(ANSWER_CHARACTERS_MAX))
