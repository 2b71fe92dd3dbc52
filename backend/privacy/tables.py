"""Who was erased, what each forgetting removed, and what people agreed to.

The list of the erased holds no name: only the id that accounting keeps, so that a copy of the
database that is put back can be erased again.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

BY_CHARACTERS_MAX = 100
RULE_CHARACTERS_MAX = 40
_RUNNING = text("withdrawn_at is null")


class Purpose(StrEnum):
    """What is done with somebody's consent alone, and ends with it."""

    #: Their photo is shown to whoever stands at their establishment's gate.
    GATE_PHOTO = "gate_photo"


class ErasedPerson(Base):
    """Somebody whose identity is kept no longer. No foreign key: the row outlives a restore."""

    __tablename__ = "erased_person"

    beneficiary_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(index=True)
    #: Who did it: an operator's address, or the job of the retention.
    by: Mapped[str] = mapped_column(String(BY_CHARACTERS_MAX))


class ForgettingRun(Base):
    """Proof of one rule's forgetting: before which moment, how many went, how many are left."""

    __tablename__ = "forgetting_run"
    __table_args__ = (
        CheckConstraint("removed >= 0 and left_over >= 0", name="counts"),
        Index("ix_forgetting_run_rule_ran_at", "rule", "ran_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(RULE_CHARACTERS_MAX))
    ran_at: Mapped[datetime]
    before: Mapped[datetime]
    removed: Mapped[int]
    #: What should have gone and is still there, counted afterwards: 0, or somebody should look.
    left_over: Mapped[int]


class Consent(Base):
    """Somebody agrees to a purpose for a young person, until it is taken back."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint(f"purpose in ({', '.join(repr(one.value) for one in Purpose)})", name="of"),
        Index(
            "ix_consent_running",
            "beneficiary_id",
            "purpose",
            "account_id",
            unique=True,
            postgresql_where=_RUNNING,
            sqlite_where=_RUNNING,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    #: Which text was agreed to.
    text_version: Mapped[int]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    #: Whether the account is the young person's own; otherwise a parent's.
    own: Mapped[bool]
    #: A parent says that the child, asked in words it understands, agrees too.
    child_agrees: Mapped[bool]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
