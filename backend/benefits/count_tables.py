"""What a campaign's money came to when it was last counted: counting it reads every wallet."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class CampaignCount(Base):
    """The last report of a campaign, and of which moment it is."""

    __tablename__ = "campaign_count"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    counted_at: Mapped[datetime]
    #: The report as JSON (counting.py).
    report: Mapped[str] = mapped_column(Text)
