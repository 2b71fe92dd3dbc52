"""People: who a card is for, and the one-time links by which they activate their account."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

NAME_CHARACTERS_MAX = 100


class Beneficiary(Base):
    """A young person who holds a card."""

    __tablename__ = "beneficiary"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    birth_date: Mapped[date]
    created_at: Mapped[datetime]


class Activation(Base):
    """A link given once; only the SHA-256 of its token is kept."""

    __tablename__ = "activation"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
