"""What several of an operator's pages list in the same way: names of places, the latest mails."""

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from backend.accounts.tables import Notice

NAMED_MAX: Final = 50
NOTICES_MAX: Final = 15


def named(session: Session, those: Select[UUID, str]) -> list[tuple[UUID, str]]:
    """Return ids and names, by name; at most NAMED_MAX."""
    name = those.selected_columns[1]
    return [(row[0], row[1]) for row in session.execute(those.order_by(name).limit(NAMED_MAX))]


def latest_notices(session: Session, whose: ColumnElement[bool]) -> list[Notice]:
    """Return the mails to somebody, the newest first; at most NOTICES_MAX."""
    query = select(Notice).where(whose).order_by(Notice.created_at.desc(), Notice.id)
    return list(session.scalars(query.limit(NOTICES_MAX)))
