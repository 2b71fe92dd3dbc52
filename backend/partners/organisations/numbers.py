"""The numbers an organisation is known by: RNA, SIRET, a telephone. Pure.

Promise: a number is kept without what people write between its digits; one that cannot exist is
None. Not here: whether it exists, which only its register knows.
"""

import re
from typing import Final

#: Arrêté du 14 octobre 2009 on the register of associations: W, the prefecture's three, then six.
_RNA: Final = re.compile(r"W([0-9]{2}|2[AB])[0-9]{7}")
_SIRET: Final = re.compile(r"[0-9]{14}")
#: La Poste has more establishments than the key leaves room for: INSEE lets the digits add up to a
#: multiple of five instead.
_LA_POSTE: Final = "356000000"
_PHONE: Final = re.compile(r"0[1-9][0-9]{8}|\+[1-9][0-9]{6,14}")
_BETWEEN: Final = re.compile(r"[\s.\-]")


def rna_of(typed: str) -> str | None:
    """Read an RNA number: W and nine digits, Corsica's letter among them."""
    number = _BETWEEN.sub("", typed).upper()
    return number if _RNA.fullmatch(number) else None


def siret_of(typed: str) -> str | None:
    """Read a SIRET: fourteen digits whose key is right."""
    number = _BETWEEN.sub("", typed)
    if not _SIRET.fullmatch(number) or number == "0" * 14:
        return None
    if number.startswith(_LA_POSTE) and sum(map(int, number)) % 5 == 0:
        return number
    return number if _luhn(number) and _luhn(number[:9]) else None


def phone_of(typed: str) -> str | None:
    """Read a French telephone number, or one with its country."""
    number = re.sub(r"[\s.\-()]", "", typed)
    return number if _PHONE.fullmatch(number) else None


def _luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
