"""The database's edges: a unit of work is whole or nothing, and moments keep their zone."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from backend.database import Database, UtcDateTime


def test_what_raises_inside_a_unit_of_work_leaves_nothing(database: Database) -> None:
    with database.unit_of_work() as session:
        session.execute(text("CREATE TABLE probe (n BIGINT)"))

    def insert_then_fail() -> None:
        with database.unit_of_work() as session:
            session.execute(text("INSERT INTO probe VALUES (1)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        insert_then_fail()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM probe")) == 0


def test_reading_keeps_nothing(database: Database) -> None:
    with database.unit_of_work() as session:
        session.execute(text("CREATE TABLE probe (n BIGINT)"))
    with suppress(InternalError), database.reading() as session:
        # PostgreSQL refuses it at once.
        session.execute(text("INSERT INTO probe VALUES (1)"))
        session.commit()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM probe")) == 0


def test_a_moment_without_zone_is_refused(database: Database) -> None:
    column = UtcDateTime()
    with pytest.raises(ValueError, match="time zone"):
        column.process_bind_param(datetime(2026, 1, 1), database.engine.dialect)  # noqa: DTZ001


def test_a_moment_comes_back_in_utc(database: Database) -> None:
    paris = timezone(timedelta(hours=2))
    column = UtcDateTime()
    dialect = database.engine.dialect
    bound = column.process_bind_param(datetime(2026, 7, 1, 14, 0, tzinfo=paris), dialect)
    assert bound == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert column.process_result_value(datetime(2026, 7, 1, 12, 0), dialect) == bound  # noqa: DTZ001
