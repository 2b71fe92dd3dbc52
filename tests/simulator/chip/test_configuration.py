"""SetConfiguration, FormatPICC, random ID, default keys, old chips, and chips at their end."""

import functools
import operator
import os
from typing import Any

import pytest

from simulator.chip.chip import Chip
from simulator.chip.generation import EV1
from simulator.chip.keys import KeySettings, aes_key, des_key, zero_key
from simulator.chip.memory import FACTORY_FREE_BYTES, PICC_AID, Damage, Memory
from simulator.chip.other_cards import clone_of
from tests.simulator.chip.cards import UID, card, key, standard
from tests.simulator.chip.host import AID, PICC, ZERO, Host, Mode, crc16, crc32, number

CONFIGURE, FORMAT = 0x5C, 0xFC


def _master(**chip: Any) -> Host:
    """Return a host in a session under the card's master key."""
    host = card({1: standard()}, **chip)
    assert host.select(PICC) == 0
    assert host.ev2() == 0
    return host


def _configure(host: Host, option: int, value: bytes) -> int:
    return host.ask(CONFIGURE, bytes((option,)), value, "full")[0]


@pytest.mark.parametrize(
    ("option", "value", "status"),
    [
        (0x00, "01", 0),
        (0x00, "0B", 0),
        (0x00, "0F", 0x9D),  # no check of proximity without its key
        (0x00, "10", 0x9E),
        (0x00, "0100", 0x7E),
        (0x01, "11" * 25, 0),
        (0x01, "11" * 24, 0x7E),
        (0x02, "067577810280", 0),
        (0x02, "0200", 0),
        (0x02, "06757781028000", 0x7E),
        (0x02, "05757781", 0x7E),
        (0x02, "0275", 0x9E),  # T0 announces bytes that are not there
        (0x02, "15" + "00" * 20, 0x7E),
        (0x03, "2420", 0),
        (0x03, "20", 0x7E),
        (0x04, "0000", 0),
        (0x04, "0008", 0x9E),
        (0x04, "0100", 0x9E),
        (0x04, "00", 0x7E),
        (0x05, "00" * 10, 0),
        (0x05, "00" * 9, 0x7E),
        (0x06, "00" * 15 + "4101", 0),
        (0x06, "41" * 16 + "10", 0),
        (0x06, "41" * 16, 0x7E),
        (0x06, "41" * 16 + "11", 0x9E),
        (0x06, "41" * 16 + "00", 0x9E),
        (0x06, "00" * 9 + "D276000085010007", 0xDE),
        (0x07, "00", 0x9E),
        (0xFF, "00", 0x9E),
    ],
)
def test_options(option: int, value: str, status: int) -> None:
    host = _master()
    before = host.chip.memory
    assert _configure(host, option, bytes.fromhex(value)) == status
    assert status == 0 or host.chip.memory is before


def test_only_the_cards_master_configures_and_formats() -> None:
    host = card()
    assert host.select(PICC) == 0
    assert host.ask(CONFIGURE, b"\x00\x01")[0] == 0xAE
    assert host.ask(FORMAT)[0] == 0xAE
    for ins, body, mode in ((CONFIGURE, b"\x01", "full"), (FORMAT, b"", "management")):
        assert host.select() == 0
        assert host.ev2() == 0
        header = b"\x00" if ins == CONFIGURE else b""
        assert host.ask(ins, header, body, mode)[0] == 0x9D  # type: ignore[arg-type]


def test_formatting_gives_the_room_back_and_keeps_the_card_key() -> None:
    host = _master()
    assert host.ask(0xCA, b"\x01\x02\x03\x0f\x81") == (0, b"")
    before = host.chip.memory
    assert before.free_bytes < FACTORY_FREE_BYTES
    assert host.ask(FORMAT) == (0, b"")
    after = host.chip.memory
    assert set(after.applications) == {PICC_AID}
    assert after.applications[PICC_AID] == before.applications[PICC_AID]
    assert after.free_bytes == FACTORY_FREE_BYTES
    assert host.ask(0x6A) == (0, b"")


def test_formatting_is_switched_off_for_ever() -> None:
    host = _master()
    assert _configure(host, 0x00, b"\x01") == 0
    assert _configure(host, 0x00, b"\x00") == 0
    assert host.ask(FORMAT)[0] == 0x9D
    assert AID in host.chip.memory.applications


@pytest.mark.parametrize("applied", [False, True])
def test_a_torn_format_is_whole_or_not(*, applied: bool) -> None:
    host = _master()
    before = host.chip.memory
    host.chip.tear_next_write(applied=applied)
    assert host.chip.transmit(b"\xfc" + host.session.seal(0xFC, b"", b"", "management")) == b""
    assert host.chip.memory == (before.formatted() if applied else before)


# Random ID.


