"""The pad's keys, byte for byte as ANSI X9.24 published them."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import dukpt

Vectors = dict[str, Any]


@pytest.mark.parametrize("scheme", ["aes128_dukpt_x9_24_3_2017", "aes256_dukpt_x9_24_3_2017"])
def test_every_published_aes_transaction_key(pin_vectors: Vectors, scheme: str) -> None:
    published = pin_vectors[scheme]
    initial_key = bytes.fromhex(published["initial_key"])
    key_id = bytes.fromhex(published["initial_key_id"])
    for row in published["sequence"]:
        counter = int(row["ksn"][16:], 16)
        assert dukpt.aes_key_serial_number(key_id, counter) == bytes.fromhex(row["ksn"])
        key = dukpt.aes_transaction_key(initial_key, key_id, counter)
        assert key.hex().upper() == row["transaction_key"], row["ksn"]


@pytest.mark.parametrize("scheme", ["aes128_dukpt_x9_24_3_2017", "aes256_dukpt_x9_24_3_2017"])
@pytest.mark.parametrize("key_bytes", [16, 32])
def test_every_published_aes_pin_key(pin_vectors: Vectors, scheme: str, key_bytes: int) -> None:
    published = pin_vectors[scheme]
    initial_key = bytes.fromhex(published["initial_key"])
    key_id = bytes.fromhex(published["initial_key_id"])
    for row in published["sequence"]:
        if (expected := row.get(f"pin_key_aes{key_bytes * 8}")) is None:
            continue
        counter = int(row["ksn"][16:], 16)
        key = dukpt.aes_pin_key(initial_key, key_id, counter, key_bytes=key_bytes)
        assert key.hex().upper() == expected, row["ksn"]


def test_every_published_tdes_key(pin_vectors: Vectors) -> None:
    published = pin_vectors["tdes_dukpt_x9_24_1_2009"]
    initial_key = bytes.fromhex(published["initial_key"])
    initial_ksn = bytes.fromhex(published["initial_ksn"])
    for row in published["sequence"]:
        ksn = bytes.fromhex(row["ksn"])
        counter = int.from_bytes(ksn, "big") & 0x1FFFFF
        assert dukpt.tdes_key_serial_number(initial_ksn, counter) == ksn
        key = dukpt.tdes_transaction_key(initial_key, initial_ksn, counter)
        assert key.hex().upper() == row["transaction_key"], row["ksn"]
        assert dukpt.tdes_pin_key(initial_key, initial_ksn, counter).hex().upper() == row["pin_key"]


def test_the_aes_counter_skips_numbers_with_too_many_ones(pin_vectors: Vectors) -> None:
    assert dukpt.next_aes_counter(0) == 1
    assert dukpt.next_aes_counter(0x0001FFFE) == 0x00020000
    assert pin_vectors["aes_dukpt_counter_rules"]["max_counter"] == "FFFF0000"
    with pytest.raises(dukpt.CounterExhausted):
        dukpt.next_aes_counter(0xFFFF0000)


def test_the_tdes_counter_skips_numbers_with_too_many_ones(pin_vectors: Vectors) -> None:
    sequence = pin_vectors["tdes_dukpt_x9_24_1_2009"]["sequence"]
    counters = [int(row["ksn"], 16) & 0x1FFFFF for row in sequence]
    for earlier, later in pairwise(counters[21:]):
        assert dukpt.next_tdes_counter(earlier) == later
    with pytest.raises(dukpt.CounterExhausted):
        dukpt.next_tdes_counter(0x1FF800)


@given(counter=st.integers(min_value=0, max_value=0xFFFEFFFF))
def test_no_aes_counter_is_missed_or_used_twice(counter: int) -> None:
    following = dukpt.next_aes_counter(counter)
    assert following > counter
    assert following.bit_count() <= dukpt.AES_ONE_BITS_MAX
    # Nothing usable lies between: checked near both ends, where a mistake would be.
    between = [*range(counter + 1, min(counter + 200, following))]
    between += [*range(max(counter + 1, following - 200), following)]
    assert all(number.bit_count() > dukpt.AES_ONE_BITS_MAX for number in between)
