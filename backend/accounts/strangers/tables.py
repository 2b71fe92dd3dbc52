"""What puzzles and questions are sealed with: a key a day, the same for every process.

Nothing of what was asked is kept, nor of whom: a puzzle that served leaves a row among the quotas,
by its hash.
"""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class StrangerKey(Base):
    """The key of a day (UTC); good until what was sealed with it is too old."""

    __tablename__ = "stranger_key"

    day: Mapped[date] = mapped_column(primary_key=True)
    seal_key: Mapped[bytes]
