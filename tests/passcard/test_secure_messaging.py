from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.apdu import Response, StatusWord, parse_response
from passcard.authenticate import SessionKeys
from passcard.crypto import aes_cbc_encrypt
from passcard.errors import CardRefused, SessionEnded, UnexpectedAnswer
from passcard.secret import Secret
from passcard.secure_messaging import CommunicationMode, SecureMessaging, truncate_mac

VectorsOf = Callable[[str], list[dict[str, Any]]]
PLAIN, MAC, FULL = CommunicationMode.PLAIN, CommunicationMode.MAC, CommunicationMode.FULL

# AN12196 rev 2.0 table 28: GetCardUID and its encrypted answer.
UID_KEYS = SessionKeys(
    enc=Secret(bytes.fromhex("2b4d963c014dc36f24f69a50a394f875")),
    mac=Secret(bytes.fromhex("379d32130ce61705dd5fd8c36b95d764")),
    ti=bytes.fromhex("df055522"),
)
UID_COMMAND = bytes.fromhex("8e2c155adda99be3")
UID_ANSWER = bytes.fromhex("70756055688505b52a5e26e59e329cd6595f672298ea41b7")


def keys_of(inputs: dict[str, Any]) -> SessionKeys:
    return SessionKeys(
        enc=Secret(bytes.fromhex(inputs.get("ses_enc", 32 * "0"))),
        mac=Secret(bytes.fromhex(inputs["ses_mac"])),
        ti=bytes.fromhex(inputs["ti"]),
    )


def waiting(keys: SessionKeys, *, counter: int = 0) -> SecureMessaging:
    """Return a session that has sent a command."""
    session = SecureMessaging(keys, counter=counter)
    session.protect_command(0x51, mode=MAC)
    return session


@pytest.mark.parametrize(("kind", "mode"), [("ev2_command_mac", MAC), ("ev2_command_full", FULL)])
def test_published_commands(kind: str, mode: CommunicationMode, vectors_of: VectorsOf) -> None:
    for vector in vectors_of(kind):
        inputs = vector["inputs"]
        session = SecureMessaging(keys_of(inputs), counter=inputs["cmd_ctr"])
        payload = session.protect_command(
            int(inputs["cmd"], 16),
            bytes.fromhex(inputs["header"]),
            bytes.fromhex(inputs["data"]),
            mode=mode,
        )
        assert payload.hex() == vector["outputs"]["payload"], vector["name"]


@pytest.mark.parametrize(("kind", "mode"), [("ev2_response_mac", MAC), ("ev2_response_full", FULL)])
def test_published_answers(kind: str, mode: CommunicationMode, vectors_of: VectorsOf) -> None:
    for vector in vectors_of(kind):
        inputs = vector["inputs"]
        session = waiting(keys_of(inputs), counter=inputs["cmd_ctr_after"] - 1)
        answer = parse_response(bytes.fromhex(vector["outputs"]["payload"] + "9100"))
        assert session.open_answer(answer, mode=mode).hex() == inputs["data"], vector["name"]


def test_mac_truncation(vectors_of: VectorsOf) -> None:
    for vector in vectors_of("mac_truncate"):
        full = bytes.fromhex(vector["inputs"]["full"])
        assert truncate_mac(full).hex() == vector["outputs"]["mact"]


def test_a_session_of_three_published_exchanges_counts_plain_ones_too(
    vectors_of: VectorsOf,
) -> None:
    # AN12196 tables 23 to 26: counter 1 belongs to a Plain exchange between two vectors.
    by_name = {
        v["name"]: v for v in vectors_of("ev2_command_full") + vectors_of("ev2_response_mac")
    }
    other, same_key = by_name["an12196-t25-changekey-other"], by_name["an12196-t26-changekey-same"]
    session = SecureMessaging(keys_of(other["inputs"]), counter=1)
    assert session.protect_command(0xAD, bytes(7), mode=PLAIN) == bytes(7)
    assert session.open_answer(Response(b"abc", StatusWord.OK), mode=PLAIN) == b"abc"
    for vector in (other, same_key):
        sent = session.protect_command(
            0xC4,
            bytes.fromhex(vector["inputs"]["header"]),
            bytes.fromhex(vector["inputs"]["data"]),
            mode=FULL,
        )
        assert sent.hex() == vector["outputs"]["payload"]
        if vector is other:
            mac = bytes.fromhex(by_name["an12196-t25-changekey-other-resp"]["outputs"]["payload"])
            assert session.open_answer(Response(mac, StatusWord.OK), mode=FULL) == b""


