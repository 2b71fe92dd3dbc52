"""The real counter's returns in the same fire: what was sold goes back, whole or in parts, once.

What survives a kill is the book's file. A return whose answer was lost is asked again, with the id
that was written down, until somebody knows.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

from terminal.counter.record import SaleRecord
from terminal.counter.returns.book import ReturnBook, ReturnState, open_return_book
from terminal.counter.returns.desk import Payments, ReturnDesk, ReturnRefused
from tests.fire.schedule import Schedule

RETURN_SHARE = 0.5
WHOLE_SHARE = 0.4
ASK_AGAIN_SECONDS = 5.0


class Around(Protocol):
    def __call__(self, name: str, effect: Callable[[], Any], /) -> Any: ...


class Clock(Protocol):
    def now(self) -> Any: ...


class Watched:
    """Anything, with a point to die at before and after each call."""

    def __init__(self, real: object, name: str, around: Around) -> None:
        self._real = real
        self._name = name
        self._around = around

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)

        def watched(*arguments: Any) -> Any:
            return self._around(f"{self._name}.{name}", lambda: call(*arguments))

        return watched


class Returns:
    """One life of a counter's returns."""

    def __init__(
        self, folder: Path, line: object, clock: Clock, schedule: Schedule, around: Around
    ) -> None:
        self.book = open_return_book(folder / "returns.sqlite3")
        self._schedule = schedule
        self._desk = ReturnDesk(
            cast("ReturnBook", Watched(self.book, "book", around)),
            cast("Payments", Watched(line, "returns", around)),
            now=clock.now,
            new_id=lambda: UUID(int=schedule.random.getrandbits(128), version=4),
        )

    def finish(self) -> None:
        """Ask again for what nobody knows the end of, until somebody does."""
        while self._desk.settle_open():
            self._schedule.pause(ASK_AGAIN_SECONDS)

    def give_back_perhaps(self, sales: list[SaleRecord]) -> None:
        """Give back the whole or a part of one of these sales, or nothing."""
        random = self._schedule.random
        if not sales or random.random() >= RETURN_SHARE:
            return
        sale = random.choice(sales)
        whole = random.random() < WHOLE_SHARE
        amount = sale.amount_cents if whole else random.randint(1, sale.amount_cents)
        try:
            self._desk.give_back(sale, amount)
        except ReturnRefused:
            # There is less left: the book or the backend says so, and nothing moved.
            return
        self.finish()

    def close(self) -> None:
        """Let go of the file."""
        self.book.close()


def given_back(folder: Path) -> tuple[dict[UUID, int], int]:
    """Return the cents that a counter says went back of each payment, and what is left open."""
    book = open_return_book(folder / "returns.sqlite3")
    rows = book._file.rows("select payment_id, amount_cents, state from money_back")
    book.close()
    back: dict[UUID, int] = {}
    for row in rows:
        if row["state"] == ReturnState.DONE:
            key = UUID(row["payment_id"])
            back[key] = back.get(key, 0) + row["amount_cents"]
    return back, sum(row["state"] == ReturnState.ASKED for row in rows)
