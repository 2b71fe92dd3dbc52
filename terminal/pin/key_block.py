"""Reading a pad's initial key from its key block: ASC X9 TR-31:2018 (ANSI X9.143), version D.

Promise: only a block that is whole, genuine and meant for this (an AES initial key, for derivation,
with its identifier) gives a key; nothing of the key is in an error. Not done here: writing blocks.
"""

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from terminal.errors import SettingsError
from terminal.pin.dukpt import KEY_BYTES, KEY_ID_BYTES

BLOCK_CHARACTERS_MAX = 512
COMPONENTS = 2
COMPONENT_BYTES = 32
_HEADER = 16
_MAC = 32  # hex characters
_CIPHER_BLOCK = 16
# Header bytes 5 to 8: initial DUKPT key, AES, derivation only.
_MEANT_FOR = "B1AX"
_OPTION_HEAD = 4
# The two working keys (TR-31:2018 §5.3.2.3): number of the block, usage, algorithm, bits.
_ENCRYPTION, _AUTHENTICATION = 0x0000, 0x0001
_ALGORITHM_AES_256, _BITS = 0x0004, 256


class KeyBlockRefused(SettingsError):
    """This is not the key block of a keypad, or not under these components."""


@dataclass(slots=True)
class InitialKey:
    """A pad's initial key and what names it. Whoever takes it wipes `key`."""

    key_id: bytes
    key: bytearray = field(repr=False)


def combine(first: str, second: str) -> bytes:
    """Return the protection key of two components of 64 hex digits, as two people type them."""
    try:
        held = [bytes.fromhex(text) for text in (first, second)]
    except ValueError:
        raise KeyBlockRefused("a component is hexadecimal") from None
    if any(len(one) != COMPONENT_BYTES for one in held):
        raise KeyBlockRefused(f"a component has {2 * COMPONENT_BYTES} hexadecimal digits")
    if held[0] == held[1]:
        raise KeyBlockRefused("the two components are the same")
    return bytes(a ^ b for a, b in zip(*held, strict=True))


def read_initial_key(block: str, protection_key: bytes) -> InitialKey:
    """Return the key in a block; raise KeyBlockRefused."""
    text = block.strip()
    if not (_HEADER + _MAC < len(text) <= BLOCK_CHARACTERS_MAX and text.isascii()):
        raise KeyBlockRefused("this is not a key block")
    if text[0] != "D" or text[1:5] != f"{len(text):04}":
        raise KeyBlockRefused("this is not a whole key block of version D")
    if text[5:9] != _MEANT_FOR:
        raise KeyBlockRefused("this key is not an AES initial key for a keypad")
    body_at, key_id = _read_options(text)
    return InitialKey(key_id, _open(text, body_at, protection_key))


def _read_options(text: str) -> tuple[int, bytes]:
    """Return where the body begins, and the identifier in the IK block."""
    try:
        count, at, key_id = int(text[12:14]), _HEADER, b""
        for _ in range(count):
            length = int(text[at + 2 : at + _OPTION_HEAD], 16)
            if length < _OPTION_HEAD:
                raise KeyBlockRefused("this key block is damaged")
            if text[at : at + 2] == "IK":
                key_id = bytes.fromhex(text[at + _OPTION_HEAD : at + length])
            at += length
    except ValueError:
        raise KeyBlockRefused("this key block is damaged") from None
    if len(key_id) != KEY_ID_BYTES:
        raise KeyBlockRefused("this key block does not say whose key it is")
    return at, key_id


def _open(text: str, body_at: int, protection_key: bytes) -> bytearray:
    try:
        closed, mac = bytes.fromhex(text[body_at:-_MAC]), bytes.fromhex(text[-_MAC:])
    except ValueError:
        raise KeyBlockRefused("this key block is damaged") from None
    if not closed or len(closed) % _CIPHER_BLOCK:
        raise KeyBlockRefused("this key block is damaged")
    decryptor = Cipher(AES(_working_key(protection_key, _ENCRYPTION)), CBC(mac)).decryptor()
    plain = decryptor.update(closed) + decryptor.finalize()
    expected = _cmac(_working_key(protection_key, _AUTHENTICATION), text[:body_at].encode() + plain)
    if not hmac.compare_digest(expected, mac):
        raise KeyBlockRefused("this key block was changed, or these are not its components")
    if int.from_bytes(plain[:2], "big") != 8 * KEY_BYTES or len(plain) < 2 + KEY_BYTES:
        raise KeyBlockRefused("this key block holds no key of 16 bytes")
    return bytearray(plain[2 : 2 + KEY_BYTES])


def _working_key(protection_key: bytes, usage: int) -> bytes:
    fixed = usage.to_bytes(2, "big") + b"\x00"
    fixed += _ALGORITHM_AES_256.to_bytes(2, "big") + _BITS.to_bytes(2, "big")
    return b"".join(_cmac(protection_key, bytes((number,)) + fixed) for number in (1, 2))


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()
