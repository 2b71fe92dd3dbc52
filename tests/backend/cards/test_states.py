"""A card's life: the whole table, and the use cases that walk it."""

from typing import Any
from uuid import uuid4

import pytest

from backend.accounts.errors import BeneficiaryUnknown
from backend.cards.errors import (
    CardBlocked,
    CardNotActive,
    CardNumberTaken,
    CardStateRefused,
    CardUnknown,
)
from backend.cards.life import block_card, check_usable, move, order_card
from backend.cards.states import CardEvent, CardState, next_state
from backend.cards.tables import Card
from backend.services import Services

ORDERED, ACTIVE, BLOCKED = CardState.ORDERED, CardState.ACTIVE, CardState.BLOCKED
REPLACED, EXPIRED, RETIRED = CardState.REPLACED, CardState.EXPIRED, CardState.RETIRED

# Every state, every event, in the order of CardEvent: personalised, blocked, replaced, expired,
# retired.
TABLE: dict[CardState, tuple[CardState | None, ...]] = {
    ORDERED: (ACTIVE, BLOCKED, REPLACED, None, None),
    ACTIVE: (ACTIVE, BLOCKED, REPLACED, EXPIRED, RETIRED),
    BLOCKED: (None, BLOCKED, REPLACED, EXPIRED, RETIRED),
    REPLACED: (None, None, None, None, RETIRED),
    EXPIRED: (None, None, None, None, RETIRED),
    RETIRED: (None, None, None, None, None),
}


def test_every_state_and_event() -> None:
    assert set(TABLE) == set(CardState)
    for state, row in TABLE.items():
        for event, expected in zip(CardEvent, row, strict=True):
            assert next_state(state, event) is expected, (state, event)


def test_every_state_but_the_ends_can_end() -> None:
    for state in CardState:
        if state not in {REPLACED, EXPIRED, RETIRED}:
            assert next_state(state, CardEvent.REPLACED) is REPLACED


def test_only_an_active_card_is_usable() -> None:
    for state in CardState:
        card = Card(state=state.value)
        if state is ACTIVE:
            check_usable(card.state)
            continue
        expected = CardBlocked if state is BLOCKED else CardNotActive
        with pytest.raises(expected) as refusal:
            check_usable(card.state)
        assert refusal.value.details == {"state": state.value}


def test_a_refused_move_changes_nothing(services: Services) -> None:
    card = Card(state=EXPIRED.value, state_reason=None)
    with pytest.raises(CardStateRefused):
        move(card, CardEvent.BLOCKED, services.now(), reason="lost")
    assert (card.state, card.state_reason) == ("expired", None)


def test_an_ordered_card_has_a_number_and_no_chip(services: Services, lea: Any) -> None:
    with services.database.unit_of_work() as session:
        card = order_card(session, lea, 42, services.now())
    assert (card.number[:15], card.state, card.uid) == ("925000000000042", "ordered", None)


def test_a_number_is_given_once_and_to_somebody(services: Services, lea: Any) -> None:
    with services.database.unit_of_work() as session:
        order_card(session, lea, 42, services.now())
        with pytest.raises(CardNumberTaken):
            order_card(session, lea, 42, services.now())
        with pytest.raises(BeneficiaryUnknown):
            order_card(session, uuid4(), 43, services.now())


def test_blocking_keeps_the_first_reason(services: Services, lea: Any, clock: Any) -> None:
    with services.database.unit_of_work() as session:
        card_id = order_card(session, lea, 42, services.now()).id
        block_card(session, card_id, "lost", services.now())
    first = services.now()
    clock.advance(days=1)
    with services.database.unit_of_work() as session:
        card = block_card(session, card_id, "stolen", services.now())
        assert (card.state, card.state_reason, card.state_since) == ("blocked", "lost", first)
        with pytest.raises(CardUnknown):
            block_card(session, uuid4(), "lost", services.now())
