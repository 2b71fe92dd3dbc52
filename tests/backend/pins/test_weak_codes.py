"""Which codes are refused, and for which reason."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pins.weak_codes import (
    COMMON_CODES,
    KEYPAD_LINES,
    Weakness,
    birth_forms,
    find_weakness,
)

BORN = date(2009, 5, 17)
ELSEWHEN = date(1888, 12, 31)
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
        assert find_weakness(code, born) is Weakness.BIRTH_DATE


@pytest.mark.parametrize("code", ["7391", "8264", "4927", "6038", "1939", "2035", "5274"])
def test_an_ordinary_code_is_accepted(code: str) -> None:
    assert find_weakness(code, BORN) is None


def test_about_one_code_in_nine_is_refused() -> None:
    # pin.md 3.3: between the 617 of the patterns and a few more than patterns with all dates.
    refused = sum(find_weakness(code, ELSEWHEN) is not None for code in ALL_CODES)
    assert 1_150 <= refused <= 1_250


def test_every_reason_but_the_previous_code_can_be_given() -> None:
    given_reasons = {find_weakness(code, BORN) for code in ALL_CODES}
    assert given_reasons == {*Weakness, None} - {Weakness.PREVIOUS}


def test_the_lists_hold_codes() -> None:
    for code in KEYPAD_LINES | COMMON_CODES:
        assert len(code) == 4
        assert code.isdigit()
