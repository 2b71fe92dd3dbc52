"""What the counter's and the gate's daemons share: one instance, one page server, a clean end.

Not here: what they serve, and what they do beside serving.
"""

import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from terminal.errors import SettingsError
from terminal.service_notice import ALIVE, READY, STOPPING, tell_supervisor, watchdog_seconds

STREAMS_END_SECONDS_MAX = 3
REQUESTS_WAITING_MAX = 64
SHARED_STATIC = Path(__file__).parent / "static"
"""Style sheets that every page of a terminal uses."""


def page_headers(framed_by: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers of a terminal's page, which only these origins may show in a frame."""
    framers = " ".join(("'self'", *framed_by))
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'self'; frame-ancestors {framers}",
    }


class PageServer(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, and ends the event streams, which would not end alone."""

    def __init__(self, app: FastAPI, host: str, port: int, end_streams: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=REQUESTS_WAITING_MAX,
                timeout_graceful_shutdown=STREAMS_END_SECONDS_MAX,
            )
        )
        self._end_streams = end_streams
        self._alive_every = watchdog_seconds()
        self._alive_said_at = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and tell the service supervisor."""
        await super().startup(sockets)
        if self.started:
            tell_supervisor(READY)

    async def on_tick(self, counter: int) -> bool:
        """Tell the supervisor in time that this program still turns."""
        if self._alive_every and time.monotonic() - self._alive_said_at >= self._alive_every:
            self._alive_said_at = time.monotonic()
            tell_supervisor(ALIVE)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams as soon as the end is wished."""
        tell_supervisor(STOPPING)
        self._end_streams()
        super().handle_exit(sig, frame)

    def serve_until_signal(self) -> None:
        """Serve; return once stopped, outliving the signals that uvicorn raises again then.

        Raises SettingsError if another program listens there.
        """
        listener = _listen(self.config.host, self.config.port)
        before = {
            each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            self.run(sockets=[listener])
        finally:
            for each, action in before.items():
                signal.signal(each, action)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=REQUESTS_WAITING_MAX)
    except OSError as cause:
        raise SettingsError(
            f"the page cannot be served on {host} port {port}: {cause.strerror}. Stop the program "
            "that has it, or change listen_port"
        ) from cause


@contextmanager
def sole_daemon(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file; the kernel lets it go when we die, however we die.

    Raises SettingsError while another daemon of this kind (`what`, in English) holds it.
    """
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            raise SettingsError(f"another {what} uses {path.parent}: stop it first") from cause
        yield
    finally:
        os.close(file)
