"""What a verb of the command line stands on, and how a family adds its verbs.

A family is a file here with one function `add`, named in `backend/__main__.py`. A verb's function
takes an `Invocation`, speaks through `say`, and returns the exit status (None is 0). Not here:
what a command does; that is one folder up, without options or printing.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from backend import schema
from backend.commands import vault
from backend.commands.keys import Console, KeyCommand
from backend.commands.replica import require_fresh
from backend.database import Database
from backend.ledger.money import CENTS_MAX, Cents
from backend.services import Services
from backend.settings import Settings
from backend.vault.remote import RemoteVault
from backend.vault.vault import Vault

# argparse has no public name for it.
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command: its typed options, the settings, a way to speak, a way to the services."""

    options: argparse.Namespace
    settings: Settings
    say: Callable[[str], None]
    services: Callable[[], Services]
    #: What is closed when the command has ended.
    opened: ExitStack = field(default_factory=ExitStack)

    def reports(self) -> Services:
        """Return services that only read, on the replica for reports where there is one.

        How old its figures are goes to standard error. Raises CommandRefused if it is too old.
        """
        replica = self.settings.reports_database_url
        if replica is None:
            return self.services()
        services = open_services(self.settings.model_copy(update={"database_url": replica}))
        self.opened.callback(services.database.close)
        behind = require_fresh(services.database, self.settings.reports_lag_seconds_max)
        if words := behind.in_words():
            sys.stderr.write(f"{words}\n")
        return services

    def keys(self) -> KeyCommand:
        """Return what the commands on keys stand on."""
        return key_command(self.settings, self.say)

    def vault(self) -> Vault:
        """Open the vault; raise VaultError."""
        return open_vault(self.settings)


Command = Callable[[Invocation], int | None]


@dataclass(frozen=True, slots=True)
class Family:
    """A place in the command line where verbs are added."""

    verbs: Verbs

    def verb(self, name: str, command: Command, text: str) -> argparse.ArgumentParser:
        """Add a verb and return its parser, for options."""
        parser = self.verbs.add_parser(name, help=text, description=text)
        parser.set_defaults(command=command)
        return parser

    def family(self, name: str, text: str) -> "Family":
        """Add a word that only leads to verbs."""
        return Family(self.verbs.add_parser(name, help=text).add_subparsers(required=True))


def cents_of(text: str) -> Cents:
    """Read an amount in cents from the command line, for argparse."""
    if not text.isdecimal() or not 0 < int(text) <= CENTS_MAX:
        msg = "a whole number of cents, more than zero"
        raise argparse.ArgumentTypeError(msg)
    return Cents(int(text))


def open_services(settings: Settings) -> Services:
    """Return what use cases stand on; raise WrongSchemaError, VaultError."""
    database = Database(settings.database_url, settings.database_limits)
    schema.require_current(database)
    return Services(settings, database, open_vault(settings))


def open_vault(settings: Settings) -> Vault:
    """Return the vault's process, or the vault in this one."""
    if settings.vault_socket is not None:
        return RemoteVault(settings.vault_socket)
    return vault.open_vault(settings, key_command(settings, lambda _text: None).rules)


def key_command(settings: Settings, say: Callable[[str], None]) -> KeyCommand:
    """Return what the commands on keys stand on."""
    return KeyCommand(settings, Console(say, _ask), _credentials_folder())


def _ask(prompt: str) -> str:
    """Ask a person without echo; a pipe is read line by line, for installers."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _credentials_folder() -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None
