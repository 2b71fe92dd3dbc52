"""Where `pass-backend keys` puts keys: a key file, or a PKCS#11 token.

Promise: what is there is never overwritten, only added to.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from backend.commands.refusal import CommandRefused
from backend.settings import Settings
from backend.vault.errors import KeyFileRefused
from backend.vault.key_file import (
    KeyFileRules,
    OpenKeyFile,
    describe_keys,
    open_keys,
    replace_keys,
    write_keys,
)
from backend.vault.key_seal import SealKind, new_seal, token_pin
from backend.vault.keys import (
    Bdk,
    VaultKeys,
    make_card_masters,
    make_pin_reference_key,
    with_new_bdk,
    with_new_card_masters,
    with_new_pin_reference,
)
from backend.vault.values import PinProfile

if TYPE_CHECKING:
    from backend.vault.pkcs11_store import Pkcs11Store
    from backend.vault.pkcs11_token import Token

Random = Callable[[int], bytes]
#: Puts the first keys where they belong; returns where that is, in words.
PutKeys = Callable[[VaultKeys], str]


class KeyHome(Protocol):
    """A place for keys."""

    def prepare(self, seal: SealKind | None) -> PutKeys:
        """Refuse what would fail, before two people write anything down; return what puts keys."""
        ...

    def roll_cards(self, random: Random) -> int:
        """Add a version of the card masters, and return it."""
        ...

    def roll_pin_reference(self, random: Random) -> int:
        """Add a version of the PIN reference key, and return it."""
        ...

    def add_bdk(self, profile: PinProfile, bdk: Bdk) -> None:
        """Add a BDK for the pads whose identifier begins with its prefix."""
        ...

    def status(self) -> str:
        """Say what is there, never a key."""
        ...


@dataclass(frozen=True, slots=True)
class FileHome:
    """Keys in a file."""

    path: Path
    rules: KeyFileRules
    random: Random

    def prepare(self, seal: SealKind | None) -> PutKeys:
        """Make the seal, unless this is development; raise KeyFileRefused, CommandRefused."""
        if self.path.exists():
            raise KeyFileRefused("there is a key file already; it is never overwritten")
        kind = seal or (SealKind.PLAIN if self.rules.development else SealKind.CREDENTIAL)
        if kind is SealKind.PLAIN and not self.rules.development:
            raise CommandRefused("a plain key file is for development: choose another --seal")
        made = None
        if kind is not SealKind.PLAIN:
            made = new_seal(kind, self.rules.source, self.random)

        def put(keys: VaultKeys) -> str:
            write_keys(self.path, OpenKeyFile(keys, made), self.random)
            return f"{self.path} ({kind})"

        return put

    def roll_cards(self, random: Random) -> int:
        """Add a version of the card masters."""
        return self._add(lambda keys: with_new_card_masters(keys, random)).card_version

    def roll_pin_reference(self, random: Random) -> int:
        """Add a version of the PIN reference key."""
        return self._add(lambda keys: with_new_pin_reference(keys, random)).pin_reference_version

    def add_bdk(self, profile: PinProfile, bdk: Bdk) -> None:
        """Add a BDK."""
        self._add(lambda keys: with_new_bdk(keys, profile, bdk.prefix, bdk.key))

    def status(self) -> str:
        """Say how the file is sealed, and every key's version and check value."""
        kind, values = describe_keys(self.path)
        lines = [f"{self.path}: {'NOT sealed' if kind is SealKind.PLAIN else f'sealed ({kind})'}"]
        lines += [f"{name:<28} version {version:<3} {value}" for name, version, value in values]
        return "\n".join(lines)

    def _add(self, add: Callable[[VaultKeys], VaultKeys]) -> VaultKeys:
        opened = open_keys(self.path, self.rules)
        rolled = replace(opened, keys=add(opened.keys))
        replace_keys(self.path, rolled, self.random)
        return rolled.keys


class TokenHome:
    """Keys in a PKCS#11 token; the library is loaded only here and in the vault itself."""

    def __init__(self, token: "Token", random: Random) -> None:
        from backend.vault import pkcs11_store  # noqa: PLC0415

        self._token = token
        self._random = random
        self._keys = pkcs11_store

    def prepare(self, seal: SealKind | None) -> PutKeys:
        """Refuse a token that has keys; raise KeyFileRefused, CommandRefused."""
        if seal is not None:
            raise CommandRefused("--seal is for key files: a token keeps its own keys")
        if self._token.labels():
            raise KeyFileRefused("the token has such keys already; they are never overwritten")

        def put(keys: VaultKeys) -> str:
            self._keys.put_keys(self._token, keys, self._random)
            return "the token"

        return put

    def roll_cards(self, random: Random) -> int:
        """Add a version of the card masters."""
        version = self._store().card_version + 1
        self._keys.put_card_masters(self._token, make_card_masters(random), version)
        return version

    def roll_pin_reference(self, random: Random) -> int:
        """Add a version of the PIN reference key."""
        version = self._store().pin_reference_version + 1
        self._keys.put_pin_reference(self._token, make_pin_reference_key(random), version)
        return version

    def add_bdk(self, profile: PinProfile, bdk: Bdk) -> None:
        """Add a BDK; raise KeyFileRefused for a prefix that is taken."""
        held = self._store().bdk_prefixes(profile)
        if bdk.prefix in held:
            raise KeyFileRefused("another BDK has this prefix: no pad may change its key")
        self._keys.put_bdk(self._token, profile, bdk, len(held) + 1)

    def status(self) -> str:
        """Name every key in the token."""
        return "\n".join(["in the token:", *sorted(self._token.labels())])

    def _store(self) -> "Pkcs11Store":
        return self._keys.Pkcs11Store(self._token)


def find_home(settings: Settings, rules: KeyFileRules, random: Random) -> KeyHome:
    """Return where these settings put keys; raise TokenRefused, KeyFileRefused, CommandRefused."""
    if settings.vault_token_module is None:
        return FileHome(settings.vault_key_file, rules, random)
    return TokenHome(open_token(settings, rules), random)


def open_token(settings: Settings, rules: KeyFileRules) -> "Token":
    """Log in to the token of the settings; raise TokenRefused, KeyFileRefused, CommandRefused."""
    assert settings.vault_token_module is not None
    try:
        from backend.vault.pkcs11_vault import TokenPlace  # noqa: PLC0415
    except ImportError:
        raise CommandRefused("a token needs the python-pkcs11 package: install [pkcs11]") from None
    place = TokenPlace(
        settings.vault_token_module, settings.vault_token_label, settings.vault_token_key_set
    )
    return place.open(token_pin(rules.source))
