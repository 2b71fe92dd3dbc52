"""Refunds and cancellations asked for by a till: of which payment, and never twice.

Promise: money goes back only for a payment that this till was told of or can name: the one with its
reference, or its last one, of the same amount and of the last day. What does not identify one is
refused. The id of what is asked is in the book before it is sent, and the same request again gets
the same answer; an outcome that nobody could read is asked for again with the same id.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from terminal.counter.ports import Clock
from terminal.counter.record import SaleRecord
from terminal.counter.states import State
from terminal.counter.tills.book import DONE, Exchange, TillBook
from terminal.counter.tills.limits import DEFAULT_TILL_LIMITS, TillLimits
from terminal.counter.tills.teller import Sales
from terminal.counter.tills.wish import Action, Failure, Result, Wish, failed
from terminal.errors import BackendError, BackendRefused

_log = logging.getLogger(__name__)

ATTEMPTS_MAX = 2
# What the backend refuses for another reason than that nothing may go back.
_FAILURES = {
    "payment_not_found": Failure.BAD_SELECTION,
    "payment_in_progress": Failure.NOT_COMPLETED,
    "idempotency_conflict": Failure.NOT_COMPLETED,
}


class Returned(Protocol):
    """Money that went back to its wallet."""

    @property
    def authorisation_number(self) -> str: ...  # noqa: D102 -- the backend's, six signs


class Payments(Protocol):
    """The backend, as far as money goes back; both may be repeated, and raise BackendError."""

    def void_payment(self, payment_id: UUID, void_id: UUID, /) -> Returned:
        """Undo a payment on its own day."""
        ...

    def refund_payment(self, payment_id: UUID, refund_id: UUID, amount_cents: int, /) -> Returned:
        """Give back a part of a payment, or all of it."""
        ...


class GivingBack:
    """Gives back on a till's word; its methods may be called from several threads."""

    def __init__(
        self,
        sales: Sales,
        book: TillBook,
        payments: Payments,
        clock: Clock,
        *,
        new_id: Callable[[], UUID],
        limits: TillLimits = DEFAULT_TILL_LIMITS,
    ) -> None:
        self._sales = sales
        self._book = book
        self._payments = payments
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
            return self._carry_out(self._book.find(exchange.exchange_id) or exchange)

    # --- which one ----------------------------------------------------------------------------

    def _earlier(self, wish: Wish) -> Exchange | None:
        """Return the exchange that this wish repeats: done or not known yet, and not told."""
        newest = next(iter(self._book.exchanges_of(wish)), None)
        if newest is None or newest.action is not wish.action:
            return None
        repeats = newest.amount_cents == wish.amount_cents and newest.outcome in {None, DONE}
        told = newest.delivered and wish.reference is None
        return newest if repeats and not told and self._is_recent(newest) else None

    def _payment_of(self, wish: Wish) -> Exchange | None:
        """Return the payment to give back, or None where the wish does not identify one."""
        named = self._newest_paid(self._book.debits_with(wish)) if wish.reference else None
        if named is not None:
            return named if self._fits(wish, named) else None
        last = self._newest_paid(self._book.debits_of(wish.till))
        if last is None or last.undone or not self._is_recent(last):
            return None
        return last if last.amount_cents == wish.amount_cents else None

    def _fits(self, wish: Wish, payment: Exchange) -> bool:
        assert wish.amount_cents is not None, "the request was checked"
        if payment.undone:
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
        """Return the outcome that is written, or get one."""
        assert exchange.undoes is not None, "it gives a payment back"
        payment = self._book.find(exchange.undoes)
        sale = payment and self._paid_sale(payment)
        if not sale or sale.payment_id is None:
            return failed(Failure.NOT_COMPLETED, exchange.exchange_id)
        if exchange.outcome is None:
            return self._ask(exchange, sale, UUID(sale.payment_id))
        if exchange.outcome != DONE:
            return failed(Failure(exchange.outcome), exchange.exchange_id)
        return _result(exchange, sale, exchange.authorisation_number)

    def _ask(self, exchange: Exchange, sale: SaleRecord, payment_id: UUID) -> Result:
        for _ in range(ATTEMPTS_MAX):
            try:
                returned = self._send(exchange, payment_id)
            except BackendRefused as refusal:
                failure = _FAILURES.get(refusal.code, Failure.REFUSED)
                _log.info("nothing goes back: %s", refusal.code)
                self._book.settle(exchange, failure.value, None)
                return failed(failure, exchange.exchange_id)
            except BackendError as error:
                _log.warning("giving back %s: %s", exchange.operation_id, type(error).__name__)
                continue
            self._book.settle(exchange, DONE, returned.authorisation_number)
            return _result(exchange, sale, returned.authorisation_number)
        return failed(Failure.NOT_COMPLETED, exchange.exchange_id)

    def _send(self, exchange: Exchange, payment_id: UUID) -> Returned:
        return_id = UUID(exchange.operation_id)
        if exchange.action is Action.CANCEL:
            return self._payments.void_payment(payment_id, return_id)
        return self._payments.refund_payment(payment_id, return_id, exchange.amount_cents)


def _result(exchange: Exchange, sale: SaleRecord, authorisation_number: str | None) -> Result:
    return Result(
        amount_cents=exchange.amount_cents,
        sale=sale,
        authorisation_number=authorisation_number,
        exchange_id=exchange.exchange_id,
        action=exchange.action,
        at=exchange.opened_at,
    )
