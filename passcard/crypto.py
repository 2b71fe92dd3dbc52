"""The primitives a DESFire needs, over `cryptography` and nothing else.

Promise: pure functions of keys and bytes; a wrong length is a ValueError. No padding is added here.
Triple DES serves one purpose: opening a factory blank once (see `factory_blank`).
"""

import hmac
import zlib

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

AES_BLOCK = 16
DES_BLOCK = 8


def aes_cmac(key: bytes, message: bytes) -> bytes:
    """Return the 16-byte CMAC of `message` (NIST SP 800-38B, RFC 4493)."""
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def aes_ecb_encrypt(key: bytes, block: bytes) -> bytes:
    """Encrypt exactly one block: the building stone of IVs and subkeys, never of messages."""
    if len(block) != AES_BLOCK:
        raise ValueError("exactly one AES block")
    # CBC over one block with a zero IV is ECB, and keeps the mode itself out of reach.
    return aes_cbc_encrypt(key, bytes(AES_BLOCK), block)


def aes_cbc_encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt whole blocks."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def aes_cbc_decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Decrypt whole blocks."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def des_cbc_encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt whole blocks with a DES key of 8 bytes or a 2K3DES key of 16."""
    encryptor = Cipher(_triple_des(key), modes.CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def des_cbc_decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Decrypt whole blocks with a DES key of 8 bytes or a 2K3DES key of 16."""
    decryptor = Cipher(_triple_des(key), modes.CBC(iv)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def crc32_jamcrc(message: bytes) -> bytes:
    """Return CRC-32 without its final inversion, little endian (what DESFire calls CRC32)."""
    return (zlib.crc32(message) ^ 0xFFFFFFFF).to_bytes(4, "little")


def rotate_left(value: bytes) -> bytes:
    """Rotate by one byte, as every DESFire handshake does."""
    return value[1:] + value[:1]


def same(left: bytes, right: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left, right)


def _triple_des(key: bytes) -> TripleDES:
    """Return the three-key cipher equal to a DES key or a 2K3DES key."""
    if len(key) == DES_BLOCK:
        return TripleDES(key * 3)
    if len(key) == 2 * DES_BLOCK:
        return TripleDES(key + key[:DES_BLOCK])
    raise ValueError("a DES key has 8 bytes, a 2K3DES key 16")
