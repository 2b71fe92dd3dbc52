"""A key store in a PKCS#11 token.

    in the token   card masters (AN10922 is no standard mechanism, its AES-CBC steps are); AES DUKPT
                   from the BDK to the PIN block; PIN references; list signatures
    not possible   TDES DUKPT: it XORs keys, which no standard mechanism does. Its BDK is kept
                   encrypted under a key of the token, and is in memory during one call
    not kept       the key that seals challenges: it lives in memory, and they for seconds

What leaves the token is named in `key_store`. SoftHSM is no secure cryptographic device: it keeps
keys out of our files, and speaks the interface that a real one does.
"""

import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.vault import dukpt, pin_block
from backend.vault.check_values import CheckValue, cmac_check_value_by, shown
from backend.vault.errors import CardKeyVersionUnknown, TokenRefused
from backend.vault.keys import CARD_KEY_NAMES, SEALING_BYTES, Bdk, VaultKeys
from backend.vault.pkcs11_token import Purpose, Token
from backend.vault.values import EncryptedPinBlock, PinProfile
from passcard.card_keys import MasterKeys, PersonalisationKeys
from passcard.diversify import card_key_input, diversify_by
from passcard.layout import PICC_AID, Application
from passcard.secret import Secret

SIGNING = "list_signing"
PUBLIC_KEY = "list_signing.public"
WRAPPING = "wrapping"
_CARD = "card/"
_PIN_REFERENCE = "pin_reference/"
_BDK = {
    PinProfile.AES_DUKPT_FORMAT_4: "bdk_aes/",
    PinProfile.TDES_DUKPT_FORMAT_0: "bdk_tdes/",
}
_WRAPPING_BYTES = 32


