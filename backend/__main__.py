"""`pass-backend`: serve, migrate, set up, look. Options are explained by `--help`.

Exit status: 0 done; 1 refused, with one sentence on standard error; 2 wrong usage.
"""

import argparse
import getpass
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from backend import schema
from backend.app import build_app
from backend.cards.states import CardState
from backend.commands import apply, cards, ledger, register, serve, statement, vault
from backend.commands.keys import Components, Console, KeyCommand
from backend.commands.refusal import CommandRefused
from backend.database import Database
from backend.errors import BackendError
from backend.services import Services
from backend.settings import Settings, load_settings
from backend.vault.errors import VaultError
from backend.vault.key_seal import SealKind
from backend.vault.remote import RemoteVault
from backend.vault.values import PinProfile
from backend.vault.vault import Vault

Command = Callable[[argparse.Namespace, Settings], int]
REFUSALS = (BackendError, VaultError, CommandRefused, schema.WrongSchemaError, FileNotFoundError)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # Alembic's notes on each step are for its authors.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command: Command = arguments.command
    try:
        return command(arguments, load_settings(arguments.config))
    except ValidationError as error:
        for problem in error.errors(include_input=False):
            place = ".".join(str(part) for part in problem["loc"]) or "settings"
            print(f"pass-backend: {place}: {problem['msg']}", file=sys.stderr)
    except REFUSALS as error:
        print(f"pass-backend: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pass-backend", description=__doc__)
    parser.add_argument("--config", type=Path, help="TOML file; PASS_BACKEND_* variables win")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    add = _adder(verbs)
    add("serve", _serve, "serve the HTTP API and the pages")
    add("vault", _vault, "keep the keys in a process of their own, asked over a Unix socket")
    add("migrate", _migrate, "bring the database to this version's schema")
    add("openapi", _openapi, "print the API's description")
    add_key = _adder(
        verbs.add_parser("keys", help="the vault's keys").add_subparsers(required=True)
    )
    one = add_key("create", _create_keys, "make the vault's key file, once")
    one.add_argument("--seal", type=SealKind, choices=list(SealKind), help="what opens the file")
    one.add_argument(
        "--components",
        type=Components,
        choices=list(Components),
        help="let the keys come of two components, each held by one person",
    )
    add_key("roll-cards", _roll_cards, "give the card masters a new version")
    add_key("roll-pin-reference", _roll_pin_reference, "give the PIN reference key a new version")
    one = add_key("add-bdk", _add_bdk, "give the pads of one identifier range a BDK of their own")
    one.add_argument("--prefix", type=bytes.fromhex, required=True, help="in hexadecimal")
    one.add_argument("--profile", type=PinProfile, choices=list(PinProfile), required=True)
    one.add_argument(
        "--components", type=Components, choices=list(Components), default=Components.NONE
    )
    one = add_key("pad-key-block", _pad_key_block, "print a pad's initial key as a TR-31 block")
    one.add_argument("--initial-key-id", type=bytes.fromhex, required=True, help="in hexadecimal")
    one.add_argument("--profile", type=PinProfile, choices=list(PinProfile), required=True)
    add_key("status", _key_status, "print versions and check values, never a key")
    one = add("apply", _apply, "bring the database to what a TOML file declares")
    one.add_argument("file", type=Path)
    one.add_argument("--json", action="store_true", help="print what was made as JSON")
    one = add("statement", _statement, "print a wallet's statement")
    one.add_argument("--card-number", required=True)
    one.add_argument("--benefit", required=True, help="the benefit's code, such as culture")
    one.add_argument("--json", action="store_true")
    books = verbs.add_parser("ledger", help="the ledger").add_subparsers(required=True)
    _adder(books)("check", _check_ledger, "prove that the ledger adds up; status 1 if not")
    _add_card_commands(
        _adder(verbs.add_parser("cards", help="cards").add_subparsers(required=True))
    )
    one = add("block-card", _block_card, "block a card at once, with a reason")
    one.add_argument("--card-number", required=True)
    one.add_argument("--reason", required=True, choices=("lost", "stolen", "damaged", "decision"))
    one = add("revoke-terminal", _revoke_terminal, "revoke a terminal at once")
    one.add_argument("--terminal-id", required=True)
    return parser


