"""Several terminals, or one and its own impatience, at the same instant."""

from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from threading import Barrier, Event
from uuid import UUID, uuid4

import pytest

from backend.payments.orders import Approved

from .conftest import Counter, Shop, outcome

SECONDS_MAX = 60
#: Long enough to see that somebody is kept waiting; nothing depends on it being short.
WAITING_SECONDS = 0.3
#: More codes checked at once than there are tries: the excess hears "blocked" for a moment.
ATTEMPTS_MAX = 50


def _at_once(*works: Callable[[], str]) -> list[str]:
    start = Barrier(len(works))

    def begin(work: Callable[[], str]) -> str:
        start.wait(SECONDS_MAX)
        return work()

    with ThreadPoolExecutor(len(works)) as hands:
        futures = [hands.submit(begin, work) for work in works]
        return [future.result(SECONDS_MAX) for future in futures]


def test_one_proof_pays_once(shop: Shop) -> None:
    proof_id = shop.prove()
    orders = [shop.order(proof_id=proof_id) for _ in range(2)]
    ready = Barrier(2)

    def pay(number: int) -> Callable[[], str]:
        def wait_for_the_other() -> None:
            ready.wait(SECONDS_MAX)

        return lambda: outcome(lambda: shop.pay(orders[number], while_verifying=wait_for_the_other))

    # The second block's counter is higher: the pad's counter must not decide this race.
    first = ThreadPoolExecutor(1)
    with first, ThreadPoolExecutor(1) as second:
        futures = [first.submit(pay(0))]
        while not ready.n_waiting:
            assert not futures[0].done()
        futures.append(second.submit(pay(1)))
        answers = Tally(future.result(SECONDS_MAX) for future in futures)
    assert answers == {"approved": 1, "declined:proof_used": 1}
    assert shop.owed_to_the_shop() == 100
    shop.assert_sound()


def test_the_same_request_sent_at_once_debits_once(shop: Shop) -> None:
    order = shop.order()
    answers = Tally(_at_once(*[lambda: outcome(lambda: shop.pay(order))] * 5))
    assert answers.keys() <= {"approved", "payment_in_progress"}
    assert answers["approved"] >= 1
    assert outcome(lambda: shop.pay(order)) == "approved"
    assert (shop.owed_to_the_shop(), shop.movements(order.payment_id)) == (100, 1)
    shop.assert_sound()


@pytest.mark.parametrize("round_", range(6))
def test_paying_and_reversing_at_once_has_one_outcome(shop: Shop, round_: int) -> None:
    order = shop.order()
    paid, reversed_ = _at_once(
        lambda: outcome(lambda: shop.pay(order)),
        lambda: outcome(lambda: shop.reverse(order.payment_id)),
    )
    # Whoever came first, they agree on whether money had moved, and it is back.
    assert (paid, reversed_) in {
        ("approved", "reversed:moved"),
        ("declined:reversed_before_arrival", "reversed"),
    }
    assert shop.movements(order.payment_id) == (2 if paid == "approved" else 0)
    assert shop.wallet() == 1000
    shop.assert_sound()


def test_a_reversal_waits_while_the_money_moves(shop: Shop) -> None:
    order, hands = shop.order(), ThreadPoolExecutor(1)
    verified, reversing = Event(), list[Future[str]]()

    def reverse() -> str:
        return outcome(lambda: shop.reverse(order.payment_id))

    def look_at_the_clock() -> datetime:
        # After the code, the clock is next looked at when the payment's row is locked.
        if verified.is_set() and not reversing:
            reversing.append(hands.submit(reverse))
            assert not wait(reversing, WAITING_SECONDS).done
        return shop.services.now()

    impatient = replace(shop, services=replace(shop.services, now=look_at_the_clock))
    with hands:
        assert outcome(lambda: impatient.pay(order, while_verifying=verified.set)) == "approved"
    assert reversing[0].result(SECONDS_MAX) == "reversed:moved"
    assert (shop.wallet(), shop.movements(order.payment_id)) == (1000, 2)


def test_reversals_at_once_give_back_once(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    answers = _at_once(*[lambda: outcome(lambda: shop.reverse(order.payment_id))] * 4)
    assert answers == ["reversed:moved"] * 4
    assert (shop.wallet(), shop.movements(order.payment_id)) == (1000, 2)


def test_refunds_at_once_never_pass_the_payment(shop: Shop) -> None:
    colleague, order = shop.add_counter(), shop.order(350)
    shop.pay(order)
    works = [
        lambda c=counter: outcome(lambda: shop.refund(order.payment_id, 100, c))
        for counter in (shop.counters[0], colleague) * 3
    ]
    assert Tally(_at_once(*works)) == {"refund 100": 3, "refund_too_large": 3}
    assert (shop.wallet(), shop.movements(order.payment_id)) == (950, 4)
    shop.assert_sound()


def test_the_same_refund_at_once_gives_back_once(shop: Shop) -> None:
    order, refund_id = shop.order(350), uuid4()
    shop.pay(order)

    def refund() -> str:
        return outcome(lambda: shop.refund(order.payment_id, 100, refund_id=refund_id))

    assert _at_once(*[refund] * 4) == ["refund 100"] * 4
    assert (shop.wallet(), shop.movements(order.payment_id)) == (750, 2)


@pytest.mark.parametrize("round_", range(3))
def test_a_void_a_refund_and_a_reversal_at_once_give_back_once(shop: Shop, round_: int) -> None:
    order = shop.order(350)
    shop.pay(order)
    came = _at_once(
        lambda: outcome(lambda: shop.void(order.payment_id)),
        lambda: outcome(lambda: shop.refund(order.payment_id, 350)),
        lambda: outcome(lambda: shop.reverse(order.payment_id)),
    )
    assert came[2] == "reversed:moved"
    assert came[:2] in (
        ["void 350", "payment_voided"],
        ["payment_refunded", "refund 350"],
        ["payment_reversed", "payment_reversed"],
    )
    assert (shop.wallet(), shop.movements(order.payment_id)) == (1000, 2)
    shop.assert_sound()


def test_a_payment_never_seen_reversed_by_many_is_recorded_once(shop: Shop) -> None:
    order = shop.order()
    answers = _at_once(*[lambda: outcome(lambda: shop.reverse(order.payment_id))] * 4)
    assert answers == ["reversed"] * 4


def test_ten_counters_and_money_for_three(shop: Shop) -> None:
    for _ in range(9):
        shop.add_counter()
    paid: list[UUID] = []

    def insist(counter: Counter) -> Callable[[], str]:
        def work() -> str:
            for _ in range(ATTEMPTS_MAX):
                order = shop.order(300, counter=counter)
                answer = outcome(lambda o=order: shop.pay(o, counter))  # type: ignore[misc]
                if answer != "declined:pin_blocked":
                    break
            if answer == "approved":
                paid.append(order.payment_id)
            return answer

        return work

    answers = Tally(_at_once(*[insist(counter) for counter in shop.counters]))
    assert answers == {"approved": 3, "declined:insufficient_funds": 7}
    assert (shop.wallet(), shop.owed_to_the_shop()) == (100, 900)
    assert [shop.movements(payment_id) for payment_id in paid] == [1, 1, 1]
    assert shop.tries_left() == 3
    shop.assert_sound()


def test_each_approval_tells_what_is_left_after_it(shop: Shop) -> None:
    other = shop.add_counter()
    orders = [(shop.order(300), shop.counters[0]), (shop.order(300, counter=other), other)]
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(lambda pair: shop.pay(*pair), orders))
    assert {a.remaining_cents for a in answers if isinstance(a, Approved)} == {700, 400}
