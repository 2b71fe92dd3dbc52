"""Clearing away rows whose time is over, a bounded number at a time.

Not here: what an expired row means; a use case checks the time itself and never trusts the broom.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session

EXPIRED_ROWS_PER_SWEEP_MAX = 100


def sweep_expired(
    session: Session,
    table: type[DeclarativeBase],
    expires_at: InstrumentedAttribute[datetime],
    before: datetime,
) -> None:
    """Delete at most EXPIRED_ROWS_PER_SWEEP_MAX rows of `table` that expired before a moment.

    Rows another unit of work holds are left for the next sweep (PostgreSQL).
    """
    key: list[Any] = list(table.__mapper__.primary_key)
    chosen = (
        select(*key)
        .where(expires_at < before)
        .order_by(expires_at)
        .limit(EXPIRED_ROWS_PER_SWEEP_MAX)
        .with_for_update(skip_locked=True)
    )
    rows = [tuple(row) for row in session.execute(chosen)]
    if rows:
        gone = delete(table).where(tuple_(*key).in_(rows))
        session.execute(gone, execution_options={"synchronize_session": False})
