"""Statements compiled once: what a session would give, on both engines, failures included."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Enum, LargeBinary, Uuid, bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.database import Database, UtcDateTime
from backend.statements import Statement


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Local(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, UUID: Uuid}  # noqa: RUF012


class Probe(Local):
    __tablename__ = "probe"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    what: Mapped[bytes] = mapped_column(LargeBinary)
    ready: Mapped[bool]
    colour: Mapped[Colour] = mapped_column(
        Enum(Colour, native_enum=False, values_callable=lambda words: [w.value for w in words])
    )


COLUMNS = tuple(column.name for column in Probe.__table__.columns)
PUT = Statement(insert(Probe), columns=COLUMNS)
LOOK = Statement(
    select(Probe.id, Probe.at, Probe.seen_at, Probe.what, Probe.ready, Probe.colour).where(
        Probe.id == bindparam("probe", type_=Uuid()), Probe.colour == Colour.BLUE
    )
)
SEE = Statement(
    update(Probe)
    .where(Probe.id == bindparam("probe", type_=Uuid()), Probe.seen_at.is_(None))
    .values(seen_at=bindparam("now", type_=UtcDateTime()))
    .returning(Probe.id, Probe.seen_at)
)
NOON = datetime(2026, 9, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def probes(database: Database) -> Database:
    Local.metadata.create_all(database.engine)
    return database


def one_probe() -> dict[str, object]:
    return {
        "id": uuid4(),
        "at": NOON,
        "seen_at": None,
        "what": b"\x00\xff%s",
        "ready": True,
        "colour": Colour.BLUE,
    }


def test_values_and_types_are_those_a_session_gives(probes: Database) -> None:
    probe = one_probe()
    with probes.unit_of_work() as session:
        assert PUT.all(session, probe) == []
        seen = SEE.first(session, {"probe": probe["id"], "now": NOON})
        assert seen == (probe["id"], NOON)
        assert SEE.first(session, {"probe": probe["id"], "now": NOON}) is None
        row = LOOK.first(session, {"probe": probe["id"]})
        known = session.get_one(Probe, probe["id"])
        assert row == tuple(getattr(known, name) for name in COLUMNS)
        assert [type(value) for value in row] == [UUID, datetime, datetime, bytes, bool, Colour]
    with probes.single_statements() as connection:
        assert LOOK.all(connection, {"probe": probe["id"]}) == [row]
        assert LOOK.all(connection, {"probe": uuid4()}) == []


def test_what_raises_leaves_nothing(probes: Database) -> None:
    probe = one_probe()

    def put_then_fail() -> None:
        with probes.unit_of_work() as session:
            PUT.all(session, probe)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_then_fail()
    with probes.reading() as session:
        assert LOOK.first(session, {"probe": probe["id"]}) is None


def test_a_value_left_out_is_no_null(probes: Database) -> None:
    with probes.single_statements() as connection, pytest.raises(KeyError, match="probe"):
        LOOK.all(connection, {})


def test_a_refusal_is_the_same_error_and_tells_no_value(probes: Database) -> None:
    probe = one_probe()
    with probes.unit_of_work() as session:
        PUT.all(session, probe)
    with pytest.raises(IntegrityError) as caught, probes.unit_of_work() as session:
        PUT.all(session, probe)
    assert caught.value.params is None
    with probes.unit_of_work() as session:
        assert LOOK.first(session, {"probe": probe["id"]}) is not None


def test_a_connection_that_was_lost_serves_no_more(postgres_url: str) -> None:
    database = Database(postgres_url)
    Local.metadata.create_all(database.engine)
    dsn = postgres_url.replace("+psycopg", "")

    def lose_it() -> None:
        with database.unit_of_work() as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(dsn, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            LOOK.all(session, {"probe": uuid4()})

    with pytest.raises(OperationalError) as caught:
        lose_it()
    assert caught.value.connection_invalidated
    with database.unit_of_work() as session:
        assert LOOK.all(session, {"probe": uuid4()}) == []
    database.close()


def test_a_list_of_values_is_refused(probes: Database) -> None:
    several = Statement(select(Probe.at).where(Probe.id.in_([uuid4(), uuid4()])))
    with probes.single_statements() as connection, pytest.raises(AssertionError, match="list"):
        several.all(connection, {})