def test_a_random_id_hides_the_true_one_until_a_session() -> None:
    host = _master()
    assert host.chip.uid == UID
    assert _configure(host, 0x00, b"\x02") == 0
    seen = set()
    for _ in range(5):
        host.reset()
        assert (len(host.chip.uid), host.chip.uid[0]) == (4, 0x08)
        seen.add(host.chip.uid)
        assert host.carry(0x60)[1][14:21] == bytes(7)
    assert len(seen) == 5
    assert host.chip.true_uid == UID
    assert host.ev2() == 0
    assert host.ask(0x51, mode="full") == (0, UID)
    assert host.ask(0x60)[1][14:21] == bytes(7)
    assert clone_of(host.chip, os.urandom).true_uid == UID


def test_the_true_uid_is_not_told_without_a_session() -> None:
    assert card().ask(0x51)[0] == 0xAE


# What else is configured.


def test_the_atr_tells_the_historical_bytes_of_the_ats() -> None:
    host = _master()
    assert host.chip.atr == bytes.fromhex("3B8180018080")
    assert _configure(host, 0x02, bytes.fromhex("0875F7B102C0FFEE")) == 0
    atr = host.chip.reset()
    assert atr[:7] == bytes.fromhex("3B838001C0FFEE")
    assert functools.reduce(operator.xor, atr[1:]) == 0


def test_new_applications_have_the_default_key() -> None:
    host = _master()
    default = bytes(range(24))
    assert _configure(host, 0x01, default + b"\xa5") == 0
    for at, second in enumerate((0x01, 0x41, 0x81)):
        assert host.ask(0xCA, bytes((1, 1, at, 0x0F, second))) == (0, b"")
    keys = [host.chip.memory.applications[bytes((1, 1, at))].keys[0] for at in range(3)]
    assert keys[2] == aes_key(default[:16], 0xA5)
    assert [one.version for one in keys] == [0xA5] * 3
    assert [len(one.material) for one in keys] == [16, 24, 16]
    assert host.select(b"\x01\x01\x02") == 0
    assert host.ev2(0, default[:16]) == 0


@pytest.mark.parametrize(
    ("flags", "refused"), [(1, {"legacy"}), (2, {"iso"}), (3, {"iso", "legacy"}), (4, set())]
)
def test_old_messaging_is_switched_off(flags: int, refused: set[str]) -> None:
    host = _master()
    assert host.ask(0xCA, b"\x01\x02\x03\x0f\x01") == (0, b"")
    assert _configure(host, 0x04, bytes((0, flags))) == 0
    for name in ("iso", "legacy"):
        assert host.select(b"\x01\x02\x03") == 0
        assert getattr(host, name)() == (0x9D if name in refused else 0)
    assert host.select() == 0
    assert host.aes() == (0x9D if flags & 2 else 0)
    assert host.select() == 0


@pytest.mark.parametrize("ins", [0x3D, 0x8D])
@pytest.mark.parametrize(
    ("mode", "length"), [("plain", 100), ("mac", 40), ("mac", 100), ("full", 100)]
)
def test_chained_writing_under_a_mac_is_switched_off(ins: int, mode: Mode, length: int) -> None:
    host = card({1: standard(mode, 0x1111)})
    assert host.select(PICC) == 0
    assert host.ev2() == 0
    assert _configure(host, 0x04, b"\x00\x04") == 0
    assert host.select() == 0
    assert host.ev2(1, key(1)) == 0
    header = b"\x01" + number(0) + number(length)
    refused = mode != "plain" and length == 100
    assert host.ask(ins, header, bytes(length), mode)[0] == (0x9D if refused else 0)


@pytest.mark.parametrize(
    "ats", ["067577810280", "0875F7B10280C0DE", "0577F7B102", "0C75F7B10201020304050607"]
)
@pytest.mark.parametrize("session", ["aes", "ev2"])
@pytest.mark.parametrize("pad", [b"", b"\x80"])
def test_an_ats_in_an_ev1_session_has_either_padding(session: str, ats: str, pad: bytes) -> None:
    host = card()
    assert host.select(PICC) == 0
    assert getattr(host, session)() == 0
    value = bytes.fromhex(ats)
    if session == "aes":
        plain = value + crc32(b"\x5c\x02" + value) + pad
        # As for a key: the host adds no CRC of its own.
        sealed = host.session.seal(0xC4, b"\x02", plain, "full")
        assert host.send(CONFIGURE, sealed)[0] == 0
    else:
        assert _configure(host, 0x02, value) == 0
    assert host.chip.memory.configuration.ats == value


@pytest.mark.parametrize("pad", [b"", b"\x80"])
def test_an_ats_in_a_legacy_session_has_either_padding(pad: bytes) -> None:
    host = Host(Chip(UID, os.urandom, generation=EV1))
    assert host.legacy() == 0
    value = bytes.fromhex("067577810280")  # with its CRC, a whole block
    sealed = host.session.seal(0xC4, b"\x02", value + crc16(value) + pad, "full")
    assert host.send(CONFIGURE, sealed)[0] == 0
    assert host.chip.memory.configuration.ats == value


