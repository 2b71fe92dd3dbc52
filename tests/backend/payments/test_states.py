"""The whole table of a payment's life, written a second time."""

import itertools

import pytest

from backend.payments import states
from backend.payments.states import TRANSITIONS, PaymentEvent, PaymentState, next_state

#                  arrived  approved  declined  interrupted reversed
#                  voided   refunded_in_part   refunded
EXPECTED = {
    "absent": ("pending", None, None, None, "reversed", None, None, None),
    "pending": (None, "approved", "declined", "declined", "reversed", None, None, None),
    "approved": (None,) * 4 + ("reversed", "voided", "partly_refunded", "refunded"),
    "declined": (None,) * 4 + ("reversed", None, None, None),
    "reversed": (None,) * 4 + ("reversed", None, None, None),
    "voided": (None,) * 4 + ("voided", None, None, None),
    "partly_refunded": (None,) * 4 + ("reversed", None, "partly_refunded", "refunded"),
    "refunded": (None,) * 4 + ("refunded", None, None, None),
}
ENDS = (PaymentState.REVERSED, PaymentState.VOIDED, PaymentState.REFUNDED)


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
    money_out = {PaymentState.APPROVED, PaymentState.PARTLY_REFUNDED}
    for state in (PaymentState.DECLINED, *ENDS):
        assert not money_out & _reachable(state)
    assert PaymentState.APPROVED not in _reachable(PaymentState.PARTLY_REFUNDED)


def test_what_is_pending_can_always_finish_without_its_terminal() -> None:
    assert next_state(PaymentState.PENDING, PaymentEvent.INTERRUPTED) is PaymentState.DECLINED


def test_whatever_happened_a_reversal_is_heard_and_leaves_no_money_out() -> None:
    for state in PaymentState:
        assert next_state(state, PaymentEvent.REVERSED) in ENDS


def test_what_has_ended_stays_as_it_is() -> None:
    for state in ENDS:
        assert _reachable(state) == {state}


def test_every_state_is_drawn() -> None:
    drawing = (states.__doc__ or "").split("A reversal is heard")[0]
    assert all(state.value.replace("_", " ") in drawing for state in PaymentState)
