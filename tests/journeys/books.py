"""What both sides wrote down, read from their files: the counter's journal, the backend's base."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sale:
    """A row of the counter's journal."""

    sale_id: str
    state: str
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """A row of the backend's payments."""

    payment_id: str
    status: str


def _rows(file: Path, query: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()


def sales_of(stage: Path) -> list[Sale]:
    """Return every sale of the counter's journal, oldest first."""
    query = "SELECT sale_id, state, payment_id FROM sale ORDER BY started_at"
    return [Sale(*row) for row in _rows(stage / "caisse" / "counter.db", query)]


def payments_of(stage: Path) -> dict[str, Payment]:
    """Return the backend's payments by id."""
    rows = _rows(stage / "backend.sqlite3", "SELECT payment_id, status FROM payment")
    return {str(UUID(row[0])): Payment(str(UUID(row[0])), row[1]) for row in rows}


def passages_of(stage: Path) -> list[tuple[str, str]]:
    """Return the backend's passages: sequence and answer, in order."""
    query = "SELECT sequence, answer FROM passage ORDER BY sequence"
    return [(str(row[0]), row[1]) for row in _rows(stage / "backend.sqlite3", query)]
