"""The whole table of a payment's life, written a second time."""

import itertools

import pytest

from backend.payments.states import TRANSITIONS, PaymentEvent, PaymentState, next_state

#                arrived     approved    declined    interrupted reversed
EXPECTED = {
    "absent": ("pending", None, None, None, "reversed"),
    "pending": (None, "approved", "declined", "declined", "reversed"),
    "approved": (None, None, None, None, "reversed"),
    "declined": (None, None, None, None, "reversed"),
    "reversed": (None, None, None, None, "reversed"),
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(PaymentState, PaymentEvent)))
def test_every_state_meets_every_event(state: PaymentState, event: PaymentEvent) -> None:
    after = EXPECTED[state][list(PaymentEvent).index(event)]
    assert next_state(state, event) == after


def _reachable(start: PaymentState) -> set[PaymentState]:
    found, ahead = set[PaymentState](), [start]
    while ahead:
        state = ahead.pop()
        for (before, _), after in TRANSITIONS.items():
            if before is state and after not in found:
                found.add(after)
                ahead.append(after)
    return found


def test_a_payment_never_comes_back_to_money_out() -> None:
    for state in (PaymentState.DECLINED, PaymentState.REVERSED):
        assert PaymentState.APPROVED not in _reachable(state)


def test_what_is_pending_can_always_finish_without_its_terminal() -> None:
    assert next_state(PaymentState.PENDING, PaymentEvent.INTERRUPTED) is PaymentState.DECLINED


def test_whatever_happened_a_reversal_is_heard() -> None:
    for state in PaymentState:
        assert next_state(state, PaymentEvent.REVERSED) is PaymentState.REVERSED


def test_reversed_is_the_end() -> None:
    assert _reachable(PaymentState.REVERSED) == {PaymentState.REVERSED}
