"""The one file that opens the database: SQLite embedded, PostgreSQL for a Region.

Rooms declare their tables on `Base`. A unit of work is committed at its edge or not at all.
Not here: any query, any rule.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

SQLITE_BUSY_MILLISECONDS_MAX = 10_000
POOL_CONNECTIONS_MAX = 20
POOL_WAIT_SECONDS_MAX = 10

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


class Database:
    """An engine and its units of work."""

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Give a session that commits when the block ends and rolls back when it raises.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that a decision taken
        on what was read cannot be overtaken. On PostgreSQL, lock the rows you decide on.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session for reading only; nothing it does is kept."""
        with self.engine.connect().execution_options(reading=True) as connection:
            transaction = connection.begin()
            try:
                with Session(
                    connection,
                    expire_on_commit=False,
                    # A commit inside ends the session's part only: the rollback below wins.
                    join_transaction_mode="rollback_only",
                ) as session:
                    yield session
            finally:
                transaction.rollback()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _make_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=POOL_CONNECTIONS_MAX,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS_MAX,
            pool_pre_ping=True,
            # Bound values are hashes, salts, names: never in an error's text.
            hide_parameters=True,
        )
    engine = create_engine(
        url,
        pool_size=POOL_CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS_MAX,
        hide_parameters=True,
        connect_args={"timeout": SQLITE_BUSY_MILLISECONDS_MAX / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions behind SQLAlchemy's back: we say BEGIN ourselves.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        f"busy_timeout={SQLITE_BUSY_MILLISECONDS_MAX}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
