"""The loop beside the reader: wait for a card, serve it, wait for the next; for ever.

Promise: a reader that is unplugged, busy or gone is a word on the screen and another try, never the
end. One tap is served once, because the reader gives it out once. It holds the reader's thread.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol

from terminal.errors import CardSilent, ReaderError
from terminal.gate.folding import Lull
from terminal.gate.state import StateBoard
from terminal.gate.tap import CardInField, Gate

LOG = logging.getLogger(__name__)

LOOK_SECONDS_MAX: Final = 0.5
"""How long one wait for a card lasts, and so how soon a stop is noticed."""
RETRY_SECONDS: Final = 0.5


class CardReader(Protocol):
    """What the loop asks of a reader."""

    def wait_for_card(self, seconds_max: float) -> AbstractContextManager[CardInField] | None:
        """Return a connection to the next tap, or None when the time is up."""
        ...


def watch(
    reader: CardReader,
    gate: Gate,
    board: StateBoard,
    stop: threading.Event,
    *,
    after_tap: Callable[[], None] = lambda: None,
    see_reader: Callable[[bool], None] = lambda _: None,
    lull: Lull | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Serve taps until `stop` is set; `after_tap` is told of each passage that was written.

    `see_reader` is told at each look whether the reader serves; `lull` is broken by each card.
    """
    quiet = lull or Lull(monotonic)
    while not stop.is_set():
        try:
            card = reader.wait_for_card(LOOK_SECONDS_MAX)
            arrived = monotonic()
            board.change(reader_ready=True)
            see_reader(True)
            if card is not None:
                with quiet.broken(), card as in_field:
                    passage = gate.serve(in_field, arrived)
                if passage is not None:
                    after_tap()
        except CardSilent:  # a card that does not answer to power: the reader itself is well
            gate.ask_again()
        except ReaderError as trouble:
            LOG.warning("the reader does not serve: %s", trouble)
            board.change(reader_ready=False)
            see_reader(False)
            stop.wait(RETRY_SECONDS)
