"""Bring a database to the schema this code was written for, and refuse any other.

Migrations go forward only: a past state comes back from a backup, never from a guess. They expand
first, contract a release later, and hold no lock for long (tests/backend/test_migration_rules.py).
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from backend.database import Database
from backend.loading import loading

if TYPE_CHECKING:
    from alembic.config import Config

#: How long a migration waits for a lock; then it fails, and is run again at a quieter moment.
LOCK_MILLISECONDS_MAX = 2_000
MIGRATIONS = Path(__file__).parent / "migrations"
#: A migration names itself and the one it follows, each on a line of its own.
_NAMED: Final = re.compile(r'^(down_)?revision = "(\w+)"', re.MULTILINE)


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
    # Every other command does without what loading this takes, longer than most of them run.
    with loading():
        from alembic import command  # noqa: PLC0415
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        # What migrations/env.py stands on.
        import backend.tables  # noqa: F401, PLC0415

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
    wanted = newest_revision()
    with database.engine.connect() as connection:
        found = None
        if inspect(connection).has_table("alembic_version"):
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found != wanted:
        raise WrongSchemaError(found, wanted)


def newest_revision() -> str:
    """Return the migration that no other follows, by what the files say: none of them is run."""
    named: set[str] = set()
    followed: set[str] = set()
    for file in MIGRATIONS.glob("versions/*.py"):
        for follows, revision in _NAMED.findall(file.read_text(encoding="utf-8")):
            (followed if follows else named).add(revision)
    (newest,) = named - followed
    return newest


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    # A percent sign in a path would be read as interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
