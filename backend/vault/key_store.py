"""Where keys lie, and the few things that are done with them there.

Promise: what a store can be asked is what a token can do without giving a key away; what does
leave it is named: one card's own keys, a pad's initial key, the content of one PIN block.
"""

from typing import Protocol

from backend.vault.check_values import CheckValue
from backend.vault.values import EncryptedPinBlock, PinProfile
from passcard.card_keys import PersonalisationKeys
from passcard.layout import Application
from passcard.secret import Secret


class KeyStore(Protocol):
    """The vault's keys, in memory or in a token."""

    @property
    def card_version(self) -> int:
        """Version of the card masters that new cards get."""
        ...

    @property
    def pin_reference_version(self) -> int:
        """Version of the key that new PIN references are made with."""
        ...

    def held_keys(self) -> tuple[CheckValue, ...]:
        """Name every key held, with its version and its check value (empty: not computed here)."""
        ...

    def card_keys(self, uid: bytes, version: int) -> PersonalisationKeys:
        """Derive the five keys of one card (UID of 7 bytes); raise CardKeyVersionUnknown."""
        ...

    def card_key(self, uid: bytes, application: Application, version: int) -> bytes:
        """Derive key 1 of one application of one card; raise CardKeyVersionUnknown."""
        ...

    def pin_tag(self, version: int, message: bytearray) -> bytes | None:
        """Compute HMAC-SHA-256 under a PIN reference key; None for a version not held."""
        ...

    def open_block(self, encrypted: EncryptedPinBlock, card_number: str) -> bytearray:
        """Return a block's digits, to be wiped; raise PinBlockInvalid, KeySerialNumberInvalid."""
        ...

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Derive a pad's initial key; raise KeySerialNumberInvalid."""
        ...

    def bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return the prefix of the newest BDK."""
        ...

    def sealing_key(self) -> Secret:
        """Return the key of what is sealed between two requests: it lives for seconds only."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign with the list-signing key (Ed25519)."""
        ...

    def public_key(self) -> bytes:
        """Return the public half of the list-signing key, 32 bytes."""
        ...
