"""What libfreefare's tests saw on EV1 cards (test/test_mifare_desfire*.c), told again to the twin.

The stories are theirs, the code is not: only what they sent and what the card said.
"""

from collections.abc import Callable

import pytest

from simulator.chip.generation import EV1, EV2, EV3, Generation
from simulator.chip.keys import des_key
from tests.simulator.chip.cards import backup, card, file_of, key, purse, records, standard
from tests.simulator.chip.host import Host, Mode, NoSession, crc16, number, xored

KEYS = tuple(des_key(bytes(range(at, at + 16))) for at in (0, 40, 80, 120, 160))
MODES: list[Mode] = ["plain", "mac", "full"]
COMMIT, ABORT, CLEAR, WRITE_RECORD = 0xC7, 0xA7, 0xEB, 0x3B


def _legacy(at: int) -> tuple[Host, Callable[[int], int]]:
    files = {1: records("mac", 0x1324, size=25, cyclic=False), 2: standard()}
    host = card(files, keys=KEYS, generation=EV1)

    def enter(number_: int) -> int:
        return host.legacy(number_, KEYS[number_].material)

    assert enter(at) == 0
    return host, enter


def _aes(at: int) -> tuple[Host, Callable[[int], int]]:
    files = {1: records("mac", 0x1324, size=25, cyclic=False), 2: standard()}
    host = card(files, generation=EV1)

    def enter(number_: int) -> int:
        return host.aes(number_, key(number_))

    assert enter(at) == 0
    return host, enter


@pytest.mark.parametrize(("begin", "lives"), [(_legacy, True), (_aes, False)])
def test_after_an_error_a_legacy_session_lives_and_its_transaction_does_not(
    begin: Callable[[int], tuple[Host, Callable[[int], int]]], *, lives: bool
) -> None:
    host, enter = begin(2)
    header = b"\x01" + number(0) + number(4)
    assert host.ask(CLEAR, b"\x01")[0] == 0
    session = host.session
    assert host.ask(WRITE_RECORD, header, b"text", "mac")[0] == 0x9D
    if lives:
        host.session = session
    else:
        assert host.ask(CLEAR, b"\x01")[0] == 0xAE
        assert enter(2) == 0
    # The clearing is forgotten: nothing to commit, and writing is allowed again.
    assert host.ask(WRITE_RECORD, header, b"text", "mac")[0] == 0
    assert host.ask(COMMIT) == (0, b"")
    assert file_of(host, 1).records == (b"text" + bytes(21),)


@pytest.mark.parametrize("generation", [EV2, EV3])
def test_on_later_chips_any_error_ends_a_legacy_session_too(generation: Generation) -> None:
    host = card({1: purse(options=0)}, keys=KEYS, generation=generation)
    assert host.legacy(2, KEYS[2].material) == 0
    assert host.send(0x1C, b"\x01" + number(1, 4))[0] == 0x9D
    assert host.chip._state.session is None


@pytest.mark.parametrize("status", [0x1E, 0xAE])
def test_what_ends_a_legacy_session(status: int) -> None:
    host, _ = _legacy(2)
    if status == 0x1E:
        header = b"\x01" + number(0) + number(4)
        assert host.send(WRITE_RECORD, header + b"text" + bytes(4))[0] == status
    else:
        assert host.ask(0x54, b"", b"\x0f", "full")[0] == status  # key 2 is not the master
    assert host.chip._state.session is None


def test_a_selection_ends_a_legacy_session_even_when_refused() -> None:
    host, _ = _legacy(2)
    assert host.select(b"\x09\x09\x09") == 0xA0
    assert host.chip._state.session is None
    assert isinstance(host.session, NoSession)


