"""Carrying out what a till asks for, on the one counter there is, and never twice.

Promise: a payment is written in the book before it is begun; what was debited and not told is told
again, on a duplicate request, on the same reference, or on the same amount asked for again by the
till that went away; a sale in progress for somebody else is never touched. A till that goes away
before the code is sent cancels its sale. While people practise, nothing that moves money is begun
or repeated. It knows no protocol, no socket and no word.
"""

import logging
import threading
from collections import Counter as Tally
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from terminal.counter.counter import SaleRefused
from terminal.counter.ports import Clock
from terminal.counter.states import SENT
from terminal.counter.tills.book import Exchange, TillBook
from terminal.counter.tills.limits import DEFAULT_TILL_LIMITS, TillLimits
from terminal.counter.tills.outcomes import failure_of
from terminal.counter.tills.wish import (
    MONEY_BACK,
    MOVES_MONEY,
    Action,
    Failure,
    Result,
    Wish,
    failed,
)
from terminal.counter.view import SaleView
from terminal.errors import JournalError

_log = logging.getLogger(__name__)


class Sales(Protocol):
    """The counter, as far as a till needs it."""

    def start_sale(
        self, amount_cents: int, benefit: str | None = None, *, sale_id: UUID | None = None
    ) -> SaleView:
        """Begin a sale; raises SaleRefused, or JournalError with nothing begun."""
        ...

    def cancel(self, sale_id: str | None = None) -> SaleView:
        """Stop that sale; raises SaleRefused."""
        ...

    def find(self, sale_id: str) -> SaleView | None:
        """Return any sale as it stands."""
        ...


class MoneyBack(Protocol):
    """Giving back what a till was paid; `giving_back.py` does it."""

    def give_back(self, wish: Wish) -> Result:
        """Refund or cancel a payment of this till; never twice."""
        ...

    def is_given_back(self, payment: Exchange) -> bool:
        """Return whether the whole of a payment is back."""
        ...

    def told_again(self, exchange: Exchange) -> Result:
        """Return how a refund or a cancellation ended, asking for it again if nobody knows."""
        ...


class Waiter(Protocol):
    """The other end of the line, while a sale goes on."""

    def left(self, seconds_max: float) -> bool:
        """Return whether the till has gone; waits at most so long to see it."""
        ...


class _Attending:
    """A line that waits for a sale's end, until its till goes away."""

    def __init__(self, waiter: Waiter, on_leaving: Callable[[], None]) -> None:
        self._waiter = waiter
        self._on_leaving: Callable[[], None] | None = on_leaving

    def left(self, seconds_max: float) -> bool:
        gone = self._waiter.left(seconds_max)
        if gone:
            self.leave()
        return gone

    def leave(self) -> None:
        on_leaving, self._on_leaving = self._on_leaving, None
        if on_leaving is not None:
            on_leaving()


