"""The line between a terminal and the backend: it carries each call, tells of it, and can fail.

Promise: on the loopback alone; a call arrives as it was sent and its answer as it was given, unless
a fault says otherwise; what is told is redacted (`http_words.py`). Connections, bodies and waits
are bounded, and what the backend does not answer is a line that breaks, never an answer made up
here. Not here: TLS (a backend elsewhere is not simulated), streams that do not end.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from simulator.wire.feed import Feed, What, Wire, WireEvent, microseconds
from simulator.wire.http_words import answer_words, read_call, seen_body
from simulator.wire_types import WHOLE, Flag

HOST = "127.0.0.1"
CONNECTIONS_MAX = 32
IDLE_SECONDS_MAX = 65.0
UPSTREAM_SECONDS_MAX = 20.0
REQUEST_BYTES_MAX = 2 * 1024 * 1024
ANSWER_BYTES_MAX = 16 * 1024 * 1024
SLOW_MILLISECONDS_MAX = 30_000
CLOCK_SECONDS_MAX = 86_400 * 7
LOST_MAX = 1000
STOP_SECONDS_MAX = 2.0
STOP_POLL_SECONDS = 0.1
LOST = ", and the answer was lost"
# RFC 9110 §7.6.1: these are about one connection, not about the message.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-connection",
    }
)


class LineFaults(BaseModel):
    """What goes wrong on a line: switches stay, `lost_answers` is spent by use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    down: Flag = False
    slow_milliseconds: Annotated[int, Field(ge=0, le=SLOW_MILLISECONDS_MAX, strict=True), WHOLE] = 0
    lost_answers: Annotated[int, Field(ge=0, le=LOST_MAX, strict=True), WHOLE] = 0
    clock_seconds: Annotated[
        int, Field(ge=-CLOCK_SECONDS_MAX, le=CLOCK_SECONDS_MAX, strict=True), WHOLE
    ] = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the backend gave."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def content_type(self) -> str:
        """Return the type of its body."""
        return next((value for name, value in self.headers if name == "content-type"), "")


