from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.crypto import (
    aes_cbc_decrypt,
    aes_cbc_encrypt,
    aes_cmac,
    aes_ecb_encrypt,
    crc32_jamcrc,
    des_cbc_decrypt,
    des_cbc_encrypt,
)
from passcard.secret import Secret

VectorsOf = Callable[[str], list[dict[str, Any]]]


def test_aes_cmac_of_rfc_4493(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("aes_cmac"):
        given_, expected = vector["inputs"], vector["outputs"]
        mac = aes_cmac(bytes.fromhex(given_["key"]), bytes.fromhex(given_["message"]))
        assert mac.hex() == expected["cmac"], vector["name"]


def test_crc32_without_final_inversion(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("crc32_jamcrc_le"):
        crc = crc32_jamcrc(bytes.fromhex(vector["inputs"]["data"]))
        assert crc.hex() == vector["outputs"]["crc"], vector["name"]


def test_one_aes_block_of_fips_197() -> None:
    key = bytes(range(16))
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert aes_ecb_encrypt(key, block).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    with pytest.raises(ValueError, match="one AES block"):
        aes_ecb_encrypt(key, bytes(32))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_cbc_goes_there_and_back(key: bytes, plain: bytes) -> None:
    assert aes_cbc_decrypt(key, key, aes_cbc_encrypt(key, key, plain)) == plain
    for des_key in (key, key[:8]):
        iv = key[8:]
        assert des_cbc_decrypt(des_key, iv, des_cbc_encrypt(des_key, iv, plain)) == plain


def test_a_2k3des_key_with_equal_halves_is_a_des_key() -> None:
    half, plain = bytes.fromhex("0123456789abcdef"), bytes(8)
    assert des_cbc_encrypt(half, bytes(8), plain) == des_cbc_encrypt(half * 2, bytes(8), plain)
    # FIPS 81 appendix C: DES of "Now is t" under this key.
    assert des_cbc_encrypt(half, bytes(8), b"Now is t").hex() == "3fa40e8a984d4815"


def test_a_des_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        des_cbc_encrypt(bytes(24), bytes(8), bytes(8))


def test_a_secret_does_not_print_and_has_one_door() -> None:
    secret = Secret(b"sixteen byte key")
    assert "sixteen" not in f"{secret} {secret!r} {[secret]!r}"
    assert secret.reveal() == b"sixteen byte key"
    assert secret == Secret(b"sixteen byte key")
    assert secret != Secret(b"another byte key")
    assert secret != b"sixteen byte key"
    with pytest.raises(TypeError, match="unhashable"):
        hash(secret)
