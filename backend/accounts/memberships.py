"""What belonging is, whatever one belongs to: since when, by whose invitation, until when.

Promise: nothing is deleted when it ends, and an account belongs to one thing once at a time. Not
here: what one belongs to, and who may end it.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

_OPEN = text("ended_at is null")


class Membership:
    """The columns of a table of who belongs to something; the table adds to what."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    #: Whose invitation was accepted; None: who made it.
    invited_by: Mapped[UUID | None]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


def open_once(table: str, *columns: str) -> Index:
    """Let these columns of a table be the same in one row at most that has not ended."""
    return Index(
        f"ix_{table}_open",
        *columns,
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def ended_when() -> CheckConstraint:
    """Let nobody have ended what has not ended."""
    return CheckConstraint("ended_by is null or ended_at is not null", name="ended")


def begun(account_id: UUID, invited_by: UUID | None, now: datetime) -> dict[str, object]:
    """Return the columns of somebody who belongs from now on."""
    return {
        "id": uuid4(),
        "account_id": account_id,
        "invited_by": invited_by,
        "since": now,
        "ended_at": None,
        "ended_by": None,
    }
