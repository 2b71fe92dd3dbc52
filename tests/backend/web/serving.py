"""The backend, served on the loopback to a real browser."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from backend.app import build_app
from backend.services import Services

SECONDS_MAX = 30


@contextmanager
def serving(services: Services, listening: socket.socket | None = None) -> Iterator[str]:
    """Serve, on a socket that listens already or on any port, and give the address."""
    # Its own settings of the log would stay behind for the tests that follow.
    server = uvicorn.Server(uvicorn.Config(build_app(services), port=0, log_config=None))
    sockets = None if listening is None else [listening]
    thread = threading.Thread(target=server.run, kwargs={"sockets": sockets})
    thread.start()
    end = time.monotonic() + SECONDS_MAX
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    taken = listening or server.servers[0].sockets[0]
    yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    server.should_exit = True
    thread.join(SECONDS_MAX)
