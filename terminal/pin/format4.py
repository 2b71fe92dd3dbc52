"""A PIN block of ISO 9564-1 format 4, made from digits in a buffer that can be wiped.

Promise: the digits and the clear field lie in buffers only, wiped before this returns; no error
quotes them. Not done here: keys (`dukpt.py`), opening a block (only the backend's vault can).
"""

from collections.abc import Callable

from terminal.pin.dukpt import encrypt_block, wiped

DIGITS_MIN, DIGITS_MAX = 4, 12
ACCOUNT_DIGITS_MAX = 19
_BLOCK = 16
_CONTROL, _FILL = 0x4, 0xA
_ASCII_ZERO, _ASCII_NINE = 0x30, 0x39


def seal(
    key: bytearray, digits: bytearray, account_number: str, random: Callable[[int], bytes]
) -> bytes:
    """Return `E(K, E(K, PIN field) XOR account field)`: 16 bytes (ISO 9564-1 §9.4.2).

    `digits` are ASCII, 4 to 12; the caller wipes them.
    """
    account = _account_field(account_number)
    with wiped(_pin_field(digits, random)) as field, wiped(bytearray(_BLOCK)) as half_way:
        encrypt_block(key, field, half_way)
        for place, byte in enumerate(account):
            half_way[place] ^= byte
        block = bytearray(_BLOCK)
        encrypt_block(key, half_way, block)
        return bytes(block)


def _pin_field(digits: bytearray, random: Callable[[int], bytes]) -> bytearray:
    """Return control and length, the digits, fill to 8 bytes, and 8 unpredictable bytes."""
    count = len(digits)
    if not DIGITS_MIN <= count <= DIGITS_MAX:
        raise ValueError("a code has 4 to 12 digits")
    if any(not _ASCII_ZERO <= digit <= _ASCII_NINE for digit in digits):
        raise ValueError("a code is made of digits")
    field = bytearray(_BLOCK)
    field[0] = _CONTROL << 4 | count
    for place in range(2, _BLOCK):
        nibble = digits[place - 2] - _ASCII_ZERO if place - 2 < count else _FILL
        field[place // 2] |= nibble << (0 if place % 2 else 4)
    field[_BLOCK // 2 :] = random(_BLOCK // 2)
    return field


def _account_field(account_number: str) -> bytes:
    """Return how many digits there are beyond 12, the digits, and zeros (ISO 9564-1 §9.4.2.3)."""
    digits = account_number
    if not (digits.isascii() and digits.isdigit() and len(digits) <= ACCOUNT_DIGITS_MAX):
        raise ValueError("an account number has at most 19 digits")
    beyond = max(0, len(digits) - 12)
    return bytes.fromhex(f"{beyond}{digits.rjust(12, '0')}".ljust(2 * _BLOCK, "0"))
