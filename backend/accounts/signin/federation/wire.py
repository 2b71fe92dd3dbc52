"""The one file that asks an identity provider over HTTP.

Promise: a call ends within SECONDS_MAX in all, however slowly it is answered; no answer is longer
than ANSWER_BYTES_MAX, none is decompressed, no redirect is followed; few calls wait at once, so
that a slow provider does not take the threads that payments need. Not here: what is asked.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final

import httpx

from backend.accounts.signin.federation.errors import ProviderUnavailable

SECONDS_MAX: Final = 6
ANSWER_BYTES_MAX: Final = 256 * 1024
CALLS_AT_ONCE_MAX: Final = 3
TURN_SECONDS_MAX: Final = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class Wire:
    """Calls to one provider; `proxy` is the address of the way out, where there is one."""

    def __init__(self, proxy: str | None = None, *, seconds_max: float = SECONDS_MAX) -> None:
        self._proxy = proxy
        self._seconds_max = seconds_max
        self._trust = ssl.create_default_context()
        self._trust.minimum_version = ssl.TLSVersion.TLSv1_2
        self._turns = BoundedSemaphore(CALLS_AT_ONCE_MAX)

    def get(self, address: str, bearer: str = "") -> Answer:
        """Ask with GET, with an access token if there is one; raise ProviderUnavailable."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self._ask("GET", address, headers, None)

    def post(
        self, address: str, form: Mapping[str, str], basic: tuple[str, str] | None = None
    ) -> Answer:
        """Send a form, with a name and a secret if they go apart; raise ProviderUnavailable."""
        return self._ask("POST", address, {}, form, basic)

    def _ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        basic: tuple[str, str] | None = None,
    ) -> Answer:
        if not self._turns.acquire(timeout=TURN_SECONDS_MAX):
            raise ProviderUnavailable(why="busy")
        request = httpx.Request(
            method,
            address,
            headers={"Accept-Encoding": "identity", **headers},
            data=None if form is None else dict(form),
        )
        try:
            # A loop of its own: nothing but a loop can end a call wherever it stands.
            return asyncio.run(self._send(request, basic))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as cause:
            # `from None`: a cause may quote the address, with the code in it.
            raise ProviderUnavailable(why=type(cause).__name__) from None
        finally:
            self._turns.release()

    async def _send(self, request: httpx.Request, basic: tuple[str, str] | None) -> Answer:
        auth = None if basic is None else httpx.BasicAuth(*basic)
        client = httpx.AsyncClient(
            verify=self._trust,
            proxy=self._proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=self._seconds_max,
        )
        async with asyncio.timeout(self._seconds_max), client:
            response = await client.send(request, stream=True, auth=auth)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        return Answer(response.status_code, kind, body)


async def _read(response: httpx.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderUnavailable(why="encoding")
    body = b""
    async for part in response.aiter_raw():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise ProviderUnavailable(why="too long")
    return body
