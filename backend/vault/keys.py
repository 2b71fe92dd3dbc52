"""Every key the vault holds, one purpose each, with the versions that rolling over leaves behind.

Promise: versions count from 1, the newest is the current one, and none is ever changed. A BDK
serves the pads whose identifier begins with its prefix; the first, with no prefix, serves every
pad that no later one claims. Not here: where keys are kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.vault.errors import CardKeyVersionUnknown, KeyFileRefused
from backend.vault.values import PinProfile
from passcard.card_keys import MasterKeys
from passcard.issuing import KEY_VERSIONS_MAX
from passcard.secret import Secret

#: A talk with a card tries each version of its masters, so there are no more than it may try.
VERSIONS_MAX = KEY_VERSIONS_MAX
CARD_KEY_NAMES = (
    "picc",
    "benefits_master",
    "benefits_authenticate",
    "access_master",
    "access_authenticate",
)
CARD_KEY_BYTES = 16
BDK_BYTES = 16
PIN_REFERENCE_BYTES = 32
LIST_SIGNING_BYTES = 32
SEALING_BYTES = 32
#: An identifier of the keys' owner: 4 bytes for AES (ANSI X9.24-3 §6.1), 5 for TDES.
BDK_PREFIX_BYTES_MAX = 5


@dataclass(frozen=True, slots=True)
class Bdk:
    """A base derivation key and the first bytes of the pad identifiers it serves."""

    prefix: bytes
    key: Secret


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """Every key, oldest version first."""

    cards: tuple[MasterKeys, ...]
    pin_references: tuple[Secret, ...]
    bdks_aes: tuple[Bdk, ...]
    bdks_tdes: tuple[Bdk, ...]
    list_signing: Secret
    sealing: Secret

    @property
    def card_version(self) -> int:
        """Version of the card masters that new cards get."""
        return len(self.cards)

    @property
    def pin_reference_version(self) -> int:
        """Version of the key that new PIN references are made with."""
        return len(self.pin_references)

    def master_keys(self, version: int) -> MasterKeys:
        """Return the card masters of a version; raise CardKeyVersionUnknown."""
        if not 1 <= version <= len(self.cards):
            raise CardKeyVersionUnknown(version=version)
        return self.cards[version - 1]

    def pin_reference(self, version: int) -> Secret | None:
        """Return the PIN reference key of a version, or None if there is none."""
        if not 1 <= version <= len(self.pin_references):
            return None
        return self.pin_references[version - 1]


def find_bdk(bdks: tuple[Bdk, ...], identifier: bytes) -> Bdk:
    """Return the BDK of a pad: the one with the longest prefix of its identifier."""
    serving = [bdk for bdk in bdks if identifier.startswith(bdk.prefix)]
    return max(serving, key=lambda bdk: len(bdk.prefix))


def make_card_masters(random: Callable[[int], bytes]) -> MasterKeys:
    """Make the five card masters of a version."""
    return MasterKeys(**{name: Secret(random(CARD_KEY_BYTES)) for name in CARD_KEY_NAMES})


def make_pin_reference_key(random: Callable[[int], bytes]) -> Secret:
    """Make a PIN reference key."""
    return Secret(random(PIN_REFERENCE_BYTES))


def make_keys(random: Callable[[int], bytes]) -> VaultKeys:
    """Make every key afresh, in one version."""
    return VaultKeys(
        cards=(make_card_masters(random),),
        pin_references=(make_pin_reference_key(random),),
        bdks_aes=(Bdk(b"", Secret(random(BDK_BYTES))),),
        bdks_tdes=(Bdk(b"", Secret(random(BDK_BYTES))),),
        list_signing=Secret(random(LIST_SIGNING_BYTES)),
        sealing=Secret(random(SEALING_BYTES)),
    )


def with_new_card_masters(keys: VaultKeys, random: Callable[[int], bytes]) -> VaultKeys:
    """Return the keys with one more version of the card masters; raise KeyFileRefused."""
    _check_room(keys.cards)
    return replace(keys, cards=(*keys.cards, make_card_masters(random)))


def with_new_pin_reference(keys: VaultKeys, random: Callable[[int], bytes]) -> VaultKeys:
    """Return the keys with one more version of the PIN reference key; raise KeyFileRefused."""
    _check_room(keys.pin_references)
    return replace(keys, pin_references=(*keys.pin_references, make_pin_reference_key(random)))


def with_new_bdk(keys: VaultKeys, profile: PinProfile, prefix: bytes, key: Secret) -> VaultKeys:
    """Return the keys with a BDK for the pads whose identifier begins with `prefix`.

    Raises KeyFileRefused for a prefix that is empty, too long or taken, and when there is no room.
    """
    aes = profile is PinProfile.AES_DUKPT_FORMAT_4
    bdks = keys.bdks_aes if aes else keys.bdks_tdes
    _check_room(bdks)
    if not 1 <= len(prefix) <= BDK_PREFIX_BYTES_MAX:
        raise KeyFileRefused(f"a BDK's prefix has 1 to {BDK_PREFIX_BYTES_MAX} bytes")
    if any(bdk.prefix == prefix for bdk in bdks):
        raise KeyFileRefused("another BDK has this prefix: no pad may change its key")
    bdks = (*bdks, Bdk(prefix, key))
    return replace(keys, bdks_aes=bdks) if aes else replace(keys, bdks_tdes=bdks)


def _check_room(versions: tuple[object, ...]) -> None:
    if len(versions) >= VERSIONS_MAX:
        raise KeyFileRefused(f"there are {VERSIONS_MAX} versions already: no room for another")
