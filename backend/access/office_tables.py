"""What an establishment's office hands out and takes in: links, one-day codes, payments, photos."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.access.tables import NAME_CHARACTERS_MAX
from backend.database import Base

REFERENCE_CHARACTERS_MAX = 60


class PaymentMeans(StrEnum):
    """How a family paid."""

    CASH = "cash"
    CHEQUE = "cheque"
    BANK_CARD = "bank_card"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"


_MEANS = ", ".join(f"'{means.value}'" for means in PaymentMeans)


class KitchenLink(Base):
    """An address that shows a kitchen its numbers, and nothing else, until it is ended."""

    __tablename__ = "kitchen_link"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), index=True)
    #: SHA-256 of the token in the address; the token itself is shown once and kept nowhere.
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DayCode(Base):
    """A code that stands in for a card on one day: a guest's, or a pupil's whose card is lost."""

    __tablename__ = "day_code"
    __table_args__ = (
        CheckConstraint("passages_max >= 1", name="passages"),
        Index("ix_day_code_service_id_day", "service_id", "day"),
        UniqueConstraint("day", "code_hash"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("access_service.id"))
    day: Mapped[date] = mapped_column(Date)
    #: SHA-256 of establishment, day and code: two guests of one place and day never share one.
    code_hash: Mapped[bytes]
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    passages_max: Mapped[int]
    #: Whose card it stands in for; None: a guest's.
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("card.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    ended_at: Mapped[datetime | None]


class MealPayment(Base):
    """Money a family paid ahead for meals, as the office's own receipt names it."""

    __tablename__ = "meal_payment"
    __table_args__ = (
        UniqueConstraint("establishment_id", "reference"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint(f"means in ({_MEANS})", name="means"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    reference: Mapped[str] = mapped_column(String(REFERENCE_CHARACTERS_MAX))
    means: Mapped[str] = mapped_column(String(13))
    amount_cents: Mapped[int]
    received_by: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    received_at: Mapped[datetime]
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_transfer.id"), unique=True)


class HolderPhoto(Base):
    """A person's photo for their establishment's gates: only with the family's agreement."""

    __tablename__ = "holder_photo"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    #: A small JPEG without any of its metadata.
    image: Mapped[bytes]
    sha256: Mapped[bytes] = mapped_column(index=True)
    agreed_at: Mapped[datetime]
    #: Who took the family's agreement down.
    noted_by: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
