"""What a pad understands of a packet's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.pad.requests import (
    ConnectionTest,
    EntryRequest,
    Request,
    Reset,
    ShowText,
    Unknown,
    WrongRequest,
    read_request,
)

REST = "\x1c0404N12,50 EUR\x1cVOTRE CODE:\x1cPATIENTEZ"


@pytest.mark.parametrize(
    ("text", "request_read"),
    [
        ("72", Reset()),
        ("720", Unknown()),
        ("11", ConnectionTest()),
        ("Z2BONJOUR", ShowText("BONJOUR", None)),
        ("Z2\x1aBONJOUR", ShowText("BONJOUR", "")),
        ("Z32\x1aUN\x1cDEUX", ShowText("UN", "DEUX")),
        ("Z32UN\x1cDEUX\x1cTROIS", ShowText("UN", "DEUX")),
        ("Z31\x1aUN", ShowText("UN", "")),
        ("Z31UN", ShowText("UN", None)),
        ("Z3X", Unknown()),
        ("Z3", Unknown()),
        ("99", Unknown()),
        ("", Unknown()),
        ("Z62." + REST, WrongRequest("0")),
        ("Z62.1234567" + REST, WrongRequest("2")),
        ("Z62." + "1" * 20 + REST, WrongRequest("3")),
        ("Z62.12345678X" + REST, WrongRequest("4")),
        ("Z62.12345678" + REST + "\x1c0", WrongRequest("6")),
        ("Z62.12345678" + REST + "\x1c12", WrongRequest("6")),
        ("Z62.12345678" + REST + "\x1cX", WrongRequest("6")),
        ("Z62.12345678\x1c0304NA\x1cB\x1cC", WrongRequest("8")),
        ("Z62.12345678\x1c0413NA\x1cB\x1cC", WrongRequest("8")),
        ("Z62.12345678\x1c0604NA\x1cB\x1cC", WrongRequest("8")),
        ("Z62.12345678\x1c0404XA\x1cB\x1cC", WrongRequest("8")),
        ("Z62.12345678\x1c0404N\x1cB\x1cC", WrongRequest("8")),
        ("Z62.12345678\x1c0404N" + "A" * 17 + "\x1cB\x1cC", WrongRequest("8")),
        ("Z62.12345678", WrongRequest("8")),
        ("Z63.12345678\x1cDUKPT ENCRYPTION0404N", WrongRequest("8")),
    ],
)
def test_every_kind_of_request(text: str, request_read: Request) -> None:
    assert read_request(text) == request_read


@pytest.mark.parametrize(("timeout", "seconds"), [("", 270), ("\x1c1", 30), ("\x1c9", 270)])
def test_a_request_for_a_code(timeout: str, seconds: int) -> None:
    assert read_request("Z62.9250000000000018" + REST + timeout) == EntryRequest(
        account="9250000000000018",
        digits_min=4,
        digits_max=4,
        lines=ShowText("12,50 EUR", "VOTRE CODE:"),
        working_text="PATIENTEZ",
        seconds_max=seconds,
        answer_head="710",
    )


def test_a_request_of_the_other_family() -> None:
    read = read_request("Z63.9250000000000018\x1cDUKPT ENCRYPTION0412N*")
    assert isinstance(read, EntryRequest)
    assert (read.digits_min, read.digits_max, read.answer_head) == (4, 12, "73.00000")
    assert read.lines == ShowText(None, None)


def test_a_request_does_not_show_the_card() -> None:
    assert "925000" not in repr(read_request("Z62.9250000000000018" + REST))


@given(st.text(st.characters(max_codepoint=0x7F), max_size=80))
def test_any_text_is_understood_somehow(text: str) -> None:
    for head in ("", "Z62.", "Z63.", "Z2", "Z3"):
        assert read_request(head + text) is not None
