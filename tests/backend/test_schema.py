"""The migrated schema is the one the code declares, guards included, and no other is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from backend import schema
from backend.database import Base, Database

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
    "WHERE NOT tgisinternal ORDER BY tgname",
}


@pytest.fixture
def migrated(empty_urls: tuple[str, str]) -> Iterator[Database]:
    database = Database(empty_urls[0])
    schema.migrate(database)
    yield database
    database.close()


@pytest.fixture
def declared(empty_urls: tuple[str, str]) -> Iterator[Database]:
    database = Database(empty_urls[1])
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


def rows(database: Database, queries: dict[str, str]) -> list[tuple[str, str]]:
    with database.reading() as session:
        found = session.execute(text(queries[database.engine.dialect.name]))
        return [(str(name), str(definition)) for name, definition in found]


def test_migrations_and_tables_are_the_same(migrated: Database) -> None:
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_guards_are_the_same(migrated: Database, declared: Database) -> None:
    assert rows(migrated, TRIGGERS) == rows(declared, TRIGGERS)
    assert len(rows(migrated, TRIGGERS)) >= 4


def checks(database: Database) -> dict[str, set[tuple[str, str]]]:
    inspector = inspect(database.engine)
    return {
        table: {
            (str(check["name"]), " ".join(str(check["sqltext"]).split()))
            for check in inspector.get_check_constraints(table)
        }
        for table in Base.metadata.tables
    }


def test_checks_are_the_same(migrated: Database, declared: Database) -> None:
    assert checks(migrated) == checks(declared)
    assert any("overdraft" in name for name, _ in checks(migrated)["ledger_account"])


def test_migrating_twice_changes_nothing(migrated: Database) -> None:
    assert schema.migrate(migrated) == schema.newest_revision()
    schema.require_current(migrated)


def test_another_schema_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.sqlite3")
    with pytest.raises(schema.WrongSchemaError, match=r"revision none.*pass-backend migrate"):
        schema.require_current(database)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0000')"))
    with pytest.raises(schema.WrongSchemaError, match=r"revision 0000.*pass-backend migrate"):
        schema.require_current(database)
    database.close()


def test_the_newest_revision_is_the_one_that_none_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "versions").mkdir()
    for name, before in (("0001", None), ("0003b", "0002"), ("0002", "0001")):
        named = f"down_revision = {before and chr(34) + before + chr(34)}\n"
        (tmp_path / "versions" / f"{name}.py").write_text(f'revision = "{name}"\n{named}')
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    assert schema.newest_revision() == "0003b"
