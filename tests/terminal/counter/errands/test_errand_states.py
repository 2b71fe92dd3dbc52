"""The life of an errand: the whole product, and that each state can end."""

from itertools import product

import pytest

from terminal.counter.errands.states import (
    ERRAND_FINAL,
    ERRAND_TRANSITIONS,
    ErrandEvent,
    ErrandEventRefused,
    ErrandState,
    next_errand_state,
)

S, E = ErrandState, ErrandEvent
# The whole product, written out independently of the code; what is absent must be refused.
ALLOWED = {
    (S.CARD, E.CARD_SHOWN): S.PROOF,
    (S.PROOF, E.CARD_PROVEN): S.CODE,
    (S.PROOF, E.CARD_ENOUGH): S.ASKING,
    (S.PROOF, E.CARD_LEFT): S.CARD,
    (S.CODE, E.CODE_TYPED): S.ASKING,
    (S.ASKING, E.ANSWERED): S.SHOWN,
    (S.ASKING, E.FOUND): S.DONE,
    (S.ASKING, E.WRONG_CODE): S.CODE,
    (S.ASKING, E.DECLINED): S.DECLINED,
    (S.SHOWN, E.ENDED): S.DONE,
    (S.SHOWN, E.CANCELLED): S.DONE,
} | {
    (state, event): after
    for state in (S.CARD, S.PROOF, S.CODE, S.ASKING)
    for event, after in (
        (E.CANCELLED, S.CANCELLED),
        (E.TIMED_OUT, S.CANCELLED),
        (E.FAILED, S.FAILED),
    )
}


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_the_full_product(state: ErrandState, event: ErrandEvent) -> None:
    expected = ALLOWED.get((state, event))
    if expected is None:
        with pytest.raises(ErrandEventRefused) as refused:
            next_errand_state(state, event)
        assert (refused.value.state, refused.value.event) == (state, event)
    else:
        assert next_errand_state(state, event) is expected


def _reachable(start: ErrandState) -> set[ErrandState]:
    found, frontier = {start}, [start]
    while frontier:
        for after in ERRAND_TRANSITIONS[frontier.pop()].values():
            if after not in found:
                found.add(after)
                frontier.append(after)
    return found


def test_every_state_is_reached_and_every_one_can_end() -> None:
    assert _reachable(S.CARD) == set(S)
    for state in S:
        assert _reachable(state) & ERRAND_FINAL
        assert state not in ERRAND_FINAL or _reachable(state) == {state}


def test_somebody_can_give_up_in_every_state_that_is_not_final() -> None:
    for state in set(S) - ERRAND_FINAL:
        assert next_errand_state(state, E.CANCELLED) in ERRAND_FINAL
