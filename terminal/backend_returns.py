"""The routes of money that goes back and of a terminal's day: a part of the client.

Promise: as in backend_client.py, which these are methods of. A void or a refund whose answer was
lost is asked again with the same id, and gets the same answer.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import TypeAdapter

from terminal import api_returns
from terminal.api_returns import (
    DayLine,
    DayTotals,
    FoundPayment,
    Reconciliation,
    Refund,
    Void,
)
from terminal.backend_answers import same
from terminal.errors import BackendRefused

LINES_MAX = 8_640

T = TypeVar("T")


class ReturnRoutes:
    """Void, refund, look up, close the day."""

    @abstractmethod
    def _get(self, path: str, adapter: TypeAdapter[T]) -> T: ...

    @abstractmethod
    def _post(self, path: str, body: Mapping[str, object], adapter: TypeAdapter[T]) -> T: ...

    def void_payment(self, payment_id: UUID, void_id: UUID) -> Void:
        """Undo a payment of this outlet on its own day; `void_id` is written down before."""
        path = f"/v1/payments/{payment_id}/void"
        void = self._post(path, {"void_id": str(void_id)}, api_returns.VOID)
        same("payment_id", void.payment_id, payment_id)
        same("void_id", void.void_id, void_id)
        return void

    def refund_payment(self, payment_id: UUID, refund_id: UUID, amount_cents: int) -> Refund:
        """Give back a part of a payment of this outlet; `refund_id` is written down before."""
        body = {"refund_id": str(refund_id), "amount_cents": amount_cents}
        refund = self._post(f"/v1/payments/{payment_id}/refunds", body, api_returns.REFUND)
        same("payment_id", refund.payment_id, payment_id)
        same("refund_id", refund.refund_id, refund_id)
        same("amount_cents", refund.amount_cents, amount_cents)
        return refund

    def find_by_receipt(self, authorisation_number: str, day: date) -> FoundPayment | None:
        """Return the payment of this outlet that a receipt names; None: there is none."""
        query = urlencode({"authorisation_number": authorisation_number, "day": day.isoformat()})
        path = "/v1/payments"
        try:
            return self._get(f"{path}?{query}", api_returns.FOUND_PAYMENT)
        except BackendRefused as refused:
            if refused.code == "payment_not_found":
                return None
            raise

    def read_totals(self, day: date) -> DayTotals:
        """Return this terminal's day (Paris) as the backend adds it up."""
        path = "/v1/totals"
        totals = self._get(f"{path}?day={day.isoformat()}", api_returns.DAY_TOTALS)
        same("day", totals.day, day)
        return totals

    def reconcile_day(self, day: date, lines: Sequence[DayLine]) -> Reconciliation:
        """Compare at most LINES_MAX own lines of a day with the backend's; harmless to repeat."""
        assert len(lines) <= LINES_MAX, "a day has fewer"
        body = {"lines": [line.as_json() for line in lines]}
        found = self._post(f"/v1/totals/{day.isoformat()}", body, api_returns.RECONCILIATION)
        same("day", found.totals.day, day)
        return found
