"""The way to the card for Python peers: the first card in the first reader, through pyscard."""

import contextlib
from collections.abc import Iterator
from typing import Any

from smartcard import scard
from smartcard.System import readers

ARRIVAL_SECONDS_MAX = 10


@contextlib.contextmanager
def connection() -> Iterator[Any]:
    """Give a pyscard connection to the card in the first reader, once it is there."""
    reader = min(readers(), key=str)
    _await_card(str(reader))
    made = reader.createConnection().component  # without pyscard's decorator: peers look inside
    made.connect()
    try:
        yield made
    finally:
        made.disconnect()


def _await_card(name: str) -> None:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    state = scard.SCARD_STATE_UNAWARE
    for _ in range(ARRIVAL_SECONDS_MAX):
        _, seen = scard.SCardGetStatusChange(context, 1000, [(name, state)])
        state = seen[0][1]
        if state & scard.SCARD_STATE_PRESENT:
            break
    scard.SCardReleaseContext(context)