@pytest.mark.parametrize("bit", range(len(UID_ANSWER) * 8))
def test_any_flipped_bit_is_refused_and_ends_the_session(bit: int) -> None:
    session = waiting(UID_KEYS)
    damaged = bytearray(UID_ANSWER)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(UnexpectedAnswer, match="right MAC"):
        session.open_answer(Response(bytes(damaged), StatusWord.OK), mode=FULL)
    assert session.ended
    with pytest.raises(SessionEnded):
        session.protect_command(0x51, mode=MAC)


@given(st.binary(max_size=80).filter(lambda answer: answer != UID_ANSWER))
def test_any_other_answer_is_refused(answer: bytes) -> None:
    session = waiting(UID_KEYS)
    with pytest.raises(UnexpectedAnswer):
        session.open_answer(Response(answer, StatusWord.OK), mode=FULL)
    assert session.ended


def test_an_answer_is_good_for_its_place_only() -> None:
    session = waiting(UID_KEYS)
    session.open_answer(Response(UID_ANSWER, StatusWord.OK), mode=FULL)
    session.protect_command(0x51, mode=MAC)
    with pytest.raises(UnexpectedAnswer):
        session.open_answer(Response(UID_ANSWER, StatusWord.OK), mode=FULL)


def test_an_error_ends_the_session_and_keeps_its_status() -> None:
    session = waiting(UID_KEYS)
    with pytest.raises(CardRefused) as refused:
        session.open_answer(Response(b"", StatusWord.LENGTH_ERROR), mode=MAC)
    assert refused.value.status is StatusWord.LENGTH_ERROR
    assert session.ended


def test_the_last_counter_is_never_used() -> None:
    session = SecureMessaging(UID_KEYS, counter=0xFFFE)
    session.protect_command(0x51, mode=PLAIN)
    session.open_answer(Response(b"", StatusWord.OK), mode=PLAIN)
    with pytest.raises(SessionEnded):
        session.protect_command(0x51, mode=PLAIN)
    assert session.ended
    with pytest.raises(ValueError, match="two bytes"):
        SecureMessaging(UID_KEYS, counter=0x10000)


def test_one_command_at_a_time() -> None:
    session = SecureMessaging(UID_KEYS)
    with pytest.raises(ValueError, match="no command"):
        session.open_answer(Response(b"", StatusWord.OK), mode=PLAIN)
    assert session.protect_command(0x51, mode=FULL) == UID_COMMAND
    with pytest.raises(ValueError, match="no answer yet"):
        session.protect_command(0x51, mode=MAC)


@given(st.binary(max_size=70), st.integers(0, 0xFFFE))
def test_full_always_pads_and_never_shows_the_data(data: bytes, counter: int) -> None:
    session = SecureMessaging(UID_KEYS, counter=counter)
    payload = session.protect_command(0x3D, b"\x01", data, mode=FULL)
    blocks = len(data) // 16 + 1 if data else 0
    assert len(payload) == 1 + 16 * blocks + 8
    assert len(data) < 4 or data not in payload


def sealed_by_the_card(body: bytes) -> Response:
    """Return an answer with a right MAC over a `body` the protocol would not make."""
    card = SecureMessaging(UID_KEYS, counter=1)
    return Response(body + card._mac(b"\x00" + card._context() + body), StatusWord.OK)


@pytest.mark.parametrize("body", [bytes(15), bytes(16), bytes(17)])
def test_a_right_mac_over_a_wrong_shape_is_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match=r"blocks|padding"):
        waiting(UID_KEYS).open_answer(sealed_by_the_card(body), mode=FULL)


def test_padding_of_more_than_a_block_is_refused() -> None:
    card = SecureMessaging(UID_KEYS, counter=1)
    iv = card._iv(bytes.fromhex("5AA5"))
    body = aes_cbc_encrypt(UID_KEYS.enc.reveal(), iv, b"\x80" + bytes(31))
    with pytest.raises(UnexpectedAnswer, match="padding"):
        waiting(UID_KEYS).open_answer(sealed_by_the_card(body), mode=FULL)


def test_nothing_secret_in_a_repr() -> None:
    session = waiting(UID_KEYS)
    assert repr(session) == "SecureMessaging(awaiting answer, counter=0)"
    assert "2b4d" not in repr(UID_KEYS)
