"""Reading and writing data files in every communication mode, on the chip that is not ours."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from passcard.apdu import wrap
from passcard.authenticate import SessionKeys
from passcard.dialogue import DATA_PART_MAX, Channel
from passcard.errors import CardRefused, SessionEnded, UnexpectedAnswer
from passcard.layout import BENEFITS_AID
from passcard.secret import Secret
from passcard.secure_messaging import CommunicationMode, SecureMessaging
from passcard.session import AuthenticatedSession, run
from simulator.chip.chip import Chip
from tests.passcard.field import CardGone, Field, blank

MODES = list(CommunicationMode)
PLAIN, MAC, FULL = MODES
WIRE_MODES = {PLAIN: 0, MAC: 1, FULL: 3}
KEY = bytes(16)
SIZE = 700
LENGTHS = [1, 15, 16, 31, 32, 200, DATA_PART_MAX, DATA_PART_MAX + 1, SIZE]


def chip_with_files() -> Chip:
    """Make an application with a standard file of each mode, 0 to 2, and a backup file, 3."""
    chip = blank()
    chip.power_on()
    creations = [(0xCD, at, wire) for at, wire in enumerate(WIRE_MODES.values())] + [(0xCB, 3, 3)]
    commands = [wrap(0xCA, BENEFITS_AID + b"\x0f\x81"), wrap(0x5A, BENEFITS_AID)]
    for ins, at, wire in creations:
        settings = bytes((at, wire, 0x00, 0x00)) + SIZE.to_bytes(3, "little")
        commands.append(wrap(ins, settings))
    free = bytes((4, 3, 0xEE, 0xEE)) + SIZE.to_bytes(3, "little")
    for command in [*commands, wrap(0xCD, free)]:
        assert chip.transmit(command) == b"\x91\x00"
    return chip


def opened(card: Field) -> AuthenticatedSession:
    return AuthenticatedSession(
        card.transmit, BENEFITS_AID, key_number=0, key=KEY, rnd_a=os.urandom(16)
    )


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_written_is_read_back(mode: CommunicationMode, length: int) -> None:
    chip, number = chip_with_files(), MODES.index(mode)
    session = opened(Field(chip))
    letter = os.urandom(length)
    offset = SIZE - length
    session.write_data(number, letter, offset=offset, mode=mode)
    assert session.read_data(number, length=length, offset=offset, mode=mode) == letter
    whole = bytes(offset) + letter
    assert session.read_data(number, length=SIZE, mode=mode) == whole
    assert chip.memory.applications[BENEFITS_AID].files[number].content == whole  # type: ignore[union-attr]
    assert not session.ended


def test_a_free_right_travels_plain_whatever_the_files_mode() -> None:
    chip = chip_with_files()
    chip.transmit(wrap(0x5A, BENEFITS_AID))
    session = opened(Field(chip))
    session.write_data(4, b"free", mode=PLAIN)
    assert session.read_data(4, length=4, mode=PLAIN) == b"free"
    with pytest.raises(CardRefused):
        session.write_data(4, b"free", mode=FULL)


def test_a_backup_file_shows_what_was_committed() -> None:
    session = opened(Field(chip_with_files()))
    session.write_data(3, bytes(range(250)) * 2, mode=FULL)
    assert session.read_data(3, length=500, mode=FULL) == bytes(500)
    session.commit_transaction()
    assert session.read_data(3, length=500, mode=FULL) == bytes(range(250)) * 2


@pytest.mark.parametrize("mode", MODES)
def test_every_command_fits_an_apdu(mode: CommunicationMode) -> None:
    card = Field(chip_with_files())
    session = opened(card)
    session.write_data(MODES.index(mode), bytes(SIZE), mode=mode)
    session.read_data(MODES.index(mode), length=SIZE, mode=mode)
    assert max(map(len, card.sent)) <= 5 + 255 + 1
    parts = -(-SIZE // DATA_PART_MAX)
    assert card.instructions.count(0x8D) == card.instructions.count(0xAD) == parts
    assert 0xAF not in card.instructions[3:]


@pytest.mark.parametrize(
    ("mode", "length", "status"), [(MAC, 1, 0x917E), (FULL, 1, 0x917E), (PLAIN, SIZE + 1, 0x91BE)]
)
def test_a_refusal_keeps_the_cards_status_and_ends_the_session(
    mode: CommunicationMode, length: int, status: int
) -> None:
    session = opened(Field(chip_with_files()))
    with pytest.raises(CardRefused) as refused:
        session.read_data(0, length=length, mode=mode)  # file 0 travels plain
    assert refused.value.status == status
    assert session.ended
    with pytest.raises(SessionEnded):
        session.read_data(0, length=1, mode=PLAIN)


@pytest.mark.parametrize(
    "asked",
    [
        {"file_number": 256, "length": 1},
        {"file_number": -1, "length": 1},
        {"file_number": 1, "length": 0},
        {"file_number": 1, "length": 1, "offset": -1},
        {"file_number": 1, "length": 1, "offset": 0xFFFFFF},
    ],
)
def test_what_cannot_be_asked_is_never_sent(asked: dict[str, int]) -> None:
    card = Field(chip_with_files())
    session = opened(card)
    before = len(card.sent)
    with pytest.raises(ValueError, match="byte"):
        session.read_data(**asked, mode=MAC)
    with pytest.raises(ValueError, match="byte"):
        session.write_data(
            asked["file_number"], bytes(asked["length"]), offset=asked.get("offset", 0), mode=MAC
        )
    assert len(card.sent) == before
    assert not session.ended


@pytest.mark.parametrize("cut", [0, 1, 2])
@pytest.mark.parametrize("heard", [True, False])
def test_a_card_that_leaves_between_two_parts_keeps_the_first_ones(
    cut: int, *, heard: bool
) -> None:
    chip = chip_with_files()
    card = Field(chip, cut_at=3 + cut, heard=heard)
    session = opened(card)
    with pytest.raises(CardGone):
        session.write_data(1, b"\xff" * SIZE, mode=MAC)
    assert session.ended
    kept = min((cut + heard) * DATA_PART_MAX, SIZE)
    content: bytes = chip.memory.applications[BENEFITS_AID].files[1].content  # type: ignore[union-attr]
    assert content == b"\xff" * kept + bytes(SIZE - kept)


def plain_channel() -> Channel:
    keys = SessionKeys(enc=Secret(KEY), mac=Secret(KEY), ti=bytes(4))
    return Channel(SecureMessaging(keys), aid=BENEFITS_AID, key_number=0)


@pytest.mark.parametrize(
    ("talk", "answer"),
    [
        (lambda channel: channel.read_data(0, length=4, mode=PLAIN), b"abc\x91\x00"),
        (lambda channel: channel.read_data(0, length=4, mode=PLAIN), b"abcde\x91\x00"),
        (lambda channel: channel.write_data(0, b"abcd", mode=PLAIN), b"a\x91\x00"),
        (lambda channel: channel.read_data(0, length=4, mode=MAC), b"abcd\x91\x00"),
        (lambda channel: channel.commit_transaction(), b"\x91\x00"),
    ],
)
def test_an_answer_that_is_not_the_one_asked_for_is_unexpected(
    talk: Callable[[Channel], Any], answer: bytes
) -> None:
    channel = plain_channel()
    with pytest.raises(UnexpectedAnswer):
        run(talk(channel), lambda _: answer)
    assert channel.ended
