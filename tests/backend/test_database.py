"""The database's edges: a unit of work is whole or nothing, and moments keep their zone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from backend import database as database_module
from backend.database import REPEATS_MAX, Database, Limits, UtcDateTime


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


def make_probe(database: Database) -> None:
    with database.unit_of_work() as session:
        session.execute(text("CREATE TABLE probe (n BIGINT PRIMARY KEY, v BIGINT)"))
        session.execute(text("INSERT INTO probe VALUES (1, 0), (2, 0)"))


def count_all(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(text("SELECT sum(v) FROM probe")) or 0


def test_single_statements_are_each_kept(database: Database) -> None:
    make_probe(database)
    with suppress(ZeroDivisionError), database.single_statements() as connection:
        connection.execute(text("UPDATE probe SET v = 1 WHERE n = 1"))
        raise ZeroDivisionError
    assert count_all(database) == 1


def test_a_deadlock_is_done_again_and_both_are_kept(postgres_url: str) -> None:
    database = Database(postgres_url)
    make_probe(database)
    meet = Barrier(2)
    runs: list[int] = []

    def work(first: int) -> Callable[[Session], None]:
        met: list[bool] = []

        def add(session: Session) -> None:
            runs.append(first)
            session.execute(text("UPDATE probe SET v = v + 1 WHERE n = :n"), {"n": first})
            if not met:
                met.append(True)
                meet.wait(10)
            session.execute(text("UPDATE probe SET v = v + 1 WHERE n = :n"), {"n": 3 - first})

        return add

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda first: database.repeat(work(first)), (1, 2)))
    assert count_all(database) == 4
    # One of them was the victim, once.
    assert len(runs) == 3
    database.close()


def test_a_lost_connection_before_the_commit_is_done_again(postgres_url: str) -> None:
    database = Database(postgres_url)
    make_probe(database)
    killed: list[int] = []

    def add(session: Session) -> None:
        session.execute(text("UPDATE probe SET v = v + 1 WHERE n = 1"))
        if not killed:
            pid = session.scalar(text("SELECT pg_backend_pid()")) or 0
            killed.append(pid)
            with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            session.execute(text("UPDATE probe SET v = v + 1 WHERE n = 2"))

    database.repeat(add)
    assert count_all(database) == 1
    database.close()


def test_what_is_refused_again_and_again_is_refused(postgres_url: str) -> None:
    database, pauses = Database(postgres_url), list[float]()
    runs: list[int] = []

    def fail(session: Session) -> None:
        runs.append(1)
        session.execute(
            text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$")
        )

    with pytest.raises(OperationalError):
        database.repeat(fail, sleep=pauses.append)
    assert (len(runs), len(pauses)) == (REPEATS_MAX + 1, REPEATS_MAX)
    database.close()


def test_another_failure_is_not_done_again(database: Database) -> None:
    runs: list[int] = []

    def fail(_session: Session) -> None:
        runs.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.repeat(fail)
    assert runs == [1]


def test_a_lock_is_waited_for_no_longer_than_the_limit(postgres_url: str) -> None:
    patient = Database(postgres_url)
    hasty = Database(postgres_url, Limits(lock_milliseconds_max=100))
    make_probe(patient)
    with patient.unit_of_work() as holder:
        holder.execute(text("UPDATE probe SET v = 1 WHERE n = 1"))
        with (
            pytest.raises(OperationalError, match="lock timeout"),
            hasty.unit_of_work() as session,
        ):
            session.execute(text("UPDATE probe SET v = 2 WHERE n = 1"))
    patient.close()
    hasty.close()


def test_a_connection_that_died_while_it_rested_is_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "ASK_AFTER_IDLE_SECONDS", 0.0)
    database = Database(postgres_url)
    with database.reading() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with database.reading() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != pid
    database.close()


def test_readings_leave_the_prepared_statements_alone(postgres_url: str) -> None:
    database = Database(postgres_url, Limits(connections_max=1))
    asked = text("SELECT name FROM pg_settings WHERE name = :name")
    for _ in range(5):
        with database.reading() as session:
            session.execute(asked, {"name": "x"})
    with database.reading() as session:
        kept = session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    assert kept
    database.close()
