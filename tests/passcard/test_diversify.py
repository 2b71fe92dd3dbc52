from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.crypto import aes_cmac
from passcard.diversify import card_key_input, diversify
from passcard.layout import BENEFITS_AID

VectorsOf = Callable[[str], list[dict[str, Any]]]
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
UID = bytes.fromhex("04782e21801d80")


def test_an10922_vectors_of_every_length_class(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("an10922_aes128"):
        master = bytes.fromhex(vector["inputs"]["master_key"])
        key = diversify(master, bytes.fromhex(vector["inputs"]["div_input"]))
        assert key.hex() == vector["outputs"]["key"], vector["name"]


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=31))
def test_a_long_input_is_the_cmac_of_01_and_the_input(master: bytes, long_input: bytes) -> None:
    assert diversify(master, long_input) == aes_cmac(master, b"\x01" + long_input)


@given(st.binary(min_size=1, max_size=15))
def test_a_short_input_is_not(short_input: bytes) -> None:
    assert diversify(KEY, short_input) != aes_cmac(KEY, b"\x01" + short_input)


@pytest.mark.parametrize("length", [0, 32])
def test_an_input_out_of_range_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="1 to 31"):
        diversify(KEY, bytes(length))


def test_a_master_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        diversify(KEY + KEY, UID)


def test_a_cards_input_is_its_uid_then_the_application() -> None:
    assert card_key_input(UID, BENEFITS_AID).hex() == "04782e21801d80f59250"


def test_a_short_uid_or_aid_is_refused() -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        card_key_input(UID[:4], BENEFITS_AID)
    with pytest.raises(ValueError, match="3 bytes"):
        card_key_input(UID, BENEFITS_AID[:2])
