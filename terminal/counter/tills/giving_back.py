"""Refunds and cancellations asked for by a till: of which payment, and never twice.

Promise: money goes back only for a payment that this till can name: the one with its reference, or
its last one, of the same amount and of the last day. What does not identify one is refused. The id
of what is asked is in the book before it is asked, and the same request again gets the same answer.
How it is done, and done again when an answer was lost, is the counter's own desk for returns.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from terminal.counter.ports import Clock
from terminal.counter.record import SaleRecord
from terminal.counter.returns.book import MoneyBack, ReturnState
from terminal.counter.returns.desk import ReturnRefused
from terminal.counter.states import State
from terminal.counter.tills.book import Exchange, TillBook
from terminal.counter.tills.limits import DEFAULT_TILL_LIMITS, TillLimits
from terminal.counter.tills.teller import Sales
from terminal.counter.tills.wish import Action, Failure, Result, Wish, failed

_log = logging.getLogger(__name__)

# What is refused for another reason than that nothing may go back.
_FAILURES = {
    "payment_not_found": Failure.BAD_SELECTION,
    "payment_in_progress": Failure.NOT_COMPLETED,
    "return_in_progress": Failure.NOT_COMPLETED,
    "idempotency_conflict": Failure.NOT_COMPLETED,
}


class Returns(Protocol):
    """The counter's desk for returns."""

    def give_back(
        self, sale: SaleRecord, amount_cents: int, *, return_id: UUID | None = None
    ) -> MoneyBack:
        """Give back a part of a sale, or all of it; raises ReturnRefused."""
        ...

    def settle_open(self) -> int:
        """Ask again for what nobody knows the end of."""
        ...


class ReturnRecords(Protocol):
    """The book of the desk, to read."""

    def find(self, return_id: UUID, /) -> MoneyBack | None:
        """Return one, or None."""
        ...

    def list_of_sale(self, sale_id: str, /) -> list[MoneyBack]:
        """Return a sale's returns."""
        ...


class GivingBack:
    """Gives back on a till's word; its methods may be called from several threads."""

    def __init__(
        self,
        sales: Sales,
        book: TillBook,
        returns: Returns,
        records: ReturnRecords,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        limits: TillLimits = DEFAULT_TILL_LIMITS,
    ) -> None:
        self._sales = sales
        self._book = book
        self._returns = returns
        self._records = records
        self._clock = clock
        self._new_id = new_id
        self._limits = limits
        self._lock = threading.Lock()

    def give_back(self, wish: Wish) -> Result:
        """Refund or cancel; raises JournalError with nothing begun."""
        with self._lock:
            earlier = self._earlier(wish)
            if earlier is not None:
                return self._carry_out(earlier)
            payment = self._payment_of(wish)
            if payment is None:
                return failed(Failure.BAD_SELECTION)
            return self._carry_out(self._open(wish, payment))

    def told_again(self, exchange: Exchange) -> Result:
        """Return how it ended; what nobody could say is asked for again."""
        with self._lock:
            return self._carry_out(exchange)

    def is_given_back(self, payment: Exchange) -> bool:
        """Return whether the whole of a payment is back."""
        returns = self._records.list_of_sale(payment.operation_id)
        done = sum(each.amount_cents for each in returns if each.state is ReturnState.DONE)
        return done >= payment.amount_cents

    # --- which one ----------------------------------------------------------------------------

    def _earlier(self, wish: Wish) -> Exchange | None:
        """Return the exchange that this wish repeats: done or not known yet, and not told."""
        newest = next(iter(self._book.exchanges_of(wish)), None)
        if newest is None or newest.action is not wish.action:
            return None
        known = self._records.find(UUID(newest.operation_id))
        refused = known is not None and known.state is ReturnState.REFUSED
        repeats = newest.amount_cents == wish.amount_cents and not refused
        told = newest.delivered and wish.reference is None
        return newest if repeats and not told and self._is_recent(newest) else None

    def _payment_of(self, wish: Wish) -> Exchange | None:
        """Return the payment to give back, or None where the wish does not identify one."""
        named = self._newest_paid(self._book.debits_with(wish)) if wish.reference else None
        if named is not None:
            return named if self._fits(wish, named) else None
        last = self._newest_paid(self._book.debits_of(wish.till))
        if last is None or self.is_given_back(last) or not self._is_recent(last):
            return None
        return last if last.amount_cents == wish.amount_cents else None

    def _fits(self, wish: Wish, payment: Exchange) -> bool:
        assert wish.amount_cents is not None, "the request was checked"
        if self.is_given_back(payment):
            return False
        if wish.action is Action.CANCEL:  # the whole of it or nothing
            return wish.amount_cents == payment.amount_cents
        return wish.amount_cents <= payment.amount_cents

    def _newest_paid(self, newest_first: list[Exchange]) -> Exchange | None:
        """Return the newest that was paid, even if its money is back: none is looked past it."""
        return next((each for each in newest_first if self._paid_sale(each) is not None), None)

    def _paid_sale(self, exchange: Exchange) -> SaleRecord | None:
        view = self._sales.find(exchange.operation_id)
        return view.record if view is not None and view.record.state is State.APPROVED else None

    def _is_recent(self, exchange: Exchange) -> bool:
        age = self._clock.now() - exchange.opened_at
        return abs(age) <= timedelta(seconds=self._limits.last_payment_seconds_max)

    # --- doing it -----------------------------------------------------------------------------

    def _open(self, wish: Wish, payment: Exchange) -> Exchange:
        assert wish.amount_cents is not None, "the request was checked"
        exchange = Exchange(
            exchange_id=str(self._new_id()),
            till=wish.till,
            action=wish.action,
            amount_cents=wish.amount_cents,
            reference=wish.reference,
            operation_id=str(self._new_id()),
            undoes=payment.exchange_id,
            opened_at=self._clock.now(),
        )
        self._book.open(exchange)
        return exchange

    def _carry_out(self, exchange: Exchange) -> Result:
        """Return how it ended, or do it."""
        assert exchange.undoes is not None, "it gives a payment back"
        payment = self._book.find(exchange.undoes)
        sale = payment and self._paid_sale(payment)
        if not sale:
            return failed(Failure.NOT_COMPLETED, exchange.exchange_id)
        return_id = UUID(exchange.operation_id)
        try:
            returned = self._known_or_begun(return_id, sale, exchange.amount_cents)
        except ReturnRefused as refusal:
            _log.info("nothing goes back: %s", refusal.code)
            return _refused(exchange, refusal.code)
        if returned.state is ReturnState.REFUSED:
            return _refused(exchange, returned.refusal or "")
        if returned.state is ReturnState.ASKED:
            return failed(Failure.NOT_COMPLETED, exchange.exchange_id)
        return Result(
            amount_cents=exchange.amount_cents,
            sale=sale,
            authorisation_number=returned.authorisation_number,
            exchange_id=exchange.exchange_id,
            action=exchange.action,
            at=returned.asked_at,
        )

    def _known_or_begun(self, return_id: UUID, sale: SaleRecord, amount_cents: int) -> MoneyBack:
        known = self._records.find(return_id)
        if known is None:
            return self._returns.give_back(sale, amount_cents, return_id=return_id)
        if known.state is ReturnState.ASKED:
            self._returns.settle_open()
        return self._records.find(return_id) or known


def _refused(exchange: Exchange, code: str) -> Result:
    return failed(_FAILURES.get(code, Failure.REFUSED), exchange.exchange_id)
