"""The routes of a gate: a part of the client.

Promise: as in backend_client.py, which these are methods of. Only a list may be long, and then it
may take long; everything else ends like any other exchange.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter

from terminal import api_values
from terminal.api_values import GateNews, PassageReceipt, PassageReport, SignedList
from terminal.backend_answers import Answer, parse, refusal
from terminal.gate_event_values import GATE_EVENT_RECEIPT, GateEventReceipt, GateEventReport

PASSAGES_MAX = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """How long an answer may be, in bytes, and how long it may take."""

    bytes_max: int
    seconds_max: float


LIST_BOUNDS: Final = AnswerBounds(200 * 1024 * 1024, 180.0)
"""Half a million cards over a slow line."""
PHOTO_BOUNDS: Final = AnswerBounds(64 * 1024, 15.0)


class GateRoutes:
    """List, news, passages, photos."""

    @abstractmethod
    def _get(self, path: str, adapter: TypeAdapter[T]) -> T: ...

    @abstractmethod
    def _post(self, path: str, body: Mapping[str, object], adapter: TypeAdapter[T]) -> T: ...

    @abstractmethod
    def _authorised(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        bounds: AnswerBounds | None = None,
    ) -> Answer: ...

    def fetch_access_list(
        self, etag: str | None = None, *, changes: bool = False
    ) -> SignedList | None:
        """Return the gate's signed list, or None if it is still the one of `etag`.

        With `changes`, what changed since that one will do; what came says itself which it is.
        """
        headers = {} if etag is None else {"If-None-Match": etag}
        path = "/v1/access-list?changes=true" if changes and etag else "/v1/access-list"
        answer = self._authorised("GET", path, headers=headers, bounds=LIST_BOUNDS)
        if answer.status == HTTPStatus.NOT_MODIFIED and etag is not None:
            return None
        signed = parse(answer, api_values.ACCESS_LIST_ANSWER)
        return SignedList(jws=signed.list, etag=answer.etag)

    def upload_passages(self, passages: Sequence[PassageReport]) -> PassageReceipt:
        """Hand over at most PASSAGES_MAX passages; sending one twice is harmless."""
        assert len(passages) <= PASSAGES_MAX, "split the outbox before"
        body = {"passages": [passage.as_json() for passage in passages]}
        return self._post("/v1/passages", body, api_values.PASSAGE_RECEIPT)

    def upload_gate_events(self, events: Sequence[GateEventReport]) -> GateEventReceipt:
        """Hand over at most PASSAGES_MAX events of the door; sending one twice is harmless."""
        assert len(events) <= PASSAGES_MAX, "split what waits before"
        body = {"events": [event.as_json() for event in events]}
        return self._post("/v1/gate-events", body, GATE_EVENT_RECEIPT)

    def fetch_gate_news(self, since: str | None = None) -> GateNews:
        """Return what happened since the cursor of the last answer (gate only)."""
        query = "" if since is None else f"?{urlencode({'since': since})}"
        return self._get(f"/v1/gate-news{query}", api_values.GATE_NEWS)

    def tell_gate_address(self, address: str | None) -> None:
        """Say where this gate listens for its siblings; None: it does not."""
        answer = self._authorised("PUT", "/v1/gate-address", body={"address": address})
        if answer.status != HTTPStatus.NO_CONTENT:
            raise refusal(answer)

    def fetch_gate_photo(self, sha256: str) -> bytes:
        """Return a photo that the list names, by its digest in hex."""
        path = f"/v1/gate-photos/{sha256}"
        answer = self._authorised("GET", path, bounds=PHOTO_BOUNDS)
        if answer.status != HTTPStatus.OK:
            raise refusal(answer)
        return answer.body
