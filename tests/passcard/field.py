"""A card on a desk's reader, to be torn away at any command; and keys for it."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import count

from passcard.personalise import MasterKeys, PersonalisationKeys
from passcard.secret import Secret
from simulator.chip.chip import Chip
from simulator.chip.other_cards import BankCard

Card = Chip | BankCard
UID = bytes.fromhex("04A1B2C3D4E5F6")
WRITES = frozenset({0xC4, 0xCA, 0x54, 0xDA})
# A blank needs 42 commands; two talks fit. A limit, so that a loop fails instead of hanging.
COMMANDS_MAX = 100


def seeded(seed: str) -> Callable[[int], bytes]:
    """Return a repeatable `random(n)`."""
    numbers: Iterator[int] = count()

    def draw(length: int) -> bytes:
        return hashlib.shake_128(f"{seed}{next(numbers)}".encode()).digest(length)

    return draw


def keys_of(version: int = 1) -> PersonalisationKeys:
    """Return the keys of the card on the desk, under the test masters of a version."""
    secrets = (Secret(seeded(f"master {version} {purpose}")(16)) for purpose in range(5))
    return MasterKeys(*secrets).for_card(UID, version=version)


class CardGone(Exception):
    """What a reader raises when the card left the field."""


class Field:
    """A reader over a chip; `cut_at` takes the card away at that command, and it powers down."""

    def __init__(self, chip: Card, *, cut_at: int | None = None, heard: bool = True) -> None:
        self.chip, self.cut_at, self.heard = chip, cut_at, heard
        self.sent = list[bytes]()
        chip.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Carry one command; `heard` says whether the chip still got the one that was cut."""
        assert len(self.sent) < COMMANDS_MAX, "the dialogue has no end"
        self.sent.append(command)
        cut = len(self.sent) - 1 == self.cut_at
        answer = b"" if cut and not self.heard else self.chip.transmit(command)
        if cut or not answer:
            self.chip.power_off()
            raise CardGone
        return answer

    @property
    def instructions(self) -> list[int]:
        """Return the instruction of every command sent."""
        return [command[1] for command in self.sent]


def blank(seed: str = "chip") -> Chip:
    """Take a factory blank from the box."""
    return Chip(UID, seeded(seed))
