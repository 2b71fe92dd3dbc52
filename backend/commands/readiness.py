"""What must be true before anybody listens: the schema, and enough connections for all workers."""

from sqlalchemy import text

from backend import schema
from backend.commands.refusal import CommandRefused
from backend.database import Database, Pooler
from backend.settings import Settings

#: Left to others: migrations, backups, reports, a person with psql.
CONNECTIONS_LEFT_MIN = 5


def check_before_serving(settings: Settings) -> None:
    """Refuse what could only fail later; raise WrongSchemaError, CommandRefused."""
    database = Database(settings.database_url, settings.database_limits)
    try:
        schema.require_current(database)
        if database.engine.dialect.name == "postgresql" and (
            settings.database_pooler is Pooler.NONE
        ):
            _check_connections(settings, _connections_granted(database))
    finally:
        database.close()


def _connections_granted(database: Database) -> int:
    """Return how many connections the server gives to those who are not its superuser."""
    with database.single_statements() as connection:
        most = connection.scalar(text("SHOW max_connections"))
        kept = connection.scalar(text("SHOW superuser_reserved_connections"))
    return int(most or 0) - int(kept or 0)


def _check_connections(settings: Settings, granted: int) -> None:
    wanted = settings.workers * settings.database_connections_max
    if wanted + CONNECTIONS_LEFT_MIN > granted:
        raise CommandRefused(
            f"{settings.workers} workers of {settings.database_connections_max} connections need"
            f" {wanted} and leave {CONNECTIONS_LEFT_MIN} to others, the server grants {granted}:"
            " lower workers or database_connections_max, raise max_connections, or put PgBouncer"
            " between"
        )
