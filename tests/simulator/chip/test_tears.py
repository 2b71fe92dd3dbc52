"""A card is torn from the field at every write of a long story: the memory is old or new."""

import itertools
import json
import random
from collections.abc import Callable

import pytest

from simulator.chip.chip import Chip
from simulator.chip.memory import Memory, from_json, to_json
from tests.simulator.chip.cards import (
    UID,
    backup,
    card,
    key,
    purse,
    records,
    standard,
    transaction_mac,
)
from tests.simulator.chip.host import PICC, ZERO, Host, crc32, number, xored

WRITES = 23


class TornError(Exception):
    """The card left."""


class Field(Host):
    """A host that notices when its card leaves."""

    def send(self, ins: int, body: bytes = b"") -> tuple[int, bytes]:
        length = bytes((len(body),)) if body else b""
        answer = self.chip.transmit(bytes((0x90, ins, 0, 0)) + length + body + b"\x00")
        if not answer:
            raise TornError
        return answer[-1], answer[:-2]


def _memory() -> Memory:
    files = {
        1: standard("full", 0x1111),
        2: backup(),
        3: purse("mac", 0x0000),
        4: records(),
        5: transaction_mac(0xEFE0),
    }
    return card(files).chip.memory


def _story(host: Field) -> None:
    """Do everything that writes, once."""

    def good(answer: tuple[int, bytes]) -> None:
        assert answer[0] == 0

    assert host.select() == 0
    assert host.ev2() == 0
    mixed = xored(key(9), key(2)) + b"\x05" + crc32(key(9))
    good(host.ask(0xC4, b"\x02", mixed, "full"))
    good(host.ask(0x54, b"", b"\x0b", "full"))
    good(host.ask(0xCD, bytes.fromhex("0903EEEE200000")))
    good(host.ask(0xCB, bytes.fromhex("0A03EEEE200000")))
    good(host.ask(0xCC, bytes.fromhex("0B03EEEE") + bytes(4) + number(9, 4) + bytes(5)))
    good(host.ask(0xC1, bytes.fromhex("0C03EEEE020000020000")))
    good(host.ask(0xC0, bytes.fromhex("0D03EEEE020000020000")))
    good(host.ask(0x5F, b"\x09", b"\x01\xee\xee", "plain"))
    good(host.ask(0xDF, b"\x09"))
    good(host.ask(0xDF, b"\x05"))
    good(host.ask(0xCE, b"\x05\x00\xe0\xef\x02", key(7) + b"\x01", "full"))
    assert host.ev2(1, key(1)) == 0
    good(host.ask(0x3D, b"\x01" + number(0) + number(100), bytes(range(100)), "full"))
    good(host.ask(0x3D, b"\x02" + number(0) + number(3), b"abc", "plain"))
    assert host.non_first() == 0
    good(host.ask(0xDC, b"\x03", number(5, 4), "mac"))
    good(host.ask(0x3B, b"\x04" + number(0) + number(3), b"abc", "plain"))
    good(host.ask(0xC8, bytes(range(16)), mode="mac"))
    good(host.ask(0xC7, b"\x01"))
    assert host.select(PICC) == 0
    assert host.ev2() == 0
    good(host.ask(0xCA, b"\x01\x02\x03\x0f\x92\x01\x01\x02\x10\x01"))
    assert host.select(b"\x01\x02\x03") == 0
    assert host.ev2() == 0
    good(host.ask(0x56, b"\x01\x02"))
    good(host.ask(0xC6, b"\x01\x01", key(4) + b"\x02" + crc32(key(4)), "full"))
    good(host.ask(0x57, b"\x01\x02"))
    assert host.ev2(1) == 0
    good(host.carry(0x55, host.session.seal(0x55, b"", b"\x01", "management")))
    assert host.select(PICC) == 0
    assert host.ev2() == 0
    good(host.ask(0xDA, b"\x01\x02\x03"))
    good(host.ask(0x5C, b"\x01", bytes(24) + b"\x07", "full"))
    good(host.ask(0x5C, b"\x02", bytes.fromhex("0875F7B10280C0DE"), "full"))
    good(host.ask(0xFC))
    own = host.session.seal(0xC4, b"\x80", ZERO + b"\x03", "full")
    good(host.carry(0xC4, own))


def _begin() -> tuple[Field, list[Memory]]:
    kept: list[Memory] = []
    chip = Chip(UID, random.Random(3).randbytes, memory=_memory(), committed=kept.append)
    return Field(chip), kept


def _snapshots() -> list[Memory]:
    """Return the memory before the story and after each of its writes."""
    field, kept = _begin()
    before = field.chip.memory
    _story(field)
    return [before, *kept]


SNAPSHOTS = _snapshots()


def test_the_story_writes_everything() -> None:
    assert len(SNAPSHOTS) - 1 == WRITES
    assert all(one != other for one, other in itertools.pairwise(SNAPSHOTS))


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("at", range(1, len(SNAPSHOTS)))
def test_torn_at_a_write_it_is_old_or_new(at: int, *, applied: bool) -> None:
    field, kept = _begin()
    tearing = _TearAt(field.chip, kept, at, applied=applied)
    field.send = tearing.send(field.send)  # type: ignore[method-assign]
    with pytest.raises(TornError):
        _story(field)
    expected = SNAPSHOTS[at if applied else at - 1]
    assert field.chip.memory == expected
    assert ([_memory(), *kept])[-1] == expected
    # It comes back from its store as it was, without a session, and answers.
    again = from_json(json.loads(json.dumps(to_json(field.chip.memory))))
    assert again == expected
    field.chip.power_on()
    assert field.chip.transmit(b"\xc7") == b"\x9d"  # at PICC level, and nothing pending
    assert field.chip.transmit(b"\x60")[0] == 0xAF


class _TearAt:
    """Arms the chip before its n-th write."""

    def __init__(self, chip: Chip, kept: list[Memory], at: int, *, applied: bool) -> None:
        self.chip, self.kept, self.at, self.applied = chip, kept, at, applied

    def send(
        self, whole: Callable[[int, bytes], tuple[int, bytes]]
    ) -> Callable[..., tuple[int, bytes]]:
        def armed(ins: int, body: bytes = b"") -> tuple[int, bytes]:
            if len(self.kept) == self.at - 1:
                self.chip.tear_next_write(applied=self.applied)
            return whole(ins, body)

        return armed
