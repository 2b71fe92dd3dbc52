"""Serve the application until told to stop: one process, or several behind one socket.

Promise: what cannot work is refused before anybody listens; a worker that dies is replaced, unless
workers die faster than RESTARTS_PER_MINUTE_MAX: then all stop and the status is 1. Workers are
stateless: they share the listening socket, the database and the vault's process, nothing else.
"""

import gc
import logging
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn
from fastapi import FastAPI

from backend.commands.refusal import CommandRefused
from backend.settings import Settings

LOG = logging.getLogger(__name__)

STOP_SECONDS_MAX = 5
#: Longer than a counter's pause between two customers: the next one finds the line open.
KEEP_ALIVE_SECONDS_MAX = 75
#: More than waits while all are busy; beyond it the kernel refuses, and the terminal tries again.
BACKLOG_CONNECTIONS_MAX = 512
RESTARTS_PER_MINUTE_MAX = 10
#: Objects made between two looks of the garbage collector; the default is 700.
GARBAGE_OBJECTS_MAX = 20_000
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def serve(make_app: Callable[[], FastAPI], settings: Settings, workers: int = 1) -> int:
    """Listen where the settings say; return after SIGTERM or SIGINT, with the exit status.

    `make_app` runs in each worker, after it was forked. Raises CommandRefused.
    """
    with _listen(settings) as listener:
        if workers == 1:
            _work(make_app, listener)
            return 0
        return _Foreman(lambda: _work(make_app, listener), workers).run()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.listen_host, settings.listen_port))
    except OSError as cause:
        listener.close()
        place = f"{settings.listen_host}:{settings.listen_port}"
        raise CommandRefused(f"cannot listen at {place}: {cause.strerror}") from cause
    listener.listen(BACKLOG_CONNECTIONS_MAX)
    return listener


def _work(make_app: Callable[[], FastAPI], listener: socket.socket) -> None:
    """Serve in this process, without an access log: an activation link stands in a path."""
    app = make_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS_MAX)
    configuration = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS_MAX,
    )
    uvicorn.Server(configuration).run(sockets=[listener])


class _Foreman:
    """Keeps a number of forked workers at work."""

    def __init__(self, work: Callable[[], None], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._pids: set[int] = set()
        self._deaths: deque[float] = deque(maxlen=RESTARTS_PER_MINUTE_MAX)
        self._stopping = False

    def run(self) -> int:
        """Work until told to stop; return the exit status."""
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: self._stop())
        for _ in range(self._workers):
            self._hire()
        status = 0
        while self._pids:
            pid, _ = os.wait()
            if pid not in self._pids:
                continue
            self._pids.discard(pid)
            if not self._stopping and not self._replace(pid):
                status = 1
        return status

    def _hire(self) -> None:
        # Told to stop between the fork and the note of it, a worker would never hear of it.
        with _stops_later():
            if self._is_stopping():
                return
            pid = os.fork()
            if pid:
                self._pids.add(pid)
                # Another thread may have taken the signal meanwhile: then it is told here.
                if self._is_stopping():
                    self._stop()
                return
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
        status = 1
        try:
            self._work()
            status = 0
        except Exception as error:  # noqa: BLE001 - a worker's last words; its text may be a secret
            LOG.error("worker failed: %s", type(error).__name__)  # noqa: TRY400
        finally:
            os._exit(status)

    def _replace(self, pid: int) -> bool:
        now = time.monotonic()
        full = len(self._deaths) == RESTARTS_PER_MINUTE_MAX
        if full and now - self._deaths[0] < 60:
            LOG.error("workers die too fast: stopping")
            self._stop()
            return False
        self._deaths.append(now)
        LOG.warning("worker %s died: another takes its place", pid)
        self._hire()
        return True

    def _is_stopping(self) -> bool:
        # Asked, not read: it changes at any moment.
        return self._stopping

    def _stop(self) -> None:
        self._stopping = True
        for pid in self._pids:
            # It may have died a moment ago, unnoticed yet.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


@contextmanager
def _stops_later() -> Iterator[None]:
    """Let a signal to stop wait until the block ends, in a child that is forked in it too."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
