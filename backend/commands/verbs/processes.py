"""`vault`, `migrate`: what must be there before anything is served."""

from backend import schema
from backend.commands import vault
from backend.commands.verbs.invocation import Family, Invocation
from backend.database import Database


def add(root: Family) -> None:
    """Add the verbs of this family."""
    root.verb("vault", _vault, "keep the keys in a process of their own, asked over a Unix socket")
    root.verb("migrate", _migrate, "bring the database to this version's schema")


def _vault(asked: Invocation) -> None:
    vault.serve(asked.settings, asked.keys().rules)


def _migrate(asked: Invocation) -> None:
    asked.say(f"schema at revision {schema.migrate(Database(asked.settings.database_url))}")
