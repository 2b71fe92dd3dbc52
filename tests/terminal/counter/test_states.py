from itertools import product

import pytest

from terminal.counter.states import (
    FINAL,
    SENT,
    TRANSITIONS,
    UNFINISHED,
    Event,
    EventRefused,
    State,
    next_state,
)

BEFORE_SENDING = [State.CARD, State.PROOF, State.BENEFIT, State.CODE]

# The whole product, written out independently of the code; what is absent must be refused.
ALLOWED = {
    (State.AMOUNT, Event.STARTED): State.CARD,
    (State.AMOUNT, Event.CANCELLED): State.CANCELLED,
    (State.CARD, Event.CARD_SHOWN): State.PROOF,
    (State.PROOF, Event.CARD_PROVEN): State.CODE,
    (State.PROOF, Event.BENEFIT_ASKED): State.BENEFIT,
    (State.PROOF, Event.CARD_LEFT): State.CARD,
    (State.BENEFIT, Event.BENEFIT_CHOSEN): State.CODE,
    (State.CODE, Event.CODE_TYPED): State.AUTHORISING,
    (State.AUTHORISING, Event.APPROVED): State.APPROVED,
    (State.AUTHORISING, Event.WRONG_CODE): State.CODE,
    (State.AUTHORISING, Event.DECLINED): State.DECLINED,
    (State.AUTHORISING, Event.ANSWER_LOST): State.REVERSING,
    (State.AUTHORISING, Event.CANCELLED): State.REVERSING,
    (State.AUTHORISING, Event.RESTARTED): State.REVERSING,
    (State.REVERSING, Event.REVERSED): State.REVERSED,
    (State.REVERSING, Event.ANSWER_LOST): State.REVERSING,
    (State.REVERSING, Event.RESTARTED): State.REVERSING,
} | {
    (state, event): after
    for state in BEFORE_SENDING
    for event, after in [
        (Event.CANCELLED, State.CANCELLED),
        (Event.TIMED_OUT, State.CANCELLED),
        (Event.FAILED, State.FAILED),
        (Event.RESTARTED, State.CANCELLED),
    ]
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_full_product(state: State, event: Event) -> None:
    expected = ALLOWED.get((state, event))
    if expected is None:
        with pytest.raises(EventRefused) as refused:
            next_state(state, event)
        assert (refused.value.state, refused.value.event) == (state, event)
    else:
        assert next_state(state, event) is expected


def _reachable(start: State) -> set[State]:
    found, frontier = {start}, [start]
    while frontier:
        for after in TRANSITIONS[frontier.pop()].values():
            if after not in found:
                found.add(after)
                frontier.append(after)
    return found


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_every_unfinished_state_can_finish(state: State) -> None:
    assert _reachable(state) & FINAL


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_leaves_a_final_state(state: State) -> None:
    assert _reachable(state) == {state}


def test_every_state_is_reached_from_the_idle_till() -> None:
    assert _reachable(State.AMOUNT) == set(State)


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_a_new_run_can_take_over_every_unfinished_sale(state: State) -> None:
    assert next_state(state, Event.RESTARTED) in FINAL | {State.REVERSING}


def test_what_was_sent_ends_only_by_an_answer_or_a_reversal() -> None:
    ways_out = {
        (event, after)
        for state in SENT
        for event, after in TRANSITIONS[state].items()
        if after not in SENT
    }
    assert ways_out == {
        (Event.APPROVED, State.APPROVED),
        (Event.WRONG_CODE, State.CODE),
        (Event.DECLINED, State.DECLINED),
        (Event.REVERSED, State.REVERSED),
    }


def test_only_a_typed_code_sends() -> None:
    ways_in = {
        event
        for state, row in TRANSITIONS.items()
        if state not in SENT
        for event, after in row.items()
        if after in SENT
    }
    assert ways_in == {Event.CODE_TYPED}
