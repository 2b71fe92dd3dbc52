"""News of the wires, for whoever listens.

Promise: publishing never waits and never fails; each listener has a bounded queue, loses the oldest
news when it is slow, and is told how many; listeners are bounded too. What is published is redacted
already. The last HISTORY_EVENTS_MAX news are kept for who comes later. Not done here: saying what a
message means (`card_words.py`, `pad_words.py`, `http_words.py`).
"""

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from simulator.refusals import TooManyListeners

LISTENERS_MAX = 8
QUEUE_EVENTS_MAX = 256
HISTORY_EVENTS_MAX = 2000
QUIET_SECONDS_MAX = 10.0
TURN_SECONDS_MAX = 0.25

Json = dict[str, Any]


class Wire(StrEnum):
    """Where something was heard."""

    CARD = "card"
    PAD = "pad"
    HTTP = "http"
    PRINTER = "printer"


class What(StrEnum):
    """What happened there."""

    ARRIVED = "arrived"
    LEFT = "left"
    POWER = "power"
    EXCHANGE = "exchange"
    TO_PAD = "to pad"
    FROM_PAD = "from pad"
    CABLE = "cable"
    PAPER = "paper"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One thing heard. Bytes and fields are there only where anybody may see them.

    `routine` marks what is said again and again and means nothing new.
    """

    wire: Wire
    place: str
    what: What
    words: str
    card: str | None = None
    answer: str | None = None
    status: str | None = None
    path: str | None = None
    command_hex: str | None = None
    answer_hex: str | None = None
    command_bytes: int | None = None
    answer_bytes: int | None = None
    microseconds: int | None = None
    asked: Json | None = None
    told: Json | None = None
    routine: bool | None = None


def microseconds(seconds: float) -> int:
    """Return a duration as news carry it: to the nearest ten, which is finer than it is true."""
    return 10 * round(seconds * 100_000)


class Listener:
    """One who listens, in the event loop in which he was made."""

    def __init__(self, events_max: int) -> None:
        self._events: deque[Json] = deque()
        self._events_max = events_max
        self._dropped = 0
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()

    def put(self, event: Json) -> None:
        """Leave news, from any thread."""
        with self._lock:
            if len(self._events) >= self._events_max:
                self._events.popleft()
                self._dropped += 1
            self._events.append(event)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the listener with it
            self._loop.call_soon_threadsafe(self._wake.set)

    async def take(self, seconds_max: float) -> tuple[list[Json], int]:
        """Return the news since the last time, in order, and how many older ones were lost."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds_max)
        self._wake.clear()
        with self._lock:
            news, dropped = list(self._events), self._dropped
            self._events.clear()
            self._dropped = 0
        return news, dropped


class Feed:
    """Where the wires tell, and listeners hear."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        listeners_max: int = LISTENERS_MAX,
        events_max: int = QUEUE_EVENTS_MAX,
    ) -> None:
        self._now = now
        self._listeners_max = listeners_max
        self._events_max = events_max
        self._lock = threading.Lock()
        self._sequence = 0
        self._listeners: list[Listener] = []
        self._history: deque[Json] = deque(maxlen=HISTORY_EVENTS_MAX)

    def publish(self, event: WireEvent) -> None:
        """Tell all who listen now, in one order for all."""
        said = {key: value for key, value in asdict(event).items() if value is not None}
        with self._lock:
            self._sequence += 1
            at = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            told: Json = {"sequence": self._sequence, "at": at, **said}
            self._history.append(told)
            for listener in self._listeners:
                listener.put(told)

    @property
    def last_sequence(self) -> int:
        """Return the number of the last news; 0 before the first."""
        with self._lock:
            return self._sequence

    def history(self, after: int = 0) -> list[Json]:
        """Return what is kept of the news after this sequence number, in order."""
        with self._lock:
            return [event for event in self._history if event["sequence"] > after]

    def listen(self, after: int | None = None) -> Listener:
        """Begin to listen; raise TooManyListeners. `leave` ends it.

        With `after`, what is kept of the news since that sequence number comes first.
        """
        with self._lock:
            if len(self._listeners) >= self._listeners_max:
                raise TooManyListeners
            listener = Listener(self._events_max)
            self._listeners.append(listener)
            if after is not None and after <= self._sequence:
                for event in self._history:
                    if event["sequence"] > after:
                        listener.put(event)
            return listener

    def leave(self, listener: Listener) -> None:
        """End listening; a second time does nothing."""
        with self._lock, contextlib.suppress(ValueError):
            self._listeners.remove(listener)


async def event_stream(
    feed: Feed,
    listener: Listener,
    *,
    stopping: Callable[[], bool] = lambda: False,
    quiet_seconds_max: float = QUIET_SECONDS_MAX,
) -> AsyncGenerator[str, None]:
    """Give server-sent events (WHATWG HTML §9.2) until nobody reads them, or `stopping`."""
    quiet_seconds = 0.0
    try:
        yield ": listening\n\n"
        while not stopping():
            news, dropped = await listener.take(TURN_SECONDS_MAX)
            quiet_seconds = 0.0 if news else quiet_seconds + TURN_SECONDS_MAX
            if dropped:
                yield f'event: dropped\ndata: {{"dropped": {dropped}}}\n\n'
            for event in news:
                content = json.dumps(event, ensure_ascii=False)
                yield f"id: {event['sequence']}\nevent: {event['wire']}\ndata: {content}\n\n"
            if quiet_seconds >= quiet_seconds_max:
                quiet_seconds = 0.0
                yield ": nothing new\n\n"
    finally:
        feed.leave(listener)
