"""The backend over HTTP: the one file that imports httpx.

Promise: one typed method per route; each returns a checked value or raises one of three errors:
`BackendRefused` (a 4xx with a stable code), `BackendUnreachable` (no answer or a 5xx: nothing is
known), `BackendGarbled` (an answer that is none). A lapsed token is renewed once. Nothing is ever
sent twice otherwise, and no body, header or token is logged or put into an error.

It does not decide: whether to reverse or to ask again belongs to the counter and the gate.
One client may be shared by threads. Every exchange ends within TOTAL_SECONDS_MAX, give or take one
read.
"""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import TypeAdapter

from terminal import api_values
from terminal.api_values import (
    AccessToken,
    Approved,
    CardChallenge,
    CardOrderPage,
    CardProof,
    Declined,
    Enrolment,
    Pending,
    PersonalisationBegun,
    PersonalisationStep,
    PublicKeyJwk,
    RetirementBegun,
    Reversal,
    Reversed,
    TerminalDescription,
    Voided,
)
from terminal.backend_answers import Answer, parse, refusal, same
from terminal.backend_clock import BackendClock
from terminal.backend_enquiries import EnquiryRoutes, PinToSend
from terminal.backend_gate import AnswerBounds, GateRoutes
from terminal.backend_returns import ReturnRoutes
from terminal.errors import BackendGarbled, BackendRefused, BackendUnreachable

CONNECT_SECONDS_MAX = 3.0
READ_SECONDS_MAX = 10.0  # between two pieces of an answer
TOTAL_SECONDS_MAX = 15.0  # a server that dribbles is as good as silent
CONNECTIONS_MAX = 8
KEEPALIVE_SECONDS_MAX = 4.0  # below the 5 s after which uvicorn closes: never write to a dying line
ANSWER_BYTES_MAX = 8 * 1024 * 1024
TOKEN_MARGIN = timedelta(seconds=30)  # renew this long before the token expires
ORDERS_PER_PAGE = 500
PAYMENT_CENTS_MAX = 100_000

_RENEWABLE = frozenset({"token_expired", "token_invalid"})
_ASSERTION_REFUSED = "client_assertion_invalid"  # also what a wrong clock makes of a good one
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 §2.2

T = TypeVar("T")


class AssertingIdentity(Protocol):
    """Proves who this terminal is, without giving its key away."""

    def client_assertion(self, now: datetime) -> str:
        """Return a fresh signed assertion for the token route (RFC 7523 §3)."""
        ...