class Teller:
    """Serves the tills of one counter; its methods may be called from several threads."""

    def __init__(
        self,
        sales: Sales,
        book: TillBook,
        clock: Clock,
        new_id: Callable[[], UUID],
        *,
        money_back: MoneyBack,
        training: Callable[[], bool] = lambda: False,
        limits: TillLimits = DEFAULT_TILL_LIMITS,
    ) -> None:
        self._training = training
        self._sales = sales
        self._book = book
        self._clock = clock
        self._new_id = new_id
        self._money_back = money_back
        self._limits = limits
        self._lock = threading.Lock()
        self._attended: Tally[str] = Tally()

    def serve(self, wish: Wish, waiter: Waiter, *, answer_now: bool = False) -> Result:
        """Carry it out and return how it ended, within `answer_seconds_max`.

        With `answer_now` a payment that has begun is not waited for.
        """
        try:
            if wish.action is Action.PROBE:
                return Result()
            if wish.action in MOVES_MONEY and self._training():
                _log.info("a till is refused: people practise")
                return failed(Failure.NOT_COMPLETED)
            if wish.action is Action.DUPLICATE:
                return self._tell_again(wish, waiter, answer_now=answer_now)
            if wish.action in MONEY_BACK:
                return self._money_back.give_back(wish)
            return self._debit(wish, waiter, answer_now=answer_now)
        except JournalError as error:
            _log.error("a till is refused: the journal does not serve: %s", error.fault)
            return failed(Failure.NOT_COMPLETED)

    def note_delivered(self, result: Result) -> None:
        """Write that the till has read this result, if it is one to remember."""
        if result.exchange_id is None or not result.done:
            return  # what is not done may be asked for again, told or not
        try:
            self._book.note_delivered(result.exchange_id)
        except JournalError as error:  # then it may be told once more, which harms nobody
            _log.warning("delivery not written: %s", error.fault)

    # --- payments -----------------------------------------------------------------------------

    def _debit(self, wish: Wish, waiter: Waiter, *, answer_now: bool) -> Result:
        with self._lock:
            found = self._earlier(wish)
            if found is None:
                found = self._begin(wish)
            if isinstance(found, Result):
                return found
            if answer_now and self._is_running(found):
                return Result(accepted=True, exchange_id=found.exchange_id)
            self._attended[found.exchange_id] += 1
        attending = _Attending(waiter, lambda: self._leave(found))
        try:
            return self._await_end(found, attending, may_cancel=True)
        finally:
            attending.leave()

    def _earlier(self, wish: Wish) -> Exchange | Result | None:
        """Return the exchange that this wish repeats, a refusal, or None for a new payment."""
        if wish.reference is None:
            earlier = self._newest_begun(self._book.debits_of(wish.till), paid=True)
            return earlier if earlier and self._awaits_its_till(earlier, wish) else None
        earlier = self._newest_begun(self._book.debits_with(wish), paid=True)
        if earlier is None or earlier.amount_cents == wish.amount_cents:
            return earlier
        return failed(Failure.BAD_SELECTION)

    def _awaits_its_till(self, earlier: Exchange, wish: Wish) -> bool:
        """Say whether the till went away from this payment, and now asks for the same again."""
        age = self._clock.now() - earlier.opened_at
        return (
            earlier.amount_cents == wish.amount_cents
            and not earlier.delivered
            and not self._attended[earlier.exchange_id]
            and abs(age) <= timedelta(seconds=self._limits.undelivered_seconds_max)
        )

    def _newest_begun(self, newest_first: list[Exchange], *, paid: bool) -> Exchange | None:
        """Return the newest that was begun; `paid`: that is paid, or may be yet.

        A busy counter begins nothing: such an exchange must not hide the one before it.
        """
        for each in newest_first:
            if each.action is not Action.DEBIT:
                return each
            view = self._sales.find(each.operation_id)
            if view is not None and not (
                paid and (self._money_back.is_given_back(each) or not _may_be_paid(view))
            ):
                return each
        return None

    def _begin(self, wish: Wish) -> Exchange | Result:
        assert wish.amount_cents is not None, "the request was checked"
        sale_id = self._new_id()
        exchange = Exchange(
            exchange_id=str(self._new_id()),
            till=wish.till,
            action=wish.action,
            amount_cents=wish.amount_cents,
            reference=wish.reference,
            operation_id=str(sale_id),
            undoes=None,
            opened_at=self._clock.now(),
        )
        self._book.open(exchange)
        try:
            self._sales.start_sale(wish.amount_cents, sale_id=sale_id)
        except SaleRefused as refusal:
            _log.info("a till is refused: %s", refusal.code)
            return failed(Failure.NOT_COMPLETED)
        return exchange

    def _await_end(self, exchange: Exchange, waiter: Waiter, *, may_cancel: bool) -> Result:
        """Wait for the sale's rest; cancel it, while it has sent nothing, for a till that left."""
        started = self._clock.monotonic()
        gone = late = False
        while (view := self._sales.find(exchange.operation_id)) is not None and view.active:
            waited = self._clock.monotonic() - started
            if waited >= self._limits.answer_seconds_max:
                return failed(Failure.TIMED_OUT, exchange.exchange_id)
            late = late or (not gone and waited >= self._limits.sale_seconds_max)
            alone = gone and not self._attended[exchange.exchange_id]
            if may_cancel and (late or alone) and view.record.state not in SENT:
                with suppress(SaleRefused):  # it ended in this very moment
                    self._sales.cancel(exchange.operation_id)
            if gone:
                self._clock.pause(self._limits.look_seconds)
            else:
                gone = waiter.left(self._limits.look_seconds)
        return self._result(exchange, view, late=late)

    def _result(self, exchange: Exchange, view: SaleView | None, *, late: bool = False) -> Result:
        failure = Failure.NOT_COMPLETED if view is None else failure_of(view.record)
        if failure is Failure.GIVEN_UP_AT_TILL and late:
            failure = Failure.TIMED_OUT
        if failure is not None or view is None:
            return failed(failure or Failure.NOT_COMPLETED, exchange.exchange_id)
        return Result(
            amount_cents=view.record.amount_cents,
            sale=view.record,
            authorisation_number=view.record.authorisation_number,
            exchange_id=exchange.exchange_id,
        )

    # --- the last answer once more ------------------------------------------------------------

    def _tell_again(self, wish: Wish, waiter: Waiter, *, answer_now: bool) -> Result:
        """Tell how the last request of this till, or the one with its reference, ended.

        The last one, even if it failed: an older payment is not an answer to what the till lost.
        """
        exchange = self._newest_begun(self._book.exchanges_of(wish), paid=False)
        if exchange is None or wish.amount_cents not in {None, exchange.amount_cents}:
            return failed(Failure.BAD_SELECTION)
        if exchange.action is not Action.DEBIT:
            return self._money_back.told_again(exchange)
        if answer_now and self._is_running(exchange):
            return Result(accepted=True, exchange_id=exchange.exchange_id)
        return self._await_end(exchange, waiter, may_cancel=False)

    # --- leaves -------------------------------------------------------------------------------

    def _is_running(self, exchange: Exchange) -> bool:
        view = self._sales.find(exchange.operation_id)
        return view is not None and view.active

    def _leave(self, exchange: Exchange) -> None:
        with self._lock:
            self._attended[exchange.exchange_id] -= 1
            self._attended += Tally()  # drops those that nobody attends


def _may_be_paid(view: SaleView) -> bool:
    """Say whether a sale is paid or still running: what came to nothing is tried anew."""
    return view.active or failure_of(view.record) is None
