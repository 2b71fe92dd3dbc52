"""Cut at every APDU, over HTTP, then started again: a good card, or a bare chip. Every time.

On SQLite alone, and with the answer lost, never the command: what is cut here is the dialogue; both
engines, and the chip itself, have their own tests of the rest.
"""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from simulator.chip.chip import Chip
from simulator.chip.memory import Memory

EXCHANGES_MAX = 100
Begin = Callable[[Any, Chip, Any], Any]


#: Every exchange when there is time, every third every day: a life is some forty exchanges.
often = pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 3])
TYPED = {"CardRefused", "CardNotGenuine", "KeysUnknown", "UnsuitableCard", "UnexpectedAnswer"}


class Failing:
    """A chip that answers one command, the `at`-th from 0, with EEPROM error; then it is well."""

    def __init__(self, chip: Chip, at: int) -> None:
        self.chip, self.at, self.asked = chip, at, 0
        self.uid = chip.uid

    def power_on(self) -> None:
        self.chip.power_on()

    def transmit(self, command: bytes) -> bytes:
        answer = self.chip.transmit(command)
        self.asked += 1
        return b"\x91\xee" if self.asked == self.at + 1 else answer


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def begin_personalisation(world: Any, chip: Any, card: Any) -> Any:
    return world.begin(chip, card.number).json()


def begin_retirement(world: Any, chip: Chip, _card: Any) -> Any:
    return world.begin_retirement(chip).json()


def cut(world: Any, chip: Chip, begun: Any, at: int) -> bool:
    """Carry `at` exchanges, then lose the chip's power and with it the answer to the next command.

    True when there was nothing to cut any more: the dialogue had ended.
    """
    chip.power_on()
    kind = "retirements" if "retirement_id" in begun else "personalisations"
    name, command = begun[f"{kind[:-1]}_id"], begun["command"]
    for _ in range(at):
        said = chip.transmit(bytes.fromhex(command)).hex().upper()
        step = world.respond(name, said, kind=kind).json()
        if step["done"]:
            return True
        command = step["command"]
    chip.transmit(bytes.fromhex(command))
    chip.power_off()
    return False


def at_every_exchange(one_life: Callable[[int], bool], step: int = 1) -> int:
    """Live once for each exchange that may be cut; return how many there were."""
    for at in range(0, EXCHANGES_MAX, step):
        if one_life(at):
            return at
    raise AssertionError("the dialogue has no end")


@often
def test_personalising(world: Any, blank: Callable[[], Chip], step: int) -> None:
    def one_life(at: int) -> bool:
        card, chip = world.order(), blank()
        over = cut(world, chip, begin_personalisation(world, chip, card), at)
        assert world.card(card.id).state == ("active" if over else "ordered")
        assert world.carry(chip, begin_personalisation(world, chip, card)).json()["done"]
        assert (world.card(card.id).state, world.card(card.id).uid) == ("active", chip.uid)
        assert world.tap(chip).status_code == 201
        return over

    assert at_every_exchange(one_life, step) > 30


@often
def test_renewing(world: Any, step: int) -> None:
    world.roll_card_keys()

    def one_life(at: int) -> bool:
        card, chip = world.personalised(key_version=1)
        over = cut(world, chip, begin_personalisation(world, chip, card), at)
        assert world.card(card.id).key_version == (2 if over else 1)
        assert world.carry(chip, begin_personalisation(world, chip, card)).json()["done"]
        assert (world.card(card.id).state, world.card(card.id).key_version) == ("active", 2)
        assert world.tap(chip).status_code == 201
        return over

    assert at_every_exchange(one_life, step) > 30


def test_retiring(world: Any) -> None:
    def one_life(at: int) -> bool:
        card, chip = world.personalised()
        over = cut(world, chip, begin_retirement(world, chip, card), at)
        assert world.card(card.id).state == ("retired" if over else "active")
        if not over:
            assert world.carry(chip, begin_retirement(world, chip, card)).json()["done"]
        assert (world.card(card.id).state, world.card(card.id).uid) == ("retired", None)
        assert len(chip.memory.applications) == 1
        return over

    assert at_every_exchange(one_life) > 10


def test_a_chip_given_up_half_made_can_be_any_card(world: Any, blank: Callable[[], Chip]) -> None:
    """Cut during one order, the chip may as well serve another."""

    def one_life(at: int) -> bool:
        first, second, chip = world.order(), world.order(), blank()
        over = cut(world, chip, begin_personalisation(world, chip, first), at)
        if not over:
            assert world.carry(chip, begin_personalisation(world, chip, second)).json()["done"]
            assert world.card(first.id).state == "ordered"
        return over

    assert at_every_exchange(one_life, step=4) > 30


def test_a_chip_that_fails_at_any_command_is_said_to_and_may_be_tried_again(
    world: Any, blank: Callable[[], Chip]
) -> None:
    """EEPROM error, instead of the answer: the order stays, and the same chip may still be it."""

    def one_life(at: int) -> bool:
        card, chip = world.order(), Failing(blank(), at)
        answer = world.carry(chip, begin_personalisation(world, chip, card))
        if answer.status_code == 409:
            assert answer.json()["code"] == "personalisation_failed"
            assert answer.json()["details"]["reason"] in TYPED
            assert world.card(card.id).state == "ordered"
            assert world.carry(chip, begin_personalisation(world, chip, card)).json()["done"]
        assert world.card(card.id).state == "active"
        assert world.tap(chip).status_code == 201
        return chip.asked < at

    assert at_every_exchange(one_life, step=3) > 30


def test_a_chip_without_room_is_unusable_and_says_why(
    world: Any, blank: Callable[[], Chip]
) -> None:
    card, full = world.order(), Chip(blank().uid, secrets.token_bytes, memory=Memory(free_bytes=0))
    for _ in range(2):
        answer = world.carry(full, begin_personalisation(world, full, card))
        assert (answer.status_code, answer.json()["code"]) == (409, "personalisation_failed")
        assert answer.json()["details"] == {"reason": "CardRefused", "status": "910E"}
    assert world.card(card.id).state == "ordered"
