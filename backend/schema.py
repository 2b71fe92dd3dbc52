"""Bring a database to the schema this code was written for, and refuse any other.

Migrations go forward only: a past state comes back from a backup, never from a guess. They expand
first, contract a release later, and hold no lock for long (tests/backend/test_migration_rules.py).
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from backend.database import Database

#: How long a migration waits for a lock; then it fails, and is run again at a quieter moment.
LOCK_MILLISECONDS_MAX = 2_000
MIGRATIONS = Path(__file__).parent / "migrations"


class WrongSchemaError(Exception):
    """The database is at another revision than this code; `pass-backend migrate` is the way."""

    def __init__(self, found: str | None, wanted: str | None) -> None:
        super().__init__(
            f"the database is at revision {found or 'none'}, this program needs {wanted}: "
            "run `pass-backend migrate`"
        )
        self.found = found
        self.wanted = wanted


def migrate(database: Database) -> str | None:
    """Bring the database to the newest revision, in one unit of work; return that revision."""
    config = _config()
    with database.engine.begin() as connection:
        limit_waits(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return ScriptDirectory.from_config(config).get_current_head()


def limit_waits(connection: Connection) -> None:
    """Let this transaction give up on a lock that others hold: behind it everybody would queue.

    Its own statements may take long: the first schema, or an index made concurrently.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS_MAX}"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def require_current(database: Database) -> None:
    """Raise WrongSchemaError unless the database is at the newest revision."""
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != wanted:
        raise WrongSchemaError(found, wanted)


def _config() -> Config:
    config = Config()
    # A percent sign in a path would be read as interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
