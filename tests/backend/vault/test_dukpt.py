"""DUKPT against every published row, and against code written by others."""

from typing import Any

import pydukpt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.vault import dukpt
from backend.vault.dukpt import KeySerialNumber, KeySerialNumberInvalid
from simulator import dukpt as pad

AES_COUNTERS = (
    st.lists(st.integers(0, 31), min_size=1, max_size=16, unique=True)
    .map(lambda places: sum(1 << place for place in places))
    .filter(lambda counter: counter <= dukpt.AES_COUNTER_MAX)
)
TDES_COUNTERS = (
    st.lists(st.integers(0, 20), min_size=1, max_size=10, unique=True)
    .map(lambda places: sum(1 << place for place in places))
    .filter(lambda counter: counter <= dukpt.TDES_COUNTER_MAX)
)
KEYS = st.binary(min_size=16, max_size=16)


def h(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize("scheme", ["aes128_dukpt_x9_24_3_2017", "aes256_dukpt_x9_24_3_2017"])
def test_every_published_aes_key(pin_vectors: dict[str, Any], scheme: str) -> None:
    vectors = pin_vectors[scheme]
    bdk = h(vectors["bdk"])
    assert dukpt.aes_initial_key(bdk, h(vectors["initial_key_id"])) == h(vectors["initial_key"])
    assert len(vectors["sequence"]) == 15
    pin_keys = 0
    for row in vectors["sequence"]:
        serial = KeySerialNumber.parse_aes(h(row["ksn"]))
        assert dukpt.aes_transaction_key(bdk, serial) == h(row["transaction_key"]), row["ksn"]
        for length, name in ((16, "pin_key_aes128"), (32, "pin_key_aes256")):
            if name in row:
                assert dukpt.aes_pin_key(bdk, serial, length) == h(row[name]), row["ksn"]
                pin_keys += 1
    assert pin_keys in {8, 16}


def test_every_published_tdes_key(pin_vectors: dict[str, Any]) -> None:
    vectors = pin_vectors["tdes_dukpt_x9_24_1_2009"]
    bdk = h(vectors["bdk"])
    assert dukpt.tdes_initial_key(bdk, h(vectors["initial_ksn"])) == h(vectors["initial_key"])
    assert len(vectors["sequence"]) == 34
    for row in vectors["sequence"]:
        serial = KeySerialNumber.parse_tdes(h(row["ksn"]))
        assert serial.initial_key_id == h(vectors["initial_ksn"])
        assert dukpt.tdes_transaction_key(bdk, serial) == h(row["transaction_key"]), row["ksn"]
        assert dukpt.tdes_pin_key(bdk, serial) == h(row["pin_key"]), row["ksn"]


@given(KEYS, st.binary(min_size=8, max_size=8), AES_COUNTERS)
def test_the_pad_walks_to_the_same_aes_key(bdk: bytes, pad_id: bytes, counter: int) -> None:
    serial = KeySerialNumber.parse_aes(pad.aes_key_serial_number(pad_id, counter))
    assert serial == KeySerialNumber(pad_id, counter)
    initial = dukpt.aes_initial_key(bdk, pad_id)
    assert dukpt.aes_pin_key(bdk, serial) == pad.aes_pin_key(initial, pad_id, counter)


@given(KEYS, st.binary(min_size=10, max_size=10), TDES_COUNTERS)
def test_pydukpt_reaches_the_same_tdes_key(bdk: bytes, ksn: bytes, counter: int) -> None:
    whole = (int.from_bytes(ksn, "big") >> 21 << 21) + counter
    used = whole.to_bytes(10, "big")
    serial = KeySerialNumber.parse_tdes(used)
    assert serial.counter == counter
    initial = pydukpt.derive_ipek(bdk, used)
    assert dukpt.tdes_initial_key(bdk, serial.initial_key_id) == initial
    assert dukpt.tdes_pin_key(bdk, serial) == pydukpt.pin_key(pydukpt.derive_key(initial, used))


@pytest.mark.parametrize(
    ("counter", "reachable"),
    [
        (0, False),
        (1, True),
        (0x0001FFFE, True),  # sixteen ones
        (0x0001FFFF, False),  # seventeen
        (0x00020000, True),
        (0xFFFF0000, True),  # the last
        (0xFFFF0001, False),
        (0xFFFFFFFF, False),
    ],
)
def test_an_aes_counter_no_pad_reaches_is_refused(counter: int, reachable: bool) -> None:
    ksn = bytes(8) + counter.to_bytes(4, "big")
    if reachable:
        assert KeySerialNumber.parse_aes(ksn).counter == counter
    else:
        with pytest.raises(KeySerialNumberInvalid):
            KeySerialNumber.parse_aes(ksn)


@pytest.mark.parametrize(
    ("counter", "reachable"),
    [(0, False), (1, True), (0x3FF, True), (0x7FF, False), (0x1FF800, True), (0x1FF801, False)],
)
def test_a_tdes_counter_no_pad_reaches_is_refused(counter: int, reachable: bool) -> None:
    ksn = h("FFFF9876543210E00000")[:7] + (0xE00000 | counter).to_bytes(3, "big")
    if reachable:
        assert KeySerialNumber.parse_tdes(ksn).counter == counter
    else:
        with pytest.raises(KeySerialNumberInvalid):
            KeySerialNumber.parse_tdes(ksn)


@given(st.binary(max_size=20))
def test_a_serial_number_of_another_length_is_refused(ksn: bytes) -> None:
    if len(ksn) != 12:
        with pytest.raises(KeySerialNumberInvalid):
            KeySerialNumber.parse_aes(ksn)
    if len(ksn) != 10:
        with pytest.raises(KeySerialNumberInvalid):
            KeySerialNumber.parse_tdes(ksn)
    for derive, length in ((dukpt.aes_initial_key, 8), (dukpt.tdes_initial_key, 10)):
        if len(ksn) != length:
            with pytest.raises(KeySerialNumberInvalid):
                derive(bytes(16), ksn)
