import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.authenticate import (
    answer_challenge,
    derive_session_keys,
    first_command,
    read_card_answer,
    read_encrypted_rnd_b,
    second_command,
    verify_card_answer,
)
from passcard.errors import CardNotGenuine, CardRefused, UnexpectedAnswer

VectorsOf = Callable[[str], list[dict[str, Any]]]

# AN12196 rev 2.0 table 14
KEY = bytes(16)
RND_A = bytes.fromhex("13c5db8a5930439fc3def9a4c675360f")
ENCRYPTED_RND_B = bytes.fromhex("a04c124213c186f22399d33ac2a30215")
CARD_ANSWER = bytes.fromhex("3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f08120663")


def test_the_published_handshakes_byte_for_byte(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("authenticate_ev2_first"):
        inputs = {name: bytes.fromhex(value) for name, value in vector["inputs"].items()}
        outputs = {name: bytes.fromhex(value) for name, value in vector["outputs"].items()}
        key, rnd_a = inputs["key"], inputs["rnd_a"]
        sent = inputs["pcdcap2"].rstrip(b"\x00")
        challenge = read_encrypted_rnd_b(outputs["card_resp1"] + b"\x91\xaf")
        answer = answer_challenge(key, challenge, rnd_a)
        assert answer == outputs["reader_cmd2"], vector["name"]
        keys = verify_card_answer(
            key,
            rnd_a,
            challenge,
            read_card_answer(outputs["card_resp2"] + b"\x91\x00"),
            capabilities=sent,
        )
        assert keys.enc.reveal() == outputs["ses_enc"], vector["name"]
        assert keys.mac.reveal() == outputs["ses_mac"], vector["name"]
        assert keys.ti == inputs["ti"], vector["name"]


def test_session_keys_of_other_sources(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("ev2_session_keys"):
        inputs = {name: bytes.fromhex(value) for name, value in vector["inputs"].items()}
        keys = derive_session_keys(inputs["key"], inputs["rnd_a"], inputs["rnd_b"], ti=bytes(4))
        assert keys.enc.reveal().hex() == vector["outputs"]["ses_enc"], vector["name"]
        assert keys.mac.reveal().hex() == vector["outputs"]["ses_mac"], vector["name"]
        assert vector["outputs"]["ses_enc"] not in repr(keys)


def test_the_two_commands_as_they_travel() -> None:
    assert first_command(1) == bytes.fromhex("9071000002010000")
    assert first_command(0, capabilities=b"\xa1") == bytes.fromhex("90710000030001a100")
    assert second_command(bytes(32)) == bytes.fromhex("90AF000020") + bytes(33)


@pytest.mark.parametrize("bit", range(0, 32 * 8, 5))
def test_a_flipped_bit_of_the_proof_is_not_genuine(bit: int) -> None:
    # TI is the card's free choice: a flip there only garbles the next block, which is checked.
    damaged = bytearray(CARD_ANSWER)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CardNotGenuine):
        verify_card_answer(KEY, RND_A, ENCRYPTED_RND_B, bytes(damaged))


@given(st.binary(min_size=16, max_size=16).filter(lambda key: key != KEY))
def test_another_key_is_not_genuine(other: bytes) -> None:
    with pytest.raises(CardNotGenuine):
        verify_card_answer(other, RND_A, ENCRYPTED_RND_B, CARD_ANSWER)


@given(st.binary(max_size=40).filter(lambda answer: answer != CARD_ANSWER))
def test_any_other_answer_is_not_genuine(answer: bytes) -> None:
    with pytest.raises(CardNotGenuine):
        verify_card_answer(KEY, RND_A, ENCRYPTED_RND_B, answer)


def test_a_card_that_does_not_echo_our_capabilities_is_not_genuine() -> None:
    with pytest.raises(CardNotGenuine):
        verify_card_answer(KEY, RND_A, ENCRYPTED_RND_B, CARD_ANSWER, capabilities=b"\x01")


def test_the_card_refusing_our_proof_is_not_genuine_and_says_so() -> None:
    with pytest.raises(CardNotGenuine) as refused:
        read_card_answer(b"\x91\xae")
    assert refused.value.status == 0x91AE


@pytest.mark.parametrize("read", [read_encrypted_rnd_b, read_card_answer])
def test_another_refusal_keeps_its_status(read: Callable[[bytes], bytes]) -> None:
    with pytest.raises(CardRefused) as refused:
        read(b"\x91\x40")
    assert refused.value.status == 0x9140


@pytest.mark.parametrize("read", [read_encrypted_rnd_b, read_card_answer])
@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_a_typed_error(
    read: Callable[[bytes], bytes], answer: bytes
) -> None:
    with contextlib.suppress(CardRefused, CardNotGenuine, UnexpectedAnswer):
        assert len(read(answer)) in {16, 32}


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (read_encrypted_rnd_b, bytes(16) + b"\x91\x00"),
        (read_encrypted_rnd_b, bytes(15) + b"\x91\xaf"),
        (read_card_answer, bytes(32) + b"\x91\xaf"),
        (read_card_answer, bytes(31) + b"\x91\x00"),
    ],
)
def test_the_wrong_half_or_length_is_unexpected(
    read: Callable[[bytes], bytes], answer: bytes
) -> None:
    with pytest.raises(UnexpectedAnswer):
        read(answer)


def test_lengths_are_the_callers_duty() -> None:
    with pytest.raises(ValueError, match="AES key"):
        answer_challenge(bytes(8), ENCRYPTED_RND_B, RND_A)
    with pytest.raises(ValueError, match="challenge"):
        answer_challenge(KEY, ENCRYPTED_RND_B, RND_A[:8])
    with pytest.raises(ValueError, match="32 bytes"):
        second_command(bytes(16))
    with pytest.raises(ValueError, match="PCDcap2"):
        first_command(0, capabilities=bytes(7))