class BackendClient(EnquiryRoutes, GateRoutes, ReturnRoutes):
    """The backend as one terminal sees it. Close it, or use it in a `with`.

    `base_url` has no path; `now` gives aware UTC times; `ca_file` replaces the authorities of the
    system.
    """

    def __init__(
        self,
        base_url: str,
        identity: AssertingIdentity,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        ca_file: Path | None = None,
        read_seconds_max: float = READ_SECONDS_MAX,
    ) -> None:
        self._http = _open_http(base_url, ca_file, read_seconds_max)
        self._identity = identity
        self._now = now
        self.clock = BackendClock()
        self._token_lock = threading.Lock()
        self._token: AccessToken | None = None
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    def close(self) -> None:
        """Close the connections; no method may be called after."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def me(self) -> TerminalDescription:
        """Return who the backend says this terminal is."""
        return self._get("/v1/terminals/me", api_values.TERMINAL_DESCRIPTION)

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        """Exchange the chip's 16 encrypted bytes for the backend's 32 (`Application` name)."""
        body = {
            "uid": _hex(uid),
            "application": application,
            "encrypted_rnd_b": _hex(encrypted_rnd_b),
        }
        return self._post("/v1/card-challenges", body, api_values.CARD_CHALLENGE)

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        """Hand over the chip's 32-byte answer; refused: card_not_genuine, card_blocked."""
        path = f"/v1/card-challenges/{challenge_id}/proof"
        return self._post(path, {"card_answer": _hex(card_answer)}, api_values.CARD_PROOF)

    def pay(
        self, payment_id: UUID, proof_id: str, benefit: str, amount_cents: int, *, pin: PinToSend
    ) -> Approved | Declined:
        """Ask for a debit of 1 to 100 000 cents.

        `payment_id` is written down before. After any error but BackendRefused, reverse it.
        """
        assert 1 <= amount_cents <= PAYMENT_CENTS_MAX, "the amount is checked before"
        body = {
            "payment_id": str(payment_id),
            "proof_id": proof_id,
            "benefit": benefit,
            "amount_cents": amount_cents,
            "pin": {
                "profile": pin.profile,
                "ksn": pin.key_serial_number,
                "block": pin.reveal(),
            },
        }
        decision = self._post("/v1/payments", body, api_values.DECISION)
        same("payment_id", decision.payment_id, payment_id)
        if isinstance(decision, Approved):
            same("benefit", decision.benefit, benefit)
            same("amount_cents", decision.amount_cents, amount_cents)
        return decision

    def find_payment(
        self, payment_id: UUID
    ) -> Approved | Declined | Pending | Reversed | Voided | None:
        """Return what happened to a payment of this terminal; None: the backend never saw it."""
        try:
            payment = self._get(f"/v1/payments/{payment_id}", api_values.PAYMENT)
        except BackendRefused as refused:
            if refused.code == "payment_not_found":
                return None
            raise
        same("payment_id", payment.payment_id, payment_id)
        return payment

    def reverse_payment(self, payment_id: UUID) -> Reversal:
        """Undo a payment, arrived or not; safe to repeat until it answers."""
        path = f"/v1/payments/{payment_id}/reversal"
        reversal = self._post(path, {}, api_values.REVERSAL)
        same("payment_id", reversal.payment_id, payment_id)
        return reversal

    def begin_personalisation(self, uid: bytes, card_number: str | None) -> PersonalisationBegun:
        """Ask for the first command for the card with this UID (desk only).

        Without a number the chip is a card already, and its keys are renewed.
        """
        body = {"uid": _hex(uid)}
        if card_number is not None:
            body["card_number"] = card_number
        begun = self._post("/v1/personalisations", body, api_values.PERSONALISATION_BEGUN)
        if None not in (card_number, begun.card_number):
            same("card_number", begun.card_number, card_number)
        return begun

    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        """Hand over the card's response; return the next command, or the end."""
        path = f"/v1/personalisations/{personalisation_id}/responses"
        return self._post(path, {"response": _hex(response)}, api_values.PERSONALISATION_STEP)

    def begin_retirement(self, uid: bytes) -> RetirementBegun:
        """Ask for the first command that takes everything of ours off this card (desk only)."""
        return self._post("/v1/retirements", {"uid": _hex(uid)}, api_values.RETIREMENT_BEGUN)

    def continue_retirement(self, retirement_id: str, response: bytes) -> PersonalisationStep:
        """Hand over the card's response; return the next command, or the end."""
        path = f"/v1/retirements/{retirement_id}/responses"
        return self._post(path, {"response": _hex(response)}, api_values.PERSONALISATION_STEP)

    def list_card_orders(self, cursor: str | None = None) -> CardOrderPage:
        """Return cards still to be made, by number, from a page's cursor on (desk only)."""
        query = {"state": "ordered", "limit": str(ORDERS_PER_PAGE)}
        if cursor is not None:
            query["cursor"] = cursor
        path = "/v1/card-orders"
        return self._get(f"{path}?{httpx.QueryParams(query)}", api_values.CARD_ORDER_PAGE)

    def _get(self, path: str, adapter: TypeAdapter[T]) -> T:
        return parse(self._authorised("GET", path), adapter)

    def _post(self, path: str, body: Mapping[str, object], adapter: TypeAdapter[T]) -> T:
        return parse(self._authorised("POST", path, body=body), adapter)

    def _authorised(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        bounds: AnswerBounds | None = None,
    ) -> Answer:
        """Exchange with a token; if the token had lapsed nothing was done, so once more is safe."""
        for is_last in (False, True):
            token = self._current_token()
            authorised = {**(headers or {}), "Authorization": f"Bearer {token.access_token}"}
            request = self._http.build_request(method, path, json=body, headers=authorised)
            answer = self._exchange(request, bounds)
            if answer.status != httpx.codes.UNAUTHORIZED or is_last:
                break
            if refusal(answer).code not in _RENEWABLE:
                break
            self._forget(token)
        return answer

    def _current_token(self) -> AccessToken:
        with self._token_lock:
            if self._token is None or self._now() >= self._renew_at:
                asked_at = self._now()
                self._token = self._fetch_token(asked_at)
                lifetime = timedelta(seconds=self._token.expires_in)
                self._renew_at = asked_at + max(lifetime - TOKEN_MARGIN, lifetime / 2)
            return self._token

    def _fetch_token(self, now: datetime) -> AccessToken:
        """Ask for a token; refused by a clock unlike ours, ask once more at its time.

        Ours comes first: the Date may be that of a proxy whose clock is the wrong one.
        """
        try:
            return self._ask_for_token(now)
        except BackendRefused as refused:
            if refused.code != _ASSERTION_REFUSED or not self.clock.is_wrong:
                raise
            return self._ask_for_token(self.clock.corrected(now))

    def _ask_for_token(self, signed_at: datetime) -> AccessToken:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._identity.client_assertion(signed_at),
        }
        request = self._http.build_request("POST", "/v1/token", data=form)
        return parse(self._exchange(request), api_values.ACCESS_TOKEN)

    def _exchange(self, request: httpx.Request, bounds: AnswerBounds | None = None) -> Answer:
        answer = _exchange(self._http, request, bounds)
        self.clock.learn(answer.date, self._now())
        return answer

    def _forget(self, token: AccessToken) -> None:
        """Drop this token, unless another thread has renewed it already."""
        with self._token_lock:
            if self._token is token:
                self._token = None


