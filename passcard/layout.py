"""What is on a Pass card, and what is printed on it: constants and the card number.

Promise: constants and pure functions of text; the one module a simulated card may share with us.
Not here: keys, and how to talk to a card.
"""

from enum import StrEnum
from typing import NewType

from passcard.errors import InvalidCardNumber

# Three bytes as they travel in SelectApplication (5A): the wire order, not the printed one.
PICC_AID = bytes(3)
BENEFITS_AID = bytes.fromhex("F59250")
ACCESS_AID = bytes.fromhex("F59251")


class Application(StrEnum):
    """One of the two applications of a Pass card."""

    BENEFITS = "benefits"
    ACCESS = "access"

    @property
    def aid(self) -> bytes:
        """The three bytes sent in SelectApplication."""
        return BENEFITS_AID if self is Application.BENEFITS else ACCESS_AID


APPLICATION_MASTER_KEY = 0
AUTHENTICATE_KEY = 1
KEYS_PER_APPLICATION = 2

UID_LENGTH = 7
AID_LENGTH = 3
AES_KEY_LENGTH = 16

CARD_NUMBER_PREFIX = "9250"
CARD_NUMBER_LENGTH = 16
SERIAL_DIGITS = 11
SERIALS_MAX = 10**SERIAL_DIGITS

#: Sixteen digits that were checked: prefix, length and Luhn.
CardNumber = NewType("CardNumber", str)


def parse_card_number(text: str) -> CardNumber:
    """Return the card number written in `text`, spaces aside; raise InvalidCardNumber."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidCardNumber("not only digits")
    if len(digits) != CARD_NUMBER_LENGTH:
        raise InvalidCardNumber("not 16 digits")
    if not digits.startswith(CARD_NUMBER_PREFIX):
        raise InvalidCardNumber("another issuer's prefix")
    if digits[-1] != _luhn_digit(digits[:-1]):
        raise InvalidCardNumber("wrong check digit")
    return CardNumber(digits)


def make_card_number(serial: int) -> CardNumber:
    """Return the card number of a serial from 0 to 10**11 - 1."""
    if not 0 <= serial < SERIALS_MAX:
        raise ValueError("a serial has at most 11 digits")
    body = f"{CARD_NUMBER_PREFIX}{serial:0{SERIAL_DIGITS}d}"
    return CardNumber(body + _luhn_digit(body))


def mask_card_number(card_number: CardNumber) -> str:
    """Return the number with its eight middle digits hidden, for a screen or a receipt."""
    return f"{card_number[:4]} •••• •••• {card_number[-4:]}"


def _luhn_digit(body: str) -> str:
    """Return the check digit that follows `body` (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)
