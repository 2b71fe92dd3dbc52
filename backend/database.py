"""The one file that opens the database: SQLite embedded, PostgreSQL for a Region.

Rooms declare their tables on `Base`. A unit of work is committed at its edge or not at all.
Not here: any query, any rule.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from backend.folding import fold_name
from backend.statements import say

LOG = logging.getLogger(__name__)
T = TypeVar("T")

SQLITE_BUSY_MILLISECONDS_MAX = 10_000
POOL_WAIT_SECONDS_MAX = 10
#: A connection that lay unused this long is asked whether it still lives before it serves again.
ASK_AFTER_IDLE_SECONDS = 2.0
#: How often a piece of work may be done again after a failure that left nothing behind.
REPEATS_MAX = 3
#: The driver prepares a statement after this many uses on one connection.
PREPARE_AFTER_USES = 2
REPEAT_PAUSE_SECONDS = 0.02
#: What PostgreSQL calls a serialization failure and a deadlock: nothing of the work was kept.
REPEATABLE_STATES: Final = frozenset({"40001", "40P01"})

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and always UTC, on engines that forget time zones too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse a naive moment: nobody knows when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs its time zone"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the zone back where the engine dropped it (SQLite)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every room's tables hang here; integers are BIGINT from the first migration."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: BigInteger, datetime: UtcDateTime, UUID: Uuid}  # noqa: RUF012


class Pooler(StrEnum):
    """What stands between this program and PostgreSQL."""

    NONE = "none"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may take of the database, and how long it waits for it."""

    connections_max: int = 20
    wait_seconds_max: float = POOL_WAIT_SECONDS_MAX
    #: For a lock another unit of work holds, and for one statement; PostgreSQL only.
    lock_milliseconds_max: int = 5_000
    statement_milliseconds_max: int = 30_000
    pooler: Pooler = Pooler.NONE


class Database:
    """An engine and its units of work."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.engine = _make_engine(url, limits or Limits())

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Give a session that commits when the block ends and rolls back when it raises.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that a decision taken
        on what was read cannot be overtaken. On PostgreSQL, lock the rows you decide on.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def repeat(self, work: Callable[[Session], T], *, sleep: Callable[[float], None] = sleep) -> T:
        """Do a unit of work, again when the database gave it up without keeping any of it.

        Deadlocks, serialization failures, and connections lost before the commit was asked for;
        REPEATS_MAX times. A commit that was asked for is never repeated: nobody knows what became
        of it. `work` may run several times, so it touches nothing but its session.
        """
        for turn in range(REPEATS_MAX):
            try:
                return self._do(work)
            except _LeftNothing as failure:
                LOG.warning("unit of work done again: %s", type(failure.cause).__name__)
                sleep(REPEAT_PAUSE_SECONDS * (turn + 1))
        return self._do_last(work)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session for reading only; nothing it does is kept, and PostgreSQL refuses it.

        On PostgreSQL it ends with a COMMIT of nothing: after a ROLLBACK the driver forgets every
        statement it prepared.
        """
        with self.engine.connect().execution_options(reading=True) as connection:
            transaction = connection.begin()
            try:
                with Session(
                    connection,
                    expire_on_commit=False,
                    # A commit inside ends the session's part only: what is below wins.
                    join_transaction_mode="rollback_only",
                ) as session:
                    yield session
                if self.engine.dialect.name == "postgresql" and transaction.is_active:
                    transaction.commit()
            finally:
                if transaction.is_active:
                    transaction.rollback()

    @contextmanager
    def single_statements(self) -> Iterator[Connection]:
        """Give a connection on which each statement is a unit of work of its own.

        For one look or one row where a transaction would only add two round trips. Nothing may
        be decided on what two of them say.
        """
        with self.engine.connect().execution_options(single=True) as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _do(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            try:
                result = work(session)
                session.flush()
            except DBAPIError as error:
                if _left_nothing(error):
                    raise _LeftNothing(error) from error
                raise
            return result

    def _do_last(self, work: Callable[[Session], T]) -> T:
        try:
            return self._do(work)
        except _LeftNothing as failure:
            raise failure.cause from None


class _LeftNothing(Exception):
    """The database rolled a piece of work back, or never saw its end."""

    def __init__(self, cause: DBAPIError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _left_nothing(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in REPEATABLE_STATES


def _make_engine(url: str, limits: Limits) -> Engine:
    sqlite = url.startswith("sqlite")
    engine = create_engine(
        url,
        pool_size=limits.connections_max,
        max_overflow=0,
        pool_timeout=limits.wait_seconds_max,
        # The last one returned serves first: the others grow old and are asked before they serve.
        pool_use_lifo=True,
        # Bound values are hashes, salts, names: never in an error's text.
        hide_parameters=True,
        connect_args=_sqlite_arguments() if sqlite else _postgresql_arguments(limits),
    )
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _ask_the_rested)
    event.listen(engine, "begin", _begin_with(limits))
    return engine


def _sqlite_arguments() -> dict[str, Any]:
    return {"timeout": SQLITE_BUSY_MILLISECONDS_MAX / 1000}


def _postgresql_arguments(limits: Limits) -> dict[str, Any]:
    """Say how to connect: BEGIN is ours to say, and nothing outlives a transaction."""
    if limits.pooler is Pooler.TRANSACTION:
        # The next transaction may be on another server connection: prepare nothing, set nothing.
        return {"autocommit": True, "prepare_threshold": None}
    waits = (
        f"-c lock_timeout={limits.lock_milliseconds_max}"
        f" -c statement_timeout={limits.statement_milliseconds_max}"
        # With ten million transfers the plan of a balance looks dear enough to be compiled, which
        # takes 30 ms each time; running it takes none.
        " -c jit=off"
    )
    return {"autocommit": True, "prepare_threshold": PREPARE_AFTER_USES, "options": waits}


def _begin_with(limits: Limits) -> Callable[[Connection], None]:
    waits = ""
    if limits.pooler is Pooler.TRANSACTION:
        waits = (
            f"; SET LOCAL lock_timeout = {limits.lock_milliseconds_max}"
            f"; SET LOCAL statement_timeout = {limits.statement_milliseconds_max}"
            "; SET LOCAL jit = off"
        )

    def begin_postgresql(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("single", False):
            begin = "BEGIN READ ONLY" if options.get("reading", False) else "BEGIN"
            say(connection, begin + waits)

    return begin_postgresql


def _note_rest(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info["resting_since"] = monotonic()


def _ask_the_rested(
    connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Ask a connection that rested whether it still lives; the pool replaces it if not."""
    if monotonic() - entry.info.get("resting_since", monotonic()) < ASK_AFTER_IDLE_SECONDS:
        return
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT 1")
    except Exception as error:
        raise DisconnectionError from error
    finally:
        cursor.close()


def _prepare_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions behind SQLAlchemy's back: we say BEGIN ourselves.
    connection.isolation_level = None  # type: ignore[attr-defined]
    # For the triggers that keep the keys by which people are found.
    connection.create_function(  # type: ignore[attr-defined]
        "fold_name", 1, _fold_name, deterministic=True
    )
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        f"busy_timeout={SQLITE_BUSY_MILLISECONDS_MAX}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _fold_name(text: str | None) -> bytes | None:
    return None if text is None else fold_name(text).encode()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("single", False):
        say(connection, "BEGIN" if options.get("reading", False) else "BEGIN IMMEDIATE")
