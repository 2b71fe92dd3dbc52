"""PIN blocks as a PIN pad makes them: ISO 9564-1 formats 4 (AES) and 0 (TDES).

Promise: digits go in as a buffer the caller can wipe, and leave encrypted; no error quotes them.
Not done here: keys (`dukpt.py`), opening a block (only the backend's vault can).
"""

from collections.abc import Callable

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

PIN_DIGITS_MIN, PIN_DIGITS_MAX = 4, 12
_ACCOUNT_DIGITS_MAX = 19
_FORMAT_4_FILL = "A"
_FORMAT_0_FILL = "F"


def format4_block(
    key: bytes, digits: bytearray, account: str, random: Callable[[int], bytes]
) -> bytes:
    """Return the 16-byte encrypted block: `E(K, E(K, PIN field) XOR account field)` (9.4.2)."""
    encrypt = Cipher(AES(key), ECB()).encryptor().update  # noqa: S305 -- single blocks, as specified
    field = _pin_field(4, digits, _FORMAT_4_FILL) + random(8)
    return encrypt(_xor(encrypt(field), format4_account_field(account)))


def format4_account_field(account: str) -> bytes:
    """Return the 16-byte account field: length over 12, the digits, zeros."""
    _check_account(account)
    over = max(0, len(account) - 12)
    return bytes.fromhex((f"{over}" + account.rjust(12, "0")).ljust(32, "0"))


def format0_block(key: bytes, digits: bytearray, account: str) -> bytes:
    """Return the 8-byte block of a legacy pad, encrypted with a 16-byte TDES key."""
    clear = format0_clear_block(digits, account)
    return Cipher(TripleDES(key + key[:8]), ECB()).encryptor().update(clear)  # noqa: S305


def format0_clear_block(digits: bytearray, account: str) -> bytes:
    """Return the 8 bytes before encryption: PIN field XOR the 12 digits left of the check digit."""
    _check_account(account)
    account_field = bytes.fromhex(account[:-1][-12:].rjust(16, "0"))
    return _xor(_pin_field(0, digits, _FORMAT_0_FILL), account_field)


def _pin_field(control: int, digits: bytearray, fill: str) -> bytes:
    """Return control nibble, length nibble, digits and fill: 8 bytes."""
    right_length = PIN_DIGITS_MIN <= len(digits) <= PIN_DIGITS_MAX
    if not right_length or not digits.isdigit():
        # Says what was expected, never what was there.
        raise ValueError("a code has 4 to 12 digits")
    return bytes.fromhex(f"{control}{len(digits):X}{digits.decode()}".ljust(16, fill))


def _check_account(account: str) -> None:
    if not (account.isascii() and account.isdigit() and len(account) <= _ACCOUNT_DIGITS_MAX):
        raise ValueError("an account number has at most 19 digits")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
