"""Every status word of the chip, reached by a command; none is left out."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from Crypto.Cipher import AES
from Crypto.Hash import CMAC

from simulator.chip.chip import Chip
from simulator.chip.generation import EV1
from simulator.chip.keys import aes_key, des_key
from simulator.chip.memory import PICC_AID, Damage, Memory
from simulator.chip.status import Status
from tests.simulator.chip.cards import UID, card, key, purse, records, standard
from tests.simulator.chip.host import AID, PICC, Ev1, Ev2, Host, crc32, number, xored

READ_ALL = b"\x01" + bytes(6)


def _ok() -> int:
    return card().send(0x60)[0] & 0


def _busy() -> int:
    host = card()
    assert host.ev2() == 0
    assert host.send(0xF0)[0] == 0x90
    return host.send(0x6F)[0]


def _no_changes() -> int:
    return card().send(0xC7)[0]


def _out_of_memory() -> int:
    return card().send(0xCD, bytes.fromhex("0100EEEEFFFFFF"))[0]


def _illegal() -> int:
    return card().send(0x99)[0]


def _integrity() -> int:
    host = card()
    assert host.ev2() == 0
    return host.send(0x6F, bytes(8))[0]


def _no_key() -> int:
    return card().send(0x71, b"\x09\x00")[0]


def _length() -> int:
    return card().send(0x6F, b"\x00")[0]


def _proximity_ok() -> int:
    host = card()
    assert host.ev2() == 0
    return host.send(0xF0)[0]


def _denied() -> int:
    return card({1: standard(rights=0xFFFF)}).send(0xBD, READ_ALL)[0]


def _parameter() -> int:
    return card({1: purse()}).send(0x0C, b"\x01" + number(-1, 4))[0]


def _no_application() -> int:
    return card().select(b"\x09\x09\x09")


def _broken(damage: Damage) -> Host:
    memory = card({1: standard()}).chip.memory.with_damage(damage)
    return Host(Chip(UID, os.urandom, memory=memory))


def _broken_application() -> int:
    return _broken(Damage(AID)).select()


def _wrong_key() -> int:
    return card().ev2(1, key(2))


def _more() -> int:
    return card().send(0x60)[0]


def _beyond() -> int:
    return card({1: records()}).send(0xBB, READ_ALL)[0]


def _broken_card() -> int:
    return _broken(Damage(PICC_AID)).send(0x60)[0]


def _abandoned() -> int:
    host = card({1: standard()})
    assert host.send(0x3D, b"\x01" + number(0) + number(5) + b"abc") == (0xAF, b"")
    assert host.send(0x6F)[0] == 0
    return host.send(0xAF, b"de")[0]


def _disabled() -> int:
    host = card(generation=EV1)
    host.select(PICC)
    for at in (1, 2):
        assert host.send(0xCA, bytes((1, 1, at, 0x0F, 0x81, at, 0xE1)))[0] == 0
    host.aes()
    assert [host.send(ins)[0] for ins in (0x6D, 0xAF)] == [0xAF, 0xC1]
    return host.send(0x60)[0]


def _too_many() -> int:
    host = Host(Chip(UID, os.urandom, generation=EV1))
    return [host.send(0xCA, bytes((1, 2, at, 0x0F, 0x81)))[0] for at in range(29)][-1]


def _duplicate() -> int:
    host = card()
    host.select(PICC)
    return host.send(0xCA, AID + b"\x0f\x81")[0]


def _eeprom() -> int:
    def broken(_memory: Memory) -> None:
        raise OSError

    return Host(Chip(UID, os.urandom, committed=broken)).send(0xCA, AID + b"\x0f\x81")[0]


def _no_file() -> int:
    return card().send(0xBD, READ_ALL)[0]


def _broken_file() -> int:
    host = _broken(Damage(AID, 1))
    assert host.select() == 0
    return host.send(0xBD, READ_ALL)[0]


REACHED: dict[Status, Callable[[], int]] = {
    Status.OK: _ok,
    Status.PROXIMITY_CHECK_BUSY: _busy,
    Status.NO_CHANGES: _no_changes,
    Status.OUT_OF_EEPROM: _out_of_memory,
    Status.ILLEGAL_COMMAND: _illegal,
    Status.INTEGRITY_ERROR: _integrity,
    Status.NO_SUCH_KEY: _no_key,
    Status.LENGTH_ERROR: _length,
    Status.PROXIMITY_CHECK_OK: _proximity_ok,
    Status.PERMISSION_DENIED: _denied,
    Status.PARAMETER_ERROR: _parameter,
    Status.APPLICATION_NOT_FOUND: _no_application,
    Status.APPLICATION_INTEGRITY_ERROR: _broken_application,
    Status.AUTHENTICATION_ERROR: _wrong_key,
    Status.ADDITIONAL_FRAME: _more,
    Status.BOUNDARY_ERROR: _beyond,
    Status.PICC_INTEGRITY_ERROR: _broken_card,
    Status.COMMAND_ABORTED: _abandoned,
    Status.PICC_DISABLED: _disabled,
    Status.TOO_MANY_APPLICATIONS: _too_many,
    Status.DUPLICATE: _duplicate,
    Status.EEPROM_ERROR: _eeprom,
    Status.FILE_NOT_FOUND: _no_file,
    Status.FILE_INTEGRITY_ERROR: _broken_file,
}
# The table of the facts, section 3.
KNOWN = bytes.fromhex("00 0C 0E 1C 1E 40 7E 9D 9E A0 A1 C1 F1 AE AF BE CA CD CE DE EE F0 90 0B")


def test_the_statuses_are_those_of_the_facts() -> None:
    assert set(Status) == set(KNOWN) == set(REACHED)


@pytest.mark.parametrize("status", Status, ids=lambda status: status.name)
def test_each_is_reached(status: Status) -> None:
    assert REACHED[status]() == status


# The proximity check in full, with another library's CMAC.


def _mac(host: Host, first: int, covered: bytes) -> bytes:
    assert isinstance(host.session, Ev2)
    return CMAC.new(host.session.mac_key, bytes((first,)) + covered, AES).digest()[1::2]


@pytest.mark.parametrize("cuts", [[8], [4, 4], [1] * 8])
def test_a_proximity_check(cuts: list[int]) -> None:
    host = card()
    assert host.ev2() == 0
    status, covered = host.send(0xF0)
    assert status == 0x90
    for cut in cuts:
        mine = os.urandom(cut)
        status, part = host.send(0xF2, bytes((cut,)) + mine)
        assert (status, len(part)) == (0x90, cut)
        covered += part + mine
    assert host.send(0xFD, _mac(host, 0xFD, covered)) == (0x90, _mac(host, 0x90, covered))
    assert host.ask(0x6F) == (0, b"")  # the session goes on
    assert host.send(0xF2, b"\x01\x00")[0] == 0x9D


@pytest.mark.parametrize(
    ("ins", "body", "status"),
    [
        (0xF0, b"\x00", 0x7E),
        (0xF2, b"", 0x7E),
        (0xF2, b"\x00", 0x7E),
        (0xF2, b"\x02\x00", 0x7E),
        (0xF2, b"\x09" + bytes(9), 0x9E),
        (0xFD, bytes(7), 0x7E),
        (0xFD, bytes(8), 0x9E),  # before all was exchanged
        (0x60, b"", 0x0B),
        (0x71, b"\x00\x00", 0x0B),
    ],
)
def test_a_proximity_check_gone_wrong(ins: int, body: bytes, status: int) -> None:
    host = card()
    assert host.ev2() == 0
    assert host.send(0xF0)[0] == 0x90
    assert host.send(ins, body) == (status, b"")
    if status == 0x0B:  # until the field drops, as measured
        assert host.send(0x6F)[0] == status
        host.reset()
        assert host.select() == 0
    assert host.send(0x6F)[0] == 0


def test_a_proximity_check_with_a_wrong_mac() -> None:
    host = card()
    assert host.ev2() == 0
    assert host.send(0xF0)[0] == 0x90
    assert host.send(0xF2, b"\x08" + bytes(8))[0] == 0x90
    assert host.send(0xFD, bytes(8))[0] == 0x1E


def _checked(host: Host, material: bytes) -> int:
    """Run a proximity check under this key; return the status of its end."""
    assert host.send(0xF0) == (0x90, bytes.fromhex("0103200A"))
    status, part = host.send(0xF2, b"\x08" + bytes(8))
    assert status == 0x90
    covered = b"\x01\x03\x20\x0a" + part + bytes(8)
    command, answer = (
        CMAC.new(material, bytes((first,)) + covered, AES).digest()[1::2] for first in (0xFD, 0x90)
    )
    status, told = host.send(0xFD, command)
    assert told == (answer if status == 0x90 else b"")
    return status


def _with_proximity_key(material: bytes, **chip: Any) -> Host:
    host = card(**chip)
    assert host.select(PICC) == 0
    assert host.ev2() == 0
    block = material + b"\x05" + crc32(material)  # exclusive or with zeros, that of no key
    assert host.ask(0xC4, b"\x21", block, "full") == (0, b"")
    assert host.ask(0x64, b"\x21") == (0, b"\x05")
    assert host.select() == 0
    return host


@pytest.mark.parametrize("session", [None, "legacy", "iso"])
def test_without_an_aes_session_the_proximity_key_proves(session: str | None) -> None:
    keys = tuple(des_key(bytes(range(at, at + 16))) for at in (0, 40)) if session else None
    host = _with_proximity_key(key(9), keys=keys)
    if session:
        assert getattr(host, session)(1, bytes(range(40, 56))) == 0
    assert _checked(host, key(9)) == 0x90
    assert _checked(host, key(8)) == 0x1E


def test_in_an_aes_session_its_own_key_proves() -> None:
    host = _with_proximity_key(key(9))
    assert host.aes() == 0
    assert isinstance(host.session, Ev1)
    assert _checked(host, host.session.key) == 0x90
    assert host.ask(0x6F) == (0, b"")
    assert _checked(host, key(9)) == 0x1E


@pytest.mark.parametrize("material", [bytes(16), key(1)])
def test_without_a_proximity_key_nobody_proves(material: bytes) -> None:
    assert _checked(card(), material) == 0x1E


def test_the_proximity_key_is_the_cards_and_its_masters_to_change() -> None:
    host = _with_proximity_key(key(9))
    assert host.send(0x64, b"\x21")[0] == 0x40  # not the application's
    assert host.ev2(1, key(1)) == 0
    assert host.ask(0xC4, b"\x21", bytes(21), "full")[0] == 0x40
    assert host.select(PICC) == 0
    assert host.send(0x71, b"\x21\x00")[0] == 0x40  # nobody authenticates with it
    assert host.ev2() == 0
    mixed = xored(key(7), key(9)) + b"\x06" + crc32(key(7))
    assert host.ask(0xC4, b"\x21", mixed, "full") == (0, b"")
    assert host.ask(0xC4, b"\x21", mixed, "full")[0] == 0x1E  # no longer from that one
    assert host.chip.memory.configuration.proximity_key == aes_key(key(7), 6)
    assert host.send(0xC4, b"\x21" + bytes(32))[0] == 0xAE
    assert host.ev2() == 0
    assert host.ask(0x5C, b"\x00", b"\x04", "full") == (0, b"")


def test_an_old_chip_checks_no_proximity() -> None:
    host = card(generation=EV1)
    assert host.send(0xF0)[0] == 0x1C
    assert host.select(PICC) == 0
    assert host.send(0x64, b"\x21")[0] == 0x40


def test_no_proximity_check_at_the_level_of_the_card() -> None:
    host = card()
    assert host.select(PICC) == 0
    assert host.send(0xF0)[0] == 0x0B
    assert host.send(0x60)[0] == 0xAF