def test_capabilities_are_told_in_the_handshake() -> None:
    host = _master()
    assert _configure(host, 0x05, bytes(8) + b"\xca\xfe") == 0
    assert host.chip.memory.configuration.capabilities == bytes(4) + b"\xca\xfe"


def test_the_card_answers_to_its_new_name() -> None:
    host = _master()
    assert _configure(host, 0x06, bytes(12) + b"PASS\x04") == 0
    assert host.chip.transmit(b"\x00\xa4\x04\x00\x04PASS") == b"\x90\x00"
    assert host.chip.transmit(bytes.fromhex("00A4040007D2760000850100")) == b"\x6a\x82"


# Names.


def test_names_come_one_in_a_frame() -> None:
    host = _master()
    for at in (1, 2):
        name = b"PASS.%d" % at
        body = bytes((1, 1, at, 0x0F, 0x81)) + bytes((at, 0xE1)) + name
        assert host.ask(0xCA, body) == (0, b"")
    assert host.ask(0xCA, b"\x01\x01\x03\x0f\x81\x03\xe1") == (0, b"")  # an id, no name
    host.reset()
    assert host.send(0x6D) == (0xAF, b"\x01\x01\x01\x01\xe1PASS.1")
    assert host.send(0xAF) == (0xAF, b"\x01\x01\x02\x02\xe1PASS.2")
    assert host.send(0xAF) == (0, b"\x01\x01\x03\x03\xe1")
    assert host.send(0x6D, b"\x00") == (0x7E, b"")


@pytest.mark.parametrize("settings", [0x0F, 0x09])
def test_names_are_told_in_a_legacy_session(settings: int) -> None:
    host = Host(Chip(UID, os.urandom, generation=EV1))
    body = b"\x01\x02\x03\x0f\x81\x01\xe1PASS"
    assert host.legacy() == 0
    assert host.ask(0x54, b"", bytes((settings,)), "full") == (0, b"")
    assert host.ask(0xCA, body) == (0, b"")
    assert host.send(0x6D) == (0, b"\x01\x02\x03\x01\xe1PASS")


def test_a_card_without_names_and_levels_without_cards() -> None:
    host = card()
    assert host.send(0x6D) == (0x9D, b"")
    assert host.select(PICC) == 0
    assert host.send(0x6D) == (0, b"")


def test_strict_settings_keep_the_names() -> None:
    chip = Chip(UID, os.urandom, memory=_strict())
    assert Host(chip).send(0x6D) == (0xAE, b"")


def _strict() -> Memory:
    memory = Memory()
    picc = memory.applications[PICC_AID]
    settings = KeySettings(0x09)
    return memory.with_application(PICC_AID, type(picc)(settings, picc.kind, picc.keys))


# The end of a chip.


@pytest.mark.parametrize(
    ("damage", "status"),
    [(Damage(PICC_AID), 0xC1), (Damage(AID), 0xA1), (Damage(AID, 1), 0xF1), (Damage(AID, 2), 0)],
)
def test_damage_is_found_where_it_is(damage: Damage, status: int) -> None:
    memory = card({1: standard()}).chip.memory.with_damage(damage)
    host = Host(Chip(UID, os.urandom, memory=memory))
    selected = host.select()
    assert selected == (status if status in {0xC1, 0xA1} else 0)
    if selected == 0:
        assert host.ask(0xBD, b"\x01" + bytes(6))[0] == status
    iso = host.chip.transmit(bytes.fromhex("00A4040007D2760000850100"))
    assert iso == (b"\x6f\x00" if status == 0xC1 else b"\x90\x00")


def test_keys_of_every_kind_keep_their_version() -> None:
    assert des_key(bytes(24)).version == 0
    assert zero_key(des_key(bytes(24)).kind).material == bytes(24)
    assert zero_key(aes_key(ZERO).kind).material == ZERO


@pytest.mark.parametrize("session", ["aes", "iso", "legacy"])
def test_a_crc_that_confirms_two_lengths_is_read_at_the_one_that_there_is(session: str) -> None:
    # One last byte in 256 is the first of the CRC before it, which then fits as well.
    if session == "aes":
        host = card()
        assert host.select(PICC) == 0
    else:
        host = Host(Chip(UID, os.urandom))
    assert getattr(host, session)() == 0
    for version in range(256):
        value = b"\x01" + bytes(24) + bytes((version,))
        plain = value[1:]
        if session == "legacy":
            sealed = host.session.seal(0xC4, b"\x01", plain + crc16(plain), "full")
            assert host.send(CONFIGURE, sealed)[0] == 0
        else:
            assert host.ask(CONFIGURE, b"\x01", plain, "full") == (0, b"")
        assert host.chip.memory.configuration.default_key_version == version
