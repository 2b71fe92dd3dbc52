"""Key check values: what two people may read aloud to know that they hold the same key.

Promise: three bytes of a function nobody uses the key for otherwise; they name a key and do not
help to find it. Never computed for a secret that could be guessed (a code, a passphrase).
"""

import hashlib
import hmac
from collections.abc import Callable

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from backend.vault.keys import CARD_KEY_NAMES, VaultKeys
from passcard.secret import Secret

CHECK_VALUE_BYTES = 3

#: Name of the key, its version, its check value in hexadecimal.
CheckValue = tuple[str, int, str]


def aes_check_value(key: Secret) -> str:
    """Return the check value of an AES key: CMAC of a block of zeros (ANSI X9.24-1 annex A)."""
    mac = CMAC(algorithms.AES(key.reveal()))
    mac.update(bytes(16))
    return shown(mac.finalize())


def cmac_check_value_by(encrypt: Callable[[bytes], bytes]) -> str:
    """Return the same of a key that only encrypts a block for us (NIST SP 800-38B §6)."""
    doubled = int.from_bytes(encrypt(bytes(16))) << 1
    subkey = doubled ^ 0x87 if doubled >> 128 else doubled
    return shown(encrypt((subkey & (1 << 128) - 1).to_bytes(16)))


def tdes_check_value(key: Secret) -> str:
    """Return the check value of a double-length TDES key: a block of zeros, encrypted."""
    raw = key.reveal()
    # ECB over one block of zeros is the legacy definition itself.
    encryptor = Cipher(TripleDES(raw + raw[:8]), modes.ECB()).encryptor()  # noqa: S305
    return shown(encryptor.update(bytes(8)))


def hmac_check_value(key: Secret) -> str:
    """Return the check value of an HMAC key: HMAC-SHA-256 of nothing (ANSI X9.143)."""
    return shown(hmac.new(key.reveal(), b"", hashlib.sha256).digest())


def check_values(keys: VaultKeys) -> tuple[CheckValue, ...]:
    """Return the check value of every key of every version."""
    found = [
        (f"card.{name}", version, aes_check_value(getattr(masters, name)))
        for version, masters in enumerate(keys.cards, 1)
        for name in CARD_KEY_NAMES
    ]
    found += [
        ("pin_reference", version, hmac_check_value(key))
        for version, key in enumerate(keys.pin_references, 1)
    ]
    for kind, bdks, of in (
        ("pin_bdk_aes", keys.bdks_aes, aes_check_value),
        ("pin_bdk_tdes", keys.bdks_tdes, tdes_check_value),
    ):
        found += [
            (f"{kind}[{bdk.prefix.hex().upper() or '*'}]", version, of(bdk.key))
            for version, bdk in enumerate(bdks, 1)
        ]
    found += [
        ("list_signing", 1, hmac_check_value(keys.list_signing)),
        ("sealing", 1, aes_check_value(keys.sealing)),
    ]
    return tuple(found)


def shown(raw: bytes) -> str:
    """Write a check value as people read it aloud."""
    return raw[:CHECK_VALUE_BYTES].hex().upper()
