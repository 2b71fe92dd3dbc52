"""How often the database is asked for something."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from backend.database import Database


def statements(database: Database, work: Callable[[], object]) -> int:
    """Count the statements that a piece of work sends, beginnings and ends of units apart."""
    asked: list[str] = []

    def note(*what: Any) -> None:
        asked.append(what[2])

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(asked)
