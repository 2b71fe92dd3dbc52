"""Columns as text of an array: whatever is in them, PostgreSQL reads the same back."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.benefits.array_text import Element, array_text
from backend.database import Database

MOMENT = datetime(2026, 9, 1, 10, 0, 0, 5, tzinfo=UTC)
# PostgreSQL keeps no NUL in a text, however it comes.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
traps = st.sampled_from(['"', "\\", "NULL", "{}", ",", '\\"', ""])


@pytest.fixture
def reading(postgres_url: str) -> Iterator[Session]:
    database = Database(postgres_url)
    with database.reading() as session:
        yield session
    database.close()


@given(st.lists(texts | traps | st.none()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(reading: Session, values: list[str | None]) -> None:
    assert _through(reading, values, "TEXT") == values


def test_other_values_come_back(reading: Session) -> None:
    columns: dict[str, list[Element]] = {
        "UUID": [UUID(int=7), None],
        "BIGINT": [-(2**63), 0, 2**63 - 1],
        "BOOLEAN": [True, False],
        "DATE": [date(2010, 1, 31)],
        "TIMESTAMPTZ": [MOMENT],
    }
    for type_, values in columns.items():
        assert _through(reading, values, type_) == values


def _through(session: Session, values: Sequence[Element], type_: str) -> list[object]:
    query = text(f"SELECT unnest(CAST(:given AS {type_}[]))")
    return list(session.scalars(query, {"given": array_text(values)}))
