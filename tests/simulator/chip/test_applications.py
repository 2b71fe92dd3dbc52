"""Creating, selecting, listing and deleting applications; what the card tells of itself."""

from typing import TYPE_CHECKING

import pytest

from simulator.chip.chip import Chip
from simulator.chip.keys import KeyKind
from simulator.chip.memory import FACTORY_FREE_BYTES, PICC_AID

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

AID = bytes.fromhex("F59250")
UID = bytes.fromhex("04112233445566")
NAME = b"PASS.ACCESS"


def test_a_new_card(blank: Chip, blank_reader: "Reader") -> None:
    assert blank.atr == bytes.fromhex("3B8180018080")
    assert blank.uid == UID
    assert blank_reader.ask(0x6A) == (0, b"")
    assert blank_reader.ask(0x45) == (0, b"\x0f\x01")
    assert blank_reader.ask(0x64, b"\x00") == (0, b"\x00")
    status, free = blank_reader.ask(0x6E)
    assert (status, int.from_bytes(free, "little")) == (0, FACTORY_FREE_BYTES)


def test_the_version_comes_in_three_frames(blank_reader: "Reader") -> None:
    assert blank_reader.send(0x60) == (0xAF, bytes.fromhex("04010112001A05"))
    assert blank_reader.send(0xAF) == (0xAF, bytes.fromhex("04010102011A05"))
    status, last = blank_reader.send(0xAF)
    assert (status, last[:7], len(last)) == (0, UID, 14)
    assert blank_reader.send(0xAF) == (0x1C, b"")


def test_a_frame_with_data_does_not_go_on_with_an_answer(blank_reader: "Reader") -> None:
    assert blank_reader.send(0x60)[0] == 0xAF
    assert blank_reader.send(0xAF, b"\x00") == (0x7E, b"")


def test_a_new_command_drops_an_open_answer(blank_reader: "Reader") -> None:
    assert blank_reader.send(0x60)[0] == 0xAF
    assert blank_reader.send(0x6A) == (0, b"")
    assert blank_reader.send(0xAF) == (0x1C, b"")
    assert blank_reader.send(0x60)[0] == 0xAF
    assert blank_reader.chip.transmit(bytes.fromhex("00A4040000")) == b"\x6a\x82"
    assert blank_reader.send(0xAF) == (0x1C, b"")


def test_creation_listing_and_deletion(reader: "Reader") -> None:
    assert reader.send(0xCA, b"\x01\x02\x03\x0b\x82" + b"\x10\xe1" + NAME) == (0, b"")
    assert reader.ask(0x6A) == (0, AID + b"\x01\x02\x03")
    assert reader.ev2(0) == 0
    assert reader.macced(0xDA, b"\x01\x02\x03") == (0, b"")
    assert reader.macced(0x6A) == (0, AID)
    assert reader.macced(0xDA, b"\x01\x02\x03") == (0xA0, b"")
    assert reader.select(b"\x01\x02\x03") == 0xA0


def test_a_long_list_comes_in_frames_of_59_bytes(reader: "Reader") -> None:
    aids = [bytes((1, 0, number)) for number in range(27)]
    for aid in aids:
        assert reader.send(0xCA, aid + b"\x0f\x81") == (0, b"")
    status, first = reader.send(0x6A)
    assert (status, len(first)) == (0xAF, 59)
    status, last = reader.send(0xAF)
    assert (status, first + last) == (0, AID + b"".join(aids))
    reader.ev2(0)
    assert reader.macced(0x6A) == (0, AID + b"".join(aids))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("F59250 0F 83", 0xDE),
        ("000000 0F 83", 0xDE),
        ("F59251 0F 8F", 0x9E),  # fifteen keys
        ("F59251 0F C1", 0x9E),  # no such kind
        ("F59251 0F 41", 0x00),  # three-key DES
        ("F59251 0F 91", 0x7E),  # KS3 is announced
        ("F59251 0F 91 02", 0x9D),  # keys of a virtual card
        ("F59251 0F 91 08", 0x9E),  # a bit of KS3 that means nothing
        ("F59251 0F 91 01 00 02 10 08", 0x9E),  # key 8 rolls
        ("F59251 0F 91 01 00 02 10 07", 0x00),
        ("F59251 0F 91 01", 0x7E),  # key sets, but not what they are
        ("F59251 0F 91 01 00 02 10", 0x7E),
        ("F59251 0F 91 01 00 01 10 00", 0x9E),  # one set
        ("F59251 0F 91 01 00 11 10 00", 0x9E),  # seventeen
        ("F59251 0F 91 01 00 02 11 00", 0x9E),  # a key of 17 bytes
        ("F59251 0F 51 01 00 02 10 00", 0x9E),  # three-key DES does not fit in 16
        ("F59251 0F 91 01 00 02 10 00", 0x00),
        ("F59251 0F B1 01 00 02 18 00 10E1 4142", 0x00),
        ("F59251 0F A1", 0x7E),  # ISO file ids, but none given
        ("F59251 0F 81 10", 0x7E),
        ("F59251 0F 81 10E1" + "41" * 17, 0x7E),
        ("F59251 0F", 0x7E),
        ("F59251 0F 81 10E1 D2760000850100", 0xDE),  # the card's own name
        ("F59251 0F 91 00", 0x00),
        ("F59251 0F A1 10E1", 0x00),
        ("F59251 0F 8E", 0x00),
        ("F59251 0F 80", 0x00),
        ("F59251 0F 01", 0x00),  # DES keys
    ],
)
def test_what_can_be_created(reader: "Reader", body: str, status: int) -> None:
    assert reader.send(0xCA, bytes.fromhex(body)) == (status, b"")
    assert (bytes.fromhex("F59251") in reader.chip.memory.applications) == (status == 0)


