"""Generations of the chip: what an EV1 does, what it knows nothing of, and what ends it."""

import os
from typing import Any

import pytest

from simulator.chip.chip import Chip
from simulator.chip.generation import EV1, EV3
from tests.simulator.chip.cards import UID, card, key, purse, standard
from tests.simulator.chip.host import AID, PICC, Host, number


@pytest.mark.parametrize(
    ("chip", "hardware", "software"),
    [({}, "12", "02"), ({"generation": EV1}, "01", "01"), ({"generation": EV3}, "33", "03")],
)
def test_generations_name_themselves(chip: Any, hardware: str, software: str) -> None:
    version = card(**chip).carry(0x60)[1]
    assert (version[3:4].hex(), version[10:11].hex()) == (hardware, software)
    assert version[14:21] == UID


@pytest.mark.parametrize(
    "command",
    ["7100 00", "7700", "AD 01 000000 000000", "8D 01 000000 010000 00", "C8" + "00" * 16, "5500",
     "56 01 02", "57 01 01", "C6 00 00" + "00" * 32, "CE" + "00" * 22, "BA" + "00" * 11],
)  # fmt: skip
def test_an_ev1_knows_nothing_of_ev2(command: str) -> None:
    host = card({1: standard()}, generation=EV1)
    frame = bytes.fromhex(command)
    assert host.send(frame[0], frame[1:]) == (0x1C, b"")


def test_an_ev1_does_what_an_ev1_does() -> None:
    host = card({1: standard("full", 0x1111), 2: purse("mac", 0x1111)}, generation=EV1)
    assert host.aes(1, key(1)) == 0
    header = b"\x01" + number(0) + number(20)
    assert host.ask(0x3D, header, bytes(range(20)), "full") == (0, b"")
    assert host.ask(0xBD, header, mode="full") == (0, bytes(range(20)))
    assert host.ask(0xDC, b"\x02", number(5, 4), "mac") == (0, b"")
    assert host.ask(0xC7) == (0, b"")
    assert host.ask(0x6C, b"\x02", mode="mac") == (0, number(95, 4))
    assert host.ask(0xC7, b"\x00")[0] == 0x7E  # an EV1 has no option there
    assert host.send(0x64, b"\x41\x00")[0] in {0x7E, 0x40}


def test_an_ev1_takes_no_frame_longer_than_60_bytes() -> None:
    host = card({1: standard()}, generation=EV1)
    assert host.send(0x3D, b"\x01" + number(0) + number(53) + bytes(53))[0] == 0x7E
    assert host.carry(0x3D, b"\x01" + number(0) + number(53) + bytes(53))[0] == 0


def test_an_ev1_holds_28_applications() -> None:
    host = Host(Chip(UID, os.urandom, generation=EV1))
    statuses = [host.ask(0xCA, bytes((1, 2, at, 0x0F, 0x81)))[0] for at in range(29)]
    assert statuses == [0] * 28 + [0xCE]


@pytest.mark.parametrize(("chip", "status"), [({"generation": EV1}, 0), ({}, 0x9D)])
@pytest.mark.parametrize("level", [PICC, AID])
def test_a_frozen_master_key_thaws_on_an_ev1_only(level: bytes, chip: Any, status: int) -> None:
    host = card(**chip)
    assert host.select(level) == 0
    assert host.aes() == 0
    assert host.ask(0x54, b"", b"\x08", "full") == (0, b"")
    assert host.ask(0x54, b"", b"\x0e", "full") == (0, b"")
    assert host.ask(0x54, b"", b"\x0f", "full")[0] == status


def test_an_ev1_has_no_key_sets() -> None:
    host = Host(Chip(UID, os.urandom, generation=EV1))
    assert host.ask(0xCA, bytes.fromhex("0102030F9100"))[0] == 0x9E


def test_later_cards_tell_names_in_a_session() -> None:
    host = _named()
    assert host.ev2() == 0
    assert host.send(0x6D)[0] == 0xAF
    assert host.send(0xAF)[0] == 0
    assert host.ask(0x6A)[0] == 0  # and the session goes on


@pytest.mark.parametrize("session", [None, "aes"])
def test_an_old_card_tells_another_chained_answer_in_a_session(session: str | None) -> None:
    host = _named(generation=EV1)
    if session:
        assert host.aes() == 0
    assert host.ask(0x60)[0] == 0
    assert host.ask(0x6A)[0] == 0


def _named(**chip: Any) -> Host:
    host = card(**chip)
    assert host.select(PICC) == 0
    for at in (1, 2):
        assert host.ask(0xCA, bytes((1, 1, at, 0x0F, 0x81, at, 0xE1)))[0] == 0
    return host


def test_an_ev1_that_is_asked_for_names_in_a_session_is_lost() -> None:
    host = _named(generation=EV1)
    assert host.aes() == 0
    assert host.send(0x6D)[0] == 0xAF
    assert host.send(0xAF) == (0xC1, b"")  # measured on three cards by others
    host.reset()
    assert host.send(0x60) == (0xCD, b"")
    assert host.send(0x5A, AID) == (0xCD, b"")
    assert host.chip.transmit(bytes.fromhex("00A4040007D2760000850100")) == b"\x6f\x00"
    assert host.chip.memory.configuration.disabled
