"""The routes of a card's errands besides a sale: a part of the client.

Promise: as in backend_client.py, which these are methods of. An enquiry whose answer was lost is
asked again with the same id and the same code, and gets the same answer.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol, TypeVar
from urllib.parse import quote
from uuid import UUID

from pydantic import TypeAdapter

from terminal import api_enquiries
from terminal.api_enquiries import BalancesRefused, BalancesTold
from terminal.api_returns import FoundPayment
from terminal.backend_answers import same

T = TypeVar("T")


class PinToSend(Protocol):
    """An encrypted PIN block as a pad gives it."""

    @property
    def profile(self) -> str: ...  # noqa: D102 -- the block's format and key scheme
    @property
    def key_serial_number(self) -> str: ...  # noqa: D102 -- in hex
    def reveal(self) -> str: ...  # noqa: D102 -- the one door: the encrypted block, in hex


class EnquiryRoutes:
    """Tell balances, list a card's payments."""

    @abstractmethod
    def _get(self, path: str, adapter: TypeAdapter[T]) -> T: ...

    @abstractmethod
    def _post(self, path: str, body: Mapping[str, object], adapter: TypeAdapter[T]) -> T: ...

    def enquire_balances(
        self, enquiry_id: UUID, proof_id: str, *, pin: PinToSend
    ) -> BalancesTold | BalancesRefused:
        """Ask what a proven card's benefits hold; a wrong code uses a try."""
        body = {
            "enquiry_id": str(enquiry_id),
            "proof_id": proof_id,
            "pin": {
                "profile": pin.profile,
                "ksn": pin.key_serial_number,
                "block": pin.reveal(),
            },
        }
        answer = self._post("/v1/balance-enquiries", body, api_enquiries.BALANCES)
        same("enquiry_id", answer.enquiry_id, enquiry_id)
        return answer

    def list_card_payments(self, proof_id: str) -> tuple[FoundPayment, ...]:
        """Return what a proven card paid at this outlet and may be given back, newest first."""
        path = f"/v1/card-proofs/{quote(proof_id, safe='')}/payments"
        return self._get(path, api_enquiries.CARD_PAYMENTS).payments