def _add_card_commands(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    one = add("list", _list_cards, "print the cards in a state as CSV, for a desk's batch")
    one.add_argument("--state", type=CardState, choices=list(CardState), default=CardState.ORDERED)
    one = add("versions", _card_versions, "count chips by the version of their keys")
    one.add_argument("--json", action="store_true")


def _adder(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> Callable[[str, Command, str], argparse.ArgumentParser]:
    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        parser = verbs.add_parser(name, help=text, description=text)
        parser.set_defaults(command=command)
        return parser

    return add


def _services(settings: Settings) -> Services:
    database = Database(settings.database_url)
    schema.require_current(database)
    return Services(settings, database, _open_vault(settings))


def _open_vault(settings: Settings) -> Vault:
    if settings.vault_socket is not None:
        return RemoteVault(settings.vault_socket)
    return vault.open_vault(settings, _key_command(settings).rules)


def _serve(_arguments: argparse.Namespace, settings: Settings) -> int:
    serve.serve(build_app(_services(settings)), settings)
    return 0


def _vault(_arguments: argparse.Namespace, settings: Settings) -> int:
    vault.serve(settings, _key_command(settings).rules)
    return 0


def _migrate(_arguments: argparse.Namespace, settings: Settings) -> int:
    print(f"schema at revision {schema.migrate(Database(settings.database_url))}")
    return 0


def _openapi(_arguments: argparse.Namespace, _settings: Settings) -> int:
    print(json.dumps(build_app(None).openapi(), indent=2, sort_keys=True, ensure_ascii=False))
    return 0


def _key_command(settings: Settings) -> KeyCommand:
    return KeyCommand(settings, Console(print, _ask), _credentials_folder())


def _ask(prompt: str) -> str:
    """Ask a person without echo; a pipe is read line by line, for installers."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _credentials_folder() -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None


def _create_keys(arguments: argparse.Namespace, settings: Settings) -> int:
    print(_key_command(settings).create(arguments.seal, arguments.components))
    return 0


def _roll_cards(_arguments: argparse.Namespace, settings: Settings) -> int:
    print(_key_command(settings).roll_cards())
    return 0


def _roll_pin_reference(_arguments: argparse.Namespace, settings: Settings) -> int:
    print(_key_command(settings).roll_pin_reference())
    return 0


def _add_bdk(arguments: argparse.Namespace, settings: Settings) -> int:
    chosen = arguments.profile, arguments.prefix, arguments.components
    print(_key_command(settings).add_bdk(*chosen))
    return 0


def _pad_key_block(arguments: argparse.Namespace, settings: Settings) -> int:
    chosen = arguments.profile, arguments.initial_key_id
    print(_key_command(settings).pad_key_block(_open_vault(settings), *chosen))
    return 0


def _key_status(_arguments: argparse.Namespace, settings: Settings) -> int:
    print(_key_command(settings).status())
    return 0


def _apply(arguments: argparse.Namespace, settings: Settings) -> int:
    applied = apply.apply_file(_services(settings), arguments.file)
    print(applied.as_json() if arguments.json else applied.as_text())
    return 0


def _statement(arguments: argparse.Namespace, settings: Settings) -> int:
    lines = statement.read_statement(_services(settings), arguments.card_number, arguments.benefit)
    print(lines.as_json() if arguments.json else lines.as_text())
    return 0


def _check_ledger(_arguments: argparse.Namespace, settings: Settings) -> int:
    sentence, sound = ledger.check(_services(settings))
    print(sentence)
    return 0 if sound else 1


def _list_cards(arguments: argparse.Namespace, settings: Settings) -> int:
    for line in cards.list_cards(_services(settings), arguments.state):
        print(line)
    return 0


def _card_versions(arguments: argparse.Namespace, settings: Settings) -> int:
    versions = cards.count_versions(_services(settings))
    print(versions.as_json() if arguments.json else versions.as_text())
    return 0


def _block_card(arguments: argparse.Namespace, settings: Settings) -> int:
    register.block(_services(settings), arguments.card_number, arguments.reason)
    print("card blocked")
    return 0


def _revoke_terminal(arguments: argparse.Namespace, settings: Settings) -> int:
    register.revoke(_services(settings), arguments.terminal_id)
    print("terminal revoked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
