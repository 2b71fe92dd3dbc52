"""Which codes are too easy to guess, and why: pure rules, no list to keep.

About one code in nine is refused, the balance found best against a thief with three tries
(Markert et al. 2020), and what is the holder's own besides. Whoever the holder is, no more than
REFUSED_MAX of the 10,000 may be refused, so that 13 bits are left (CNIL, délibération 2022-100):
the test computes the worst case. Not here: the code set before, codes that many chose, and codes
of more digits (`long_codes.py`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

#: 10,000 less 2 to the power of 13.
REFUSED_MAX: Final = 1_808
CODE_DIGITS: Final = 4
#: What is looked at: more digits of a number, or more cards, are not.
PHONE_DIGITS_MAX: Final = 10
POSTCODE_DIGITS_MAX: Final = 5
CARD_DIGITS_MAX: Final = 16
CARDS_MAX: Final = 3
YEAR_MIN: Final = 1940
YEAR_MAX: Final = 2034
DAYS_IN_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
STEPS: Final = (1, 2, 8, 9)  # up and down, by one and by two, round the corner of 9 and 0


class Weakness(StrEnum):
    """The rule a code breaks."""

    #: Not as many digits as the scheme's codes have.
    LENGTH = "length"
    BIRTH_DATE = "birth_date"
    PHONE = "phone"
    POSTCODE = "postcode"
    CARD_NUMBER = "card_number"
    SAME_DIGITS = "same_digits"
    SEQUENCE = "sequence"
    REPEATED_PAIR = "repeated_pair"
    DOUBLE_PAIR = "double_pair"
    MIRROR = "mirror"
    THREE_ALIKE = "three_alike"
    YEAR = "year"
    DATE = "date"
    KEYPAD_LINE = "keypad_line"
    COMMON = "common"
    PREVIOUS = "previous"
    #: Many of the same establishment chose it.
    SHARED = "shared"


# Four keys a finger runs over: the middle column, corners, edges with a turn, the short crosses.
_KEYPAD_LINES = """
2580 0852 1397 1793 3971 3179 7139 7931 9317 9713 2684 2486 4268 4862 6842 6248 8426 8624
1470 0741 3690 0963 7410 9630 1236 3214 6321 4123 7896 9874 7412 1478 8741 3698 8963 6987
9632 2147 2369 1590 0951 3570 0753 1595 3575 1475 3695 4569 6547 4563 6541 2589 2587
"""
KEYPAD_LINES: Final = frozenset(_KEYPAD_LINES.split())
# Words on the letters of a keypad, and numbers everybody knows.
COMMON_CODES: Final = frozenset(("5683", "0007", "1004", "1337", "5201", "0420", "8520"))


@dataclass(frozen=True, slots=True)
class Known:
    """What others may know of a holder, or read on the card."""

    birth_date: date
    phone: str | None = None
    postcode: str | None = None
    card_numbers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Known(hidden)"


def find_weakness(code: str, holder: Known) -> Weakness | None:
    """Return why a code (four digits) is too easy to guess, or None. The first rule wins."""
    for weakness, forms in personal_forms(holder):
        if code in forms:
            return weakness
    return next((weakness for weakness, breaks in RULES if breaks(code)), None)


def personal_forms(holder: Known) -> Iterable[tuple[Weakness, frozenset[str]]]:
    """Return the codes that are refused to this holder alone, by the reason."""
    yield Weakness.BIRTH_DATE, birth_forms(holder.birth_date)
    yield Weakness.PHONE, phone_forms(holder.phone or "")
    yield Weakness.POSTCODE, runs(holder.postcode or "", POSTCODE_DIGITS_MAX)
    cards = (runs(number, CARD_DIGITS_MAX) for number in holder.card_numbers[:CARDS_MAX])
    yield Weakness.CARD_NUMBER, frozenset().union(*cards)


def phone_forms(phone: str, long: int = CODE_DIGITS) -> frozenset[str]:
    """Return every so many digits in a row of a telephone number, as it is dialled in France."""
    digits = _digits(phone)
    for prefix in ("0033", "33"):
        if digits.startswith(prefix) and len(digits) > PHONE_DIGITS_MAX:
            digits = "0" + digits.removeprefix(prefix)
            break
    return runs(digits[-PHONE_DIGITS_MAX:], PHONE_DIGITS_MAX, long)


def runs(text: str, digits_max: int, long: int = CODE_DIGITS) -> frozenset[str]:
    """Return every so many digits in a row of the first `digits_max` of a number."""
    digits = _digits(text)[:digits_max]
    starts = range(len(digits) - long + 1)
    return frozenset(digits[start : start + long] for start in starts)


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isascii() and each.isdigit())


def birth_forms(birth_date: date) -> frozenset[str]:
    """Return every way a birth date is written in four digits."""
    day, month = f"{birth_date.day:02d}", f"{birth_date.month:02d}"
    year = f"{birth_date.year:04d}"
    short = year[2:]
    return frozenset(
        {day + month, month + day, year, month + short, short + month, day + short, short + day}
    )


def is_sequence(code: str) -> bool:
    """Tell digits that go up or down in equal steps."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(code)}
    return len(steps) == 1 and next(iter(steps)) in STEPS


def _is_date(code: str) -> bool:
    first, second = int(code[:2]), int(code[2:])
    return is_day(first, second) or is_day(second, first)


def is_day(day: int, month: int) -> bool:
    """Tell a day of a month."""
    return 1 <= month <= 12 and 1 <= day <= DAYS_IN_MONTH[month - 1]


RULES: Final[tuple[tuple[Weakness, Callable[[str], bool]], ...]] = (
    (Weakness.SAME_DIGITS, lambda c: len(set(c)) == 1),
    (Weakness.SEQUENCE, is_sequence),
    (Weakness.REPEATED_PAIR, lambda c: c[:2] == c[2:]),
    (Weakness.DOUBLE_PAIR, lambda c: c[0] == c[1] and c[2] == c[3]),
    (Weakness.MIRROR, lambda c: c[0] == c[3] and c[1] == c[2]),
    (Weakness.THREE_ALIKE, lambda c: len(set(c[:3])) == 1 or len(set(c[1:])) == 1),
    (Weakness.YEAR, lambda c: YEAR_MIN <= int(c) <= YEAR_MAX),
    (Weakness.DATE, _is_date),
    (Weakness.KEYPAD_LINE, lambda c: c in KEYPAD_LINES),
    (Weakness.COMMON, lambda c: c in COMMON_CODES),
)
