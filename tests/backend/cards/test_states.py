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
from backend.cards.states import ENOUGH, CardEvent, CardState, next_state
from backend.cards.tables import Card
from backend.services import Services

S = CardState

# Every state, every event, in the order of CardEvent. A dot is a refusal.
HEAD = "ordered cancelled produced personalised shipped received handed_over activated blocked \
replaced expired withdrawn retired"
TABLE = """
ordered     . cancelled produced    active . . . . blocked . . . .
cancelled   . . . . . . . . . . . . .
produced    . . produced    . shipped received . . blocked replaced expired withdrawn retired
shipped     . . shipped     . . received . active blocked replaced expired withdrawn retired
received    . . received    . . . handed_over . blocked replaced expired withdrawn retired
handed_over . . handed_over . . . . active blocked replaced expired withdrawn retired
active      . . . active . . . . blocked replaced expired withdrawn retired
blocked     . . . . . . . . blocked . expired withdrawn retired
replaced    . . . . . . . . . . . . retired
expired     . . . . . . . . . . . . retired
withdrawn   . . . . . . . . . . . . retired
retired     . . . . . . . . . . . . .
"""


def test_every_state_and_event() -> None:
    assert HEAD.split() == [event.value for event in CardEvent]
    rows = {row[0]: row[1:] for row in map(str.split, TABLE.strip().splitlines())}
    assert list(rows) == [state.value for state in CardState]
    for state, row in rows.items():
        for event, expected in zip(CardEvent, row, strict=True):
            after = next_state(CardState(state), event)
            assert (after.value if after else ".") == expected, (state, event)


def reached_from(start: CardState) -> set[CardState]:
    """Every state a card can come to from here."""
    found, new = set[CardState](), {start}
    while new:
        found |= new
        after = {next_state(state, event) for state in new for event in CardEvent}
        new = {state for state in after if state is not None} - found
    return found


def test_every_state_is_reached_and_can_end() -> None:
    assert reached_from(S.ORDERED) == set(CardState)
    for state in CardState:
        assert reached_from(state) & {S.RETIRED, S.CANCELLED}, state


@pytest.mark.parametrize(
    "state", [S.BLOCKED, S.REPLACED, S.EXPIRED, S.WITHDRAWN, S.RETIRED, S.CANCELLED]
)
def test_nothing_brings_a_card_back_into_use(state: CardState) -> None:
    assert S.ACTIVE not in reached_from(state)
    assert not set(ENOUGH) & reached_from(state)


def test_only_an_active_card_is_usable() -> None:
    for state in CardState:
        card = Card(state=state.value)
        if state is S.ACTIVE:
            check_usable(card.state)
            continue
        expected = CardBlocked if state is S.BLOCKED else CardNotActive
        with pytest.raises(expected) as refusal:
            check_usable(card.state)
        assert refusal.value.details == {"state": state.value}


def test_a_refused_move_changes_nothing(services: Services) -> None:
    card = Card(state=S.EXPIRED.value, state_reason=None)
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
