"""Giving money back: one return at a time, each once, whatever is lost on the way.

Promise: the whole of a sale on its own day (Paris) is a void, anything else a refund. A return
whose answer was lost stays asked, is asked again with the same id by the background, and no second
one of the same sale begins meanwhile. What the backend refuses is said in its words.

Not here: how much is left to give back, which the backend alone knows for sure.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from terminal.api_returns import FoundPayment
from terminal.counter.record import SaleRecord
from terminal.counter.returns.book import Kind, MoneyBack, ReturnBook, ReturnState
from terminal.counter.states import State
from terminal.errors import BackendError, BackendRefused, JournalError

_log = logging.getLogger(__name__)

PARIS = ZoneInfo("Europe/Paris")
_DAYS_BESIDE = (timedelta(), timedelta(days=1), timedelta(days=-1))
PAUSE_SECONDS = 5.0
PAUSE_SECONDS_MAX = 60.0


class Returned(Protocol):
    """Money that went back to its wallet."""

    @property
    def authorisation_number(self) -> str: ...  # noqa: D102 -- the backend's, six signs


class Payments(Protocol):
    """The backend, as far as money goes back; each may be repeated, and raises BackendError."""

    def void_payment(self, payment_id: UUID, void_id: UUID, /) -> Returned:
        """Undo a payment on its own day."""
        ...

    def refund_payment(self, payment_id: UUID, refund_id: UUID, amount_cents: int, /) -> Returned:
        """Give back a part of a payment, or all of it."""
        ...

    def find_by_receipt(self, authorisation_number: str, day: date, /) -> FoundPayment | None:
        """Return the payment of this outlet that a receipt names."""
        ...


class ReturnRefused(Exception):
    """Nothing was begun, or the backend said no: `code` is stable, `sentence` French or empty."""

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class _Owed:
    payment_id: UUID
    sale_id: str | None
    kind: Kind


class ReturnDesk:
    """Gives back on a person's word; its methods may be called from several threads."""

    def __init__(
        self,
        book: ReturnBook,
        payments: Payments,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._book = book
        self._payments = payments
        self._now = now
        self._new_id = new_id
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._caretaker = threading.Thread(target=self._take_care, name="returns", daemon=True)

    def start(self) -> None:
        """Begin to ask again, in the background, for what nobody knows the end of."""
        self._caretaker.start()

    def stop(self) -> None:
        """End the background after the exchange it is in."""
        self._stopping.set()

    def give_back(
        self, sale: SaleRecord, amount_cents: int, *, return_id: UUID | None = None
    ) -> MoneyBack:
        """Give back a part of a sale, or all of it; `asked` when nobody knows yet.

        A caller that wrote the return's id down before brings it. Raises ReturnRefused, or
        JournalError with nothing begun.
        """
        if sale.state is not State.APPROVED or sale.payment_id is None:
            raise ReturnRefused("sale_not_paid")
        with self._lock:
            returns = self._book.list_of_sale(sale.sale_id)
            self._refuse_while_open(returns)
            left = sale.amount_cents - sum(
                each.amount_cents for each in returns if each.state is ReturnState.DONE
            )
            if not 0 < amount_cents <= left:
                raise ReturnRefused("return_too_large")
            whole = amount_cents == sale.amount_cents and self._is_today(sale.started_at)
            kind = Kind.VOID if whole else Kind.REFUND
            owed = _Owed(UUID(sale.payment_id), sale.sale_id, kind)
            return self._begin(owed, amount_cents, return_id)

    def give_back_by_receipt(
        self,
        authorisation_number: str,
        day: date,
        amount_cents: int,
        *,
        return_id: UUID | None = None,
    ) -> MoneyBack:
        """Give back what a receipt of this outlet names; raises as `give_back`, and BackendError.

        A BackendError comes before anything was begun.
        """
        found = self.look_up(authorisation_number, day)
        with self._lock:
            payment_id = found.payment.payment_id
            self._refuse_while_open(
                [each for each in self._book.list_open() if each.payment_id == payment_id]
            )
            if not 0 < amount_cents <= found.left_cents:
                raise ReturnRefused("return_too_large")
            whole = found.may_be_voided and amount_cents == found.payment.amount_cents
            kind = Kind.VOID if whole else Kind.REFUND
            return self._begin(_Owed(payment_id, None, kind), amount_cents, return_id)

    def given_before(
        self, return_id: UUID, sale_id: str | None, amount_cents: int
    ) -> MoneyBack | None:
        """Return the return of this id, None if there is none; it is never done a second time.

        Raises ReturnRefused as it was refused, or for an id that is another return's.
        """
        found = self._book.find(return_id)
        if found is None:
            return None
        if (found.sale_id, found.amount_cents) != (sale_id, amount_cents):
            raise ReturnRefused("idempotency_conflict")
        if found.refusal is not None:
            raise ReturnRefused(found.refusal)
        return found

    def look_up(self, authorisation_number: str, day: date) -> FoundPayment:
        """Return what a receipt of this outlet names; raises ReturnRefused, BackendError.

        The day on paper is that of a till's clock, which may be wrong, and midnight is between two
        clocks: the days beside it are looked at too. Numbers are random, so no other is found.
        """
        for beside in _DAYS_BESIDE:
            found = self._payments.find_by_receipt(authorisation_number, day + beside)
            if found is not None:
                return found
        raise ReturnRefused("receipt_unknown")

    def settle_open(self) -> int:
        """Ask again for what nobody knows the end of; return how many still have none."""
        for waiting in self._book.list_open():
            with self._lock:
                try:
                    self._ask(waiting)
                except ReturnRefused:
                    continue  # written down; the person reads it in the list
        return len(self._book.list_open())

    def _begin(self, owed: _Owed, amount_cents: int, return_id: UUID | None = None) -> MoneyBack:
        asked = MoneyBack(
            return_id=return_id or self._new_id(),
            payment_id=owed.payment_id,
            sale_id=owed.sale_id,
            kind=owed.kind,
            amount_cents=amount_cents,
            asked_at=self._now(),
        )
        self._book.open(asked)
        return self._ask(asked)

    def _ask(self, asked: MoneyBack) -> MoneyBack:
        try:
            answer = self._send(asked)
        except BackendRefused as refusal:
            self._book.settle_refused(asked.return_id, refusal.code, self._now())
            raise ReturnRefused(refusal.code, refusal.message_fr or "") from None
        except BackendError as error:
            _log.warning("return %s: %s, it will be asked again", asked.return_id, error)
            return asked
        self._book.settle_done(asked.return_id, answer.authorisation_number, self._now())
        return self._book.find(asked.return_id) or asked

    def _send(self, asked: MoneyBack) -> Returned:
        if asked.kind is Kind.VOID:
            return self._payments.void_payment(asked.payment_id, asked.return_id)
        return self._payments.refund_payment(asked.payment_id, asked.return_id, asked.amount_cents)

    def _refuse_while_open(self, returns: list[MoneyBack]) -> None:
        if any(each.state is ReturnState.ASKED for each in returns):
            raise ReturnRefused("return_in_progress")

    def _is_today(self, moment: datetime) -> bool:
        return moment.astimezone(PARIS).date() == self._now().astimezone(PARIS).date()

    def _take_care(self) -> None:
        pause = PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                open_ones = self.settle_open()
            except JournalError:
                _log.exception("the returns cannot be read")
                open_ones = 1
            pause = min(pause * 2, PAUSE_SECONDS_MAX) if open_ones else PAUSE_SECONDS
            self._stopping.wait(pause)
