"""Which cards a batch has to make: from a file, or whatever the backend has on order.

Promise: every number was checked (digits, prefix, Luhn), each is there once, in the given order;
a file with one wrong line is refused before anything is made. Not here: making them.
"""

from pathlib import Path
from typing import Protocol

from passcard.errors import InvalidCardNumber
from passcard.layout import CardNumber, parse_card_number
from terminal.api_values import CardOrderPage
from terminal.errors import BackendGarbled, SettingsError

ORDERS_MAX = 100_000
FILE_BYTES_MAX = 8 * 1024 * 1024
_HEADINGS = frozenset({"card_number", "numero_carte"})


class OrderingBackend(Protocol):
    """The side that knows what is on order."""

    def list_card_orders(self, cursor: str | None = None) -> CardOrderPage:
        """Return some orders, from a page's cursor on."""
        ...


def read_orders(path: Path) -> tuple[CardNumber, ...]:
    """Return the numbers in a file: one a line, or the first column of a CSV file with `;`.

    A heading (`card_number`, `numero_carte`), empty lines and repetitions are skipped. Raises
    SettingsError, which names the line and never quotes it.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise SettingsError("the orders file is too long")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"the orders file cannot be read: {type(cause).__name__}") from cause
    numbers: dict[CardNumber, None] = {}
    for place, line in enumerate(lines, 1):
        first = line.split(";", 1)[0].strip().strip('"')
        if not first or (place == 1 and first.lower() in _HEADINGS):
            continue
        try:
            numbers[parse_card_number(first)] = None
        except InvalidCardNumber as cause:
            raise SettingsError(f"the orders file, line {place}: {cause.reason}") from None
    return _bounded(numbers)


def fetch_orders(client: OrderingBackend) -> tuple[CardNumber, ...]:
    """Return every number the backend has on order. Raises BackendError."""
    numbers: dict[CardNumber, None] = {}
    cursor: str | None = None
    while len(numbers) <= ORDERS_MAX:
        page = client.list_card_orders(cursor)
        known = len(numbers)
        for order in page.orders:
            numbers[_checked(order.card_number)] = None
        if page.next_cursor is None:
            return _bounded(numbers)
        if len(numbers) == known:
            raise BackendGarbled("the orders do not go on")
        cursor = page.next_cursor
    return _bounded(numbers)


def _checked(number: str) -> CardNumber:
    try:
        return parse_card_number(number)
    except InvalidCardNumber:
        raise BackendGarbled("an order with a number that is none") from None


def _bounded(numbers: dict[CardNumber, None]) -> tuple[CardNumber, ...]:
    if len(numbers) > ORDERS_MAX:
        raise SettingsError(f"more than {ORDERS_MAX} orders: make several batches")
    return tuple(numbers)
