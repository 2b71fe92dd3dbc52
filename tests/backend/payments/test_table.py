"""Every state a payment can be in, met by every request, each sent twice."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from uuid import uuid5

import pytest

from backend.ledger.money import Cents
from backend.payments.errors import PaymentUnknown
from backend.payments.orders import Answer, Approved, PaymentOrder
from backend.payments.record import PENDING_SECONDS_MAX

from .conftest import CODE, WRONG_CODE, Shop, outcome

#: What an order is of, a part of it, and more than is left after that part.
WHOLE, PART, MOST = 100, 30, 80


def _refund(cents: int, counter: int = 0) -> Callable[[Shop, PaymentOrder], str]:
    """Ask for a refund under an id of its own, the same each time."""

    def ask(shop: Shop, order: PaymentOrder) -> str:
        refund_id = uuid5(order.payment_id, f"refund of {cents}")
        return outcome(
            lambda: shop.refund(
                order.payment_id, cents, shop.counters[counter], refund_id=refund_id
            )
        )

    return ask


def _abandon(shop: Shop, order: PaymentOrder) -> None:
    shop.pay_then_die(order)
    shop.services.now.advance(seconds=PENDING_SECONDS_MAX)  # type: ignore[attr-defined]


def _pay_and_reverse(shop: Shop, order: PaymentOrder) -> None:
    shop.pay(order)
    shop.reverse(order.payment_id)


def _die_and_reverse(shop: Shop, order: PaymentOrder) -> None:
    shop.pay_then_die(order)
    shop.reverse(order.payment_id)


def _pay_and_void(shop: Shop, order: PaymentOrder) -> None:
    shop.pay(order)
    shop.void(order.payment_id)


def _pay_and_refund(cents: int) -> Callable[[Shop, PaymentOrder], object]:
    def act(shop: Shop, order: PaymentOrder) -> None:
        shop.pay(order)
        shop.refund(order.payment_id, cents)

    return act


def _refund_and_reverse(shop: Shop, order: PaymentOrder) -> None:
    _pay_and_refund(PART)(shop, order)
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
    "voided": _pay_and_void,
    "partly_refunded": _pay_and_refund(PART),
    "refunded": _pay_and_refund(WHOLE),
    "reversed_refunded": _refund_and_reverse,
}


def _other(order: PaymentOrder) -> PaymentOrder:
    return replace(order, amount=order.amount + Cents(1))


REQUESTS: dict[str, Callable[[Shop, PaymentOrder], str]] = {
    "pay": lambda shop, order: outcome(lambda: shop.pay(order)),
    "pay_other": lambda shop, order: outcome(lambda: shop.pay(_other(order))),
    "find": lambda shop, order: outcome(lambda: shop.find(order.payment_id)),
    "reverse": lambda shop, order: outcome(lambda: shop.reverse(order.payment_id)),
    "void": lambda shop, order: outcome(lambda: shop.void(order.payment_id)),
    "refund_part": _refund(PART),
    "refund_most": _refund(MOST),
    "refund_whole": _refund(WHOLE),
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
REFUSED = "payment_not_approved"
BACK = "payment_reversed"
VOIDED = "payment_voided"
DONE = "payment_refunded"
STRANGER = (CONFLICT, NOT_YOURS, NOT_YOURS)

# state: what pay, pay_other, find, reverse, void, the three refunds and the stranger's three
# come to.
EXPECTED: dict[str, tuple[str, ...]] = {
    "absent": (
        "approved",
        "approved",
        NOT_YOURS,
        "reversed",
        *[NOT_YOURS] * 4,
        # Another terminal's proof is no proof.
        "declined:proof_unknown",
        NOT_YOURS,
        "reversed",
    ),
    "pending": (BUSY, CONFLICT, "pending", "reversed", *[BUSY] * 4, *STRANGER),
    "abandoned": (CUT, CONFLICT, CUT, "reversed", *[REFUSED] * 4, *STRANGER),
    "approved": (
        *("approved", CONFLICT, "approved", "reversed:moved"),
        *("void 100", "refund 30", "refund 80", "refund 100"),
        *STRANGER,
    ),
    "declined": (WRONG, CONFLICT, WRONG, "reversed", *[REFUSED] * 4, *STRANGER),
    # No content came with it, so there is none to contradict.
    "reversed_first": (LATE, LATE, "reversed", "reversed", *[BACK] * 4, *STRANGER),
    "reversed_pending": (LATE, CONFLICT, "reversed", "reversed", *[BACK] * 4, *STRANGER),
    "reversed_approved": (
        *(LATE, CONFLICT, "reversed:moved", "reversed:moved"),
        *[BACK] * 4,
        *STRANGER,
    ),
    "reversed_declined": (WRONG, CONFLICT, "reversed", "reversed", *[BACK] * 4, *STRANGER),
    "voided": (
        *("declined:voided", CONFLICT, "voided", "reversed:moved"),
        # The void again is the same void.
        *("void 100", VOIDED, VOIDED, VOIDED),
        *STRANGER,
    ),
    "partly_refunded": (
        *("approved", CONFLICT, "approved:30 back", "reversed:moved"),
        *("payment_partly_refunded", "refund 30", "refund_too_large", "refund_too_large"),
        *STRANGER,
    ),
    "refunded": (
        *("approved", CONFLICT, "approved:100 back", "reversed:moved"),
        *[DONE] * 4,
        *STRANGER,
    ),
    "reversed_refunded": (
        *(LATE, CONFLICT, "reversed:moved", "reversed:moved"),
        *[BACK] * 4,
        *STRANGER,
    ),
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
    # What is out is what was approved and has not come back, whoever asked what.
    out = sum(_out(answer) for answer in _answers(shop, order))
    assert shop.owed_to_the_shop() - owed == out
    return answers


def _out(answer: Answer) -> int:
    if not isinstance(answer, Approved):
        return 0
    return answer.amount_cents - sum(one.amount_cents for one in answer.refunds)


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
