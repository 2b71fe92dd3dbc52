"""Server-sent events: the till as it stands, then each change (HTML Living Standard §9.2).

A stream ends when its page goes away or the counter stops; a comment keeps quiet lines alive.
"""

import queue
from collections.abc import Callable, Generator

from terminal.counter.api_shapes import CurrentShape, sale_shape
from terminal.counter.broker import Broker
from terminal.counter.view import SaleView

LOOK_SECONDS = 0.25  # how soon a stream notices that the counter stops
HEARTBEAT_LOOKS = 40  # a comment every 10 s of silence


def event_stream(
    news: Broker[SaleView | None],
    current: Callable[[], CurrentShape],
    stopping: Callable[[], bool],
) -> Generator[str, None, None]:
    """Yield the text of the stream; raises TooManyListeners at its first step."""
    with news.listen() as listener:
        yield _event("state", current())
        silence = 0
        while not stopping():
            try:
                view = listener.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                silence += 1
                if silence % HEARTBEAT_LOOKS == 0:
                    yield ": still here\n\n"
            else:
                silence = 0
                yield _event("state", _shape(view, current))


def _shape(view: SaleView | None, current: Callable[[], CurrentShape]) -> CurrentShape:
    """Return the news itself: by now the till may be further on. None is news about the list."""
    if view is None:
        return current()
    shape = sale_shape(view)
    return CurrentShape(state=shape.state if view.active else "amount", sale=shape)


def _event(name: str, shape: CurrentShape) -> str:
    return f"event: {name}\ndata: {shape.model_dump_json()}\n\n"
