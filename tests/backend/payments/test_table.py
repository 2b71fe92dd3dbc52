"""Every state a payment can be in, met by every request, each sent twice."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from backend.ledger.money import Cents
from backend.payments.errors import PaymentUnknown
from backend.payments.orders import Answer, Approved, PaymentOrder
from backend.payments.record import PENDING_SECONDS_MAX

from .conftest import CODE, WRONG_CODE, Shop, outcome


def _abandon(shop: Shop, order: PaymentOrder) -> None:
    shop.pay_then_die(order)
    shop.services.now.advance(seconds=PENDING_SECONDS_MAX)  # type: ignore[attr-defined]


def _pay_and_reverse(shop: Shop, order: PaymentOrder) -> None:
    shop.pay(order)
    shop.reverse(order.payment_id)


def _die_and_reverse(shop: Shop, order: PaymentOrder) -> None:
    shop.pay_then_die(order)
    shop.reverse(order.payment_id)


# How a payment gets into each state. `declined` and `reversed_declined` are given a wrong code.
STATES: dict[str, Callable[[Shop, PaymentOrder], object]] = {
    "absent": lambda _shop, _order: None,
    "pending": lambda shop, order: shop.pay_then_die(order),
    "abandoned": _abandon,
    "approved": lambda shop, order: shop.pay(order),
    "declined": lambda shop, order: shop.pay(order),
    "reversed_first": lambda shop, order: shop.reverse(order.payment_id),
    "reversed_pending": _die_and_reverse,
    "reversed_approved": _pay_and_reverse,
    "reversed_declined": _pay_and_reverse,
}


def _other(order: PaymentOrder) -> PaymentOrder:
    return replace(order, amount=order.amount + Cents(1))


REQUESTS: dict[str, Callable[[Shop, PaymentOrder], str]] = {
    "pay": lambda shop, order: outcome(lambda: shop.pay(order)),
    "pay_other": lambda shop, order: outcome(lambda: shop.pay(_other(order))),
    "find": lambda shop, order: outcome(lambda: shop.find(order.payment_id)),
    "reverse": lambda shop, order: outcome(lambda: shop.reverse(order.payment_id)),
    "stranger_pay": lambda shop, order: outcome(lambda: shop.pay(order, shop.counters[1])),
    "stranger_find": lambda shop, order: outcome(
        lambda: shop.find(order.payment_id, shop.counters[1])
    ),
    "stranger_reverse": lambda shop, order: outcome(
        lambda: shop.reverse(order.payment_id, shop.counters[1])
    ),
}

LATE = "declined:reversed_before_arrival"
WRONG = "declined:wrong_pin"
CUT = "declined:interrupted"
BUSY = "payment_in_progress"
CONFLICT = "idempotency_conflict"
NOT_YOURS = "payment_not_found"
STRANGER = (CONFLICT, NOT_YOURS, NOT_YOURS)

# state: what pay, pay_other, find, reverse and the stranger's three come to.
EXPECTED: dict[str, tuple[str, ...]] = {
    "absent": (
        "approved",
        "approved",
        NOT_YOURS,
        "reversed",
        # Another terminal's proof is no proof.
        "declined:proof_unknown",
        NOT_YOURS,
        "reversed",
    ),
    "pending": (BUSY, CONFLICT, "pending", "reversed", *STRANGER),
    "abandoned": (CUT, CONFLICT, CUT, "reversed", *STRANGER),
    "approved": ("approved", CONFLICT, "approved", "reversed:moved", *STRANGER),
    "declined": (WRONG, CONFLICT, WRONG, "reversed", *STRANGER),
    # No content came with it, so there is none to contradict.
    "reversed_first": (LATE, LATE, "reversed", "reversed", *STRANGER),
    "reversed_pending": (LATE, CONFLICT, "reversed", "reversed", *STRANGER),
    "reversed_approved": (LATE, CONFLICT, "reversed:moved", "reversed:moved", *STRANGER),
    "reversed_declined": (WRONG, CONFLICT, "reversed", "reversed", *STRANGER),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_meets_every_request_twice(shop: Shop, state: str) -> None:
    shop.add_counter()
    shop.give(100_000)
    met = {name: _meet(shop, state, ask) for name, ask in REQUESTS.items()}
    assert met == {
        name: (expected, expected) for name, expected in zip(REQUESTS, EXPECTED[state], strict=True)
    }
    shop.assert_sound()


def _meet(shop: Shop, state: str, ask: Callable[[Shop, PaymentOrder], str]) -> tuple[str, str]:
    """Bring a new payment into the state, ask twice, and see where the money is."""
    shop.restore_tries()
    order = shop.order(code=WRONG_CODE if state.endswith("declined") else CODE)
    owed = shop.owed_to_the_shop()
    STATES[state](shop, order)
    answers = ask(shop, order), ask(shop, order)
    # Money is out exactly when the payment is approved, whoever asked what.
    out = [answer for answer in _answers(shop, order) if isinstance(answer, Approved)]
    assert shop.owed_to_the_shop() - owed == sum(answer.amount_cents for answer in out)
    return answers


def _answers(shop: Shop, order: PaymentOrder) -> Iterator[Answer]:
    for counter in shop.counters:
        with suppress(PaymentUnknown):
            yield shop.find(order.payment_id, counter)


def test_the_table_is_whole() -> None:
    assert EXPECTED.keys() == STATES.keys()
    assert {len(row) for row in EXPECTED.values()} == {len(REQUESTS)}


@pytest.mark.parametrize("state", ["approved", "declined"])
def test_the_same_request_gets_the_same_answer_to_the_letter(shop: Shop, state: str) -> None:
    order = shop.order(code=WRONG_CODE if state == "declined" else CODE)
    first = shop.pay(order)
    shop.services.now.advance(seconds=300)  # type: ignore[attr-defined]
    assert shop.pay(order) == first == shop.find(order.payment_id)


@pytest.mark.parametrize("field", ["proof_id", "benefit_code", "amount", "pin"])
def test_any_other_content_is_a_conflict(shop: Shop, field: str) -> None:
    order, other = shop.order(), shop.order(200, benefit_code="sport")
    shop.pay(order)
    changed = replace(order, **{field: getattr(other, field)})
    assert outcome(lambda: shop.pay(changed)) == CONFLICT
    shop.assert_sound()


def test_the_same_serial_number_with_another_block_is_the_same_request(shop: Shop) -> None:
    # Nothing we keep may depend on a PIN block, not even to tell two of them apart.
    order = shop.order()
    first = shop.pay(order)
    garbled = replace(order, pin=replace(order.pin, block=bytes(16)))
    assert shop.pay(garbled) == first
