"""Keys in this process's memory: what a key file holds once it is open.

It is not a secure cryptographic device: whoever reads this memory has them all.
"""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.vault import dukpt, pin_block
from backend.vault.check_values import CheckValue, check_values
from backend.vault.keys import Bdk, VaultKeys, find_bdk
from backend.vault.values import EncryptedPinBlock, PinProfile
from passcard.card_keys import PersonalisationKeys
from passcard.diversify import card_key_input, diversify
from passcard.layout import Application
from passcard.secret import Secret


class SoftwareStore:
    """A KeyStore of open keys."""

    def __init__(self, keys: VaultKeys) -> None:
        self._keys = keys
        self._signing = Ed25519PrivateKey.from_private_bytes(keys.list_signing.reveal())

    @property
    def card_version(self) -> int:
        """Version of the card masters that new cards get."""
        return self._keys.card_version

    @property
    def pin_reference_version(self) -> int:
        """Version of the key that new PIN references are made with."""
        return self._keys.pin_reference_version

    def held_keys(self) -> tuple[CheckValue, ...]:
        """Name every key held."""
        return check_values(self._keys)

    def card_keys(self, uid: bytes, version: int) -> PersonalisationKeys:
        """Derive the five keys of one card."""
        return self._keys.master_keys(version).for_card(uid, version=version)

    def card_key(self, uid: bytes, application: Application, version: int) -> bytes:
        """Derive key 1 of one application of one card."""
        masters = self._keys.master_keys(version)
        benefits = application is Application.BENEFITS
        master = masters.benefits_authenticate if benefits else masters.access_authenticate
        return diversify(master.reveal(), card_key_input(uid, application.aid))

    def pin_tag(self, version: int, message: bytearray) -> bytes | None:
        """Compute HMAC-SHA-256 under a PIN reference key."""
        key = self._keys.pin_reference(version)
        return None if key is None else hmac.new(key.reveal(), message, sha256).digest()

    def open_block(self, encrypted: EncryptedPinBlock, card_number: str) -> bytearray:
        """Return a PIN block's digits."""
        if encrypted.profile is PinProfile.AES_DUKPT_FORMAT_4:
            serial = dukpt.KeySerialNumber.parse_aes(encrypted.key_serial_number)
            bdk = find_bdk(self._keys.bdks_aes, serial.initial_key_id).key
            key = dukpt.aes_pin_key(bdk.reveal(), serial)
            return pin_block.open_format_4(key, card_number, encrypted.block)
        serial = dukpt.KeySerialNumber.parse_tdes(encrypted.key_serial_number)
        bdk = find_bdk(self._keys.bdks_tdes, serial.initial_key_id).key
        key = dukpt.tdes_pin_key(bdk.reveal(), serial)
        return pin_block.open_format_0(key, card_number, encrypted.block)

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Derive a pad's initial key."""
        bdk = find_bdk(self._bdks(profile), initial_key_id).key
        if profile is PinProfile.AES_DUKPT_FORMAT_4:
            return Secret(dukpt.aes_initial_key(bdk.reveal(), initial_key_id))
        return Secret(dukpt.tdes_initial_key(bdk.reveal(), initial_key_id))

    def bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return the prefix of the newest BDK."""
        return self._bdks(profile)[-1].prefix

    def sealing_key(self) -> Secret:
        """Return the sealing key."""
        return self._keys.sealing

    def sign(self, message: bytes) -> bytes:
        """Sign with the list-signing key."""
        return self._signing.sign(message)

    def public_key(self) -> bytes:
        """Return the public half of the list-signing key."""
        return self._signing.public_key().public_bytes_raw()

    def _bdks(self, profile: PinProfile) -> tuple[Bdk, ...]:
        aes = profile is PinProfile.AES_DUKPT_FORMAT_4
        return self._keys.bdks_aes if aes else self._keys.bdks_tdes
