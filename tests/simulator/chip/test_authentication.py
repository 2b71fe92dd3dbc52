"""Handshakes: the published ones byte for byte, then every way to fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from simulator.chip.chip import Chip
from simulator.chip.keys import Key, KeyKind, KeySettings, aes_key, clear_parity, des_key
from simulator.chip.memory import Application, Memory
from simulator.chip.messaging_ev1 import Ev1Session
from simulator.chip.messaging_ev2 import Ev2Session, session_ciphers

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

Vector = dict[str, Any]
Scripted = Callable[..., Callable[[int], bytes]]
NewReader = Callable[[Chip], "Reader"]

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F59250")
KEY_1 = bytes(range(16))


def _chip_with(key: Key, random: Callable[[int], bytes], capabilities: str = "00" * 6) -> Chip:
    application = Application(KeySettings(0x0F), key.kind, (key, key))
    memory = Memory().with_application(AID, application)
    chip = Chip(UID, random, memory=memory, capabilities=bytes.fromhex(capabilities))
    chip.power_on()
    assert chip.transmit(b"\x5a" + AID) == b"\x00"
    return chip


@pytest.mark.vectors("authenticate_ev2_first")
def test_ev2_first(vector: Vector, scripted: Scripted) -> None:
    inputs, outputs = vector["inputs"], vector["outputs"]
    key = aes_key(bytes.fromhex(inputs["key"]))
    chip = _chip_with(key, scripted(inputs["rnd_b"], inputs["ti"]), inputs["pdcap2"])
    asked = bytes.fromhex(inputs["pcdcap2"]).rstrip(b"\x00")
    first = b"\x71\x01" + bytes((len(asked),)) + asked
    assert chip.transmit(first).hex() == "af" + outputs["card_resp1"]
    second = b"\xaf" + bytes.fromhex(outputs["reader_cmd2"])
    assert chip.transmit(second).hex() == "00" + outputs["card_resp2"]
    session = chip._state.session
    assert isinstance(session, Ev2Session)
    assert session.enc.key.hex() == outputs["ses_enc"]
    assert session.mac.key.hex() == outputs["ses_mac"]
    assert (session.key_number, session.counter) == (1, 0)


@pytest.mark.vectors("ev2_session_keys")
def test_ev2_session_keys(vector: Vector) -> None:
    inputs = {name: bytes.fromhex(value) for name, value in vector["inputs"].items()}
    enc, mac = session_ciphers(aes_key(inputs["key"]), inputs["rnd_a"], inputs["rnd_b"])
    assert enc.key.hex() == vector["outputs"]["ses_enc"]
    assert mac.key.hex() == vector["outputs"]["ses_mac"]


@pytest.mark.vectors("authenticate_ev1_aes", "authenticate_iso_1a")
def test_one_cbc_chain_through_the_handshake(vector: Vector, scripted: Scripted) -> None:
    inputs, outputs = vector["inputs"], vector["outputs"]
    material = bytes.fromhex(inputs["key"])
    aes = vector["kind"] == "authenticate_ev1_aes"
    key = aes_key(material) if aes else des_key((material * 2)[:16])
    chip = _chip_with(key, scripted(inputs["rnd_b"]))
    begin = b"\xaa\x00" if aes else b"\x1a\x00"
    assert chip.transmit(begin).hex() == "af" + outputs["card_resp1"]
    second = b"\xaf" + bytes.fromhex(outputs["reader_cmd2"])
    assert chip.transmit(second).hex() == "00" + outputs["card_resp2"]
    session = chip._state.session
    assert isinstance(session, Ev1Session)
    if aes:
        assert session.cipher.key.hex() == outputs["session_key"]
    else:
        assert clear_parity(session.cipher.key).hex() == outputs["session_key_parity_cleared"]


def test_a_zero_iv_in_part_two_is_accepted_but_proves_nothing(scripted: Scripted) -> None:
    # Measured on silicon: only RndA is damaged, and the reader sees it in the answer.
    key = aes_key(bytes(16))
    chip = _chip_with(key, scripted("11" * 16))
    chip.transmit(b"\xaa\x00")
    rnd_a = bytes(range(16))
    answer = key.cipher().encrypt(rnd_a)  # block one with a zero IV …
    answer += key.cipher().encrypt(b"\x11" * 16, answer)  # … block two chained
    proof = chip.transmit(b"\xaf" + answer)
    assert proof[0] == 0
    assert key.cipher().decrypt(proof[1:], answer[-16:]) != rnd_a[1:] + rnd_a[:1]


@pytest.mark.parametrize("begin", ["aes", "ev2"])
def test_the_right_key_opens_and_another_does_not(reader: "Reader", begin: str) -> None:
    reader.select()
    assert getattr(reader, begin)(1) == 0
    assert getattr(reader, begin)(1, KEY_1) == 0xAE
    assert reader.chip._state.session is None  # even the old one


def test_a_session_goes_on_with_another_key(reader: "Reader") -> None:
    reader.select()
    assert reader.ev2(0) == 0
    assert reader.macced(0x64, b"\x01") == (0, b"\x00")
    before, counter = reader.ti, reader.counter
    assert reader.ev2(2, first=False) == 0
    assert (reader.ti, reader.counter) == (before, counter)
    assert reader.macced(0x64, b"\x01") == (0, b"\x00")
    session = reader.chip._state.session
    assert isinstance(session, Ev2Session)
    assert (session.key_number, session.counter) == (2, 2)


def test_non_first_needs_a_session_opened_with_first(reader: "Reader") -> None:
    reader.select()
    assert reader.ev2(0, first=False) == 0xAE
    assert reader.aes(0) == 0
    assert reader.ev2(0, first=False) == 0xAE


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("71", 0x7E),
        ("7100", 0x7E),
        ("710001", 0x7E),
        ("71000000", 0x7E),
        ("710007" + "00" * 7, 0x7E),
        ("710900", 0x40),
        ("77", 0x7E),
        ("7700", 0xAE),
        ("AA", 0x7E),
        ("AA0000", 0x7E),
        ("AA03", 0x40),
        ("AA80", 0x40),
        ("1A00", 0xAE),
        ("0A00", 0xAE),
        ("0A", 0x7E),
    ],
)
def test_wrong_beginnings(reader: "Reader", command: str, status: int) -> None:
    reader.select()
    assert reader.chip.transmit(bytes.fromhex(command)) == bytes((status,))


@pytest.mark.parametrize("length", [0, 8, 16, 31, 33, 48])
@pytest.mark.parametrize("begin", ["710000", "AA00"])
def test_the_readers_answer_has_one_length(reader: "Reader", begin: str, length: int) -> None:
    reader.select()
    assert reader.chip.transmit(bytes.fromhex(begin))[0] == 0xAF
    assert reader.chip.transmit(b"\xaf" + bytes(length)) == b"\x7e"
    assert reader.chip.transmit(b"\xaf" + bytes(32)) == b"\x1c"  # one try


def test_a_new_card_knows_only_des_at_picc_level(blank_reader: "Reader") -> None:
    assert blank_reader.ev2(0) == 0xAE
    assert blank_reader.aes(0) == 0xAE
    assert blank_reader.iso(1) == 0x40
    assert blank_reader.iso() == 0


def test_a_card_with_an_aes_key_no_longer_knows_des(reader: "Reader") -> None:
    assert reader.iso() == 0xAE
    assert reader.ev2(0) == 0


def test_another_command_in_the_middle_drops_the_handshake(reader: "Reader") -> None:
    reader.select()
    assert reader.send(0x71, b"\x00\x00")[0] == 0xAF
    assert reader.send(0x64, b"\x00") == (0, b"\x00")
    assert reader.send(0xAF, bytes(32)) == (0x1C, b"")


def test_beginning_again_ends_the_session(reader: "Reader") -> None:
    reader.select()
    assert reader.ev2(0) == 0
    assert reader.send(0x71, b"\x00\x00")[0] == 0xAF
    assert reader.macced(0x64, b"\x01")[0] == 0x7E  # now a plain command, of a wrong length


def test_challenges_are_fresh(reader: "Reader") -> None:
    reader.select()
    challenges = {reader.send(0x71, b"\x00\x00")[1] for _ in range(20)}
    assert len(challenges) == 20


def test_kinds_of_keys_have_kinds_of_challenges() -> None:
    assert (KeyKind.AES.challenge_length, KeyKind.TWO_KEY_DES.challenge_length) == (16, 8)
