"""Whatever is to be said, the pad can draw it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.pin.text import LINE_CHARACTERS_MAX, display_line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("12,50 EUR", "12,50 EUR"),
        ("12,50\N{NO-BREAK SPACE}€", "12,50 EUR"),
        ("1\N{NARROW NO-BREAK SPACE}000,00 €", "1 000,00 EUR"),
        ("Code bloqué", "CODE BLOQUE"),
        ("Déjà vu à Noël", "DEJA VU A NOEL"),
        ("Cœur", "COEUR"),
        ("Paiement refusé par la banque", "PAIEMENT REFUSE"),
        ("L\N{RIGHT SINGLE QUOTATION MARK}avantage", "L'AVANTAGE"),
        ("a\x1cb\x03c\n", "A B C"),
        ("Привет", "??????"),
        ("", " "),
        ("   ", " "),
    ],
)
def test_words_on_the_display(words: str, line: str) -> None:
    assert display_line(words) == line


@given(st.text(max_size=60))
def test_any_words_fit(words: str) -> None:
    line = display_line(words)
    assert 1 <= len(line) <= LINE_CHARACTERS_MAX
    assert all(" " <= letter <= "~" for letter in line)
    assert display_line(line) == line
