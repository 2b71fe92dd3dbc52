"""Deriving the key a PIN pad used from its serial number: AES DUKPT and TDES DUKPT.

Promise: pure functions on the base derivation key, which exists in the vault alone. A counter no
pad can reach is refused. Not here: which counters have served (that is remembered with the pad).
"""

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# ANSI X9.24-3:2017 §6.3.2: derivation data of 16 bytes, one version.
_VERSION = 0x01
_USAGE_DERIVATION = 0x8000
_USAGE_INITIAL_KEY = 0x8001
_USAGE_PIN = 0x1000
# Key length in bytes -> algorithm indicator.
_AES_ALGORITHM: dict[int, int] = {16: 0x0002, 24: 0x0003, 32: 0x0004}

AES_KEY_ID_BYTES = 8
AES_KSN_BYTES = 12
AES_COUNTER_ONES_MAX = 16
AES_COUNTER_MAX = 0xFFFF0000

TDES_KSN_BYTES = 10
TDES_COUNTER_BITS = 21
TDES_COUNTER_ONES_MAX = 10
TDES_COUNTER_MAX = 0x1FF800
_TDES_COUNTER_MASK = (1 << TDES_COUNTER_BITS) - 1
# ANSI X9.24-1:2009 annex A.
_TDES_MASK = bytes.fromhex("C0C0C0C000000000" * 2)
_TDES_PIN_VARIANT = bytes.fromhex("00000000000000FF" * 2)


class KeySerialNumberInvalid(ValueError):
    """The serial number has another length, or a counter that no pad can have reached."""


@dataclass(frozen=True, slots=True)
class KeySerialNumber:
    """A KSN taken apart: which pad (its initial key), and how many times it has encrypted."""

    initial_key_id: bytes
    counter: int

    @classmethod
    def parse_aes(cls, ksn: bytes) -> Self:
        """Read 12 bytes: initial key id 8, counter 4 (ANSI X9.24-3 §6.2)."""
        if len(ksn) != AES_KSN_BYTES:
            raise KeySerialNumberInvalid("an AES KSN has 12 bytes")
        counter = int.from_bytes(ksn[AES_KEY_ID_BYTES:], "big")
        if not 1 <= counter <= AES_COUNTER_MAX or counter.bit_count() > AES_COUNTER_ONES_MAX:
            raise KeySerialNumberInvalid("no pad reaches this counter")
        return cls(ksn[:AES_KEY_ID_BYTES], counter)

    @classmethod
    def parse_tdes(cls, ksn: bytes) -> Self:
        """Read 10 bytes, of which the last 21 bits count (ANSI X9.24-1 §A.2).

        The initial key id is the KSN with its counter at zero.
        """
        if len(ksn) != TDES_KSN_BYTES:
            raise KeySerialNumberInvalid("a TDES KSN has 10 bytes")
        whole = int.from_bytes(ksn, "big")
        counter = whole & _TDES_COUNTER_MASK
        if not 1 <= counter <= TDES_COUNTER_MAX or counter.bit_count() > TDES_COUNTER_ONES_MAX:
            raise KeySerialNumberInvalid("no pad reaches this counter")
        return cls((whole - counter).to_bytes(TDES_KSN_BYTES, "big"), counter)


def aes_initial_key(bdk: bytes, initial_key_id: bytes) -> bytes:
    """Return a pad's first key, as long as the BDK (ANSI X9.24-3 §6.3.3)."""
    if len(initial_key_id) != AES_KEY_ID_BYTES:
        raise KeySerialNumberInvalid("an initial key id has 8 bytes")
    return _aes_derive(bdk, _USAGE_INITIAL_KEY, len(bdk), initial_key_id)


def aes_transaction_key(bdk: bytes, serial: KeySerialNumber) -> bytes:
    """Return the key a pad's counter leads to: one derivation for each bit that is set."""
    key = aes_initial_key(bdk, serial.initial_key_id)
    reached = 0
    for place in reversed(range(32)):
        bit = 1 << place
        if serial.counter & bit:
            reached |= bit
            key = _aes_derive(key, _USAGE_DERIVATION, len(key), _context(serial, reached))
    return key


