"""Key blocks: a published one comes out letter for letter, and a library reads ours."""

import secrets
import warnings
from typing import Any

import pytest

from backend.vault.key_block import initial_key_block, wrap
from passcard.secret import Secret

with warnings.catch_warnings():
    # The oracle imports a cipher from where it will once be no more.
    warnings.simplefilter("ignore")
    from psec import tr31


def unwrap(kbpk: bytes, block: str) -> tuple[Any, bytes]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header, key = tr31.unwrap(kbpk, block)
    return header, key


def test_the_published_block_of_version_d(pin_vectors: dict[str, Any]) -> None:
    one = next(v for v in pin_vectors["tr31_key_blocks"] if v["key_block"].startswith("D"))
    kbpk, key = bytes.fromhex(one["kbpk"]), bytes.fromhex(one["key"])
    padding = _padding_of(kbpk, one["key_block"], len(key))
    block = wrap(Secret(kbpk), Secret(key), one["header"][5:12], "", lambda n: padding[:n])
    assert block == one["key_block"]


def _padding_of(kbpk: bytes, block: str, key_length: int) -> bytes:
    """Decrypt the published block with keys derived here, to learn its random padding."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    mac = bytes.fromhex(block[-32:])
    data = b"".join(_cmac(kbpk, bytes.fromhex(f"{number:02X}00000000040100")) for number in (1, 2))
    decryptor = Cipher(algorithms.AES(data), modes.CBC(mac)).decryptor()
    plain = decryptor.update(bytes.fromhex(block[16:-32]))
    assert int.from_bytes(plain[:2], "big") == 8 * key_length
    return plain[2 + key_length :]


def _cmac(key: bytes, message: bytes) -> bytes:
    from Crypto.Cipher import AES  # noqa: PLC0415
    from Crypto.Hash import CMAC  # noqa: PLC0415

    return CMAC.new(key, message, ciphermod=AES).digest()


@pytest.mark.parametrize("length", [16, 24, 32])
@pytest.mark.parametrize(
    ("identifier", "name", "algorithm"),
    [("9250000100000007", "IK", "A"), ("FFFF9876543210E00000", "KS", "T")],
)
def test_a_library_reads_a_pads_key(
    length: int, identifier: str, name: str, algorithm: str
) -> None:
    kbpk, key = secrets.token_bytes(length), secrets.token_bytes(16)
    block = initial_key_block(
        Secret(kbpk), Secret(key), bytes.fromhex(identifier), secrets.token_bytes
    )
    header, found = unwrap(kbpk, block)
    assert found == key
    assert (header.version_id, header.key_usage, header.algorithm) == ("D", "B1", algorithm)
    assert (header.mode_of_use, header.exportability) == ("X", "N")
    assert header.blocks[name] == identifier


def test_every_letter_of_a_block_matters() -> None:
    kbpk = secrets.token_bytes(32)
    block = initial_key_block(
        Secret(kbpk), Secret(secrets.token_bytes(16)), bytes(8), secrets.token_bytes
    )
    for place in range(len(block)):
        other = "0" if block[place] != "0" else "1"
        with pytest.raises((tr31.KeyBlockError, tr31.HeaderError)):
            unwrap(kbpk, block[:place] + other + block[place + 1 :])


def test_a_protection_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16, 24 or 32"):
        initial_key_block(Secret(bytes(15)), Secret(bytes(16)), bytes(8), secrets.token_bytes)


@pytest.mark.parametrize("length", range(33))
def test_headers_of_any_length_are_filled_up(length: int) -> None:
    kbpk, key = secrets.token_bytes(16), secrets.token_bytes(16)
    option = f"24{4 + length:02X}{'0' * length}" if length else ""
    block = wrap(Secret(kbpk), Secret(key), "B1AX00N", option, secrets.token_bytes)
    assert unwrap(kbpk, block)[1] == key
