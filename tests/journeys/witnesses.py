"""Who watches a stage: the line between counter and backend, the processes, the open streams.

Everything seen is kept, the same thing once, to be searched when the story is over.
"""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self

import httpx

SAMPLE_SECONDS = 0.3
ANSWER_SECONDS_MAX = 20.0
PAYMENTS = "/v1/payments"
HOP_HEADERS = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})


@dataclass
class Seen:
    """What was seen, and the secrets that passed by and were allowed to."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    bodies: dict[bytes, str] = field(default_factory=dict)  # what was said -> where, at first
    processes: set[tuple[str, bytes]] = field(default_factory=set)
    blocks: dict[str, str] = field(default_factory=dict)  # key serial number -> encrypted block
    tokens: set[str] = field(default_factory=set)
    newest_token: str = ""

    def add_body(self, place: str, body: bytes) -> None:
        """Keep a body."""
        with self.lock:
            self.bodies.setdefault(body, place)


class Line(ThreadingHTTPServer):
    """Stands between the counter and the backend, and hears both.

    `on_payment` is called when a payment has been handed on and no answer was read yet.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, seen: Seen) -> None:
        super().__init__(("127.0.0.1", 0), _Carrier)
        self.seen = seen
        self.backend_port = 0
        self.on_payment: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Return where the counter finds its backend."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the counter is killed in the middle on purpose."""


class _Carrier(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = ANSWER_SECONDS_MAX
    server: Line

    def do_GET(self) -> None:
        self._carry()

    def do_POST(self) -> None:
        self._carry()

    def log_message(self, *_: object) -> None:
        pass

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._hear_request(body)
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.server.backend_port, timeout=ANSWER_SECONDS_MAX
        )
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_HEADERS}
            connection.request(self.command, self.path, body or None, headers)
            hook, self.server.on_payment = self._hook()
            if hook is not None:
                hook()
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.close()
            return
        finally:
            connection.close()
        self._hear_answer(said)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _hook(self) -> tuple[Callable[[], None] | None, Callable[[], None] | None]:
        hook = self.server.on_payment
        return (hook, None) if self.path == PAYMENTS else (None, hook)

    def _hear_request(self, body: bytes) -> None:
        """Keep the request, without what belongs into it: the block, and the token."""
        seen = self.server.seen
        bearer = self.headers.get("Authorization", "")
        if bearer:
            seen.newest_token = bearer.removeprefix("Bearer ")
            seen.tokens.add(seen.newest_token)
        if self.path == PAYMENTS:
            asked: dict[str, Any] = json.loads(body)
            pin = asked.pop("pin")
            seen.blocks[pin["ksn"]] = pin["block"]
            body = json.dumps(asked).encode()
        seen.add_body(f"request {self.command} {self.path}", body)

    def _hear_answer(self, said: bytes) -> None:
        seen = self.server.seen
        if self.path == "/v1/token":
            granted: dict[str, Any] = json.loads(said)
            seen.tokens.add(str(granted.pop("access_token", "")) or "none")
            said = json.dumps(granted).encode()
        seen.add_body(f"answer {self.command} {self.path}", said)


class ProcessWatch:
    """Reads arguments and environment of every process of a stage, again and again."""

    WHAT: ClassVar[tuple[str, ...]] = ("cmdline", "environ")

    def __init__(self, seen: Seen, folder: Path) -> None:
        self._seen = seen
        self._mark = str(folder).encode()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _watch(self) -> None:
        while not self._stopping.wait(SAMPLE_SECONDS):
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    self._look(entry)

    def _look(self, entry: Path) -> None:
        with contextlib.suppress(OSError):
            held = {what: (entry / what).read_bytes() for what in self.WHAT}
            if any(self._mark in content for content in held.values()):
                for what, content in held.items():
                    self._seen.processes.add((f"/proc {what}", content))


class StreamWatch:
    """Listens to an event stream until it ends."""

    def __init__(self, seen: Seen, url: str) -> None:
        self._seen = seen
        self._url = url
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def _listen(self) -> None:
        with (
            contextlib.suppress(httpx.HTTPError),
            httpx.stream("GET", self._url, timeout=httpx.Timeout(5.0, read=None)) as stream,
        ):
            for line in stream.iter_lines():
                self._seen.add_body(f"stream {self._url}", line.encode())
