"""Opening a factory blank, pinned to transcripts of real EV1 silicon."""

from collections.abc import Callable
from typing import Any

import pytest

from passcard.crypto import aes_cbc_encrypt, crc32_jamcrc, des_cbc_decrypt, des_cbc_encrypt
from passcard.errors import CardNotGenuine, CardRefused, UnexpectedAnswer
from passcard.factory_blank import (
    FACTORY_PICC_KEY,
    answer_iso_challenge,
    authenticate_iso,
    change_key_plain,
    iso_session_key,
    replace_factory_key,
)
from passcard.session import run

VectorsOf = Callable[[str], list[dict[str, Any]]]
Scripted = Callable[..., Any]

# Elmue's EV1 transcript: the DES zero key, as on a blank.
RND_A = bytes.fromhex("849b36c5f8bf4a09")
RND_B = bytes.fromhex("4fd1b75942a8b8e1")
FIRST = ("901a0000010000", "5d994ce085f2408991af")
SECOND = ("90af00001021d0ad5f2fd97454a746cc80567f1b1c00", "913c6ded84221c419100")
SESSION_KEY = RND_A[:4] + RND_B[:4]
NEW_KEY = bytes.fromhex("00102030405060708090a0b0b0a09080")


def without_parity(key: bytes) -> str:
    return bytes(octet & 0xFE for octet in key).hex()


def test_the_published_handshakes(vectors_of: VectorsOf, scripted: Scripted) -> None:
    for vector in vectors_of("authenticate_iso_1a"):
        key, rnd_a = (bytes.fromhex(vector["inputs"][name]) for name in ("key", "rnd_a"))
        outputs = vector["outputs"]
        card = scripted(
            (FIRST[0], outputs["card_resp1"] + "91af"),
            ("90af000010" + outputs["reader_cmd2"] + "00", outputs["card_resp2"] + "9100"),
        )
        session_key = run(authenticate_iso(key, rnd_a), card.transmit)
        expected = outputs["session_key_parity_cleared"]
        assert without_parity(session_key) == expected, vector["name"]


def test_a_blank_of_equal_halves_has_a_session_key_of_8_bytes() -> None:
    assert iso_session_key(FACTORY_PICC_KEY, RND_A, RND_B) == SESSION_KEY
    assert len(iso_session_key(NEW_KEY, RND_A, RND_B)) == 16


def test_the_published_changes_of_key(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("ev1_changekey_aes"):
        inputs, expected = vector["inputs"], bytes.fromhex(vector["outputs"]["plain"])
        new_key, header = bytes.fromhex(inputs["new_key"]), bytes.fromhex(inputs["key_no"])
        plain = change_key_plain(header, new_key, version=inputs["version"])
        if inputs["other_key"]:  # against an old key of zeros; only its second CRC differs
            plain += crc32_jamcrc(new_key)
        assert plain.ljust(len(expected), b"\x00") == expected, vector["name"]
        sealed = aes_cbc_encrypt(
            bytes.fromhex(inputs["session_key"]), bytes.fromhex(inputs["iv"]), expected
        )
        assert sealed.hex() == vector["outputs"]["payload"], vector["name"]


def change_command() -> str:
    """Return the ChangeKey a blank must be sent: KeyNo 80, then 24 bytes under the session key."""
    keyed = NEW_KEY + b"\x01"
    plain = keyed + crc32_jamcrc(b"\xc4\x80" + keyed) + bytes(3)
    return "90c400001980" + des_cbc_encrypt(SESSION_KEY, bytes(8), plain).hex() + "00"


def test_a_blank_gives_up_des(scripted: Scripted) -> None:
    card = scripted(FIRST, SECOND, (change_command(), "9100"))
    run(replace_factory_key(NEW_KEY, version=1, rnd_a=RND_A), card.transmit)
    assert card.finished


def test_a_refused_change_keeps_its_status(scripted: Scripted) -> None:
    card = scripted(FIRST, SECOND, (change_command(), "911e"))
    with pytest.raises(CardRefused) as refused:
        run(replace_factory_key(NEW_KEY, version=1, rnd_a=RND_A), card.transmit)
    assert refused.value.status == 0x911E


@pytest.mark.parametrize("at", [0, 1])
def test_a_key_that_is_no_factory_key_is_not_genuine(at: int, scripted: Scripted) -> None:
    exchanges = [FIRST, SECOND]
    exchanges[at] = (exchanges[at][0], "91ae")
    with pytest.raises(CardNotGenuine) as refused:
        run(authenticate_iso(FACTORY_PICC_KEY, RND_A), scripted(*exchanges).transmit)
    assert refused.value.status == 0x91AE


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(
    ("answer", "error"),
    [("911c", CardRefused), ("9100", UnexpectedAnswer), ("91af", UnexpectedAnswer)],
)
def test_other_answers_are_typed_errors(
    at: int, answer: str, error: type[Exception], scripted: Scripted
) -> None:
    exchanges = [FIRST, SECOND]
    exchanges[at] = (exchanges[at][0], answer)
    with pytest.raises(error):
        run(authenticate_iso(FACTORY_PICC_KEY, RND_A), scripted(*exchanges).transmit)


@pytest.mark.parametrize("bit", range(64))
def test_a_flipped_bit_of_the_proof_is_not_genuine(bit: int, scripted: Scripted) -> None:
    damaged = bytearray.fromhex(SECOND[1])
    damaged[bit // 8] ^= 1 << bit % 8
    card = scripted(FIRST, (SECOND[0], damaged.hex()))
    with pytest.raises(CardNotGenuine) as refused:
        run(authenticate_iso(FACTORY_PICC_KEY, RND_A), card.transmit)
    assert refused.value.status is None


def test_lengths_are_the_callers_duty() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        answer_iso_challenge(FACTORY_PICC_KEY, bytes(8), bytes(16))
    with pytest.raises(ValueError, match="16 bytes"):
        change_key_plain(b"\x80", bytes(8), version=1)


def test_the_change_reads_back() -> None:
    sealed = bytes.fromhex(change_command())[6:-1]
    assert des_cbc_decrypt(SESSION_KEY, bytes(8), sealed)[:16] == NEW_KEY
