"""The gates of a measurement: 2,000 of them in one event loop, each as a gate's own link behaves.

A gate signs in with an assertion of its own key, fetches its list once and asks once a minute what
changed; every five seconds it asks for news, and two seconds after the last time it hands over
what waits, oldest first, at most 100 at once. A slow answer makes the next batch larger, as in
service. HTTP is spoken by hand: the generator shares the machine. Nothing here shares code with the
backend.
"""

import asyncio
import json
import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NEWS_SECONDS = 5.0
GATHER_SECONDS = 2.0
REFRESH_SECONDS = 60.0
BATCH_MAX = 100
ANSWER_SECONDS_MAX = 60.0
SIGN_IN_TOGETHER_MAX = 64
FORM = (
    "grant_type=client_credentials&client_assertion_type="
    "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="
)


@dataclass(slots=True)
class Tally:
    """What all gates together saw."""

    recorded: int = 0
    batches: int = 0
    #: Seconds from a passage to the backend's word for it.
    synced: list[float] = field(default_factory=list)
    #: Seconds of each request, by what it was.
    requests: dict[str, list[float]] = field(default_factory=dict)
    list_bytes: int = 0
    #: Passages that were not handed over when time was up.
    left: int = 0
    troubles: Counter[str] = field(default_factory=Counter)


