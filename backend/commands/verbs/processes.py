"""`serve`, `vault`, `migrate`, `openapi`: what runs, and what must be there before."""

import json

from backend import schema
from backend.app import build_app
from backend.commands import serve, vault
from backend.commands.verbs.invocation import Family, Invocation
from backend.database import Database


def add(root: Family) -> None:
    """Add the verbs of this family."""
    root.verb("serve", _serve, "serve the HTTP API and the pages")
    root.verb("vault", _vault, "keep the keys in a process of their own, asked over a Unix socket")
    root.verb("migrate", _migrate, "bring the database to this version's schema")
    root.verb("openapi", _openapi, "print the API's description")


def _serve(asked: Invocation) -> None:
    serve.serve(build_app(asked.services()), asked.settings)


def _vault(asked: Invocation) -> None:
    vault.serve(asked.settings, asked.keys().rules)


def _migrate(asked: Invocation) -> None:
    asked.say(f"schema at revision {schema.migrate(Database(asked.settings.database_url))}")


def _openapi(asked: Invocation) -> None:
    described = build_app(None).openapi()
    asked.say(json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False))