class Pkcs11Store:
    """A KeyStore whose keys are in a token."""

    def __init__(self, token: Token, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._token = token
        self._sealing = Secret(random(SEALING_BYTES))
        labels = token.labels()
        self._card_version = _count(labels, _CARD, len(CARD_KEY_NAMES))
        self._pin_reference_version = _count(labels, _PIN_REFERENCE, 1)
        self._bdks = {profile: _prefixes(labels, start) for profile, start in _BDK.items()}
        versions = (self._card_version, self._pin_reference_version, *self._bdks.values())
        if not all(versions) or not {SIGNING, PUBLIC_KEY, WRAPPING} <= labels:
            raise TokenRefused("the token does not hold the vault's keys: pass-backend keys create")

    def bdk_prefixes(self, profile: PinProfile) -> tuple[bytes, ...]:
        """Return the prefixes of the BDKs held, oldest first."""
        return self._bdks[profile]

    @property
    def card_version(self) -> int:
        """Version of the card masters that new cards get."""
        return self._card_version

    @property
    def pin_reference_version(self) -> int:
        """Version of the key that new PIN references are made with."""
        return self._pin_reference_version

    def held_keys(self) -> tuple[CheckValue, ...]:
        """Name every key in the token; of keys that only derive, no check value is computed."""
        found = [
            (f"card.{name}", version, self._aes_check_value(f"{_CARD}{version}/{name}"))
            for version in range(1, self._card_version + 1)
            for name in CARD_KEY_NAMES
        ]
        for version in range(1, self._pin_reference_version + 1):
            tag = self._token.hmac(f"{_PIN_REFERENCE}{version}", bytearray())
            found.append(("pin_reference", version, shown(tag)))
        for profile, kind in _BDK.items():
            found += [
                (f"pin_{kind.rstrip('/')}[{prefix.hex().upper() or '*'}]", version, "")
                for version, prefix in enumerate(self._bdks[profile], 1)
            ]
        return (*found, (SIGNING, 1, ""), (WRAPPING, 1, ""))

    def card_keys(self, uid: bytes, version: int) -> PersonalisationKeys:
        """Derive the five keys of one card."""
        aids = {
            "picc": PICC_AID,
            "benefits_master": Application.BENEFITS.aid,
            "benefits_authenticate": Application.BENEFITS.aid,
            "access_master": Application.ACCESS.aid,
            "access_authenticate": Application.ACCESS.aid,
        }
        keys = {name: Secret(self._diversify(name, uid, aids[name], version)) for name in aids}
        return PersonalisationKeys(version=version, **keys)

    def card_key(self, uid: bytes, application: Application, version: int) -> bytes:
        """Derive key 1 of one application of one card."""
        name = f"{application.value}_authenticate"
        return self._diversify(name, uid, application.aid, version)

    def pin_tag(self, version: int, message: bytearray) -> bytes | None:
        """Compute HMAC-SHA-256 under a PIN reference key."""
        if not 1 <= version <= self._pin_reference_version:
            return None
        return self._token.hmac(f"{_PIN_REFERENCE}{version}", message)

    def open_block(self, encrypted: EncryptedPinBlock, card_number: str) -> bytearray:
        """Return a PIN block's digits."""
        if encrypted.profile is PinProfile.AES_DUKPT_FORMAT_4:
            serial = dukpt.KeySerialNumber.parse_aes(encrypted.key_serial_number)
            return self._token.open_with_derived(
                self._bdk_label(encrypted.profile, serial.initial_key_id),
                dukpt.aes128_pin_key_path(serial),
                lambda decrypt: pin_block.open_format_4_by(decrypt, card_number, encrypted.block),
            )
        serial = dukpt.KeySerialNumber.parse_tdes(encrypted.key_serial_number)
        bdk = self._tdes_bdk(serial.initial_key_id)
        key = dukpt.tdes_pin_key(bdk.reveal(), serial)
        return pin_block.open_format_0(key, card_number, encrypted.block)

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Derive a pad's initial key."""
        if profile is PinProfile.AES_DUKPT_FORMAT_4:
            block = dukpt.aes128_initial_key_data(initial_key_id)
            return self._token.derive_readable(self._bdk_label(profile, initial_key_id), block)
        bdk = self._tdes_bdk(initial_key_id)
        return Secret(dukpt.tdes_initial_key(bdk.reveal(), initial_key_id))

    def bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return the prefix of the newest BDK."""
        return self._bdks[profile][-1]

    def sealing_key(self) -> Secret:
        """Return the sealing key of this process."""
        return self._sealing

    def sign(self, message: bytes) -> bytes:
        """Sign with the list-signing key."""
        return self._token.sign(SIGNING, message)

    def public_key(self) -> bytes:
        """Return the public half of the list-signing key."""
        return self._token.read_data(PUBLIC_KEY)

    def _aes_check_value(self, label: str) -> str:
        return cmac_check_value_by(lambda block: self._token.encrypt_cbc(label, block))

    def _diversify(self, name: str, uid: bytes, aid: bytes, version: int) -> bytes:
        if not 1 <= version <= self._card_version:
            raise CardKeyVersionUnknown(version=version)
        label = f"{_CARD}{version}/{name}"
        return diversify_by(
            lambda plain: self._token.encrypt_cbc(label, plain), card_key_input(uid, aid)
        )

    def _bdk_label(self, profile: PinProfile, identifier: bytes) -> str:
        serving = [prefix for prefix in self._bdks[profile] if identifier.startswith(prefix)]
        prefix = max(serving, key=len)
        version = self._bdks[profile].index(prefix) + 1
        return f"{_BDK[profile]}{version}/{prefix.hex()}"

    def _tdes_bdk(self, identifier: bytes) -> Secret:
        closed = self._token.read_data(self._bdk_label(PinProfile.TDES_DUKPT_FORMAT_0, identifier))
        return Secret(self._token.decrypt_block(WRAPPING, closed))


def put_keys(token: Token, keys: VaultKeys, random: Callable[[int], bytes]) -> None:
    """Put every key into a token that has none of them; raise TokenRefused."""
    if token.labels():
        raise TokenRefused("the token has such keys already; they are never overwritten")
    for version, masters in enumerate(keys.cards, 1):
        put_card_masters(token, masters, version)
    for version, key in enumerate(keys.pin_references, 1):
        put_pin_reference(token, key, version)
    wrapping = Secret(random(_WRAPPING_BYTES))
    token.put_secret_key(WRAPPING, wrapping, Purpose.WRAPPING)
    for version, bdk in enumerate(keys.bdks_aes, 1):
        put_bdk(token, PinProfile.AES_DUKPT_FORMAT_4, bdk, version)
    for version, bdk in enumerate(keys.bdks_tdes, 1):
        put_bdk(token, PinProfile.TDES_DUKPT_FORMAT_0, bdk, version)
    seed = keys.list_signing
    public = Ed25519PrivateKey.from_private_bytes(seed.reveal()).public_key()
    token.put_data(PUBLIC_KEY, public.public_bytes_raw())
    token.put_signing_key(SIGNING, seed)


def put_card_masters(token: Token, masters: MasterKeys, version: int) -> None:
    """Put the card masters of a version into a token; raise TokenRefused."""
    for name in CARD_KEY_NAMES:
        key = getattr(masters, name)
        token.put_secret_key(f"{_CARD}{version}/{name}", key, Purpose.ENCRYPTION)


def put_pin_reference(token: Token, key: Secret, version: int) -> None:
    """Put the PIN reference key of a version into a token; raise TokenRefused."""
    label = f"{_PIN_REFERENCE}{version}"
    token.put_secret_key(label, key, Purpose.MAC)


def put_bdk(token: Token, profile: PinProfile, bdk: Bdk, version: int) -> None:
    """Put a BDK into a token, one for TDES encrypted; raise TokenRefused."""
    label = f"{_BDK[profile]}{version}/{bdk.prefix.hex()}"
    if profile is PinProfile.AES_DUKPT_FORMAT_4:
        token.put_secret_key(label, bdk.key, Purpose.DERIVATION)
    else:
        # One block that is random itself: the cipher alone is enough.
        token.put_data(label, token.encrypt_cbc(WRAPPING, bdk.key.reveal()))


def _count(labels: frozenset[str], start: str, each: int) -> int:
    """Return how many versions there are, all whole and none left out, else refuse."""
    versions = [int(label.split("/")[1]) for label in labels if label.startswith(start)]
    newest = max(versions, default=0)
    if sorted(versions) != sorted(list(range(1, newest + 1)) * each):
        raise TokenRefused(f"the token holds a part of the {start.rstrip('/')} keys only")
    return newest


def _prefixes(labels: frozenset[str], start: str) -> tuple[bytes, ...]:
    """Return the prefixes of the BDKs, oldest first."""
    _count(labels, start, 1)
    parts = sorted(
        (int(label.split("/")[1]), label.split("/")[2])
        for label in labels
        if label.startswith(start)
    )
    return tuple(bytes.fromhex(prefix) for _, prefix in parts)
