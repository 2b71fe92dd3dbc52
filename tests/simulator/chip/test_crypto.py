"""The chip's arithmetic against RFC 4493 and NXP's published numbers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chip.crypto import (
    AES_BLOCK,
    DES_BLOCK,
    BlockCipher,
    cmac,
    cmac_subkeys,
    jamcrc,
    pad_80,
    pad_zero,
    rotate_left,
    truncate_odd,
    unpad_80,
)
from simulator.chip.keys import aes_key, clear_parity, des_key

Vector = dict[str, Any]


@pytest.mark.vectors("aes_cmac")
def test_cmac(vector: Vector) -> None:
    cipher = BlockCipher(bytes.fromhex(vector["inputs"]["key"]), AES_BLOCK)
    message = bytes.fromhex(vector["inputs"]["message"])
    assert cmac(cipher, message).hex() == vector["outputs"]["cmac"]


@pytest.mark.vectors("cmac_subkeys")
def test_subkeys(vector: Vector) -> None:
    cipher = BlockCipher(bytes.fromhex(vector["inputs"]["key"]), AES_BLOCK)
    assert [key.hex() for key in cmac_subkeys(cipher)] == list(vector["outputs"].values())


@pytest.mark.parametrize(
    ("message", "mac"),
    [
        # NIST SP 800-38B, example D.5 (two-key TDEA), messages of 0, 20 and 32 bytes.
        ("", "bd2ebf9a3ba00361"),
        ("6bc1bee22e409f96e93d7e117393172aae2d8a57", "62dd1b471902bd4e"),
        ("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51", "31b1e431dabc4eb8"),
    ],
)
def test_cmac_with_blocks_of_eight(message: str, mac: str) -> None:
    cipher = BlockCipher(bytes.fromhex("4cf15134a2850dd58a3d10ba80570d38"), DES_BLOCK)
    assert cmac(cipher, bytes.fromhex(message)).hex() == mac


@pytest.mark.vectors("crc32_jamcrc_le")
def test_crc(vector: Vector) -> None:
    assert jamcrc(bytes.fromhex(vector["inputs"]["data"])).hex() == vector["outputs"]["crc"]


@pytest.mark.vectors("mac_truncate")
def test_truncation(vector: Vector) -> None:
    assert truncate_odd(bytes.fromhex(vector["inputs"]["full"])).hex() == vector["outputs"]["mact"]


@given(st.binary(max_size=70), st.sampled_from([AES_BLOCK, DES_BLOCK]))
def test_padding_comes_off_as_it_went_on(message: bytes, block: int) -> None:
    padded = pad_80(message, block)
    assert len(padded) % block == 0
    assert 0 < len(padded) - len(message) <= block
    assert unpad_80(padded) == message
    assert pad_zero(message, block).startswith(message)
    assert len(pad_zero(message, block)) - len(message) < block


@pytest.mark.parametrize("padded", [bytes(16), b"\x81" + bytes(15), b"\x80" + bytes(16)])
def test_what_is_not_padding_is_not_taken_off(padded: bytes) -> None:
    assert unpad_80(padded) is None


def test_a_des_key_carries_its_version_in_its_parity() -> None:
    key = des_key(bytes.fromhex("0001000001000001" + "01" * 8))
    assert key.version == 0b01001001
    assert key.is_single_des
    assert not any(clear_parity(key.material))
    assert not aes_key(bytes(16)).is_single_des


def test_a_key_does_not_show_itself() -> None:
    material = bytes(range(16))
    for shown in (repr(aes_key(material)), repr(aes_key(material).cipher())):
        assert material.hex() not in shown
        assert "\\x01" not in shown


def test_rotation() -> None:
    assert rotate_left(b"abc") == b"bca"
