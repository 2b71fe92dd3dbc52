"""The numbers and telephones an organisation is known by, and the kinds there are."""

import re

import pytest

from backend.partners.organisations.kinds import KINDS, Numbering
from backend.partners.organisations.numbers import phone_of, rna_of, siret_of


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("W751234567", "W751234567"),
        (" w75 123 45 67 ", "W751234567"),
        ("W2A1234567", "W2A1234567"),
        ("W75123456", None),
        ("W7512345678", None),
        ("751234567", None),
        ("W7A1234567", None),
        ("W٣51234567", None),
        ("", None),
    ],
)
def test_an_rna_number_is_w_and_nine_digits(typed: str, number: str | None) -> None:
    assert rna_of(typed) == number


@pytest.mark.parametrize(
    ("typed", "good"),
    [
        ("732 829 320 00074", True),
        ("73282932000074", True),
        ("73282932000075", False),
        ("7328293200007", False),
        ("732829320000741", False),
        ("00000000000000", False),
        # The fourteen digits are right and the first nine are not.
        ("73282932100007", False),
        # La Poste: the digits add up to a multiple of five, the key is no matter.
        ("35600000000048", True),
        ("35600000009075", True),
        ("35600000049837", True),
        ("35600000049836", False),
        ("٣5600000009075", False),
    ],
)
def test_a_siret_has_a_right_key_or_is_of_la_poste(typed: str, good: bool) -> None:
    assert (siret_of(typed) is not None) is good


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("01 46 00 00 00", "0146000000"),
        ("+33 (1) 46.00.00.00", "+33146000000"),
        ("0046", None),
        ("01460000001", None),
        ("appelez-moi", None),
    ],
)
def test_a_telephone_is_read(typed: str, kept: str | None) -> None:
    assert phone_of(typed) == kept


def test_each_kind_is_whole() -> None:
    for code, kind in KINDS.items():
        assert code == kind.code
        assert re.fullmatch(r"[a-z-]{3,40}", kind.activity)
        assert kind.numbering in Numbering
        assert kind.label
        assert kind.english
