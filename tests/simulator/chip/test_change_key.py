"""ChangeKey: who may change what, what it leaves behind, and being torn in the middle."""

import zlib
from typing import TYPE_CHECKING

import pytest

from simulator.chip.keys import Key, KeyKind, aes_key
from simulator.chip.memory import PICC_AID

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

AID = bytes.fromhex("F59250")
KEY, OTHER_KEY, ZERO = bytes(range(16)), bytes(range(16, 32)), bytes(16)

# Change right: for the session's key 0, 1, 2 (rows) and the changed key 0, 1, 2 (columns).
RIGHTS = {
    0x0F: ["00 00 00", "AE AE AE", "AE AE AE"],  # key 0 changes all
    0x1F: ["00 AE AE", "AE 00 00", "AE AE AE"],  # key 1 does, but for the master
    0xEF: ["00 AE AE", "AE 00 AE", "AE AE 00"],  # each key itself
    0xFF: ["00 9D 9D", "AE 9D 9D", "AE 9D 9D"],  # frozen, but for the master
    0x0E: ["9D 00 00", "9D AE AE", "9D AE AE"],  # bit 0: the master is frozen
}
TABLE = [
    pytest.param(settings, session, number, int(status, 16), id=f"{settings:02X} {session}{number}")
    for settings, rows in RIGHTS.items()
    for session, row in enumerate(rows)
    for number, status in enumerate(row.split())
]


def _keys(reader: "Reader", aid: bytes = AID) -> tuple[Key, ...]:
    return reader.chip.memory.applications[aid].keys


@pytest.mark.parametrize(("settings", "session", "number", "status"), TABLE)
def test_who_may_change_what(
    reader: "Reader", settings: int, session: int, number: int, status: int
) -> None:
    reader.select()
    reader.ev2(0)
    assert reader.full(0x54, b"", bytes((settings,)))[0] == 0
    assert reader.ev2(session) == 0
    own = session == number
    assert reader.change_key(number, KEY, None if own else ZERO) == status
    changed = aes_key(KEY, 1) if status == 0 else aes_key(ZERO)
    assert _keys(reader)[number] == changed
    assert (reader.chip._state.session is None) == (own or status != 0)


def test_the_new_key_opens_and_the_version_is_told(reader: "Reader") -> None:
    reader.select()
    reader.ev2(0)
    assert reader.change_key(1, KEY, ZERO, version=0x2A) == 0
    assert reader.macced(0x64, b"\x01") == (0, b"\x2a")
    assert reader.change_key(1, OTHER_KEY, KEY) == 0
    assert reader.ev2(1, OTHER_KEY) == 0
    assert reader.ev2(1, KEY) == 0xAE


def test_a_wrong_old_key_is_caught_by_the_crc(reader: "Reader") -> None:
    reader.select()
    reader.ev2(0)
    assert reader.change_key(1, KEY, OTHER_KEY) == 0x1E
    assert _keys(reader)[1] == aes_key(ZERO)


@pytest.mark.parametrize("length", [0, 1, 16, 18, 20, 21, 22, 32])
def test_an_own_key_block_has_one_length(reader: "Reader", length: int) -> None:
    reader.select()
    reader.ev2(0)
    assert reader.full(0xC4, b"\x00", bytes(length))[0] == 0x7E
    assert _keys(reader)[0] == aes_key(ZERO)


@pytest.mark.parametrize(
    ("number", "status"), [(0x03, 0x40), (0x3F, 0x40), (0x80, 0x9E), (0x41, 0x9E)]
)
def test_numbers_that_are_not_keys_of_the_application(
    reader: "Reader", number: int, status: int
) -> None:
    reader.select()
    reader.ev2(0)
    assert reader.full(0xC4, bytes((number,)), bytes(17))[0] == status


