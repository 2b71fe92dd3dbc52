"""Server-sent events: a screen as it stands, then each change (HTML Living Standard §9.2).

A stream ends when its page goes away or the counter stops; a comment keeps quiet lines alive.
"""

import queue
from collections.abc import Callable, Generator

from pydantic import BaseModel

from terminal.counter.broker import Broker
from terminal.counter.front import News

LOOK_SECONDS = 0.25  # how soon a stream notices that the counter stops
HEARTBEAT_LOOKS = 40  # a comment every 10 s of silence


def event_stream(
    news: Broker[News],
    shown: Callable[[News], BaseModel],
    stopping: Callable[[], bool],
) -> Generator[str, None, None]:
    """Yield the text of the stream; raises TooManyListeners at its first step."""
    with news.listen() as listener:
        yield _event("state", shown(None))
        silence = 0
        while not stopping():
            try:
                change = listener.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                silence += 1
                if silence % HEARTBEAT_LOOKS == 0:
                    yield ": still here\n\n"
            else:
                silence = 0
                yield _event("state", shown(change))


def _event(name: str, shape: BaseModel) -> str:
    return f"event: {name}\ndata: {shape.model_dump_json()}\n\n"