class Line:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, head: str = "", body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return status, headers in lower case, and body. Raise OSError."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._reader is not None
        start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{head}"
        self._writer.write(f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await self._answer(self._reader)
        except (asyncio.IncompleteReadError, TimeoutError) as error:
            self.close()
            raise ConnectionError(str(error)) from error

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
        top, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines if line)
        headers = {name.lower(): value for name, value in pairs}
        status = int(top.split(" ", 2)[1])
        length = int(headers.get("content-length", "0"))
        return status, headers, await reader.readexactly(length) if length else b""

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class GateClient:
    """One gate of the simulation."""

    def __init__(self, plan: dict[str, Any], port: int, tally: Tally) -> None:
        self._terminal_id: str = plan["terminal_id"]
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(plan["private_key"]))
        self._cards: list[tuple[str, str]] = [tuple(card) for card in plan["cards"]]
        self._line = Line(port)
        self._tally = tally
        self._bearer = ""
        self._etag = ""
        self._cursor = ""
        #: What the gate's journal has numbered before.
        self._first: int = plan.get("first", 0)
        self._passed = 0
        self._waiting: deque[tuple[float, dict[str, Any]]] = deque()

    async def sign_in(self) -> None:
        """Exchange a signed assertion for a token."""
        claims = {
            "iss": self._terminal_id,
            "sub": self._terminal_id,
            "aud": "pass-backend",
            "exp": int(time.time()) + 50,
            "jti": secrets.token_hex(16),
        }
        assertion = jwt.encode(claims, self._key, algorithm="EdDSA")
        head = "Content-Type: application/x-www-form-urlencoded\r\n"
        status, _, body = await self._timed("token", "POST", "/v1/token", head, FORM + assertion)
        assert status == 200, body
        self._bearer = f"Authorization: Bearer {json.loads(body)['access_token']}\r\n"

    async def refresh(self) -> None:
        """Fetch the list, or what changed since the one held."""
        held = f"If-None-Match: {self._etag}\r\n" if self._etag else ""
        path = "/v1/access-list?changes=true"
        status, headers, body = await self._timed("list", "GET", path, self._bearer + held)
        if status == 200:
            self._etag = headers["etag"]
            self._tally.list_bytes += len(body)
        elif status != 304:
            self._tally.troubles[f"list {status}"] += 1

    async def noon(self, noon: "Noon", phase: float) -> None:
        """Let a card pass every `interval` seconds, beginning at `phase` of the first."""
        loop = asyncio.get_running_loop()
        due, end = noon.start + phase * noon.interval, noon.start + noon.seconds
        refresh_at = noon.start + phase * REFRESH_SECONDS
        news_at = noon.start + phase * NEWS_SECONDS
        while (self._waiting or due <= end) and loop.time() < noon.give_up_at:
            now = loop.time()
            if self._passed == len(self._cards) and not self._waiting and now >= end:
                break
            while due <= min(now, end) and self._passed < len(self._cards):
                self._pass_card(due)
                due += noon.interval
            try:
                if refresh_at <= now:
                    refresh_at += REFRESH_SECONDS
                    await self.refresh()
                if news_at <= now:
                    news_at = now + NEWS_SECONDS
                    await self._hear()
                while self._waiting and loop.time() < noon.give_up_at:
                    await self._hand_over()
            except (OSError, asyncio.IncompleteReadError) as error:
                self._tally.troubles[type(error).__name__] += 1
                await asyncio.sleep(1.0)
            later = min(max(due, now + GATHER_SECONDS), news_at, max(end, loop.time()))
            await asyncio.sleep(max(0.0, later - loop.time()))
        self._tally.left += len(self._waiting)
        self._line.close()

    def _pass_card(self, at: float) -> None:
        uid, card_id = self._cards[self._passed]
        self._passed += 1
        passage = {
            "passage_id": str(uuid4()),
            "sequence": self._first + self._passed,
            "occurred_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "uid": uid,
            "card_id": card_id,
            "service": "lunch",
            "answer": "OK",
            "detail": None,
            "list_version": 1,
        }
        self._waiting.append((at, passage))

    async def _hear(self) -> None:
        since = f"?since={self._cursor}" if self._cursor else ""
        status, _, body = await self._timed("news", "GET", f"/v1/gate-news{since}", self._bearer)
        if status == 200:
            self._cursor = json.loads(body)["cursor"]
        else:
            self._tally.troubles[f"news {status}"] += 1

    async def _hand_over(self) -> None:
        batch = [self._waiting[place] for place in range(min(BATCH_MAX, len(self._waiting)))]
        content = json.dumps({"passages": [passage for _, passage in batch]})
        head = f"{self._bearer}Content-Type: application/json\r\n"
        status, _, body = await self._timed("passages", "POST", "/v1/passages", head, content)
        if status != 200:
            self._tally.troubles[f"passages {status}"] += 1
            await asyncio.sleep(1.0)
            return
        receipt = json.loads(body)
        now = asyncio.get_running_loop().time()
        self._tally.batches += 1
        self._tally.recorded += len(receipt["recorded"])
        if receipt["quarantined"]:
            self._tally.troubles["quarantined"] += len(receipt["quarantined"])
        for _ in batch:
            at, _ = self._waiting.popleft()
            self._tally.synced.append(now - at)

    async def _timed(
        self, what: str, method: str, path: str, head: str, body: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        began = time.perf_counter()
        answer = await self._line.ask(method, path, head, body.encode())
        self._tally.requests.setdefault(what, []).append(time.perf_counter() - began)
        return answer


async def enter(gates: list[GateClient]) -> None:
    """Let every gate sign in and fetch its list, some at once."""
    places = asyncio.Semaphore(SIGN_IN_TOGETHER_MAX)

    async def one(gate: GateClient) -> None:
        async with places:
            await gate.sign_in()
            await gate.refresh()

    await asyncio.gather(*(one(gate) for gate in gates))


@dataclass(frozen=True, slots=True)
class Noon:
    """When it begins, how long cards come and how often, and when whoever waits gives up."""

    start: float
    seconds: float
    interval: float
    give_up_at: float


async def lunch(
    gates: list[GateClient], seconds: float, interval: float, seconds_max: float
) -> None:
    """Let noon last so long, with one card an interval at each gate; end when all is synced.

    After `seconds_max` in all, whatever is not handed over is counted and left.
    """
    start = asyncio.get_running_loop().time() + 0.5
    noon = Noon(start, seconds, interval, start + seconds_max)
    phases = [place / len(gates) for place in range(len(gates))]
    await asyncio.gather(
        *(gate.noon(noon, phase) for gate, phase in zip(gates, phases, strict=True))
    )
