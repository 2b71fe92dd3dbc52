"""Opening an encrypted PIN block: ISO 9564-1 formats 4 (AES) and 0 (TDES).

Promise: what comes out is a buffer to be wiped; a block that is not of its format raises
`PinBlockInvalid`, which says nothing of what was in it. Not here: whose PIN it is.
"""

from collections.abc import Callable

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from backend.vault.values import wipe

PIN_DIGITS_MIN = 4
PIN_DIGITS_MAX = 12
_NIBBLE_FILL_4 = 0xA
_NIBBLE_FILL_0 = 0xF


class PinBlockInvalid(Exception):
    """Another key, another card number, or no PIN block at all: nobody can tell which."""

    def __init__(self) -> None:
        super().__init__("not a PIN block of this format, key and card number")


def open_format_4(key: bytes, card_number: str, block: bytes) -> bytearray:
    """Return the PIN digits (ASCII) of a format 4 block of 16 bytes (ISO 9564-1 §9.4.2.3)."""
    cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
    return open_format_4_by(lambda closed: _decrypt(cipher.decryptor(), closed), card_number, block)


def open_format_4_by(
    decrypt: Callable[[bytes | bytearray], bytearray], card_number: str, block: bytes
) -> bytearray:
    """Do the same with a key that only decrypts single blocks, in a token."""
    if len(block) != 16:
        raise PinBlockInvalid
    # Two ECB decryptions with the account number between them are the format itself.
    intermediate = decrypt(block)
    masked = _xor(intermediate, _format_4_pan_field(card_number))
    pin_field = decrypt(masked)
    try:
        return _read_pin_field(pin_field[:8], control=4, fill=_NIBBLE_FILL_4)
    finally:
        wipe(intermediate)
        wipe(masked)
        wipe(pin_field)


def open_format_0(key: bytes, card_number: str, block: bytes) -> bytearray:
    """Return the PIN digits (ASCII) of a format 0 block of 8 bytes (ISO 9564-1 §9.3.2)."""
    if len(block) != 8:
        raise PinBlockInvalid
    cipher = Cipher(TripleDES(key + key[:8]), modes.ECB())  # noqa: S305
    clear = _decrypt(cipher.decryptor(), block)
    pin_field = _xor(clear, _format_0_pan_field(card_number))
    try:
        return _read_pin_field(pin_field, control=0, fill=_NIBBLE_FILL_0)
    finally:
        wipe(clear)
        wipe(pin_field)


def _format_4_pan_field(card_number: str) -> bytes:
    # How many digits beyond 12, the digits (padded on the left to 12), zeros.
    digits = _checked(card_number)
    extra = max(len(digits) - 12, 0)
    return bytes.fromhex(f"{extra:X}{digits:0>12}".ljust(32, "0"))


def _format_0_pan_field(card_number: str) -> bytes:
    # The 12 digits left of the check digit.
    digits = _checked(card_number)
    return bytes.fromhex("0000" + digits[:-1][-12:].rjust(12, "0"))


def _checked(card_number: str) -> str:
    if not (card_number.isascii() and card_number.isdigit() and 8 <= len(card_number) <= 19):
        raise PinBlockInvalid
    return card_number


def _read_pin_field(field: bytearray, *, control: int, fill: int) -> bytearray:
    """Check control, length, digits and fill, in that order; every check has the same answer."""
    nibbles = bytearray(n for byte in field for n in (byte >> 4, byte & 0x0F))
    length = nibbles[1]
    pin, rest = nibbles[2 : 2 + length], nibbles[2 + length :]
    try:
        if nibbles[0] != control or not PIN_DIGITS_MIN <= length <= PIN_DIGITS_MAX:
            raise PinBlockInvalid
        if any(digit > 9 for digit in pin) or any(nibble != fill for nibble in rest):
            raise PinBlockInvalid
        return bytearray(0x30 + digit for digit in pin)
    finally:
        for buffer in (nibbles, pin, rest):
            wipe(buffer)


def _decrypt(decryptor: CipherContext, block: bytes | bytearray) -> bytearray:
    # A buffer of ours, so that it can be wiped; the library asks for one block to spare.
    clear = bytearray(2 * len(block))
    written = decryptor.update_into(bytes(block), clear)
    del clear[written:]
    return clear


def _xor(left: bytes | bytearray, right: bytes | bytearray) -> bytearray:
    return bytearray(a ^ b for a, b in zip(left, right, strict=True))
