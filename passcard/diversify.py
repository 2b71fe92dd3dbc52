"""One key per card out of one master key: NXP AN10922, AES-128.

Promise: `diversify` is a pure function; the same master and input give the same key for ever.
Not here: the masters. They live in the backend's vault.
"""

from collections.abc import Callable

from passcard.crypto import AES_BLOCK, aes_cbc_encrypt
from passcard.layout import AES_KEY_LENGTH, AID_LENGTH, UID_LENGTH

INPUT_BYTES_MAX = 31
# AN10922 §2.2: the constant that says "AES-128".
_DIVERSIFICATION_CONSTANT = b"\x01"
_PADDED_LENGTH = 2 * AES_BLOCK
_REDUCTION = 0x87  # x^128 + x^7 + x^2 + x + 1 (SP 800-38B §5.3)


def diversify(master_key: bytes, diversification_input: bytes) -> bytes:
    """Return the 16-byte key of one card (AN10922 §2.2); the input has 1 to 31 bytes."""
    if len(master_key) != AES_KEY_LENGTH:
        raise ValueError("a master key has 16 bytes")
    return diversify_by(
        lambda plain: aes_cbc_encrypt(master_key, bytes(AES_BLOCK), plain), diversification_input
    )


def diversify_by(encrypt: Callable[[bytes], bytes], diversification_input: bytes) -> bytes:
    """Do the same with a master that only encrypts: AES-CBC of whole blocks, zero IV.

    For a master that lives in a token and cannot be read.
    """
    if not 1 <= len(diversification_input) <= INPUT_BYTES_MAX:
        raise ValueError("a diversification input has 1 to 31 bytes")
    subkey_1 = _double(encrypt(bytes(AES_BLOCK)))
    message = _DIVERSIFICATION_CONSTANT + diversification_input
    # Always two blocks, even when one would do: this is where it is not a plain CMAC.
    whole = len(message) == _PADDED_LENGTH
    subkey = subkey_1 if whole else _double(subkey_1)
    padded = message if whole else (message + b"\x80").ljust(_PADDED_LENGTH, b"\x00")
    last = _xor(padded[AES_BLOCK:], subkey)
    return encrypt(padded[:AES_BLOCK] + last)[AES_BLOCK:]


def card_key_input(uid: bytes, aid: bytes) -> bytes:
    """Return what distinguishes a card's key: UID (7 bytes), then AID (3 bytes, wire order)."""
    if len(uid) != UID_LENGTH:
        raise ValueError("a UID has 7 bytes")
    if len(aid) != AID_LENGTH:
        raise ValueError("an AID has 3 bytes")
    return uid + aid


def _double(block: bytes) -> bytes:
    """Multiply by x in GF(2^128): how CMAC makes its subkeys (SP 800-38B §6.1)."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value & ((1 << 128) - 1)) ^ _REDUCTION
    return value.to_bytes(AES_BLOCK, "big")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
