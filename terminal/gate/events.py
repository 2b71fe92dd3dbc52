"""Server-sent events: the gate's state as it stands, then each change (HTML Living Standard §9.2).

Promise: a slow page misses states in between, never the last. A stream is fed anew every
HEARTBEAT_SECONDS, because the hour and the age of the list change by themselves; it ends when its
page goes away or the gate stops.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

from terminal.gate.state import StateBoard

LISTENERS_MAX: Final = 16
HEARTBEAT_SECONDS: Final = 5.0


class StateStream:
    """Streams of one board's state; `close` ends them all, from any thread."""

    def __init__(self, board: StateBoard, current: Callable[[], dict[str, object]]) -> None:
        self._board = board
        self._current = current
        self._open = 0
        self._closed = False

    @property
    def has_room(self) -> bool:
        """Tell whether one more page may listen."""
        return self._open < LISTENERS_MAX

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._board.tell()

    async def text(self) -> AsyncIterator[str]:
        """Yield the text of one stream."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop ended while the gate was still serving
                loop.call_soon_threadsafe(news.set)

        self._open += 1
        stop = self._board.listen(tell)
        try:
            while not self._closed:
                news.clear()
                yield f"event: state\ndata: {json.dumps(self._current(), ensure_ascii=False)}\n\n"
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
        finally:
            stop()
            self._open -= 1
