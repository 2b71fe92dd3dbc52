"""Creating, deleting, listing files and changing their settings."""

from typing import Any

import pytest

from simulator.chip.files import DataFile, RecordFile, ValueFile
from simulator.chip.keys import KeySettings
from simulator.chip.memory import FACTORY_FREE_BYTES
from tests.simulator.chip.cards import backup, card, file_of, key, purse, standard, transaction_mac
from tests.simulator.chip.host import AID, PICC, Host

STANDARD, BACKUP, VALUE, LINEAR, CYCLIC, TRANSACTION_MAC = 0xCD, 0xCB, 0xCC, 0xC1, 0xC0, 0xCE
DELETE, IDS, ISO_IDS, SETTINGS, CHANGE = 0xDF, 0x6F, 0x61, 0xF5, 0x5F

# Command, body, and what GetFileSettings tells of the file.
CREATIONS: list[Any] = [
    pytest.param(STANDARD, "05 03 3412 640000", "00 03 3412 640000", id="standard"),
    pytest.param(BACKUP, "05 01 3412 640000", "01 01 3412 640000", id="backup"),
    pytest.param(
        VALUE,
        "05 00 3412 F6FFFFFF E8030000 00000000 03",
        "02 00 3412 F6FFFFFF E8030000 00000000 03",
        id="value",
    ),
    pytest.param(
        LINEAR, "05 02 3412 100000 0A0000", "03 02 3412 100000 0A0000 000000", id="linear"
    ),
    pytest.param(
        CYCLIC, "05 03 3412 100000 0A0000", "04 03 3412 100000 0A0000 000000", id="cyclic"
    ),
]


@pytest.mark.parametrize(("ins", "body", "told"), CREATIONS)
def test_a_file_is_made_told_and_deleted(ins: int, body: str, told: str) -> None:
    host = card()
    assert host.ask(ins, bytes.fromhex(body)) == (0, b"")
    assert host.ask(IDS) == (0, b"\x05")
    assert host.ask(SETTINGS, b"\x05") == (0, bytes.fromhex(told))
    assert host.ask(ins, bytes.fromhex(body))[0] == 0xDE
    free = host.chip.memory.free_bytes
    assert free < FACTORY_FREE_BYTES
    assert host.ask(DELETE, b"\x05") == (0, b"")
    assert host.ask(IDS) == (0, b"")
    assert host.ask(SETTINGS, b"\x05")[0] == 0xF0
    assert host.ask(DELETE, b"\x05")[0] == 0xF0
    assert host.chip.memory.free_bytes == free  # the room is not given back


def test_a_transaction_mac_file_is_made_encrypted() -> None:
    host = card()
    assert host.ev2() == 0
    header = bytes.fromhex("05 01 13F2 02")
    assert host.ask(TRANSACTION_MAC, header, key(7) + b"\x2a", "full")[0] == 0x9E  # W is not F
    assert host.ev2() == 0
    header = bytes.fromhex("05 01 133F 02")
    assert host.ask(TRANSACTION_MAC, header, key(7) + b"\x2a", "full") == (0, b"")
    assert host.ask(SETTINGS, b"\x05") == (0, bytes.fromhex("05 01 133F 02 2A"))
    header = bytes.fromhex("06 01 133F 02")
    assert host.ask(TRANSACTION_MAC, header, key(7) + b"\x2a", "full")[0] == 0xDE  # one
    assert host.ask(TRANSACTION_MAC, header + key(7) + b"\x2a")[0] == 0xAE  # never in clear


def test_a_transaction_mac_key_is_aes() -> None:
    host = card()
    assert host.ev2() == 0
    header = bytes.fromhex("05 01 133F 00")
    assert host.ask(TRANSACTION_MAC, header, key(7) + b"\x2a", "full")[0] == 0x9E


