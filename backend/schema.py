"""Bring a database to the schema this code was written for, and refuse any other.

Migrations go forward only: a past state comes back from a backup, never from a guess.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backend.database import Database

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
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return ScriptDirectory.from_config(config).get_current_head()


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
