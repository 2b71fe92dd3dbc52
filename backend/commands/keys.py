"""`pass-backend keys`: make the vault's keys, give them new versions, and say which there are.

Promise: a key is never shown; a component is shown once, to the one person who will hold it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from backend.commands.key_home import KeyHome, find_home
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
from backend.vault.dukpt import KeySerialNumberInvalid
from backend.vault.key_file import KeyFileRules
from backend.vault.key_seal import SealKeySource, SealKind
from backend.vault.keys import BDK_BYTES, BDK_PREFIX_BYTES_MAX, Bdk, VaultKeys, make_keys
from backend.vault.published_keys import refuse_published
from backend.vault.values import PinProfile
from backend.vault.vault import Vault
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
    def rules(self) -> KeyFileRules:
        """What this environment asks of a key file."""
        source = SealKeySource(self.credentials_folder, self.console.ask)
        return KeyFileRules(self.settings.environment == "development", source)

    def create(self, seal: SealKind | None, components: Components | None) -> str:
        """Make the keys, once; raise KeyFileRefused when there are some, CommandRefused."""
        put = self._home().prepare(seal)
        if components is None:
            development = self.rules.development
            components = Components.NONE if development else Components.GENERATED
        keys = make_keys(self._source(components, "create"))
        refuse_published(keys)
        place = put(keys)
        shown = "" if components is Components.NONE else "\n" + _table(keys)
        return f"keys made in {place}{shown}"

    def roll_cards(self) -> str:
        """Add a version of the card masters: new cards get it, earlier cards keep theirs.

        Raises KeyFileRefused, FileNotFoundError.
        """
        version = self._home().roll_cards(self.random)
        return f"card masters are at version {version}; restart the vault to use it"

    def roll_pin_reference(self) -> str:
        """Add a version of the PIN reference key: each code moves to it when it is next right.

        Raises KeyFileRefused, FileNotFoundError.
        """
        version = self._home().roll_pin_reference(self.random)
        return f"the PIN reference key is at version {version}; restart the vault to use it"

    def add_bdk(self, profile: PinProfile, prefix: bytes, components: Components) -> str:
        """Add a base derivation key for the pads whose identifier begins with `prefix`.

        Raises KeyFileRefused, FileNotFoundError, CommandRefused.
        """
        if not 1 <= len(prefix) <= BDK_PREFIX_BYTES_MAX:
            raise CommandRefused(f"a BDK's prefix has 1 to {BDK_PREFIX_BYTES_MAX} bytes")
        random = self._source(components, f"bdk:{profile}:{prefix.hex()}")
        bdk = Bdk(prefix, Secret(random(BDK_BYTES)))
        self._home().add_bdk(profile, bdk)
        return f"pads {prefix.hex().upper()}… have a BDK of their own; restart the vault to use it"

    def pad_key_block(self, vault: Vault, profile: PinProfile, initial_key_id: bytes) -> str:
        """Return a pad's initial key as a TR-31 block, under a key two people bring.

        Raises KeyFileRefused, CommandRefused, VaultUnavailable.
        """
        held = [self._component(Components.TYPED, n) for n in range(1, COMPONENTS + 1)]
        try:
            return vault.pad_key_block(initial_key_id, profile, combine(*held))
        except KeySerialNumberInvalid as error:
            raise CommandRefused(str(error)) from None

    def status(self) -> str:
        """Say where the keys are, and their versions and check values; never a key."""
        return self._home().status()

    def _home(self) -> KeyHome:
        return find_home(self.settings, self.rules, self.random)

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
