"""`pass-backend`: serve, migrate, set up, look. Options are explained by `--help`.

Exit status: 0 done; 1 refused, with one sentence on standard error; 2 wrong usage.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy.exc import InternalError, OperationalError

from backend import schema
from backend.commands.refusal import CommandRefused
from backend.commands.verbs.invocation import Command, Family, Invocation, open_services
from backend.errors import BackendError
from backend.loading import loading
from backend.services import Services
from backend.settings import Settings, load_settings
from backend.vault.errors import VaultError

#: A family of verbs is a file in backend/commands/verbs, and the verbs it has; this is the order
#: of `--help`. Only what is asked for is loaded: most of a short command's time would go there.
FAMILIES: Final = {
    "serving": ("serve", "openapi"),
    "processes": ("vault", "migrate"),
    "keys": ("keys",),
    "books": ("apply", "statement", "ledger"),
    "grants": ("grants", "campaigns"),
    "benefits": ("benefits",),
    "cards": ("cards", "block-card", "expire-card", "revoke-terminal"),
    "codes": ("invite", "code", "pads", "alarms", "release-alarm", "notices"),
    "mails": ("mail",),
    "trade": (
        "suspend-partner",
        "resume-partner",
        "close-outlet",
        "reopen-outlet",
        "totals",
        "limits",
    ),
    "places": ("place-outlet", "communes"),
    "canteen": ("calendar", "meals", "reservation", "passages", "kitchen"),
    "gate_office": (
        "kitchen-link",
        "day-code",
        "photo",
        "diet",
        "gate-display",
        "review",
        "door-events",
        "door-alarms",
    ),
    "pupils": ("pupils",),
    "members": ("members",),
    "accounts": ("accounts",),
    "operators": ("operators",),
    "events": ("events",),
    "staff": ("staff",),
    "privacy": ("privacy",),
}
REFUSALS = (BackendError, VaultError, CommandRefused, schema.WrongSchemaError, FileNotFoundError)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    words = sys.argv[1:] if argv is None else argv
    with loading():
        parser = _parser(words)
    options = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # Alembic's notes on each step are for its authors; the others name devices and addresses.
    for library in ("alembic", "fido2", "httpx"):
        logging.getLogger(library).setLevel(logging.WARNING)
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


def _parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Build the parser of the family that the words ask for; of all where none is named."""
    parser = argparse.ArgumentParser(prog="pass-backend", description=__doc__)
    parser.add_argument("--config", type=Path, help="TOML file; PASS_BACKEND_* variables win")
    root = Family(parser.add_subparsers(required=True, metavar="COMMAND"))
    for name in _families(words):
        import_module(f"backend.commands.verbs.{name}").add(root)
    return parser


def _families(words: Sequence[str]) -> list[str]:
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--config")
    first.add_argument("verb", nargs="?")
    verb = first.parse_known_args(words)[0].verb
    return [name for name, verbs in FAMILIES.items() if verb in verbs] or list(FAMILIES)


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
