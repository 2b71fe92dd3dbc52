"""Key sets: prepared, changed, finalised, rolled to."""

import pytest

from simulator.chip.keys import KeyKind, aes_key
from tests.simulator.chip.cards import card, key
from tests.simulator.chip.host import PICC, ZERO, Host, Mode, crc32, number, xored

APP = b"\x01\x02\x03"
ROLL, INITIALIZE, FINALIZE, VERSION, CHANGE = 0x55, 0x56, 0x57, 0x64, 0xC6
AES, TWO_KEY, THREE_KEY = b"\x02", b"\x00", b"\x01"


def _host(settings: int = 0x0F, longest: int = 16, sets: int = 3) -> Host:
    """Return a host in a session under key 0 of an application with three sets; key 1 rolls."""
    host = card()
    assert host.select(PICC) == 0
    body = APP + bytes((settings, 0x93, 0x01, 0x05, sets, longest, 0x01))
    assert host.send(0xCA, body) == (0, b"")
    assert host.select(APP) == 0
    assert host.ev2() == 0
    return host


def _change(host: Host, key_set: int, key_number: int, new: bytes, old: bytes | None) -> int:
    plain = new + b"\x07" if old is None else xored(new, old) + b"\x07" + crc32(new)
    return host.ask(CHANGE, bytes((key_set, key_number)), plain, "full")[0]


def test_a_set_is_prepared_and_rolled_to() -> None:
    host = _host()
    assert host.ask(0x45) == (0, b"\x0f\x93")
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    for at in range(3):
        assert _change(host, 1, at, key(10 + at), ZERO) == 0
    assert host.ask(VERSION, b"\x42\x01") == (0, b"\x07")
    assert host.ask(VERSION, b"\x42\x00") == (0, b"\x00")
    assert host.ask(FINALIZE, b"\x01\x09") == (0, b"")
    assert host.ask(VERSION, b"\x40\x80") == (0, b"\x05\x09")
    assert host.ev2(1) == 0
    answer = host.carry(ROLL, host.session.seal(ROLL, b"", b"\x01", "management"))
    assert answer == (0, b"")  # bare, as after a change of the own key
    assert host.chip._state.session is None
    assert host.ev2(2) == 0xAE
    assert host.ev2(2, key(12)) == 0
    assert host.ask(VERSION, b"\x40\x80") == (0, b"\x09")


@pytest.mark.parametrize("kind", [TWO_KEY, THREE_KEY])
def test_a_set_of_another_kind_is_prepared_and_never_rolled_to(kind: bytes) -> None:
    # Measured on an EV3: the trap of InitializeKeySet.
    host = _host(longest=24)
    assert host.ask(INITIALIZE, b"\x02" + kind) == (0, b"")
    assert host.ask(FINALIZE, b"\x02\x01") == (0, b"")
    assert host.ev2(1) == 0
    assert host.ask(ROLL, b"\x02")[0] == 0x9E
    assert host.chip.memory.applications[APP].kind is KeyKind.AES


def test_set_0_is_the_active_one() -> None:
    host = _host()
    assert _change(host, 0, 2, key(9), ZERO) == 0
    assert host.chip.memory.applications[APP].keys[2] == aes_key(key(9), 7)
    plain = host.session.seal(CHANGE, b"\x00\x00", key(8) + b"\x07", "full")
    assert host.carry(CHANGE, plain) == (0, b"")
    assert host.chip._state.session is None
    assert host.ev2(0, key(8)) == 0


def test_an_ev1_session_changes_a_key_of_a_set() -> None:
    host = _host()
    assert host.aes() == 0
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    mixed = xored(key(9), ZERO) + b"\x07"
    plain = mixed + crc32(b"\xc6\x01\x02" + mixed) + crc32(key(9))
    # As for C4: the host adds no CRC of its own to a key.
    sealed = host.session.seal(0xC4, b"\x01\x02", plain, "full")
    status, answer = host.send(CHANGE, sealed)
    assert (status, len(answer)) == (0, 8)
    assert host.chip.memory.applications[APP].key_sets[1].keys[2] == aes_key(key(9), 7)


