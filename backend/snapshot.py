"""Reading many things as of one moment, while others write. Not here: what is read."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def hold_still(session: Session, *, statement_minutes_max: int = 10) -> None:
    """Let all that this session reads be of one moment; call it before its first reading.

    Nobody waits for it: on PostgreSQL it is a repeatable-read snapshot, on a replica too; on SQLite
    a read transaction is one anyway. Sums over years may take longer than a payment's statement.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    session.execute(text(f"SET LOCAL statement_timeout = '{statement_minutes_max}min'"))
