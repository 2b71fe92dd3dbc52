"""What people who sign in did: rows that are added and never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

KIND_CHARACTERS_MAX = 40
SUBJECT_CHARACTERS_MAX = 40


class SignInAct(Base):
    """Who did what to what, and when."""

    __tablename__ = "sign_in_act"
    __table_args__ = (Index("ix_sign_in_act_account_id_at", "account_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    kind: Mapped[str] = mapped_column(String(KIND_CHARACTERS_MAX))
    #: The id of what it was done to.
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARACTERS_MAX), index=True)