def test_the_card_key_becomes_aes_and_des_again(reader: "Reader") -> None:
    assert _keys(reader, PICC_AID) == (aes_key(ZERO),)
    assert reader.ev2(0) == 0
    assert reader.macced(0x45) == (0, b"\x0f\x81")
    assert reader.full(0xC4, b"\x00", ZERO) == (0, b"")
    assert _keys(reader, PICC_AID)[0].kind is KeyKind.TWO_KEY_DES
    assert reader.iso() == 0
    assert reader.chip.transmit(b"\x45") != b"\x00\x0f\x01"  # answers carry a MAC
    assert reader.chip.reset()
    assert reader.chip.transmit(b"\x45") == b"\x00\x0f\x01"


@pytest.mark.parametrize("number", [0x40, 0xC0, 0x81])
def test_the_card_key_has_known_kinds_and_one_number(reader: "Reader", number: int) -> None:
    assert reader.ev2(0) == 0
    # 40 is a three-key DES key, of 24 bytes.
    status = {0x40: 0x7E, 0xC0: 0x9E, 0x81: 0x40}[number]
    assert reader.full(0xC4, bytes((number,)), bytes(17))[0] == status


@pytest.mark.parametrize("rest", [b"", bytes(4), b"\x01"])
def test_an_ev1_change_with_a_wrong_crc_or_tail_is_refused(
    blank_reader: "Reader", rest: bytes
) -> None:
    assert blank_reader.iso() == 0
    assert blank_reader.iso_full(0xC4, b"\x80", KEY + b"\x01" + rest)[0] == 0x1E
    assert _keys(blank_reader, PICC_AID)[0].kind is KeyKind.TWO_KEY_DES


def test_an_ev1_change_too_short_is_refused(blank_reader: "Reader") -> None:
    assert blank_reader.iso() == 0
    assert blank_reader.iso_full(0xC4, b"\x80", KEY)[0] == 0x7E


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_a_torn_change_is_old_or_new(reader: "Reader", *, applied: bool, own: bool) -> None:
    reader.select()
    reader.ev2(0)
    chip, number = reader.chip, 0 if own else 1
    before = chip.memory
    chip.tear_next_write(applied=applied)
    # The card leaves: no answer at all, then silence until it is powered again.
    with pytest.raises(AssertionError):
        reader.change_key(number, KEY, None if own else ZERO)
    assert chip.transmit(b"\x60") == b""
    chip.power_on()
    assert reader.select() == 0
    assert reader.ev2(number, KEY) == (0 if applied else 0xAE)
    assert reader.ev2(number, ZERO) == (0xAE if applied else 0)
    if not applied:
        assert chip.memory is before
    # The tear happened once.
    assert reader.select(PICC_AID) == 0
    assert reader.send(0xCA, b"\x01\x02\x03\x0f\x81") == (0, b"")


@pytest.mark.parametrize("mask", [0xFE, 0xFF])
def test_a_des_key_is_changed_with_or_without_the_old_ones_parity(
    reader: "Reader", mask: int
) -> None:
    reader.send(0xCA, b"\x01\x02\x03\x0f\x02")
    reader.select(b"\x01\x02\x03")
    old = bytes(16)
    for new in (bytes.fromhex("0010210031004000" * 2), bytes.fromhex("FEDCBA9876543211" * 2)):
        assert reader.iso() == 0
        bare = bytes(octet & mask for octet in old)
        block = bytes(a ^ b for a, b in zip(new, bare, strict=True))
        block += _crc(b"\xc4\x01" + block) + _crc(new)
        status, mac = reader.iso_full(0xC4, b"\x01", block)
        assert (status, len(mac)) == (0, 8)
        assert _keys(reader, b"\x01\x02\x03")[1].material == new
        old = new
    reader.chip.reset()
    reader.select(b"\x01\x02\x03")
    assert reader.ask(0x64, b"\x01") == (0, b"\x01")  # the version is in the parity bits


def _crc(message: bytes) -> bytes:
    return (zlib.crc32(message) ^ 0xFFFFFFFF).to_bytes(4, "little")