class HttpWire:
    """`with HttpWire("Caisse 1", ("127.0.0.1", 8000), feed) as wire:` terminals use `wire.port`."""

    def __init__(
        self,
        name: str,
        upstream: tuple[str, int],
        feed: Feed,
        *,
        port: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.upstream = upstream
        self.feed = feed
        self.monotonic = monotonic
        self._faults = LineFaults()
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._server = _Server((HOST, port), self)
        self._thread = threading.Thread(target=self._serve, name=f"line {name}", daemon=True)

    @property
    def port(self) -> int:
        """Return where terminals find it."""
        return int(self._server.server_address[1])

    @property
    def faults(self) -> LineFaults:
        """Return what goes wrong now."""
        return self._faults

    def set_faults(self, faults: LineFaults) -> None:
        """Choose what goes wrong; whoever waits on a slow line goes on at once."""
        with self._lock:
            before, self._faults = self._faults, faults
            hurry, self._hurry = self._hurry, threading.Event()
        hurry.set()
        if before.down != faults.down:
            words = "the line is cut" if faults.down else "the line is whole again"
            self.feed.publish(WireEvent(Wire.HTTP, self.name, What.SWITCH, words))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go of the port and of every connection."""
        self._hurry.set()
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join(STOP_SECONDS_MAX)
        self._server.end()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=STOP_POLL_SECONDS)

    def wait_as_long_as_it_is_slow(self) -> None:
        """Wait, unless the faults change meanwhile."""
        with self._lock:
            seconds, hurry = self._faults.slow_milliseconds / 1000, self._hurry
        if seconds:
            hurry.wait(seconds)

    def loses_this_answer(self) -> bool:
        """Spend one lost answer, if there is one left."""
        with self._lock:
            left = self._faults.lost_answers
            if left:
                self._faults = self._faults.model_copy(update={"lost_answers": left - 1})
        return left > 0

    def ask(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """Carry a call to the backend and return its answer; raise OSError or HTTPException."""
        host, port = self.upstream
        connection = http.client.HTTPConnection(host, port, timeout=UPSTREAM_SECONDS_MAX)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.putheader("Host", f"{host}:{port}")
            connection.putheader("Connection", "close")
            connection.endheaders(body or None)
            response = connection.getresponse()
            received = response.read(ANSWER_BYTES_MAX + 1)
        finally:
            connection.close()
        if len(received) > ANSWER_BYTES_MAX:
            raise http.client.HTTPException("the answer is too long")
        kept = tuple((name.lower(), value) for name, value in response.getheaders())
        return Answer(response.status, response.reason, kept, received)

    def at_this_clock(self, date: str) -> str:
        """Return a Date header as a backend whose clock is off would write it (RFC 9110 §6.6.1)."""
        seconds = self._faults.clock_seconds
        if not seconds:
            return date
        try:
            there = parsedate_to_datetime(date) + timedelta(seconds=seconds)
        except ValueError:
            return date
        return format_datetime(there, usegmt=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = CONNECTIONS_MAX

    def __init__(self, address: tuple[str, int], wire: HttpWire) -> None:
        self.wire = wire
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(
        self, request: "socket.socket | tuple[bytes, socket.socket]", client_address: object
    ) -> None:
        """Serve a connection in a thread of its own, or close it when there are too many."""
        assert isinstance(request, socket.socket)
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: "socket.socket | tuple[bytes, socket.socket]", client_address: object
    ) -> None:
        """Serve it, and give its place back."""
        assert isinstance(request, socket.socket)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self._open.discard(request)
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a terminal that goes away in the middle is no error of ours."""

    def end(self) -> None:
        """Close the port and wake every connection."""
        self.server_close()
        with self._open_lock:
            left = list(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    """One connection of a terminal."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS_MAX
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Log nothing: the request line may hold what nobody may see."""

    def _relay(self) -> None:
        wire = self.server.wire
        body = self._body()
        if body is None:
            self._break()
            return
        call = read_call(self.command, self.path, self.headers.get("Content-Type", ""), body)
        began = wire.monotonic()
        wire.wait_as_long_as_it_is_slow()
        answer, words = self._answer(wire, body)
        wire.feed.publish(
            WireEvent(
                Wire.HTTP,
                wire.name,
                What.EXCHANGE,
                call.words,
                answer=words,
                status=None if answer is None else str(answer.status),
                path=call.path,
                command_bytes=len(body),
                answer_bytes=0 if answer is None else len(answer.body),
                microseconds=microseconds(wire.monotonic() - began),
                asked=call.body,
                told=None if answer is None else seen_body(answer.body),
                routine=(answer is not None and call.routine) or None,
            )
        )
        if answer is None or words.endswith(LOST):
            self._break()
        else:
            self._pass_on(wire, answer)

    do_GET = do_POST = do_PUT = _relay  # noqa: N815 -- the library's names
    do_PATCH = do_DELETE = do_HEAD = _relay  # noqa: N815 -- idem

    def _answer(self, wire: HttpWire, body: bytes) -> tuple[Answer | None, str]:
        if wire.faults.down:
            return None, "none: the line is cut"
        kept = [
            (name, value)
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP | {"host"}
        ]
        try:
            answer = wire.ask(self.command, self.path, kept, body)
        except (OSError, http.client.HTTPException):
            return None, "none: no backend answers"
        words = answer_words(answer.status, seen_body(answer.body))
        return answer, words + (LOST if wire.loses_this_answer() else "")

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            return None
        if int(length) > REQUEST_BYTES_MAX:
            return None
        received = self.rfile.read(int(length))
        return received if len(received) == int(length) else None

    def _break(self) -> None:
        """End the connection without an answer."""
        self.close_connection = True

    def _pass_on(self, wire: HttpWire, answer: Answer) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers:
            if name not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, wire.at_this_clock(value) if name == "date" else value)
        if answer.status not in {204, 304}:
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
