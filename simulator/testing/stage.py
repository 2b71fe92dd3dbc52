"""What the fixtures hand out: a reader, cards, a pad, a backend, a counter, a gate.

Promise: each is small and says what it is in its methods; a wait has a limit and says what was last
seen. Not here: when they begin and end (`plugin.py`).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.cards.faults import NO_FAULTS, CardFaults
from simulator.cards.record import CardChange
from simulator.pad.cable import PadCable
from simulator.tabletop import Tabletop
from simulator.testing.programs import POLL_SECONDS, StageError, ask
from simulator.wire.http_wire import HttpWire

SEEN_SECONDS_MAX = 15.0


def see(what: str, look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """Look until what is seen is wanted, and return it; raise StageError with the last sight."""
    end = time.monotonic() + SEEN_SECONDS_MAX
    while not wanted(seen := look()):
        if time.monotonic() > end:
            raise StageError(f"waited for {what}, last saw {seen}")
        time.sleep(POLL_SECONDS)
    return seen


@dataclass(frozen=True, slots=True)
class PassCard:
    """A card: its name in the drawer; made for a person, its number and the code they chose."""

    table: Tabletop = field(repr=False)
    name: str
    number: str | None = None
    code: str = field(default="", repr=False)

    @property
    def uid(self) -> str:
        """Return its UID in hex."""
        return self.table.drawer.card(self.name).uid

    def set_faults(self, faults: CardFaults = NO_FAULTS) -> None:
        """Choose what goes wrong with it from now on; nothing unless said."""
        self.table.drawer.change(self.name, CardChange(faults=faults))


@dataclass(frozen=True, slots=True)
class PassReader:
    """A reader that any PC/SC program of this process sees."""

    table: Tabletop = field(repr=False)
    name: str
    socket_path: Path

    def lay(self, card: PassCard) -> None:
        """Lay a card on it."""
        self.table.lay(self.name, card.name)

    def take(self) -> None:
        """Take away what lies there."""
        self.table.slot(self.name).remove()

    @contextmanager
    def holding(self, card: PassCard) -> Iterator[None]:
        """Hold a card there for the length of the block."""
        self.lay(card)
        try:
            yield
        finally:
            self.take()


@dataclass(frozen=True, slots=True)
class PassPinPad:
    """A PIN pad at the end of a serial port, `port`."""

    cable: PadCable = field(repr=False)
    port: Path

    @property
    def lines(self) -> tuple[str, str]:
        """Return what its display shows."""
        return self.cable.view().lines

    def press(self, keys: str) -> None:
        """Press keys: digits, E (validate), B (clear), C (cancel)."""
        self.cable.press(keys)

    def type_code(self, code: str) -> None:
        """Wait until it asks, type a code and validate."""
        see("the pad asking for a code", self.cable.view, lambda pad: bool(pad.entering))
        self.press(f"{code}E")


@dataclass(frozen=True, slots=True)
class PassBackend:
    """A backend with a school, a bookshop and one person; `line` is what terminals reach it by."""

    url: str
    line: HttpWire = field(repr=False)
    applied: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassCounter:
    """A counter that runs: its till's address, and what lets a program sell there."""

    url: str
    token: str = field(repr=False)
    reader: PassReader

    def start_sale(self, amount_cents: int) -> str:
        """Ring up an amount; return the sale's id."""
        wish = {"amount_cents": amount_cents}
        status, answer = ask("POST", f"{self.url}/sales", wish, token=self.token)
        if status != 201:
            raise StageError(f"the till answered {status}: {answer}")
        return str(answer["sale_id"])

    def sale(self, sale_id: str) -> dict[str, Any]:
        """Return what the till says of a sale."""
        found: dict[str, Any] = ask("GET", f"{self.url}/sales/{sale_id}")[1]
        return found

    def wait_until_ended(self, sale_id: str) -> dict[str, Any]:
        """Wait for a sale's end; return what the till says then."""
        ended: dict[str, Any] = see(
            "the sale's end", lambda: self.sale(sale_id), lambda sale: not sale["active"]
        )
        return ended


@dataclass(frozen=True, slots=True)
class PassGate:
    """A gate that runs and has its list."""

    url: str
    reader: PassReader

    def pass_with(self, card: PassCard) -> dict[str, Any]:
        """Hold a card at the gate; return its answer."""
        before = ask("GET", f"{self.url}/state")[1]["sequence"]
        with self.reader.holding(card):
            state = see(
                "the gate's answer",
                lambda: ask("GET", f"{self.url}/state")[1],
                lambda seen: seen["sequence"] > before,
            )
        last: dict[str, Any] = state["last"]
        return last