def aes_pin_key(bdk: bytes, serial: KeySerialNumber, length: int = 16) -> bytes:
    """Return the key of `length` bytes that encrypted the PIN block with this serial number."""
    key = aes_transaction_key(bdk, serial)
    return _aes_derive(key, _USAGE_PIN, length, _context(serial, serial.counter))


def aes128_initial_key_data(initial_key_id: bytes) -> bytes:
    """Return the block whose encryption under a BDK of 16 bytes is a pad's first key."""
    if len(initial_key_id) != AES_KEY_ID_BYTES:
        raise KeySerialNumberInvalid("an initial key id has 8 bytes")
    return _derivation_data(_USAGE_INITIAL_KEY, 16, initial_key_id)


def aes128_pin_key_path(serial: KeySerialNumber) -> tuple[bytes, ...]:
    """Return the blocks that lead from a BDK of 16 bytes to the PIN key, for a token.

    Each is encrypted under the key that the one before led to.
    """
    path = [aes128_initial_key_data(serial.initial_key_id)]
    reached = 0
    for place in reversed(range(32)):
        bit = 1 << place
        if serial.counter & bit:
            reached |= bit
            path.append(_derivation_data(_USAGE_DERIVATION, 16, _context(serial, reached)))
    path.append(_derivation_data(_USAGE_PIN, 16, _context(serial, serial.counter)))
    return tuple(path)


def tdes_initial_key(bdk: bytes, initial_key_id: bytes) -> bytes:
    """Return a pad's first key, 16 bytes (ANSI X9.24-1 §A.6); the id has 10 bytes."""
    if len(initial_key_id) != TDES_KSN_BYTES:
        raise KeySerialNumberInvalid("a TDES initial key id has 10 bytes")
    data = initial_key_id[:8]
    return _tdes_encrypt(bdk, data) + _tdes_encrypt(_xor(bdk, _TDES_MASK), data)


def tdes_transaction_key(bdk: bytes, serial: KeySerialNumber) -> bytes:
    """Return the key a pad's counter leads to (ANSI X9.24-1 §A.3)."""
    key = tdes_initial_key(bdk, serial.initial_key_id)
    register = int.from_bytes(serial.initial_key_id[2:], "big")
    for place in reversed(range(TDES_COUNTER_BITS)):
        bit = 1 << place
        if serial.counter & bit:
            register |= bit
            key = _tdes_non_reversible(key, register.to_bytes(8, "big"))
    return key


def tdes_pin_key(bdk: bytes, serial: KeySerialNumber) -> bytes:
    """Return the key that encrypted the PIN block with this serial number, 16 bytes."""
    return _xor(tdes_transaction_key(bdk, serial), _TDES_PIN_VARIANT)


def _context(serial: KeySerialNumber, counter: int) -> bytes:
    return serial.initial_key_id[4:] + counter.to_bytes(4, "big")


def _aes_derive(key: bytes, usage: int, length: int, context: bytes) -> bytes:
    """Derive `length` bytes: one AES block for each 16, numbered from 1 (ANSI X9.24-3 §6.3.2)."""
    data = _derivation_data(usage, length, context)
    # ECB is the standard's own derivation function: each block is unlike every other.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return (encryptor.update(data) + encryptor.finalize())[:length]


def _derivation_data(usage: int, length: int, context: bytes) -> bytes:
    fixed = (
        usage.to_bytes(2, "big")
        + _AES_ALGORITHM[length].to_bytes(2, "big")
        + (length * 8).to_bytes(2, "big")
        + context
    )
    blocks = -(-length // 16)
    return b"".join(bytes((_VERSION, number)) + fixed for number in range(1, blocks + 1))


def _tdes_non_reversible(key: bytes, register: bytes) -> bytes:
    """Step one key down the tree (ANSI X9.24-1 §A.3, non-reversible key generation)."""
    right = _des_step(key, register)
    left = _des_step(_xor(key, _TDES_MASK), register)
    return left + right


def _des_step(key: bytes, register: bytes) -> bytes:
    half, mask = key[:8], key[8:]
    # Single DES is TDES with one key three times.
    return _xor(_tdes_encrypt(half + half, _xor(register, mask)), mask)


def _tdes_encrypt(key: bytes, block: bytes) -> bytes:
    # A double-length key, written out: K1 K2 K1. ECB on one block is the standard's own step.
    encryptor = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(block) + encryptor.finalize()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
