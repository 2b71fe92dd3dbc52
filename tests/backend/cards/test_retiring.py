"""A desk retires cards over HTTP: the chip is bare, the card is over, the UID is free."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from backend.cards.life import block_card
from backend.cards.tables import Card
from backend.partners.tables import TerminalKind
from simulator.chip.chip import Chip


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def retire(world: Any, chip: Chip) -> Any:
    return world.carry(chip, world.begin_retirement(chip).json())


def test_a_card_is_retired_and_its_chip_becomes_another(world: Any) -> None:
    card, chip = world.personalised()
    begun = world.begin_retirement(chip)
    assert (begun.status_code, begun.json()["card_number"]) == (201, card.number)
    assert world.card(card.id).state == "active"
    end = world.carry(chip, begun.json())
    assert end.json() == {"command": None, "done": True, "card_number": card.number}
    gone = world.card(card.id)
    assert (gone.state, gone.uid, gone.retired_uid) == ("retired", None, chip.uid)
    assert len(chip.memory.applications) == 1
    assert said(world.challenge(chip.uid.hex().upper(), "00" * 16)) == (404, "card_unknown")

    other = world.order()
    assert world.carry(chip, world.begin(chip, other.number).json()).json()["done"]
    assert world.card(other.id).uid == chip.uid
    assert world.tap(chip).status_code == 201
    assert retire(world, chip).json()["card_number"] == other.number


def test_a_card_of_old_masters_is_retired_too(world: Any) -> None:
    card, chip = world.personalised()
    world.roll_card_keys()
    assert retire(world, chip).json()["done"]
    assert world.card(card.id).state == "retired"


def test_a_blocked_card_that_was_found_again_is_retired(world: Any) -> None:
    card, chip = world.personalised()
    with world.services.database.unit_of_work() as session:
        block_card(session, card.id, "lost", world.services.now())
    assert retire(world, chip).json()["done"]
    assert world.card(card.id).state == "retired"


def test_the_end_may_be_told_again_and_a_second_retirement_says_so(world: Any) -> None:
    _, chip = world.personalised()
    begun = world.begin_retirement(chip).json()
    world.carry(chip, begun)
    again = world.respond(begun["retirement_id"], "9100", kind="retirements")
    assert (again.status_code, again.json()["done"]) == (200, True)
    assert said(world.begin_retirement(chip)) == (409, "card_already_retired")


def test_a_chip_that_is_no_card_is_unknown(world: Any, blank: Callable[[], Chip]) -> None:
    assert said(world.begin_retirement(blank())) == (404, "card_unknown")


def test_a_dialogue_is_for_its_own_purpose_and_desk(
    world: Any, sign_in: Callable[..., Any]
) -> None:
    card, chip = world.personalised()
    retiring = world.begin_retirement(chip).json()["retirement_id"]
    making = world.begin(chip, card.number).json()["personalisation_id"]
    refused = (404, "personalisation_not_found")
    assert said(world.respond(retiring, "9100")) == refused
    assert said(world.respond(making, "9100", kind="retirements")) == refused
    other = sign_in(TerminalKind.DESK)
    assert said(world.respond(retiring, "9100", desk=other, kind="retirements")) == refused
    assert said(world.respond(str(uuid4()), "9100", kind="retirements")) == refused


@pytest.mark.parametrize("kind", [TerminalKind.GATE, TerminalKind.COUNTER])
def test_only_a_desk_retires(world: Any, sign_in: Callable[..., Any], kind: TerminalKind) -> None:
    _, chip = world.personalised()
    refused, stranger = (403, "terminal_kind_not_allowed"), sign_in(kind)
    assert said(world.begin_retirement(chip, desk=stranger)) == refused
    answer = world.respond(str(uuid4()), "9100", desk=stranger, kind="retirements")
    assert said(answer) == refused


def test_a_card_that_got_another_chip_meanwhile_is_left_alone(
    world: Any, blank: Callable[[], Chip]
) -> None:
    card, chip = world.personalised()
    begun = world.begin_retirement(chip).json()
    with world.services.database.unit_of_work() as session:
        session.execute(update(Card).where(Card.id == card.id).values(uid=blank().uid))
    assert said(world.carry(chip, begun)) == (409, "card_state_refused")
    assert world.card(card.id).state == "active"


def test_a_card_whose_state_does_not_allow_it_is_refused(
    world: Any, blank: Callable[[], Chip]
) -> None:
    card, chip = world.order(), blank()
    with world.services.database.unit_of_work() as session:
        session.execute(update(Card).where(Card.id == card.id).values(uid=chip.uid))
    assert said(world.begin_retirement(chip)) == (409, "card_state_refused")


def test_another_chip_ends_the_dialogue_and_says_why(world: Any, blank: Callable[[], Chip]) -> None:
    card, chip = world.personalised()
    answer = world.carry(blank(), world.begin_retirement(chip).json())
    assert said(answer) == (409, "personalisation_failed")
    assert answer.json()["details"] == {"reason": "AnotherCard"}
    assert world.card(card.id).state == "active"


def test_a_chip_that_is_already_somebody_elses_says_its_status(world: Any) -> None:
    """The UID is our card's, the keys are a cloner's."""
    _, chip = world.personalised()
    fake = Chip(chip.uid, bytes)
    answer = world.carry(fake, world.begin_retirement(chip).json())
    assert answer.json()["details"] == {"reason": "KeysUnknown", "status": "91AE"}
