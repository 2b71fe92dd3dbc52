"""The pad's PIN blocks, byte for byte as published, and against an independent library."""

import string
from typing import Any

import psec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import dukpt
from simulator.pin_block import (
    format0_block,
    format0_clear_block,
    format4_account_field,
    format4_block,
)

Vectors = dict[str, Any]
digits_of = st.text(string.digits, min_size=4, max_size=12)
accounts = st.text(string.digits, min_size=13, max_size=19)
keys = st.binary(min_size=16, max_size=16)


def _blocks(vectors: Vectors, name: str) -> list[dict[str, str]]:
    return [row for row in vectors["iso9564_1_blocks"] if row["name"] == name]


def test_published_format_0_clear_blocks(pin_vectors: Vectors) -> None:
    for row in _blocks(pin_vectors, "iso0"):
        block = format0_clear_block(bytearray(row["pin"].encode()), row["pan"])
        assert block.hex().upper() == row["expected"]


def test_published_format_4_account_fields(pin_vectors: Vectors) -> None:
    for row in _blocks(pin_vectors, "iso4_pan_field"):
        assert format4_account_field(row["pan"]).hex().upper() == row["expected"]


def test_published_format_4_block(pin_vectors: Vectors) -> None:
    for row in _blocks(pin_vectors, "iso4_block"):
        block = format4_block(
            bytes.fromhex(row["key"]),
            bytearray(row["pin"].encode()),
            row["pan"],
            lambda _size, row=row: bytes.fromhex(row["random"]),  # type: ignore[misc]
        )
        assert block.hex().upper() == row["expected"]


@pytest.mark.parametrize(
    ("scheme", "key_bytes", "column"),
    [
        ("aes128_dukpt_x9_24_3_2017", 16, "encrypted_pin_block_iso4"),
        (
            "aes256_dukpt_x9_24_3_2017",
            32,
            "encrypted_pin_block_iso4_computed_here_with_pin_key_aes256",
        ),
    ],
)
def test_published_aes_dukpt_format_4_blocks(
    pin_vectors: Vectors, scheme: str, key_bytes: int, column: str
) -> None:
    published = pin_vectors[scheme]
    random = bytes.fromhex(published["format4_plain_pin_field"][16:])
    for row in published["sequence"]:
        if column not in row:
            continue
        key = dukpt.aes_pin_key(
            bytes.fromhex(published["initial_key"]),
            bytes.fromhex(published["initial_key_id"]),
            int(row["ksn"][16:], 16),
            key_bytes=key_bytes,
        )
        digits = bytearray(published["pin"].encode())
        block = format4_block(key, digits, published["pan"], lambda _size: random)
        assert block.hex().upper() == row[column], row["ksn"]


def test_published_tdes_dukpt_format_0_blocks(pin_vectors: Vectors) -> None:
    published = pin_vectors["tdes_dukpt_x9_24_1_2009"]
    for row in published["sequence"]:
        digits = bytearray(published["pin"].encode())
        block = format0_block(bytes.fromhex(row["pin_key"]), digits, published["pan"])
        assert block.hex().upper() == row["encrypted_pin_block_iso0"], row["ksn"]


@given(key=keys, digits=digits_of, account=accounts, random=st.binary(min_size=8, max_size=8))
def test_format_4_opens_in_an_independent_library(
    key: bytes, digits: str, account: str, random: bytes
) -> None:
    block = format4_block(key, bytearray(digits.encode()), account, lambda _size: random)
    assert psec.pinblock.decipher_pinblock_iso_4(key, block, account) == digits


@given(digits=digits_of, account=accounts)
def test_format_0_opens_in_an_independent_library(digits: str, account: str) -> None:
    block = format0_clear_block(bytearray(digits.encode()), account)
    assert psec.pinblock.decode_pinblock_iso_0(block, account) == digits


@pytest.mark.parametrize("wrong", ["", "123", "1234567890123", "12a4"])
def test_a_wrong_code_is_refused_without_being_quoted(wrong: str) -> None:
    with pytest.raises(ValueError, match="4 to 12 digits") as caught:
        format0_clear_block(bytearray(wrong.encode()), "4012345678909")
    assert not wrong or wrong not in str(caught.value)


@pytest.mark.parametrize("wrong", ["12345678901234567890", "12345x", "١٢٣٤٥٦٧٨"])
def test_a_wrong_account_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="account"):
        format4_account_field(wrong)
