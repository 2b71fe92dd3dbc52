"""The same request again costs no try, wherever the backend died the first time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.database import Database
from backend.payments.authorise import authorise
from backend.payments.orders import PaymentOrder
from backend.payments.record import PENDING_SECONDS_MAX
from backend.pins.tables import TRIES_MAX
from backend.services import Services

from .conftest import CODE, WRONG_CODE, PowerCut, Shop, outcome

T = TypeVar("T")
#: More units of work than a payment has: the walk ends when the payment does.
POINTS_MAX = 10


class DyingDatabase:
    """The real database, until the power is cut around one unit of work."""

    def __init__(self, database: Database, dies_at: int, *, committed: bool) -> None:
        self._database = database
        self._left = dies_at
        self._committed = committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        self._left -= 1
        with self._database.unit_of_work() as session:
            yield session
            if self._left == 0 and not self._committed:
                raise PowerCut
        if self._left == 0:
            raise PowerCut

    def repeat(self, work: Callable[[Session], T]) -> T:
        with self.unit_of_work() as session:
            return work(session)


def dies(shop: Shop, order: PaymentOrder, point: int, *, committed: bool) -> bool:
    """Pay with the power cut at this point; False when the payment was over before it."""
    dying = cast("Database", DyingDatabase(shop.services.database, point, committed=committed))
    services: Services = replace(shop.services, database=dying)
    try:
        authorise(services, shop.counters[0].terminal, order)
    except PowerCut:
        return True
    return False


@pytest.mark.parametrize("code", [CODE, WRONG_CODE], ids=["right", "wrong"])
@pytest.mark.parametrize("committed", [True, False], ids=["after", "before"])
def test_a_retry_after_any_death_costs_no_try(shop: Shop, code: str, committed: bool) -> None:
    points = 0
    for point in range(1, POINTS_MAX):
        shop.restore_tries()
        order = shop.order(10, code=code)
        if not dies(shop, order, point, committed=committed):
            break
        points += 1
        recorded = committed or point > 1
        left = shop.tries_left()
        first = outcome(lambda: shop.pay(order))  # noqa: B023 - called at once
        # What was written down is only answered; what was not is a first request, of one try.
        assert shop.tries_left() == left or not recorded, point
        left = shop.tries_left()
        assert left >= TRIES_MAX - 1, point
        shop.services.now.advance(seconds=PENDING_SECONDS_MAX)  # type: ignore[attr-defined]
        answers = {outcome(lambda: shop.pay(order)) for _ in range(3)}  # noqa: B023
        assert len(answers) == 1, (point, first, answers)
        assert shop.tries_left() == left, point
        assert shop.movements(order.payment_id) <= 1
        shop.assert_sound()
    assert points == 2


class RefusingDatabase(DyingDatabase):
    """The real database, until one unit of work is given up with nothing kept of it."""

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        self._left -= 1
        with self._database.unit_of_work() as session:
            yield session
            if self._left == 0:
                raise OperationalError("COMMIT", None, Exception("no room"))


@pytest.mark.parametrize(("code", "left"), [(CODE, TRIES_MAX), (WRONG_CODE, TRIES_MAX - 1)])
def test_a_payment_the_database_gave_up_costs_a_right_code_no_try(
    shop: Shop, code: str, left: int
) -> None:
    refusing = cast("Database", RefusingDatabase(shop.services.database, 2, committed=False))
    services, order = replace(shop.services, database=refusing), shop.order(10, code=code)
    with pytest.raises(OperationalError):
        authorise(services, shop.counters[0].terminal, order)
    assert shop.tries_left() == left
    assert outcome(lambda: shop.pay(order)) == "payment_in_progress"
    assert shop.owed_to_the_shop() == 0


def test_a_retry_of_a_wrong_code_is_the_same_answer_and_the_same_tries(shop: Shop) -> None:
    order = shop.order(code=WRONG_CODE)
    answers = [outcome(lambda: shop.pay(order)) for _ in range(5)]
    assert set(answers) == {"declined:wrong_pin"}
    assert shop.tries_left() == TRIES_MAX - 1
