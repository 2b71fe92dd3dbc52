"""A real HTTP server on 127.0.0.1 that answers from a script, misbehaviour included."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

TOKEN_PATH = "/v1/token"
HANG_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: `body` as JSON, or as it is when bytes."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False  # answer only when the test ends
    cut_after: int | None = None  # close the line after so many bytes of the body
    dribble: bool = False  # one byte at a time, slowly


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedBackend:
    """Answers each path from its queue; the last reply stays. Tokens are t1, t2, …"""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.ended = threading.Event()
        self._replies: dict[str, deque[Reply]] = defaultdict(deque)
        self._tokens = 0
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def script(self, path: str, *replies: Reply) -> None:
        self._replies[path].extend(replies)

    def requests_to(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def reply_to(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            queue = self._replies[seen.path]
            if queue:
                return queue.popleft() if len(queue) > 1 else queue[0]
            if seen.path == TOKEN_PATH:
                self._tokens += 1
                token = {"access_token": f"t{self._tokens}", "token_type": "Bearer"}
                return Reply(body={**token, "expires_in": 300})
        return Reply(404, {"code": "route_not_found", "message": "", "details": {}})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, backend: ScriptedBackend) -> None:
        self.backend = backend
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _backend(self) -> ScriptedBackend:
        assert isinstance(self.server, _Server)
        return self.server.backend

    def setup(self) -> None:
        super().setup()
        self._backend.connections += 1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        return

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self._backend.reply_to(Seen(self.command, self.path, headers, body))
        if reply.hang:
            self._backend.ended.wait(HANG_SECONDS_MAX)
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        if reply.status == 304:
            raw = b""
        self.send_response_only(reply.status)
        if "Date" not in reply.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if reply.cut_after is not None:
            self.wfile.write(raw[: reply.cut_after])
            self.close_connection = True
        elif reply.dribble:
            self._dribble(raw)
        else:
            self.wfile.write(raw)

    def _dribble(self, raw: bytes) -> None:
        try:
            for byte in raw:
                self.wfile.write(bytes([byte]))
                if self._backend.ended.wait(0.02):
                    return
        except OSError:  # the client gave up, as it should
            self.close_connection = True
