"""What makes many small tests of the backend cheap: statements compiled once, requests in one hop.

Promise: neither changes what the backend does. A statement's text is the same whichever database of
its kind is asked, and the application is called as a server calls it, with its whole answer.
"""

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Coroutine
from functools import cache
from typing import Any, Final, TypeVar

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from backend.database import Database

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

T = TypeVar("T")
ANSWER_SECONDS_MAX: Final = 60.0


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return the one loop that every application of this process is called on."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="applications", daemon=True).start()
    return loop


def _wait_for(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, _loop()).result(ANSWER_SECONDS_MAX)


class OneHop(httpx.BaseTransport):
    """Calls an application on the loop's thread: there and back once for a request."""

    def __init__(self, app: FastAPI, *, raises: bool) -> None:
        self._asgi = httpx.ASGITransport(
            app, raise_app_exceptions=raises, client=("testclient", 50_000)
        )

    @property
    def client(self) -> tuple[str, int]:
        """Where requests come from."""
        return self._asgi.client

    @client.setter
    def client(self, address: tuple[str, int]) -> None:
        self._asgi.client = address

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _wait_for(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request.stream, httpx.AsyncByteStream):
            request.stream = _Dribbled(request.stream)
        answer = await self._asgi.handle_async_request(request)
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        )


class _Dribbled(httpx.AsyncByteStream):
    """A body that comes piece by piece, as the test makes it."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._stream:
            yield chunk


class QuickClient(TestClient):
    """Starlette's client, whose requests make one hop instead of seven."""

    def __init__(self, app: FastAPI, *, raise_server_exceptions: bool = True, **named: Any) -> None:
        super().__init__(app, raise_server_exceptions=raise_server_exceptions, **named)
        self._transport = OneHop(app, raises=raise_server_exceptions)


_FIRST: dict[str, Engine] = {}


def keep_compiled(database: Database) -> None:
    """Let statements that an earlier test had compiled serve this database of the same kind too."""
    engine = database.engine
    first = _FIRST.setdefault(engine.dialect.name, engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