def test_fifteen_transactions_on_free_files() -> None:
    files = {
        0: records(size=4, most=10),
        4: purse(value=0, options=0),
        5: backup(content=bytes(64)),
    }
    host = card(files, generation=EV1)
    for turn in range(15):
        text = b"%02d\x00" % turn
        assert host.ask(0x3D, b"\x05" + number(3 * turn) + number(3), text)[0] == 0
        assert host.ask(0x0C, b"\x04", number(100, 4))[0] == 0
        assert host.ask(0xDC, b"\x04", number(97, 4))[0] == 0
        for offset, part in ((2, text[:2]), (0, b"r.")):
            assert host.ask(WRITE_RECORD, b"\x00" + number(offset) + number(2), part)[0] == 0
        old = b"".join(b"%02d\x00" % past for past in range(turn))
        assert host.ask(0xBD, b"\x05" + bytes(6)) == (0, old.ljust(64, b"\x00"))
        assert host.ask(0x6C, b"\x04") == (0, number(3 * turn, 4))
        if turn:
            assert host.ask(0xBB, b"\x00" + number(0) + number(1))[1] == b"r.%02d" % (turn - 1)
        assert host.ask(COMMIT) == (0, b"")
        assert host.ask(0xBB, b"\x00" + number(0) + number(1)) == (0, b"r.%02d" % turn)
    assert host.ask(0xF5, b"\x00")[1][-3:] == number(9)  # of ten
    assert host.ask(0xF5, b"\x04")[1][-5:] == number(97, 4) + b"\x00"
    assert host.ask(0x1C, b"\x04", number(20, 4))[0] == 0x9D


@pytest.mark.parametrize("mode", MODES)
def test_one_key_writes_and_another_commits_or_aborts(mode: Mode) -> None:
    host = card({6: records(mode, 0x12E0, size=100, most=22)}, keys=KEYS, generation=EV1)
    kept = []
    for turn in range(50):
        used: Mode = "plain"
        if turn & 4:
            assert host.legacy(2, KEYS[2].material) == 0
            used = mode
        else:
            assert host.legacy(0, KEYS[0].material) == 0
        record = bytes((turn,)) * 100
        header = b"\x06" + number(0) + number(100)
        assert host.ask(WRITE_RECORD, header, record, used) == (0, b"")
        if turn & 4:
            assert host.legacy(1, KEYS[1].material) == 0
        assert host.ask(ABORT if turn % 7 == 0 else COMMIT) == (0, b"")
        kept += [record] * (turn % 7 != 0)
    assert file_of(host, 6).records == tuple(kept[-21:])
    assert host.legacy(1, KEYS[1].material) == 0
    host.records_length = 100
    assert host.ask(0xBB, b"\x06" + number(20) + number(1), mode=mode) == (0, kept[-21])
    assert host.ask(0xBB, b"\x06" + number(21) + number(1), mode=mode)[0] == 0xBE


def test_the_three_key_procedure_in_a_legacy_session() -> None:
    host = card(keys=KEYS, settings=0x4F, generation=EV1)
    old = KEYS[1].material
    for new in (b"SglDES_1SglDES_1", b"App.B Key #1.   "):
        assert host.legacy(4, KEYS[4].material) == 0
        mixed = xored(new, old)
        block = mixed + crc16(mixed) + crc16(new)
        assert host.ask(0xC4, b"\x01", block, "full") == (0, b"")
        assert host.legacy(1, new) == 0
        old = new
    assert host.ask(0x64, b"\x01") == (0, b"\x83"), "A p p . B   K e"


def test_the_own_key_in_a_legacy_session_becomes_aes_at_the_level_of_the_card() -> None:
    host = card(generation=EV1)
    host = Host(type(host.chip)(bytes(7), bytes, generation=EV1))
    assert host.legacy() == 0
    block = key(9) + b"\x42"
    assert host.ask(0xC4, b"\x80", block + crc16(block), "full") == (0, b"")
    assert host.chip._state.session is None
    assert host.aes(0, key(9)) == 0
    assert host.ask(0x64, b"\x00") == (0, b"\x42")
