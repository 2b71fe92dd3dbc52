"""`pass-backend keys`: make the vault's keys, give them new versions, and say which there are.

Promise: a key is never shown; a component is shown once, to the one person who will hold it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from backend.commands.refusal import CommandRefused
from backend.settings import Settings
from backend.vault.ceremony import (
    COMPONENTS,
    DerivedKeys,
    combine,
    component_check_value,
    make_component,
    read_component,
    write_component,
)
from backend.vault.check_values import check_values
from backend.vault.errors import KeyFileRefused
from backend.vault.key_file import (
    KeyFileRules,
    OpenKeyFile,
    describe_keys,
    open_keys,
    replace_keys,
    write_keys,
)
from backend.vault.key_seal import SealKeySource, SealKind, new_seal
from backend.vault.keys import VaultKeys, make_keys, with_new_card_masters
from backend.vault.published_keys import refuse_published
from passcard.secret import Secret

CLEAR_SCREEN = "\x1b[2J\x1b[3J\x1b[H"

Random = Callable[[int], bytes]


class Components(StrEnum):
    """Where a ceremony's two components come from."""

    NONE = "none"
    GENERATED = "generated"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Console:
    """The people at the ceremony: what they read, and what they type unseen."""

    say: Callable[[str], None]
    ask: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """What every command on keys stands on."""

    settings: Settings
    console: Console
    credentials_folder: Path | None = None
    random: Random = secrets.token_bytes

    @property
    def path(self) -> Path:
        """The key file."""
        return self.settings.vault_key_file

    @property
    def rules(self) -> KeyFileRules:
        """What this environment asks of a key file."""
        source = SealKeySource(self.credentials_folder, self.console.ask)
        return KeyFileRules(self.settings.environment == "development", source)

    def create(self, seal: SealKind | None, components: Components | None) -> str:
        """Make the key file, once; raise KeyFileRefused when there is one, CommandRefused."""
        development = self.rules.development
        if components is None:
            components = Components.NONE if development else Components.GENERATED
        if seal is None:
            seal = SealKind.PLAIN if development else SealKind.CREDENTIAL
        if seal is SealKind.PLAIN and not development:
            raise CommandRefused("a plain key file is for development: choose another --seal")
        if self.path.exists():
            raise KeyFileRefused("there is a key file already; it is never overwritten")
        keys = make_keys(self._source(components, "create"))
        refuse_published(keys)
        made = None
        if seal is not SealKind.PLAIN:
            made = new_seal(seal, self.rules.source, self.random)
        write_keys(self.path, OpenKeyFile(keys, made), self.random)
        shown = "" if components is Components.NONE else "\n" + _table(keys)
        return f"keys made in {self.path} ({seal}){shown}"

    def roll_cards(self) -> str:
        """Add a version of the card masters: new cards get it, earlier cards keep theirs.

        Raises KeyFileRefused, FileNotFoundError.
        """
        keys = self._roll(with_new_card_masters)
        return f"card masters are at version {keys.card_version}; restart the vault to use it"

    def status(self) -> str:
        """Say how the file is sealed, and each key's versions and check values; never a key."""
        kind, values = describe_keys(self.path)
        lines = [f"{self.path}: {'NOT sealed' if kind is SealKind.PLAIN else f'sealed ({kind})'}"]
        lines += [f"{name:<28} version {version:<3} {value}" for name, version, value in values]
        return "\n".join(lines)

    def _roll(self, add: Callable[[VaultKeys, Random], VaultKeys]) -> VaultKeys:
        opened = open_keys(self.path, self.rules)
        rolled = replace(opened, keys=add(opened.keys, self.random))
        replace_keys(self.path, rolled, self.random)
        return rolled.keys

    def _source(self, components: Components, purpose: str) -> Random:
        if components is Components.NONE:
            return self.random
        held = [self._component(components, number) for number in range(1, COMPONENTS + 1)]
        return DerivedKeys(combine(*held), purpose)

    def _component(self, components: Components, number: int) -> Secret:
        """Let one person note a component, or type one; the screen is wiped after."""
        console = self.console
        if components is Components.TYPED:
            component = read_component(console.ask(f"Component {number} of {COMPONENTS}: "))
            console.say(f"component {number}: check value {component_check_value(component)}")
            return component
        component = make_component(self.random)
        console.say(f"Component {number} of {COMPONENTS}, for one person alone:")
        console.say(write_component(component))
        console.say(f"check value {component_check_value(component)}")
        console.ask("Write it down, then press Enter: ")
        console.say(CLEAR_SCREEN)
        return component


def _table(keys: VaultKeys) -> str:
    return "\n".join(f"{name:<28} {value}" for name, _, value in check_values(keys))
