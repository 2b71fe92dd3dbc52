"""Telling every open till page that something changed.

Each listener has a short queue; one that does not read loses the oldest news, never the newest, so
a sleeping browser costs nothing and catches up with the present. Publishing never waits.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

LISTENERS_MAX = 16
NEWS_KEPT_MAX = 64

News = TypeVar("News")


class TooManyListeners(Exception):
    """LISTENERS_MAX pages are open already."""


class Broker(Generic[News]):
    """News from the thread that sells to the threads that serve the pages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[queue.Queue[News]] = set()

    def publish(self, news: News) -> None:
        """Give the news to every listener."""
        with self._lock:
            for listener in self._listeners:
                if listener.full():
                    listener.get_nowait()  # only this thread adds, so there is room after this
                listener.put_nowait(news)

    @contextmanager
    def listen(self) -> Iterator["queue.Queue[News]"]:
        """Hear all news published while the block runs; raises TooManyListeners."""
        listener: queue.Queue[News] = queue.Queue(NEWS_KEPT_MAX)
        with self._lock:
            if len(self._listeners) >= LISTENERS_MAX:
                raise TooManyListeners
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)
