"""Secure messaging against published exchanges: the chip must read them and answer them."""

import os
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from simulator.chip.chip import Chip
from simulator.chip.crypto import AES_BLOCK, BlockCipher
from simulator.chip.keys import Key, KeyKind, KeySettings, aes_key, zero_key
from simulator.chip.memory import PICC_AID, Application, Memory, factory_picc
from simulator.chip.messaging_ev1 import Ev1Session
from simulator.chip.messaging_ev2 import COUNTER_MAX, Ev2Session
from simulator.chip.modes import Mode
from simulator.chip.state import Session
from simulator.chip.status import RefusalError, Status

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

Vector = dict[str, Any]
UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F59250")
ZERO = zero_key(KeyKind.AES)


def _ev2(inputs: dict[str, Any], counter: int, number: int = 0) -> Ev2Session:
    enc, mac = (bytes.fromhex(inputs.get(name, "00" * 16)) for name in ("ses_enc", "ses_mac"))
    transaction_id = bytes.fromhex(inputs["ti"])
    return Ev2Session(
        number, BlockCipher(enc, AES_BLOCK), BlockCipher(mac, AES_BLOCK), transaction_id, counter
    )


def _in_session(session: Session, keys: tuple[Key, ...], uid: bytes = UID) -> Chip:
    """Return a powered chip, its application selected, in the middle of this session."""
    application = Application(KeySettings(0x0F), KeyKind.AES, keys)
    chip = Chip(uid, os.urandom, memory=Memory().with_application(AID, application))
    chip.power_on()
    chip._state.select(AID)
    chip._state.session = session
    return chip


@pytest.mark.vectors("ev2_command_mac", "ev2_command_full")
def test_ev2_commands_are_read(vector: Vector) -> None:
    inputs = vector["inputs"]
    header = bytes.fromhex(inputs["header"])
    full = vector["kind"] == "ev2_command_full"
    session = _ev2(inputs, inputs["cmd_ctr"])
    body = session.open_command(
        int(inputs["cmd"], 16),
        bytes.fromhex(vector["outputs"]["payload"]),
        mode=Mode.FULL_COMMAND if full else Mode.MAC,
        header_length=len(header),
    )
    assert body.hex() == inputs["header"] + inputs["data"]
    assert session.counter == inputs["cmd_ctr"] + 1


@pytest.mark.vectors("ev2_command_mac", "ev2_command_full")
def test_a_command_with_one_wrong_bit_is_refused(vector: Vector) -> None:
    inputs, payload = vector["inputs"], bytes.fromhex(vector["outputs"]["payload"])
    for place in range(len(payload)):
        damaged = payload[:place] + bytes((payload[place] ^ 1,)) + payload[place + 1 :]
        session = _ev2(inputs, inputs["cmd_ctr"])
        with pytest.raises(RefusalError) as refusal:
            session.open_command(
                int(inputs["cmd"], 16), damaged, mode=Mode.FULL_COMMAND, header_length=1
            )
        assert refusal.value.status is Status.INTEGRITY_ERROR


@pytest.mark.vectors("ev2_response_mac", "ev2_response_full")
def test_ev2_answers_are_made(vector: Vector) -> None:
    inputs = vector["inputs"]
    mode = Mode.FULL_ANSWER if vector["kind"] == "ev2_response_full" else Mode.MAC
    session = _ev2(inputs, inputs["cmd_ctr_after"])
    answer = session.seal_answer(bytes.fromhex(inputs["data"]), mode=mode)
    assert answer.hex() == vector["outputs"]["payload"]


def test_the_counter_ends_the_session_rather_than_wrap() -> None:
    session = _ev2({"ti": "00000000"}, COUNTER_MAX)
    chip = _in_session(session, (ZERO,))
    assert chip.transmit(b"\x64\x00" + session._mac(0x64, b"\x00")) == b"\xae"
    assert chip._state.session is None


# AN12196 Tables 25 and 26: the exchange in full, on a chip that holds the keys of that card.
NEW_KEY_2 = "f3847d627727ed3bc9c4cc050489b966"


@pytest.mark.vectors("ev2_command_full")
def test_published_key_changes_are_carried_out(vector: Vector) -> None:
    inputs, payload = vector["inputs"], bytes.fromhex(vector["outputs"]["payload"])
    if inputs["cmd"] != "c4":
        return
    chip = _in_session(_ev2(inputs, inputs["cmd_ctr"]), (ZERO,) * 3)
    answer = chip.transmit(b"\xc4" + payload)
    keys = chip.memory.applications[AID].keys
    if inputs["header"] == "02":
        assert answer.hex() == "00203bb55d1089d587"
        assert keys == (ZERO, ZERO, aes_key(bytes.fromhex(NEW_KEY_2), 1))
        assert chip._state.session is not None
    else:
        assert answer == b"\x00"
        assert keys == (aes_key(bytes.fromhex(inputs["data"])[:16], 1), ZERO, ZERO)
        assert chip._state.session is None


