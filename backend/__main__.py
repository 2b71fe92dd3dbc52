"""`pass-backend`: serve, migrate, set up, look. Options are explained by `--help`.

Exit status: 0 done; 1 refused, with one sentence on standard error; 2 wrong usage.
"""

import argparse
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy.exc import InternalError, OperationalError

from backend import schema
from backend.commands.refusal import CommandRefused
from backend.commands.verbs import (
    benefits,
    books,
    canteen,
    cards,
    codes,
    gate_office,
    grants,
    keys,
    processes,
    pupils,
    trade,
)
from backend.commands.verbs.invocation import Command, Family, Invocation, open_services
from backend.errors import BackendError
from backend.services import Services
from backend.settings import Settings, load_settings
from backend.vault.errors import VaultError

#: A family of verbs is a file in backend/commands/verbs; this is the order of `--help`.
FAMILIES: Final = (
    processes,
    keys,
    books,
    grants,
    benefits,
    cards,
    codes,
    trade,
    canteen,
    gate_office,
    pupils,
)
REFUSALS = (BackendError, VaultError, CommandRefused, schema.WrongSchemaError, FileNotFoundError)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # Alembic's notes on each step are for its authors.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command: Command = options.command
    try:
        settings = load_settings(options.config)
        with ExitStack() as opened:
            return command(_invocation(options, settings, opened)) or 0
    except ValidationError as error:
        for problem in error.errors(include_input=False):
            place = ".".join(str(part) for part in problem["loc"]) or "settings"
            print(f"pass-backend: {place}: {problem['msg']}", file=sys.stderr)
    except REFUSALS as error:
        print(f"pass-backend: {error}", file=sys.stderr)
    except (OperationalError, InternalError) as error:
        # Away, or it gave up: its first line says why, and names no value of a row.
        reason = str(error.orig).partition("\n")[0]
        print(f"pass-backend: the database did not do it: {reason}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pass-backend", description=__doc__)
    parser.add_argument("--config", type=Path, help="TOML file; PASS_BACKEND_* variables win")
    root = Family(parser.add_subparsers(required=True, metavar="COMMAND"))
    for family in FAMILIES:
        family.add(root)
    return parser


def _invocation(options: argparse.Namespace, settings: Settings, opened: ExitStack) -> Invocation:
    def services() -> Services:
        found = _services(settings)
        opened.callback(found.database.close)
        return found

    return Invocation(options, settings, print, services, opened)


def _services(settings: Settings) -> Services:
    return open_services(settings)


if __name__ == "__main__":
    sys.exit(main())
