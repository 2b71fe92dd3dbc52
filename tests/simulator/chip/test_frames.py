"""Frames: native and wrapped, and whatever else may come over the air."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chip.chip import Chip
from simulator.chip.frames import PART_LENGTH_MAX, split
from tests.simulator.chip.cards import card, key, standard
from tests.simulator.chip.host import Mode, number

UID = bytes.fromhex("04112233445566")
KNOWN = [0x45, 0x51, 0x54, 0x5A, 0x60, 0x64, 0x6A, 0x6E, 0x71, 0x77, 0xAA, 0x1A, 0xAF, 0xC4, 0xCA]


@pytest.fixture
def chip() -> Chip:
    made = Chip(UID, os.urandom)
    made.power_on()
    return made


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("45", "000F01"),
        ("9045000000", "0F019100"),
        ("6400", "0000"),
        ("90640000010000", "009100"),
        ("906400000100", "009100"),  # Le may be absent
        ("5A000000", "00"),
        ("905A00000300000000", "9100"),
        ("5A0000", "7E"),
        ("5A00000000", "7E"),
        ("90", "917E"),
        ("90450000", "917E"),
        ("9045010000", "919E"),
        ("9045000100", "919E"),
        ("904500000000", "917E"),
        ("90640000020000", "917E"),
        ("906400000200", "917E"),
        ("9064000001000000", "917E"),
        ("00", "1C"),
        ("00A404", "1C"),
        ("80CA9F7F00", "1C"),
    ],
)
def test_clothes(chip: Chip, command: str, answer: str) -> None:
    assert chip.transmit(bytes.fromhex(command)) == bytes.fromhex(answer)


def test_parts_of_one_answer_may_be_asked_in_either_clothes(chip: Chip) -> None:
    assert chip.transmit(b"\x60")[0] == 0xAF
    assert chip.transmit(bytes.fromhex("90AF000000"))[-2:] == b"\x91\xaf"
    assert chip.transmit(b"\xaf")[0] == 0x00


_frames = st.one_of(
    st.binary(min_size=1, max_size=80),
    st.builds(lambda ins, body: bytes((ins,)) + body, st.sampled_from(KNOWN), st.binary()),
    st.builds(
        lambda ins, body: bytes((0x90, ins, 0, 0, len(body))) + body + b"\x00",
        st.sampled_from(KNOWN),
        st.binary(min_size=1, max_size=80),
    ),
)


@given(st.lists(_frames, max_size=12))
def test_whatever_comes_is_answered_and_no_key_is_touched(frames: list[bytes]) -> None:
    chip = Chip(UID, os.urandom)
    chip.power_on()
    keys = chip.memory.applications[bytes(3)]
    for frame in frames:
        answer = chip.transmit(frame)
        assert answer
        assert len(answer) <= PART_LENGTH_MAX + 2
    assert chip.memory.applications[bytes(3)] == keys


@given(st.binary(max_size=200), st.sampled_from([(), (7, 7)]))
def test_parts_make_the_whole(answer: bytes, first_parts: tuple[int, ...]) -> None:
    parts = split(answer, first_parts)
    assert b"".join(parts) == answer
    assert all(len(part) <= PART_LENGTH_MAX for part in parts)
    assert len(parts) > len(first_parts)


# As an EV3 was recorded: its data in parts of 48 bytes, the MAC behind the last of them.
@pytest.mark.parametrize(
    ("mode", "length", "parts"),
    [
        ("plain", 40, [48]),
        ("plain", 48, [56]),
        ("plain", 49, [48, 9]),
        ("mac", 96, [48, 56]),
        ("mac", 100, [48, 48, 12]),
        ("full", 40, [48]),
        ("full", 48, [48, 16]),
        ("full", 100, [48, 48, 16]),
    ],
)
def test_parts_of_an_answer_in_an_aes_session(mode: Mode, length: int, parts: list[int]) -> None:
    host = card({1: standard(mode, 0x1111)})
    assert host.aes(1, key(1)) == 0
    host.session.seal(0xBD, b"\x01" + number(0) + number(length), b"", mode)
    status, answer = host.send(0xBD, b"\x01" + number(0) + number(length))
    found = [len(answer)]
    while status == 0xAF:
        status, answer = host.send(0xAF)
        found.append(len(answer))
    assert (status, found) == (0, parts)
