"""A desk personalises chips over HTTP: one chip, one card, whatever is cut short."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.access.establishments import create_establishment
from backend.cards.desk import finish
from backend.cards.errors import UidTaken
from backend.cards.handing import hand_over
from backend.cards.history import Actor, read_histories
from backend.cards.life import block_card
from backend.cards.lots import receive
from backend.cards.order_tables import Delivery
from backend.cards.ordering import Wish
from backend.cards.personalising import give_chip
from backend.cards.requests import order_for
from backend.cards.tables import CardPersonalisation
from backend.partners.tables import TerminalKind
from backend.vault.dialogues import DIALOGUE_SECONDS_MAX
from simulator.chip.chip import Chip


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_a_blank_becomes_the_ordered_card(world: Any, blank: Callable[[], Chip]) -> None:
    card, chip = world.order(), blank()
    begun = world.begin(chip, card.number)
    assert begun.status_code == 201
    assert world.card(card.id).state == "ordered"
    end = world.carry(chip, begun.json())
    assert end.json() == {"command": None, "done": True, "card_number": card.number}
    ready = world.card(card.id)
    assert (ready.state, ready.uid) == ("active", chip.uid)


def test_the_last_answer_may_be_asked_again(world: Any, blank: Callable[[], Chip]) -> None:
    card, chip = world.order(), blank()
    begun = world.begin(chip, card.number).json()
    world.carry(chip, begun)
    again = world.respond(begun["personalisation_id"], "9100")
    assert (again.status_code, again.json()["done"]) == (200, True)


def test_the_same_chip_may_be_presented_again(world: Any) -> None:
    card, chip = world.personalised()
    assert world.carry(chip, world.begin(chip, card.number).json()).json()["done"]
    assert world.card(card.id).state == "active"


def test_a_chip_belongs_to_one_card(world: Any, blank: Callable[[], Chip]) -> None:
    card, chip = world.personalised()
    assert said(world.begin(chip, world.order().number)) == (409, "uid_taken")
    assert said(world.begin(blank(), card.number)) == (409, "card_state_refused")


def test_two_cards_begun_on_one_chip_end_as_one(world: Any, blank: Callable[[], Chip]) -> None:
    first, second, chip = world.order(), world.order(), blank()
    begun, other = (world.begin(chip, card.number).json() for card in (first, second))
    assert world.carry(chip, begun).json()["done"]
    assert said(world.carry(chip, other)) == (409, "uid_taken")
    assert (world.card(first.id).state, world.card(second.id).state) == ("active", "ordered")


def test_the_database_itself_keeps_a_chip_for_one_card(
    world: Any, blank: Callable[[], Chip], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, chip = world.personalised()
    other = world.order()
    fresh = blank()
    begun = world.begin(fresh, other.number).json()
    with world.services.database.unit_of_work() as session:
        row = session.scalars(
            select(CardPersonalisation).where(CardPersonalisation.card_id == other.id)
        ).one()
        row.uid = chip.uid
    # As if the other desk's card had been read just before it was given this chip.
    monkeypatch.setattr("backend.cards.personalising._check_chip", lambda *_: None)
    with pytest.raises(UidTaken):
        finish(world.services, row.id, give_chip)
    assert begun["command"]
    assert world.card(other.id).state == "ordered"


def test_a_card_blocked_on_the_desk_does_not_become_active(
    world: Any, blank: Callable[[], Chip]
) -> None:
    card, chip = world.order(), blank()
    begun = world.begin(chip, card.number).json()
    with world.services.database.unit_of_work() as session:
        block_card(session, card.id, "damaged", world.services.now())
    assert said(world.carry(chip, begun)) == (409, "card_state_refused")
    assert world.card(card.id).state == "blocked"
    assert said(world.begin(chip, card.number)) == (409, "card_state_refused")


@pytest.mark.parametrize("number", ["9250000000000000", "1234567890123456", "9250999999999999"])
def test_an_unknown_number_is_refused(world: Any, blank: Callable[[], Chip], number: str) -> None:
    assert said(world.begin(blank(), number)) == (404, "card_unknown")


def test_a_chip_torn_away_is_finished_next_time(world: Any, blank: Callable[[], Chip]) -> None:
    card, chip = world.order(), blank()
    for exchanges in (1, 3, 9, 17):
        half = world.carry(chip, world.begin(chip, card.number).json(), exchanges_max=exchanges)
        assert not half.json()["done"]
        assert world.card(card.id).state == "ordered"
    assert world.carry(chip, world.begin(chip, card.number).json()).json()["done"]
    assert world.tap(chip).status_code == 201


def test_a_chip_that_is_not_ours_ends_the_dialogue(world: Any, blank: Callable[[], Chip]) -> None:
    card, chip = world.order(), blank()
    begun = world.begin(chip, card.number).json()
    liar = Chip(bytes.fromhex("04FFFFFFFFFFFF"), secrets.token_bytes)
    answer = world.carry(liar, begun)
    assert said(answer) == (409, "personalisation_failed")
    assert answer.json()["details"] == {"reason": "AnotherCard"}
    refused = (404, "personalisation_not_found")
    assert said(world.respond(begun["personalisation_id"], "9100")) == refused
    assert world.card(card.id).state == "ordered"


def test_a_dialogue_is_for_the_desk_that_began_it(
    world: Any, sign_in: Callable[..., Any], blank: Callable[[], Chip]
) -> None:
    begun = world.begin(blank(), world.order().number).json()
    other = sign_in(TerminalKind.DESK)
    refused = (404, "personalisation_not_found")
    assert said(world.respond(begun["personalisation_id"], "9100", desk=other)) == refused
    assert said(world.respond(str(uuid4()), "9100")) == refused


def test_a_dialogue_that_takes_too_long_is_over(
    world: Any, clock: Any, blank: Callable[[], Chip]
) -> None:
    begun = world.begin(blank(), world.order().number).json()
    clock.advance(seconds=DIALOGUE_SECONDS_MAX)
    refused = (404, "personalisation_not_found")
    assert said(world.respond(begun["personalisation_id"], "9100")) == refused


@pytest.mark.parametrize("kind", [TerminalKind.GATE, TerminalKind.COUNTER])
def test_only_a_desk_personalises(
    world: Any, sign_in: Callable[..., Any], blank: Callable[[], Chip], kind: TerminalKind
) -> None:
    refused = (403, "terminal_kind_not_allowed")
    stranger = sign_in(kind)
    assert said(world.begin(blank(), world.order().number, desk=stranger)) == refused
    assert said(world.respond(str(uuid4()), "9100", desk=stranger)) == refused


def test_a_malformed_request_is_refused(world: Any) -> None:
    for body in (
        {"card_number": "9250000000000018"},
        {"uid": "041122334455", "card_number": "9250000000000011"},
        {"uid": "04112233445566", "card_number": "925000000000001"},
        {"uid": "04112233445566", "card_number": "9250000000000011", "state": "active"},
    ):
        answer = world.client.post("/v1/personalisations", json=body, headers=world.desk.headers)
        assert said(answer) == (422, "malformed_request"), body
    for response in ("", "91", "910", "91zz", "9" * 600, "91AF\n"):
        assert said(world.respond(str(uuid4()), response)) == (422, "malformed_request"), response


def test_a_card_to_be_sent_is_of_no_use_before_it_is_handed_over(
    world: Any, blank: Callable[[], Chip]
) -> None:
    now, by = world.services.now(), Actor.typed("anne")
    with world.services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée du Parc").id
        wish = Wish(delivery=Delivery.ESTABLISHMENT, establishment_id=place)
        (card_id,) = order_for(session, [world.person], wish, now, by=by).card_ids
    chip, number = blank(), world.card(card_id).number
    assert world.carry(chip, world.begin(chip, number).json()).json()["done"]
    assert world.card(card_id).state == "produced"

    def tapped() -> tuple[int, str, str]:
        answer = world.tap(chip)
        told = answer.json()
        return answer.status_code, told.get("code", ""), told.get("details", {}).get("state", "")

    assert tapped() == (403, "card_not_active", "produced")
    # Its keys may be renewed on its way; it stays where it is.
    assert world.carry(chip, world.begin(chip, number).json()).json()["done"]
    with world.services.database.unit_of_work() as session:
        receive(session, place, number, now, by=by)
    assert tapped() == (403, "card_not_active", "received")
    with world.services.database.unit_of_work() as session:
        hand_over(session, [card_id], now, by=by)
    assert tapped()[0] == 201
    with world.services.database.reading() as session:
        lines = read_histories(session, [card_id])[card_id]
    assert [(one.event.value, one.by) for one in lines][:2] == [
        ("ordered", "anne"),
        ("produced", "desk"),
    ]
