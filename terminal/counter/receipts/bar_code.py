"""The digits under a receipt's bars: which payment, on which day; for any scanner on any keyboard.

    92  261122  0364842115  57
    │   │       │           └ check: the whole number, modulo 97, is 1 (ISO/IEC 7064, MOD 97-10)
    │   │       └ the authorisation number, six signs of Crockford's base 32, as a number
    │   └ the day of the payment in Paris, year month day
    └ ours: no EAN or UPC has 20 digits

Digits only: a scanner is a keyboard, and where its language is not the machine's, letters come out
as others. Twenty are ten pairs, which Code 128 writes in its densest set. Pure.
"""

from datetime import date, datetime
from typing import Final

PREFIX: Final = "92"
DIGITS: Final = 20
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIGNS: Final = 6
_DAY_FORMAT: Final = "%y%m%d"
_NUMBER_END: Final = 18


def bar_code_of(authorisation_number: str, day: date) -> str:
    """Return the 20 digits; ValueError for a number that is not six signs of the alphabet."""
    if len(authorisation_number) != _SIGNS:
        raise ValueError("an authorisation number has six signs")
    number = 0
    for sign in authorisation_number.upper():
        number = number * len(_ALPHABET) + _ALPHABET.index(sign)
    body = f"{PREFIX}{day.strftime(_DAY_FORMAT)}{number:010d}"
    return f"{body}{98 - int(body) * 100 % 97:02d}"


def read_bar_code(digits: str) -> tuple[str, date] | None:
    """Return the authorisation number and the day, or None for anything that is not ours."""
    ours = len(digits) == DIGITS and digits.isascii() and digits.isdigit()
    if not ours or not digits.startswith(PREFIX):
        return None
    number = int(digits[8:_NUMBER_END])
    if number >= len(_ALPHABET) ** _SIGNS:
        return None
    try:
        day = datetime.strptime(digits[2:8], _DAY_FORMAT).date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return None
    signs = ""
    for _ in range(_SIGNS):
        number, place = divmod(number, len(_ALPHABET))
        signs = _ALPHABET[place] + signs
    return (signs, day) if bar_code_of(signs, day) == digits else None
