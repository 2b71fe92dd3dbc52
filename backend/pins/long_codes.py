"""Which codes of five to eight digits are too easy to guess: the rules of four, grown.

Promise: what is refused of four digits is not accepted with a few more around it where people make
it longer so: a birth date, a year, a line of the keypad, the same again. Whatever the length and
whoever the holder is, no more than the share of REFUSED_MAX in 10,000 is refused, which the test
computes. Pure. Not here: the code set before, and codes that many chose.
"""

from collections.abc import Callable
from typing import Final

from backend.pins.weak_codes import (
    CARD_DIGITS_MAX,
    CARDS_MAX,
    CODE_DIGITS,
    KEYPAD_LINES,
    POSTCODE_DIGITS_MAX,
    YEAR_MAX,
    YEAR_MIN,
    Known,
    Weakness,
    birth_forms,
    find_weakness,
    is_day,
    is_sequence,
    phone_forms,
    runs,
)

#: Years that whole dates are written with.
DATED_YEARS: Final = range(1900, 2100)
ALIKE_IN_A_ROW: Final = 3
#: Numbers everybody knows, and ways over the keypad: a code that begins with one is no better.
_COMMON: Final = """
010203 020304 102030 11235 31415 27182 14159 520131 789456 456123
123789 789123 147258 258369 258147 369258 159357 753159 951357 357159 456852 12369 98741
"""
COMMON_CODES: Final = tuple(_COMMON.split())


def find_weakness_of(code: str, holder: Known) -> Weakness | None:
    """Return why a code of four to eight digits is too easy to guess, or None."""
    if len(code) == CODE_DIGITS:
        return find_weakness(code, holder)
    own = next((weakness for weakness, has in _OWN if has(code, holder)), None)
    return own or next((weakness for weakness, breaks in RULES if breaks(code)), None)


def _has_birth_date(code: str, holder: Known) -> bool:
    return any(form in code for form in birth_forms(holder.birth_date))


def _has_postcode(code: str, holder: Known) -> bool:
    whole = runs(holder.postcode or "", POSTCODE_DIGITS_MAX, POSTCODE_DIGITS_MAX)
    return any(postcode in code for postcode in whole)


def _is_on_a_card(code: str, holder: Known) -> bool:
    cards = holder.card_numbers[:CARDS_MAX]
    return any(code in runs(number, CARD_DIGITS_MAX, len(code)) for number in cards)


def _goes_on(code: str) -> bool:
    """Tell a sequence, also where one digit before or after it is another."""
    return is_sequence(code[1:]) or is_sequence(code[:-1])


def _repeats(code: str) -> bool:
    """Tell what is one block again and again: 121212, 123123, also with the last one cut."""
    longest = len(code) // 2
    return any(_again(code[:block], len(code)) == code for block in range(2, longest + 1))


def _again(block: str, long: int) -> str:
    return (block * long)[:long]


def _is_of_doubles(code: str) -> bool:
    pairs = zip(code[::2], code[1::2], strict=False)
    return all(one == other for one, other in pairs)


def _has_alike(code: str) -> bool:
    windows = (code[start : start + ALIKE_IN_A_ROW] for start in range(len(code)))
    return any(len(one) == ALIKE_IN_A_ROW and len(set(one)) == 1 for one in windows)


def _at_an_end(code: str, fits: Callable[[str], bool]) -> bool:
    return fits(code[:CODE_DIGITS]) or fits(code[-CODE_DIGITS:])


def _has_year(code: str) -> bool:
    return _at_an_end(code, lambda part: YEAR_MIN <= int(part) <= YEAR_MAX)


def _is_date(code: str) -> bool:
    """Tell a day, a month and a year in two or four digits, in any usual order."""
    if len(code) == 6:
        one, two, three = int(code[:2]), int(code[2:4]), int(code[4:])
        return is_day(one, two) or is_day(three, two) or is_day(two, one)
    if len(code) != 8:
        return False
    first, last = code[:4], code[4:]
    return any(
        int(year) in DATED_YEARS
        and (is_day(int(day[:2]), int(day[2:])) or is_day(int(day[2:]), int(day[:2])))
        for day, year in ((first, last), (last, first))
    )


_OWN: Final[tuple[tuple[Weakness, Callable[[str, Known], bool]], ...]] = (
    (Weakness.BIRTH_DATE, _has_birth_date),
    (Weakness.PHONE, lambda c, holder: c in phone_forms(holder.phone or "", len(c))),
    (Weakness.POSTCODE, _has_postcode),
    (Weakness.CARD_NUMBER, _is_on_a_card),
)
RULES: Final[tuple[tuple[Weakness, Callable[[str], bool]], ...]] = (
    (Weakness.SAME_DIGITS, lambda c: len(set(c)) == 1),
    (Weakness.SEQUENCE, _goes_on),
    (Weakness.REPEATED_PAIR, _repeats),
    (Weakness.DOUBLE_PAIR, _is_of_doubles),
    (Weakness.MIRROR, lambda c: c == c[::-1]),
    (Weakness.THREE_ALIKE, _has_alike),
    (Weakness.YEAR, _has_year),
    (Weakness.DATE, _is_date),
    (Weakness.KEYPAD_LINE, lambda c: _at_an_end(c, KEYPAD_LINES.__contains__)),
    (Weakness.COMMON, lambda c: c.startswith(COMMON_CODES)),
)
