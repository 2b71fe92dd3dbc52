import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.apdu import StatusWord, parse_response, wrap
from passcard.errors import UnexpectedAnswer


def test_a_command_without_data_has_no_lc() -> None:
    assert wrap(0x60) == bytes.fromhex("9060000000")


def test_a_command_with_data_has_lc_and_le() -> None:
    assert wrap(0x5A, bytes.fromhex("F59250")) == bytes.fromhex("905A000003F5925000")


def test_a_command_too_long_for_a_short_apdu_is_refused() -> None:
    assert len(wrap(0x8D, bytes(255))) == 4 + 1 + 255 + 1
    with pytest.raises(ValueError, match="255"):
        wrap(0x8D, bytes(256))


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_an_unexpected_answer(answer: bytes) -> None:
    try:
        response = parse_response(answer)
    except UnexpectedAnswer as refusal:
        assert refusal.length == len(answer)  # noqa: PT017 - both outcomes are right
        assert not 2 <= len(answer) <= 258
    else:
        assert response.data + response.status.to_bytes(2, "big") == answer


def test_named_and_unnamed_status_words() -> None:
    assert parse_response(bytes.fromhex("91AE")).status is StatusWord.AUTHENTICATION_ERROR
    unnamed = parse_response(bytes.fromhex("63C2")).status
    assert unnamed == 0x63C2
    assert str(unnamed) == "UNNAMED_63C2 (63C2)"
    assert str(StatusWord.OK) == "OK (9100)"
    assert pickle.loads(pickle.dumps(StatusWord.OK)) is StatusWord.OK


def test_only_91_is_the_voice_of_a_desfire() -> None:
    assert StatusWord(0x91AE).is_desfire
    assert not StatusWord(0x6A82).is_desfire


@pytest.mark.parametrize("value", [-1, 0x10000, "9100"])
def test_what_is_not_two_bytes_is_no_status_word(value: Any) -> None:
    with pytest.raises(ValueError, match="StatusWord"):
        StatusWord(value)