@pytest.mark.parametrize(
    ("ins", "body", "status"),
    [
        (INITIALIZE, b"\x00" + AES, 0x9E),
        (INITIALIZE, b"\x03" + AES, 0x9E),
        (INITIALIZE, b"\x01\x03", 0x9E),
        (INITIALIZE, b"\x01" + THREE_KEY, 0x9E),  # keys of 16 bytes at most
        (INITIALIZE, b"\x01" + TWO_KEY, 0),
        (FINALIZE, b"\x01\x01", 0x9D),  # nothing there yet
        (FINALIZE, b"\x03\x01", 0x9E),
        (ROLL, b"\x01", 0xAE),  # key 1 rolls
        (VERSION, b"\x40\x01", 0x9D),
        (VERSION, b"\x43\x00", 0x40),
        (VERSION, b"\x40", 0x7E),
        (VERSION, b"\x00\x00", 0x7E),
    ],
)
def test_refusals(ins: int, body: bytes, status: int) -> None:
    assert _host().ask(ins, body)[0] == status


@pytest.mark.parametrize("body", [b"\x01", b"\x02", b"\x00"])
def test_only_a_finalised_set_is_rolled_to(body: bytes) -> None:
    host = _host()
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    assert host.ev2(1) == 0
    assert host.ask(ROLL, body)[0] == (0x9E if body == b"\x00" else 0x9D)


@pytest.mark.parametrize("key_set", [0, 1])
def test_a_set_has_as_many_keys_as_the_application(key_set: int) -> None:
    host = _host()
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    assert _change(host, key_set, 3, key(9), ZERO) == 0x40


def test_a_finalised_set_is_frozen() -> None:
    host = _host()
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    assert host.ask(FINALIZE, b"\x01\x01") == (0, b"")
    assert _change(host, 1, 0, key(9), ZERO) == 0x9D


@pytest.mark.parametrize(
    ("settings", "opens", "status"),
    [(0x0F, 1, 0xAE), (0xFF, 0, 0x9D), (0xEF, 1, 0), (0xEF, 2, 0xAE)],
)
def test_the_key_settings_hold_for_other_sets_too(settings: int, opens: int, status: int) -> None:
    host = _host(settings)
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    assert host.ev2(opens) == 0
    assert _change(host, 1, 1, key(9), ZERO) == status


@pytest.mark.parametrize(("ins", "body"), [(INITIALIZE, b"\x01" + AES), (FINALIZE, b"\x01\x01")])
def test_the_master_key_prepares(ins: int, body: bytes) -> None:
    host = _host()
    assert host.ev2(1) == 0
    assert host.ask(ins, body)[0] == 0xAE


@pytest.mark.parametrize(
    ("ins", "body", "mode"),
    [(INITIALIZE, b"\x01\x02", "management"), (ROLL, b"\x01", "management"), (CHANGE, b"", "full")],
)
def test_an_application_without_sets(ins: int, body: bytes, mode: Mode) -> None:
    host = card()
    assert host.ev2() == 0
    header, data = (b"\x01\x01", key(1) + b"\x00" + bytes(4)) if ins == CHANGE else (b"", body)
    assert host.ask(ins, header, data, mode)[0] == 0x9D


@pytest.mark.parametrize("applied", [False, True])
def test_a_torn_roll_is_old_or_new(*, applied: bool) -> None:
    host = _host()
    assert host.ask(INITIALIZE, b"\x01" + AES) == (0, b"")
    assert _change(host, 1, 2, key(9), ZERO) == 0
    assert host.ask(FINALIZE, b"\x01\x01") == (0, b"")
    assert host.ev2(1) == 0
    host.chip.tear_next_write(applied=applied)
    body = host.session.seal(ROLL, b"", b"\x01", "management")
    assert host.chip.transmit(b"\x55" + body) == b""
    host.chip.power_on()
    assert host.select(APP) == 0
    assert host.ev2(2, key(9) if applied else ZERO) == 0
    assert host.ask(VERSION, b"\x40\x80") == (0, b"\x01" if applied else b"\x05\x01")


def test_a_set_costs_room() -> None:
    few, many = _host(sets=2), _host(sets=3)
    free = [int.from_bytes(host.ask(0x6E)[1], "little") for host in (few, many)]
    assert free[0] > free[1]
    assert number(free[0])
