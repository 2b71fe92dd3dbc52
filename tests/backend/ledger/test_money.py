"""Cents: whole, never negative, never a float."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ledger.money import CENTS_MAX, Cents, NotMoney

amounts = st.integers(0, 10**12)


@pytest.mark.parametrize("value", [-1, 1.0, 0.5, "1", True, None, CENTS_MAX + 1])
def test_what_is_not_money_is_refused(value: object) -> None:
    with pytest.raises(NotMoney):
        Cents(value)  # type: ignore[arg-type]


@given(amounts, amounts)
def test_adding_then_subtracting_gives_the_same(one: int, other: int) -> None:
    assert Cents(one) + Cents(other) - Cents(other) == Cents(one)


def test_a_difference_below_zero_is_refused() -> None:
    with pytest.raises(NotMoney):
        Cents(1) - Cents(2)


def test_a_sum_too_large_for_the_database_is_refused() -> None:
    with pytest.raises(NotMoney):
        Cents(CENTS_MAX) + Cents(1)


@given(amounts, st.integers(0, 10_000))
def test_a_share_and_its_remainder_are_the_whole(value: int, basis_points: int) -> None:
    whole = Cents(value)
    share = whole.share(basis_points)
    assert share <= whole
    assert share + (whole - share) == whole


@pytest.mark.parametrize(
    ("value", "words", "english"),
    [
        (0, "0,00\u00a0€", "€0.00"),
        (5, "0,05\u00a0€", "€0.05"),
        (1250, "12,50\u00a0€", "€12.50"),
        (123_456_789, "1\u202f234\u202f567,89\u00a0€", "€1,234,567.89"),
    ],
)
def test_money_in_words(value: int, words: str, english: str) -> None:
    assert Cents(value).in_words() == Cents(value).in_words("fr") == words
    assert Cents(value).in_words("en") == english
