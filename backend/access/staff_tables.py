"""Who works at an establishment, and signs in to look after its pupils and cards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class EstablishmentMember(Base):
    """Somebody of an establishment's staff; once it ended, nothing there is theirs to see."""

    __tablename__ = "establishment_member"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(
        ForeignKey("establishment.id"), primary_key=True, index=True
    )
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