@pytest.mark.parametrize(
    ("ins", "body", "status"),
    [
        (STANDARD, "20 00 EEEE 010000", 0x9E),  # file 32
        (STANDARD, "05 00 EEEE 000000", 0x9E),  # no byte
        (STANDARD, "05 04 EEEE 010000", 0x9E),  # a mode that is not
        (STANDARD, "05 40 EEEE 010000", 0x9E),
        (STANDARD, "05 00 EE5E 010000", 0x9E),  # key 5 of five
        (STANDARD, "05 00 EEEE FFFFFF", 0x0E),
        (STANDARD, "05 00 EEEE 010000 00", 0x7E),
        (STANDARD, "05 00 EEEE 010000 0000", 0x7E),  # an ISO id where there are none
        (BACKUP, "05 00 EEEE 001000", 0x0E),  # twice its size
        (VALUE, "05 00 EEEE 00000000 FFFFFFFF 00000000 00", 0x9E),
        (VALUE, "05 00 EEEE 00000000 05000000 06000000 00", 0x9E),
        (VALUE, "05 00 EEEE 05000000 06000000 04000000 00", 0x9E),
        (VALUE, "05 00 EEEE 00000000 05000000 05000000 04", 0x9E),
        (LINEAR, "05 00 EEEE 000000 010000", 0x9E),
        (LINEAR, "05 00 EEEE 010000 000000", 0x9E),
        (LINEAR, "05 00 EEEE 010000 010000", 0x00),
        (LINEAR, "05 00 EEEE FFFFFF FFFFFF", 0x0E),
        (CYCLIC, "05 00 EEEE 010000 010000", 0x9E),
        (CYCLIC, "05 00 EEEE 010000 020000", 0x00),
        (STANDARD, "1F 00 FFFF 010000", 0x00),
    ],
)
def test_what_can_be_made(ins: int, body: str, status: int) -> None:
    host = card()
    assert host.ask(ins, bytes.fromhex(body))[0] == status


@pytest.mark.parametrize(
    ("ins", "body"),
    [
        (STANDARD, "05 10E1 00 EEEE 010000"),
        (BACKUP, "05 10E1 00 EEEE 010000"),
        (LINEAR, "05 10E1 00 EEEE 010000 020000"),
        (CYCLIC, "05 10E1 00 EEEE 010000 020000"),
    ],
)
def test_iso_ids_are_there_if_the_application_has_them(ins: int, body: str) -> None:
    host = card()
    assert host.select(PICC) == 0
    assert host.send(0xCA, b"\x01\x02\x03\x0f\xa1\x00\xe1") == (0, b"")
    assert host.select(b"\x01\x02\x03") == 0
    whole = bytes.fromhex(body)
    assert host.ask(ins, whole[:1] + whole[3:])[0] == 0x7E
    assert host.ask(ins, whole) == (0, b"")
    assert host.ask(ins, b"\x06" + whole[1:])[0] == 0xDE
    assert host.ask(VALUE, b"\x07\x00\xee\xee" + bytes(13)) == (0, b"")
    assert host.ask(ISO_IDS) == (0, b"\x10\xe1")
    assert host.ask(IDS) == (0, b"\x05\x07")


def test_a_change_keeps_the_iso_id_and_the_content() -> None:
    host = card({1: backup(content=b"content")})
    assert host.ask(CHANGE, b"\x01", b"\x03\x12\x30", "plain") == (0, b"")
    changed = file_of(host, 1)
    assert (changed.content, changed.head.communication) == (b"content", 3)
    assert changed.head.rights.value == 0x3012


# Change right, the key of the session, its mode: the change goes through, or the status.
@pytest.mark.parametrize(
    ("rights", "opens", "mode", "status"),
    [
        (0xEEEE, None, "plain", 0),
        (0xEEEE, 1, "plain", 0),
        (0xEEEE, 1, "full", 0x7E),
        (0xEEE1, 1, "full", 0),
        (0xEEE1, 1, "plain", 0x7E),
        (0xEEE1, 2, "full", 0xAE),
        (0xEEE1, None, "plain", 0xAE),
        (0xEEEF, 1, "full", 0x9D),
    ],
)
def test_who_may_change_settings(rights: int, opens: int | None, mode: Any, status: int) -> None:
    host = card({1: standard(rights=rights)})
    if opens is not None:
        assert host.ev2(opens, key(opens)) == 0
    assert host.ask(CHANGE, b"\x01", b"\x01\x34\x12", mode)[0] == status
    assert (file_of(host, 1).head.rights.value == 0x1234) == (status == 0)


@pytest.mark.parametrize(
    ("change", "status"),
    [("04 EEEE", 0x9E), ("00 6EEE", 0x9E), ("00 EEEE 00", 0x7E), ("20 EEEE 01000000", 0x7E)],
)
def test_settings_that_cannot_be(change: str, status: int) -> None:
    host = card({1: purse()})
    assert host.ask(CHANGE, b"\x01", bytes.fromhex(change), "plain")[0] == status


@pytest.mark.parametrize(
    ("change", "status"),
    [("00 FEEE", 0x9E), ("20 EFFE 00000000", 0x9E), ("00 EFFE", 0), ("00 EFFE 01000000", 0x7E)],
)
def test_settings_of_a_transaction_mac_file(change: str, status: int) -> None:
    host = card({1: transaction_mac(counter=1)})
    body = bytes.fromhex(change)
    assert host.ask(CHANGE, b"\x01", body[:1] + body[2:0:-1] + body[3:], "plain")[0] == status


