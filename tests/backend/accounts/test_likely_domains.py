"""A provider that was probably mistyped is asked about; one that exists is not."""

import pytest

from backend.accounts.likely_domains import PROVIDERS, likely_domain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),  # changed places
        ("gmal.com", "gmail.com"),  # missing
        ("gmaill.com", "gmail.com"),  # too much
        ("gmeil.com", "gmail.com"),  # wrong
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("orange.rf", "orange.fr"),
        ("mail.com", None),
        ("ymail.com", None),
        ("lycee-du-parc.fr", None),
        ("gmila.cmo", None),
        ("", None),
    ],
)
def test_a_slip_of_one_letter_is_noticed(typed: str, meant: str | None) -> None:
    assert likely_domain(f"camille@{typed}") == meant


def test_no_provider_is_taken_for_another() -> None:
    assert [one for one in PROVIDERS if likely_domain(f"a@{one}")] == []