def enrol(
    base_url: str, code: str, public_key: PublicKeyJwk, *, ca_file: Path | None = None
) -> Enrolment:
    """Exchange a one-time code for an identity; no token exists yet."""
    jwk = {"kty": public_key.kty, "crv": public_key.crv, "x": public_key.x}
    with _open_http(base_url, ca_file, READ_SECONDS_MAX) as http:
        request = http.build_request(
            "POST", "/v1/terminals/enrolments", json={"code": code, "public_key": jwk}
        )
        return parse(_exchange(http, request), api_values.ENROLMENT)


def _open_http(base_url: str, ca_file: Path | None, read_seconds_max: float) -> httpx.Client:
    """Open a pool that follows no redirection and reads no proxy or .netrc from the environment."""
    return httpx.Client(
        base_url=base_url,
        verify=ssl.create_default_context(cafile=None if ca_file is None else str(ca_file)),
        timeout=httpx.Timeout(read_seconds_max, connect=CONNECT_SECONDS_MAX),
        limits=httpx.Limits(
            max_connections=CONNECTIONS_MAX, keepalive_expiry=KEEPALIVE_SECONDS_MAX
        ),
        headers={
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
        },
        follow_redirects=False,
        trust_env=False,
    )


def _exchange(
    http: httpx.Client, request: httpx.Request, bounds: AnswerBounds | None = None
) -> Answer:
    """Send once and read the whole answer within the bounds, the usual ones if none are given."""
    bounds = bounds or AnswerBounds(ANSWER_BYTES_MAX, TOTAL_SECONDS_MAX)
    deadline = time.monotonic() + bounds.seconds_max
    try:
        response = http.send(request, stream=True)
        try:
            body = _read_body(response, deadline, bounds.bytes_max)
        finally:
            response.close()
    except httpx.DecodingError:
        raise BackendGarbled("the answer's encoding is broken") from None
    except httpx.HTTPError as cause:  # no line, no time, cut: whether it arrived is not known
        raise BackendUnreachable(f"no answer: {type(cause).__name__}") from cause
    headers = response.headers
    return Answer(response.status_code, body, headers.get("ETag", ""), headers.get("Date", ""))


def _read_body(response: httpx.Response, deadline: float, bytes_max: int) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > bytes_max:
            raise BackendGarbled("the answer is too long", status=response.status_code)
        if time.monotonic() > deadline:
            raise BackendUnreachable("the answer takes too long", status=response.status_code)
    return bytes(body)


def _hex(raw: bytes) -> str:
    return raw.hex().upper()