def test_published_card_uid_exchanges() -> None:
    inputs = {
        "ses_enc": "2b4d963c014dc36f24f69a50a394f875",
        "ses_mac": "379d32130ce61705dd5fd8c36b95d764",
        "ti": "df055522",
    }
    chip = _in_session(_ev2(inputs, 0), (ZERO,), uid=bytes.fromhex("04958caa5c5e80"))
    answer = chip.transmit(bytes.fromhex("90510000088e2c155adda99be300"))  # AN12196 Table 28
    assert answer.hex() == "70756055688505b52a5e26e59e329cd6595f672298ea41b7" + "9100"


@pytest.mark.vectors("ev1_cmac_chain")
def test_the_ev1_iv_runs_through_commands_and_answers(vector: Vector) -> None:
    key = BlockCipher(bytes.fromhex(vector["inputs"]["session_key"]), AES_BLOCK)
    session = Ev1Session(0, key, key.zero_iv())
    for step in vector["inputs"]["steps"]:
        command = bytes.fromhex(step["command_native"])
        session.open_command(command[0], command[1:], mode=Mode.MAC, header_length=0)
        assert session.iv.hex() == step["iv_after_command"]
        data = bytes.fromhex(step["response_data"])
        assert session.seal_answer(data, mode=Mode.MAC) == data + bytes.fromhex(
            step["response_mac"]
        )
        assert session.iv.hex() == step["iv_after_response"]


@pytest.mark.vectors("ev1_changekey_aes")
def test_ev1_key_changes_are_carried_out(vector: Vector) -> None:
    inputs, outputs = vector["inputs"], vector["outputs"]
    number, new = int(inputs["key_no"], 16), bytes.fromhex(inputs["new_key"])
    cipher = BlockCipher(bytes.fromhex(inputs["session_key"]), AES_BLOCK)
    session = Ev1Session(0, cipher, bytes.fromhex(inputs["iv"]))
    chip = _in_session(session, (ZERO, ZERO))
    answer = chip.transmit(b"\xc4" + bytes((number,)) + bytes.fromhex(outputs["payload"]))
    assert answer.hex() == "00" + outputs.get("response_mac", "")
    assert chip.memory.applications[AID].keys[number] == aes_key(new, inputs["version"])


def test_ev1_answers_in_full_carry_a_crc() -> None:
    # proxmark3's published CRC of an EV1 GetCardUID answer, here behind a zero-key session.
    cipher = ZERO.cipher()
    chip = _in_session(
        Ev1Session(0, cipher, cipher.zero_iv()), (ZERO,), uid=bytes.fromhex("04440f32763180")
    )
    answer = chip.transmit(b"\x51")
    iv = Ev1Session(0, cipher, cipher.zero_iv())
    iv.open_command(0x51, b"", mode=Mode.MAC, header_length=0)
    plain = cipher.decrypt(answer[1:], iv.iv)
    assert plain.hex() == "04440f32763180" + "99ce1ad4" + "00" * 5


def test_ev1_settings_change_over_des(blank_reader: "Reader") -> None:
    assert blank_reader.iso() == 0
    plain = b"\x0b"
    command = b"\x54" + plain
    crc = (zlib.crc32(command) ^ 0xFFFFFFFF).to_bytes(4, "little")
    status, mac = blank_reader.iso_full(0x54, b"", plain + crc)
    assert (status, len(mac)) == (0, 8)
    assert blank_reader.chip.memory.applications[PICC_AID].settings == KeySettings(0x0B)
    # A wrong CRC, or anything but zeros behind it, is refused.
    assert blank_reader.iso() == 0
    assert blank_reader.iso_full(0x54, b"", plain + crc[::-1])[0] == 0x1E
    assert blank_reader.iso() == 0
    assert blank_reader.iso_full(0x54, b"", plain + crc + b"\x00\x00\x01")[0] == 0x1E
    assert blank_reader.iso() == 0
    assert blank_reader.send(0x54, bytes(7))[0] == 0x7E


def test_answers_in_an_ev2_session_are_macced_whole(reader: "Reader") -> None:
    reader.select()
    assert reader.ev2(0) == 0
    status, version = reader.macced(0x60)  # three frames, one MAC, one count
    assert status == 0
    assert version[14:21] == UID
    assert reader.counter == 1
    status, sealed = reader.macced(0x51)
    assert reader.opened(sealed) == UID
    assert reader.macced(0x64, b"\x02") == (0, b"\x00")


def test_a_plain_command_in_an_ev2_session_is_refused_and_ends_it(reader: "Reader") -> None:
    reader.select()
    assert reader.ev2(0) == 0
    assert reader.send(0x45) == (0x7E, b"")
    assert reader.macced(0x45)[0] == 0x7E


def test_the_factory_level_is_told_by_its_settings() -> None:
    assert factory_picc().key_settings_2 == 0x01
