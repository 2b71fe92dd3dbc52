"""Every command in every state of the chip: the whole product, for right and for wrong commands.

A cell is the status; an error always ends the session. Columns, in order:
list, create, delete, settings, change settings, key version, change key, version, UID, free memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from simulator.chip.memory import PICC_AID

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

AID = bytes.fromhex("F59250")
NEW_AID = bytes.fromhex("F59251")
KEY = bytes(range(16))
FREE, STRICT = 0x0F, 0x09


@dataclass(frozen=True, slots=True)
class Row:
    """A state: how strict both levels are, what is selected, which key opened the session."""

    settings: int
    aid: bytes
    key: int | None
    statuses: str


ROWS = {
    "PICC, free": Row(FREE, PICC_AID, None, "00 00 AE 00 AE 00 AE 00 AE 00"),
    "PICC, free, master": Row(FREE, PICC_AID, 0, "00 00 00 00 00 00 00 00 00 00"),
    "PICC, strict": Row(STRICT, PICC_AID, None, "AE AE AE AE AE 00 AE 00 AE 00"),
    "PICC, strict, master": Row(STRICT, PICC_AID, 0, "00 00 00 00 00 00 00 00 00 00"),
    "application, free": Row(FREE, AID, None, "9D 9D AE 00 AE 00 AE 00 AE 00"),
    "application, free, master": Row(FREE, AID, 0, "9D 9D 00 00 00 00 00 00 00 00"),
    "application, free, key 1": Row(FREE, AID, 1, "9D 9D AE 00 AE 00 AE 00 00 00"),
    "application, strict": Row(STRICT, AID, None, "9D 9D AE AE AE 00 AE 00 AE 00"),
    "application, strict, master": Row(STRICT, AID, 0, "9D 9D AE 00 00 00 00 00 00 00"),
    "application, strict, key 1": Row(STRICT, AID, 1, "9D 9D AE AE AE 00 AE 00 00 00"),
}

# Instruction, plain body; ChangeKey and ChangeKeySettings are encrypted and sent by hand below.
COMMANDS = {
    "list": (0x6A, b""),
    "create": (0xCA, NEW_AID + b"\x0b\x82"),
    "delete": (0xDA, AID),
    "settings": (0x45, b""),
    "change settings": (0x54, b"\x09"),
    "key version": (0x64, b"\x00"),
    "change key": (0xC4, b""),
    "version": (0x60, b""),
    "UID": (0x51, b""),
    "free memory": (0x6E, b""),
}
ENCRYPTED = {"change settings", "change key"}

PRODUCT = [
    pytest.param(row, command, int(status, 16), id=f"{name}: {command}")
    for name, row in ROWS.items()
    for command, status in zip(COMMANDS, row.statuses.split(), strict=True)
]


def _enter(reader: "Reader", row: Row) -> None:
    for aid in (AID, PICC_AID):
        reader.select(aid)
        assert reader.ev2(0) == 0
        assert reader.full(0x54, b"", bytes((row.settings,)))[0] == 0
    assert reader.select(row.aid) == 0
    if row.key is not None:
        assert reader.ev2(row.key) == 0


def _send(reader: "Reader", row: Row, command: str) -> int:
    ins, body = COMMANDS[command]
    if row.key is None:
        return reader.ask(ins, body if command not in ENCRYPTED else bytes(32))[0]
    if command == "change key":
        at_picc = row.aid == PICC_AID
        return reader.change_key(0x80 if at_picc else 2, KEY, None if at_picc else bytes(16))
    if command in ENCRYPTED:
        return reader.full(ins, b"", body)[0]
    return reader.macced(ins, body)[0]


@pytest.mark.parametrize(("row", "command", "status"), PRODUCT)
def test_a_right_command(reader: "Reader", row: Row, command: str, status: int) -> None:
    _enter(reader, row)
    before = reader.chip.memory
    assert _send(reader, row, command) == status
    ends = status != 0 or row.key is None
    ends |= command == "change key" and row.aid == PICC_AID  # the session's own key
    ends |= command == "delete" and row.aid == AID  # its own application
    assert (reader.chip._state.session is None) == ends
    if status != 0:
        assert reader.chip.memory is before


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_command_one_byte_too_long(reader: "Reader", row: Row, command: str) -> None:
    _enter(reader, row)
    before = reader.chip.memory
    ins, body = COMMANDS[command]
    body += b"\x00" * (command == "version")  # GetVersion takes one byte more
    if row.key is None:
        status = reader.ask(ins, body + b"\x00")[0]
        assert status == (0xAE if command in ENCRYPTED else 0x7E)
    elif command == "change key":
        assert reader.full(ins, b"\x02", bytes(30))[0] in {0x7E, 0x40, 0xAE}
    elif command in ENCRYPTED:
        assert reader.full(ins, b"", body + b"\x00")[0] == 0x7E
    else:
        assert reader.macced(ins, body + b"\x00")[0] == 0x7E
    assert reader.chip.memory is before
    assert reader.chip._state.session is None


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.key is not None])
def test_a_command_without_or_with_a_wrong_mac(reader: "Reader", row: Row, command: str) -> None:
    ins, body = COMMANDS[command]
    for mac, status in ((b"", 0x7E), (bytes(8), 0x1E)):
        _enter(reader, row)
        before = reader.chip.memory
        assert reader.ask(ins, body + mac)[0] == status
        assert reader.chip._state.session is None
        assert reader.chip.memory is before
        reader.chip.power_on()


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("ins", [0x01, 0x3E, 0x99, 0xF1, 0xAF])
def test_a_command_that_is_not_there(reader: "Reader", row: Row, ins: int) -> None:
    _enter(reader, row)
    assert reader.ask(ins) == (0x1C, b"")
    assert reader.chip._state.session is None


def _has_session(reader: "Reader") -> bool:
    return reader.chip._state.session is not None


def _by_selecting(reader: "Reader") -> None:
    reader.select(PICC_AID)


def _by_failing(reader: "Reader") -> None:
    assert reader.select(b"\x01\x02\x03") == 0xA0


def _by_name(reader: "Reader") -> None:
    assert reader.chip.transmit(bytes.fromhex("00A4040007D276000085010000")) == b"\x90\x00"


def _by_reset(reader: "Reader") -> None:
    assert reader.chip.reset() == reader.chip.atr


def _by_power(reader: "Reader") -> None:
    reader.chip.power_off()
    reader.chip.power_on()


@pytest.mark.parametrize("end", [_by_selecting, _by_failing, _by_name, _by_reset, _by_power])
@pytest.mark.parametrize("begin", ["ev2", "aes"])
def test_what_ends_a_session(reader: "Reader", begin: str, end: Callable[["Reader"], None]) -> None:
    reader.select()
    assert getattr(reader, begin)(0) == 0
    assert _has_session(reader)
    end(reader)
    assert not _has_session(reader)
    assert (reader.chip._state.selected == AID) == (end is _by_failing)


def test_a_chip_without_power_is_mute(reader: "Reader") -> None:
    reader.chip.power_off()
    assert reader.chip.transmit(b"\x60") == b""
    reader.chip.power_on()
    assert reader.chip.transmit(b"") == b""


def test_ev1_sessions_serve_the_same_commands(reader: "Reader") -> None:
    reader.select()
    for command in ("settings", "key version", "version", "free memory"):
        assert reader.aes(0) == 0
        ins, body = COMMANDS[command]
        status, answer = reader.ask(ins, body)
        assert status == 0
        assert len(answer) > 8