def test_an_application_tells_its_settings(reader: "Reader") -> None:
    reader.send(0xCA, b"\x01\x02\x03\x0b\xa2\x10\xe1" + NAME)
    reader.select(b"\x01\x02\x03")
    assert reader.ask(0x45) == (0, b"\x0b\xa2")
    assert reader.ask(0x64, b"\x02") == (0x40, b"")


def test_a_des_application_opens_with_its_zero_key(reader: "Reader") -> None:
    reader.send(0xCA, b"\x01\x02\x03\x0f\x01")
    reader.select(b"\x01\x02\x03")
    assert reader.chip.memory.applications[b"\x01\x02\x03"].kind is KeyKind.TWO_KEY_DES
    assert reader.iso() == 0


def test_names_select_as_iso_does(reader: "Reader") -> None:
    reader.send(0xCA, b"\x01\x02\x03\x0b\x82\x10\xe1" + NAME)
    select = bytes((0, 0xA4, 4, 0, len(NAME))) + NAME
    assert reader.chip.transmit(select) == b"\x90\x00"
    assert reader.chip._state.selected == b"\x01\x02\x03"
    assert reader.chip.transmit(select + b"\x00") == b"\x90\x00"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A4040007D2760000850100", "9000"),
        ("00A4040C07D276000085010000", "9000"),
        ("00A40000023F00", "9000"),
        ("00A4000000", "9000"),
        ("00A40000", "9000"),
        ("00A4000002E110", "6A82"),
        ("00A4040007A0000000421010", "6A82"),
        ("00A404000E325041592E5359532E444446303100", "6A82"),
        ("00A4040000", "6A82"),
        ("00A4040009D2760000", "6700"),
        ("00A4020002E110", "6A82"),
        ("00A4030002E110", "6A86"),
        ("00A4040107D2760000850100", "6A86"),
        ("00B0000000", "6986"),
        ("00E2000000", "6700"),
        ("00E200000100", "6986"),
        ("0020000008", "6D00"),
    ],
)
def test_iso_commands(reader: "Reader", command: str, answer: str) -> None:
    assert reader.chip.transmit(bytes.fromhex(command)) == bytes.fromhex(answer)


def test_room_is_not_given_back(reader: "Reader") -> None:
    def free() -> int:
        return int.from_bytes(reader.ask(0x6E)[1], "little")

    before = free()
    reader.send(0xCA, b"\x01\x02\x03\x0f\x82")
    after = free()
    assert after < before
    reader.ev2(0)
    reader.macced(0xDA, b"\x01\x02\x03")
    reader.select(PICC_AID)
    assert free() == after


def test_a_full_card_says_so(reader: "Reader") -> None:
    statuses = [reader.send(0xCA, bytes((2, 0, n)) + b"\x0f\x8e")[0] for n in range(20)]
    assert statuses[0] == 0
    assert statuses[-1] == 0x0E
    assert set(statuses) == {0, 0x0E}


def test_an_application_that_deletes_itself_answers_bare(reader: "Reader") -> None:
    reader.select()
    reader.ev2(0)
    assert reader.macced(0xDA, AID) == (0, b"")
    assert reader.chip._state.selected == PICC_AID
    assert AID not in reader.chip.memory.applications


@pytest.mark.parametrize("aid", [PICC_AID, b"\x01\x02\x03"])
def test_an_application_deletes_no_other(reader: "Reader", aid: bytes) -> None:
    reader.select()
    reader.ev2(0)
    assert reader.macced(0xDA, aid)[0] == 0x9D


def test_the_picc_level_cannot_be_deleted(reader: "Reader") -> None:
    reader.ev2(0)
    assert reader.macced(0xDA, PICC_AID)[0] == 0x9D


def test_settings_frozen_for_ever(reader: "Reader") -> None:
    reader.select()
    reader.ev2(0)
    assert reader.full(0x54, b"", b"\x07") == (0, b"")
    assert reader.full(0x54, b"", b"\x0f")[0] == 0x9D
    reader.ev2(0)
    assert reader.macced(0x45) == (0, b"\x07\x83")


@pytest.mark.parametrize(("uid", "capabilities"), [(b"\x04" * 4, bytes(6)), (UID, bytes(5))])
def test_a_card_that_cannot_be(uid: bytes, capabilities: bytes) -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        Chip(uid, bytes, capabilities=capabilities)
