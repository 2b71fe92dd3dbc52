"""DUKPT as a PIN pad does it: one initial key, and a fresh key for every entry.

Promise: the key for a given counter, byte for byte as ANSI X9.24 says, and the next counter a pad
may use, so that no counter serves twice. AES: X9.24-3:2017. TDES: X9.24-1:2009.
Not done here: base derivation keys (a pad never has one), keeping the counter (`pad/counter.py`).
"""

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

AES_COUNTER_BITS, AES_ONE_BITS_MAX = 32, 16
TDES_COUNTER_BITS, TDES_ONE_BITS_MAX = 21, 10

# X9.24-3 table 2: what a derived key is for.
USAGE_KEY_DERIVATION = 0x8000
USAGE_PIN_ENCRYPTION = 0x1000

_AES_ALGORITHMS = {16: 2, 24: 3, 32: 4}  # by key length in bytes (X9.24-3 table 3)
_VERSION = 0x01
_AES_BLOCK = 16

# X9.24-1 A.2: what makes the right half's key differ from the left's, and the PIN variant.
_TDES_HALF_MASK = bytes.fromhex("C0C0C0C000000000C0C0C0C000000000")
_TDES_PIN_VARIANT = bytes.fromhex("00000000000000FF00000000000000FF")


class CounterExhausted(Exception):
    """The pad has used its last key: it needs a new initial key."""


def next_counter(counter: int, *, bits: int, one_bits_max: int) -> int:
    """Return the next counter with few enough one-bits; raise `CounterExhausted` at the end.

    Skipping is by adding the lowest one-bit, as X9.24-3 6.3 does: 0001FFFE is followed by 00020000.
    """
    counter += 1
    while counter.bit_count() > one_bits_max:
        counter += counter & -counter
    if counter >= 1 << bits:
        raise CounterExhausted
    return counter


def next_aes_counter(counter: int) -> int:
    """Return the AES counter after this one."""
    return next_counter(counter, bits=AES_COUNTER_BITS, one_bits_max=AES_ONE_BITS_MAX)


def next_tdes_counter(counter: int) -> int:
    """Return the TDES counter after this one."""
    return next_counter(counter, bits=TDES_COUNTER_BITS, one_bits_max=TDES_ONE_BITS_MAX)


def aes_key_serial_number(initial_key_id: bytes, counter: int) -> bytes:
    """Return the 12 bytes that tell the backend which key was used."""
    return initial_key_id + counter.to_bytes(4, "big")


def aes_transaction_key(initial_key: bytes, initial_key_id: bytes, counter: int) -> bytes:
    """Return the key all working keys of this counter come from; as long as the initial key."""
    key, partial = initial_key, 0
    for bit in _bits_from_the_top(counter, AES_COUNTER_BITS):
        partial |= bit
        context = initial_key_id[4:] + partial.to_bytes(4, "big")
        key = _derive_aes(key, USAGE_KEY_DERIVATION, context, len(key))
    return key


def aes_pin_key(
    initial_key: bytes, initial_key_id: bytes, counter: int, *, key_bytes: int = 16
) -> bytes:
    """Return the PIN encryption key of this counter: 16 bytes, or `key_bytes`."""
    transaction_key = aes_transaction_key(initial_key, initial_key_id, counter)
    context = initial_key_id[4:] + counter.to_bytes(4, "big")
    return _derive_aes(transaction_key, USAGE_PIN_ENCRYPTION, context, key_bytes)


def _derive_aes(key: bytes, usage: int, context: bytes, key_bytes: int) -> bytes:
    """Derive a key (X9.24-3 6.2): blocks 01, 02 … of the derivation data, encrypted."""
    tail = (
        usage.to_bytes(2, "big")
        + _AES_ALGORITHMS[key_bytes].to_bytes(2, "big")
        + (key_bytes * 8).to_bytes(2, "big")
        + context
    )
    blocks = -(-key_bytes // _AES_BLOCK)
    derived = (_aes(key, bytes((_VERSION, number + 1)) + tail) for number in range(blocks))
    return b"".join(derived)[:key_bytes]


def _aes(key: bytes, block: bytes) -> bytes:
    # One block of derivation data: this is a one-way step, not a mode for messages.
    return Cipher(AES(key), ECB()).encryptor().update(block)  # noqa: S305


def tdes_key_serial_number(initial_ksn: bytes, counter: int) -> bytes:
    """Return the 10 bytes whose last 21 bits are the counter."""
    number = int.from_bytes(initial_ksn, "big") >> TDES_COUNTER_BITS << TDES_COUNTER_BITS
    return (number | counter).to_bytes(10, "big")


def tdes_transaction_key(initial_key: bytes, initial_ksn: bytes, counter: int) -> bytes:
    """Return the 16-byte key of this counter, before any variant."""
    key, partial = initial_key, 0
    for bit in _bits_from_the_top(counter, TDES_COUNTER_BITS):
        partial |= bit
        register = tdes_key_serial_number(initial_ksn, partial)[2:]
        right = _tdes_half(key, register)
        left = _tdes_half(_xor(key, _TDES_HALF_MASK), register)
        key = left + right
    return key


def tdes_pin_key(initial_key: bytes, initial_ksn: bytes, counter: int) -> bytes:
    """Return the 16-byte PIN encryption key of this counter."""
    return _xor(tdes_transaction_key(initial_key, initial_ksn, counter), _TDES_PIN_VARIANT)


def _tdes_half(key: bytes, register: bytes) -> bytes:
    """Make half a key (X9.24-1 A.2, non-reversible key generation): single DES between two XORs."""
    left, right = key[:8], key[8:]
    des = Cipher(TripleDES(left * 3), ECB()).encryptor()  # noqa: S305 -- one block, as specified
    return _xor(des.update(_xor(register, right)), right)


def _bits_from_the_top(counter: int, bits: int) -> list[int]:
    ones = (1 << place for place in reversed(range(bits)))
    return [bit for bit in ones if counter & bit]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
