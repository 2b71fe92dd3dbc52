"""Reading reports from a replica: one that follows us, not too far behind, and never in silence.

Nothing is decided on what a replica says: whatever writes, and whatever a payment asks, is asked
of the database itself.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from backend.commands.refusal import CommandRefused
from backend.database import Database

#: A replica that has everything is not behind, however long nobody paid. Its receiver may be of
#: another user: whether it lives is all that can be seen.
_BEHIND: Final = text(
    "SELECT pg_is_in_recovery(),"
    " CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"
    " AND EXISTS (SELECT pid FROM pg_stat_wal_receiver) THEN 0"
    " ELSE EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END"
)


@dataclass(frozen=True, slots=True)
class Behind:
    """How old a replica's figures are; None: nobody can say."""

    seconds: int | None

    def in_words(self) -> str:
        """Return one French sentence for who reads the report; empty if there is nothing to say."""
        if self.seconds is None:
            return "Lu sur une copie dont l'âge est inconnu."
        return f"Chiffres d'il y a {self.seconds} s, lus sur la réplique." if self.seconds else ""


def require_fresh(replica: Database, seconds_max: int) -> Behind:
    """Return how far behind a replica is; raise CommandRefused if it is further than that.

    A copy that replays nothing (another database, or logical replication) has no age to be told.
    """
    if replica.engine.dialect.name != "postgresql":
        return Behind(None)
    with replica.single_statements() as connection:
        follows, seconds = connection.execute(_BEHIND).one()
    if not follows or seconds is None:
        return Behind(None)
    if seconds > seconds_max:
        raise CommandRefused(
            f"the replica for reports is {seconds:.0f} s behind, more than"
            f" reports_lag_seconds_max = {seconds_max}: look at its server, or unset"
            " reports_database_url to ask the database itself"
        )
    return Behind(int(seconds))
