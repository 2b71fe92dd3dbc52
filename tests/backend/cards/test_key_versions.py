"""Masters roll over: cards of the old version go on working, new ones and renewed ones move on."""

from collections.abc import Callable
from typing import Any

from backend.cards.life import block_card
from simulator.chip.chip import Chip


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_an_old_card_pays_while_new_ones_get_the_new_key(
    world: Any, blank: Callable[[], Chip]
) -> None:
    old, chip = world.personalised()
    assert world.roll_card_keys() == 2
    new, fresh = world.order(), blank()
    assert world.carry(fresh, world.begin(fresh, new.number).json()).json()["done"]
    assert (world.card(old.id).key_version, world.card(new.id).key_version) == (1, 2)
    assert world.tap(chip).status_code == 201
    assert world.tap(fresh).status_code == 201


def test_a_card_in_use_is_renewed_without_its_number(world: Any) -> None:
    card, chip = world.personalised()
    world.roll_card_keys()
    begun = world.begin(chip, None).json()
    assert begun["card_number"] == card.number
    end = world.carry(chip, begun).json()
    assert (end["done"], end["card_number"]) == (True, card.number)
    assert world.card(card.id).key_version == 2
    assert world.tap(chip).status_code == 201


def test_presented_with_its_number_it_is_renewed_too(world: Any) -> None:
    card, chip = world.personalised()
    for version in (2, 3):
        assert world.roll_card_keys() == version
        assert world.carry(chip, world.begin(chip, card.number).json()).json()["done"]
        assert world.card(card.id).key_version == version
        assert world.tap(chip).status_code == 201


def test_a_chip_begun_under_the_old_masters_is_finished_under_the_new(
    world: Any, blank: Callable[[], Chip]
) -> None:
    card, chip = world.order(), blank()
    world.carry(chip, world.begin(chip, card.number).json(), exchanges_max=25)
    world.roll_card_keys()
    assert world.carry(chip, world.begin(chip, card.number).json()).json()["done"]
    assert world.card(card.id).key_version == 2
    assert world.tap(chip).status_code == 201


def test_masters_that_roll_during_a_dialogue_do_not_change_it(
    world: Any, blank: Callable[[], Chip]
) -> None:
    card, chip = world.order(), blank()
    begun = world.begin(chip, card.number).json()
    world.roll_card_keys()
    assert world.carry(chip, begun).json()["done"]
    assert world.card(card.id).key_version == 1
    assert world.tap(chip).status_code == 201


def test_a_chip_that_is_no_card_is_not_renewed(world: Any, blank: Callable[[], Chip]) -> None:
    assert said(world.begin(blank(), None)) == (404, "card_unknown")


def test_a_blocked_card_is_not_renewed(world: Any) -> None:
    card, chip = world.personalised()
    with world.services.database.unit_of_work() as session:
        block_card(session, card.id, "lost", world.services.now())
    assert said(world.begin(chip, None)) == (409, "card_state_refused")
