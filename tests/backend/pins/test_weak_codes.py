"""Which codes are refused, and for which reason."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pins.weak_codes import (
    CARD_DIGITS_MAX,
    CARDS_MAX,
    COMMON_CODES,
    KEYPAD_LINES,
    POSTCODE_DIGITS_MAX,
    REFUSED_MAX,
    RULES,
    Known,
    Weakness,
    birth_forms,
    find_weakness,
    personal_forms,
    phone_forms,
    runs,
)
from backend.vault.code_tally import SHARED_MAX

BORN = Known(date(2009, 5, 17))
ELSEWHEN = Known(date(1888, 12, 31))
ALL_CODES = [f"{n:04d}" for n in range(10_000)]


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ("0000 1111 5555 9999", Weakness.SAME_DIGITS),
        ("1234 6789 4321 9876 0123 7890 8901 9012 3210 0987", Weakness.SEQUENCE),
        ("2468 1357 8642 9753 0246 6802 4680", Weakness.SEQUENCE),
        ("1212 6969 4747 9090", Weakness.REPEATED_PAIR),
        ("1122 7700 9988 0055", Weakness.DOUBLE_PAIR),
        ("1221 7007 9889", Weakness.MIRROR),
        ("1112 7770 9998", Weakness.THREE_ALIKE),
        ("1222 0777 8999", Weakness.THREE_ALIKE),
        ("1940 1987 2015 2034", Weakness.YEAR),
        ("2580 0852 1397 1470 3690 7896", Weakness.KEYPAD_LINE),
        ("5683 1337", Weakness.COMMON),
    ],
)
def test_every_rule_refuses_what_it_is_for(codes: str, why: Weakness) -> None:
    for code in codes.split():
        assert find_weakness(code, BORN) is why, code


@pytest.mark.parametrize("code", ["3112", "1231", "2902", "0229", "1407", "2512", "0131", "3004"])
def test_every_day_of_the_year_is_refused_both_ways(code: str) -> None:
    assert find_weakness(code, BORN) is Weakness.DATE


@pytest.mark.parametrize("code", ["3113", "3202", "3002", "0230", "3104", "3106", "0013", "1300"])
def test_what_is_no_day_is_no_date(code: str) -> None:
    assert find_weakness(code, BORN) is not Weakness.DATE


@pytest.mark.parametrize("code", ["1705", "0517", "2009", "0509", "0905", "1709", "0917"])
def test_the_holders_birth_date_is_refused_however_written(code: str) -> None:
    assert find_weakness(code, BORN) is Weakness.BIRTH_DATE


@given(st.dates())
def test_every_form_of_any_birth_date_is_refused(born: date) -> None:
    for code in birth_forms(born):
        assert len(code) == 4
        assert find_weakness(code, Known(born)) is Weakness.BIRTH_DATE


@pytest.mark.parametrize("code", ["7391", "8264", "4927", "6038", "1939", "2035", "5274"])
def test_an_ordinary_code_is_accepted(code: str) -> None:
    assert find_weakness(code, BORN) is None


def test_about_one_code_in_nine_is_refused() -> None:
    # pin.md 3.3: between the 617 of the patterns and a few more than patterns with all dates.
    refused = sum(find_weakness(code, ELSEWHEN) is not None for code in ALL_CODES)
    assert 1_150 <= refused <= 1_250


PHONE, POSTCODE, CARD = "06 39 98 47 15", "69007", "9250123456789015"
LEA = Known(date(2009, 5, 17), PHONE, POSTCODE, (CARD,))


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ("4715 0639 3998 9847 8471", Weakness.PHONE),
        ("6900 9007", Weakness.POSTCODE),
        ("9015 9250 5012 6789 7890", Weakness.CARD_NUMBER),
    ],
)
def test_what_is_the_holders_own_is_refused_to_them_alone(codes: str, why: Weakness) -> None:
    for code in codes.split():
        assert find_weakness(code, LEA) is why, code
        assert find_weakness(code, Known(LEA.birth_date)) is not why


@pytest.mark.parametrize("phone", ["+33 6 39 98 47 15", "0033639984715", "06.39.98.47.15"])
def test_a_telephone_number_is_the_same_however_written(phone: str) -> None:
    assert phone_forms(phone) == phone_forms(PHONE)
    assert len(phone_forms(phone)) == 7


@pytest.mark.parametrize("text", ["", "12", "aucun", "é٣٤٥٦"])
def test_what_is_no_number_refuses_nothing(text: str) -> None:
    assert phone_forms(text) == frozenset()
    assert runs(text, POSTCODE_DIGITS_MAX) == frozenset()


def test_every_reason_can_be_given_but_those_that_need_more() -> None:
    elsewhere = {Weakness.LENGTH, Weakness.PREVIOUS, Weakness.SHARED}
    given_reasons = {find_weakness(code, LEA) for code in ALL_CODES}
    assert given_reasons == {*Weakness, None} - elsewhere


def test_whoever_the_holder_is_thirteen_bits_are_left() -> None:
    """Refused: the same for everybody, plus at most each kind of form, plus the vault's two kinds.

    The first term is counted over all codes. The birth forms are counted over all birth dates, and
    the other kinds over the longest numbers there can be: a number of n digits has at most n - 3
    runs of four. A union is never larger than the sum, so nobody is refused more than this.
    """
    common = {code for code in ALL_CODES if any(breaks(code) for _, breaks in RULES)}
    every_day = (date(1900, 1, 1) + timedelta(days=n) for n in range(366 * 150))
    birth = max(len(birth_forms(day) - common) for day in every_day)
    longest = "0123456789" * 100
    phone = len(phone_forms(longest))
    postcode = len(runs(longest, POSTCODE_DIGITS_MAX))
    # Runs of one number are counted one by one here: in `longest` they come again after ten.
    card = CARD_DIGITS_MAX - 3
    assert max(len(runs(number, CARD_DIGITS_MAX)) for number in (CARD, longest)) <= card
    previous = 1
    sum_of_all = len(common) + birth + phone + postcode + CARDS_MAX * card + previous + SHARED_MAX
    assert (birth, phone, postcode, card) == (5, 7, 2, 13)
    assert sum_of_all <= REFUSED_MAX, sum_of_all
    assert 10_000 - sum_of_all >= 2**13


def test_the_unluckiest_holder_there_can_be_meets_that_bound() -> None:
    unlucky = Known(
        date(1899, 12, 30),
        "0639984715",
        "69007",
        ("9250413726085934", "9250736148592607", "9250847395160283", "9250111122223333"),
    )
    refused = {code for code in ALL_CODES if find_weakness(code, unlucky) is not None}
    forms = frozenset().union(*(forms for _, forms in personal_forms(unlucky)))
    assert len(forms) >= 40
    assert forms <= refused
    # The fourth card is not looked at.
    assert "1222" not in forms
    assert len(refused) + 1 + SHARED_MAX <= REFUSED_MAX


def test_the_lists_hold_codes() -> None:
    for code in KEYPAD_LINES | COMMON_CODES:
        assert len(code) == 4
        assert code.isdigit()
