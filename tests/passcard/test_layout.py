import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.errors import InvalidCardNumber
from passcard.layout import (
    ACCESS_AID,
    BENEFITS_AID,
    SERIALS_MAX,
    Application,
    make_card_number,
    mask_card_number,
    parse_card_number,
)

serials = st.integers(0, SERIALS_MAX - 1)


def test_applications_are_where_the_design_puts_them() -> None:
    assert BENEFITS_AID == bytes((0xF5, 0x92, 0x50)) == Application.BENEFITS.aid
    assert ACCESS_AID == bytes((0xF5, 0x92, 0x51)) == Application.ACCESS.aid
    assert Application("benefits") is Application.BENEFITS
    assert Application("access") is Application.ACCESS


@given(serials)
def test_a_made_number_parses_back_spaces_or_not(serial: int) -> None:
    number = make_card_number(serial)
    grouped = " ".join(number[at : at + 4] for at in range(0, 16, 4))
    assert parse_card_number(number) == number
    assert parse_card_number(f"  {grouped}\n") == number
    assert int(number[4:15]) == serial


@given(serials, st.integers(0, 15), st.integers(1, 9))
def test_any_single_wrong_digit_is_caught(serial: int, place: int, shift: int) -> None:
    number = make_card_number(serial)
    wrong = str((int(number[place]) + shift) % 10)
    with pytest.raises(InvalidCardNumber):
        parse_card_number(number[:place] + wrong + number[place + 1 :])


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_typed_refusal(text: str) -> None:
    with contextlib.suppress(InvalidCardNumber):
        number = parse_card_number(text)
        assert parse_card_number(number) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not only digits"),
        ("9250 0000 0000 000x", "not only digits"),
        ("9250" + 12 * "\N{ARABIC-INDIC DIGIT ZERO}", "not only digits"),
        ("925000000000000", "not 16 digits"),
        ("92500000000000000", "not 16 digits"),
        ("4111111111111111", "another issuer's prefix"),
        ("9250000000000000", "wrong check digit"),
    ],
)
def test_a_refusal_says_why_and_never_quotes(text: str, reason: str) -> None:
    with pytest.raises(InvalidCardNumber) as refused:
        parse_card_number(text)
    assert refused.value.reason == reason
    assert not text or text not in str(refused.value)


def test_known_numbers() -> None:
    # Luhn by hand: 9 doubles to 18 -> 9, 2 stays, 5 doubles to 10 -> 1: 12, so 8 is missing.
    assert make_card_number(0) == "9250000000000008"
    assert parse_card_number("9250 0000 0000 0008") == "9250000000000008"


@pytest.mark.parametrize("serial", [-1, SERIALS_MAX])
def test_a_serial_out_of_range_is_the_callers_mistake(serial: int) -> None:
    with pytest.raises(ValueError, match="11 digits"):
        make_card_number(serial)


def test_the_mask_keeps_both_ends() -> None:
    assert (
        mask_card_number(make_card_number(12345678901))
        == "9250 •••• •••• " + (make_card_number(12345678901)[-4:])
    )
