"""What an establishment tells families about ordering the card: its days, its office, its words."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

LINE_CHARACTERS_MAX = 120
NOTE_CHARACTERS_MAX = 600
CONTACT_CHARACTERS_MAX = 254


class CardProcedure(Base):
    """An establishment's own lines of the procedure that it prints; every one may be missing."""

    __tablename__ = "card_procedure"
    __table_args__ = (
        CheckConstraint("opens_on is null or closes_on is null or opens_on <= closes_on", "days"),
    )

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    #: When families enrol there, and bring the pupil or a photo.
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    #: Where, and at which hours.
    place: Mapped[str | None] = mapped_column(String(LINE_CHARACTERS_MAX))
    #: Until when a card that is asked for online comes in time.
    online_until: Mapped[date | None]
    phone: Mapped[str | None] = mapped_column(String(LINE_CHARACTERS_MAX))
    email: Mapped[str | None] = mapped_column(String(CONTACT_CHARACTERS_MAX))
    note: Mapped[str | None] = mapped_column(String(NOTE_CHARACTERS_MAX))
    changed_at: Mapped[datetime]