ALL: list[tuple[int, bytes]] = [
    (STANDARD, bytes.fromhex("0500EEEE010000")),
    (BACKUP, bytes.fromhex("0500EEEE010000")),
    (VALUE, bytes.fromhex("0500EEEE") + bytes(13)),
    (LINEAR, bytes.fromhex("0500EEEE010000020000")),
    (CYCLIC, bytes.fromhex("0500EEEE010000020000")),
    (DELETE, b"\x01"),
    (IDS, b""),
    (ISO_IDS, b""),
    (SETTINGS, b"\x01"),
]


@pytest.mark.parametrize(("ins", "body"), ALL)
@pytest.mark.parametrize(("settings", "opens"), [(0x09, None), (0x09, 1), (0x09, 0), (0x0F, None)])
def test_the_key_settings_say_who_makes_and_lists(
    ins: int, body: bytes, settings: int, opens: int | None
) -> None:
    host = card({1: standard()}, settings=settings)
    if opens is not None:
        assert host.ev2(opens, key(opens)) == 0
    allowed = settings == 0x0F or opens == 0
    assert host.ask(ins, body)[0] == (0 if allowed else 0xAE)


@pytest.mark.parametrize(("ins", "body"), ALL)
def test_files_are_not_at_the_level_of_the_card(ins: int, body: bytes) -> None:
    host = card()
    assert host.select(PICC) == 0
    assert host.ask(ins, body)[0] == 0x9D


@pytest.mark.parametrize("ins", [0xBD, 0x6C, 0xC7, 0xA7, 0xEB, 0x0C, 0x3D, 0xBB, 0xC8, CHANGE])
def test_nor_are_their_contents(ins: int) -> None:
    lengths = {0xBD: 7, 0xBB: 7, 0x3D: 8, 0x0C: 5, 0xC8: 16, CHANGE: 4, 0xC7: 0, 0xA7: 0}
    host = card()
    assert host.select(PICC) == 0
    assert host.send(ins, bytes(lengths.get(ins, 1)))[0] == 0x9D


def test_a_card_is_full_of_files_at_last() -> None:
    host = card()
    statuses = [host.ask(STANDARD, bytes((at, 0)) + b"\xee\xee\x00\x04\x00")[0] for at in range(9)]
    assert statuses[0] == 0
    assert statuses[-1] == 0x0E


def test_a_deleted_file_takes_its_pending_change_along() -> None:
    host = card({1: purse(), 2: purse()})
    assert host.ask(0xDC, b"\x01\x01\x00\x00\x00") == (0, b"")
    assert host.ask(DELETE, b"\x01") == (0, b"")
    assert host.ask(0xC7)[0] == 0x0C


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(
    ("ins", "body"),
    [
        (STANDARD, bytes.fromhex("0500EEEE010000")),
        (DELETE, b"\x01"),
        (CHANGE, b"\x01\x01\x34\x12"),
        (0x3D, b"\x01" + bytes(3) + b"\x03\x00\x00abc"),
    ],
)
def test_a_torn_change_of_files_is_whole_or_not(ins: int, body: bytes, *, applied: bool) -> None:
    done, torn = card({1: standard()}), card({1: standard()})
    before = torn.chip.memory
    assert done.send(ins, body)[0] == 0
    torn.chip.tear_next_write(applied=applied)
    assert torn.chip.transmit(bytes((ins,)) + body) == b""
    assert torn.chip.memory == (done.chip.memory if applied else before)


def test_the_files_are_of_the_selected_application_alone() -> None:
    host = card({1: standard()})
    assert host.select(PICC) == 0
    assert host.send(0xCA, b"\x01\x02\x03\x0f\x81") == (0, b"")
    assert host.select(b"\x01\x02\x03") == 0
    assert host.ask(IDS) == (0, b"")
    assert host.ask(STANDARD, bytes.fromhex("0100EEEE010000")) == (0, b"")
    kinds = [
        type(app.files.get(1)) for aid, app in host.chip.memory.applications.items() if aid != PICC
    ]
    assert kinds == [DataFile, DataFile]
    assert host.chip.memory.applications[AID].settings == KeySettings(0x0F)


def test_made_by_command_or_in_memory_it_is_one_file() -> None:
    host = card()
    assert isinstance(host, Host)
    assert host.ask(VALUE, bytes.fromhex("01 00 EEEE 00000000 E8030000 64000000 01"))[0] == 0
    assert host.ask(CYCLIC, bytes.fromhex("02 00 EEEE 040000 040000"))[0] == 0
    assert file_of(host, 1) == purse()
    assert isinstance(file_of(host, 1), ValueFile)
    assert isinstance(file_of(host, 2), RecordFile)
