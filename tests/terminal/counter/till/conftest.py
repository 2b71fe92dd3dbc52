"""A counter over fakes with a door for tills, and a till of few words."""

import ipaddress
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from terminal.api_returns import FoundPayment
from terminal.counter.daemon import SystemClock
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.receipts.receipt import ReceiptPlace
from terminal.counter.returns.book import open_return_book
from terminal.counter.returns.desk import ReturnDesk
from terminal.counter.tills.book import TillBook, open_till_book
from terminal.counter.tills.caisse_ap import TillService
from terminal.counter.tills.giving_back import GivingBack
from terminal.counter.tills.limits import TillLimits
from terminal.counter.tills.server import TillDoor
from terminal.counter.tills.teller import Teller
from terminal.counter.tills.ticket import ticket_of
from terminal.errors import BackendRefused
from tests.terminal.counter.fakes import TwinBackend
from tests.terminal.counter.shop import Shop

WAIT_SECONDS = 10
LIMITS = TillLimits(
    request_seconds_max=0.4,
    quiet_seconds=0.1,
    settle_seconds=0.01,
    look_seconds=0.01,
    close_seconds_max=0.5,
    connections_max=4,
)
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
PLACE = ReceiptPlace("Librairie du Parc", "caisse 1")


def encode(**fields: str) -> bytes:
    return "".join(f"{tag}{len(value):03d}{value}" for tag, value in fields.items()).encode()


def decode(raw: bytes) -> dict[str, str]:
    text, found = raw.decode("ascii"), {}
    while text:
        size = int(text[2:5])
        found[text[:2]], text = text[5 : 5 + size], text[5 + size :]
    return found


def request(**changed: str) -> bytes:
    """A payment of 12.50, or what was changed."""
    plain = {"CZ": "0300", "CJ": "012345678901", "CA": "01", "CB": "1250", "CD": "0", "CE": "978"}
    return encode(**{**plain, **changed})


def outcome(answer: dict[str, str]) -> tuple[str, str | None]:
    return answer["AE"], answer.get("AF")


def hang_up(line: socket.socket) -> None:
    """Close as a till that was switched off and on: what comes after is refused."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


@dataclass(frozen=True)
class Returned:
    authorisation_number: str


class Returns:
    """Voids and refunds over the twin of the backend: each id once, never more than was paid."""

    def __init__(self, backend: TwinBackend) -> None:
        self._backend = backend
        self.done: dict[UUID, tuple[UUID, int]] = {}
        self.refusal: str | None = None
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None

    def void_payment(self, payment_id: UUID, void_id: UUID, /) -> Returned:
        return self._give(payment_id, void_id, self._backend.debits.get(payment_id, 0))

    def refund_payment(self, payment_id: UUID, refund_id: UUID, amount_cents: int, /) -> Returned:
        return self._give(payment_id, refund_id, amount_cents)

    def find_by_receipt(self, authorisation_number: str, day: date, /) -> FoundPayment | None:
        raise AssertionError(f"a till's sale is known: {authorisation_number}, {day}")

    def _give(self, payment_id: UUID, return_id: UUID, cents: int) -> Returned:
        self.before()
        if return_id not in self.done:
            if self.refusal is not None:
                raise BackendRefused(409, self.refusal)
            given = sum(each for paid, each in self.done.values() if paid == payment_id)
            if given + cents > self._backend.debits[payment_id]:
                raise BackendRefused(409, "refund_too_large")
            self.done[return_id] = payment_id, cents
        self.after()
        return Returned("Z9Y8X7")


class TillStand:
    """A shop whose till speaks Caisse-AP; sales told to hold wait at the pad until `go`."""

    def __init__(self, folder: Path, journal: SaleJournal, limits: TillLimits = LIMITS) -> None:
        self.folder = folder
        self.shop = Shop(journal)
        self.limits = limits
        self.stopping = False
        self.payments = Returns(self.shop.world.backend)
        self._stack = ExitStack()
        self.open()

    def open(self) -> None:
        """Open the door, on the book as it is."""
        self.book: TillBook = self._stack.enter_context(
            closing(open_till_book(self.folder / "tills.db"))
        )
        clock = SystemClock()
        counter = self.shop.front
        returns = self._stack.enter_context(closing(open_return_book(self.folder / "returns.db")))
        self.desk = ReturnDesk(returns, self.payments, now=clock.now, new_id=_no_id)
        giving_back = GivingBack(counter, self.book, self.desk, returns, clock=clock, new_id=uuid4)
        self.teller = Teller(
            counter,
            self.book,
            clock,
            uuid4,
            money_back=giving_back,
            training=lambda: self.shop.front.training,
            limits=self.limits,
        )
        service = TillService(
            self.teller, partial(ticket_of, PLACE), lambda: self.stopping, self.limits
        )
        self.door = self._stack.enter_context(TillDoor(["127.0.0.1"], 0, [LOOPBACK], service))

    def close(self) -> None:
        """Close the door and the book."""
        self._stack.close()

    def reopen(self, limits: TillLimits) -> None:
        """Open the door again, with other limits."""
        self.close()
        self.limits = limits
        self.open()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.door.port), timeout=WAIT_SECONDS)

    def send(self, raw: bytes) -> socket.socket:
        """Send a request and keep the line open."""
        line = self.connect()
        line.sendall(raw)
        return line

    def ask(self, raw: bytes) -> dict[str, str]:
        """Send, read once as tills do, close."""
        with self.send(raw) as line:
            return decode(line.recv(1024))

    def ask_for(self, **changed: str) -> dict[str, str]:
        return self.ask(request(**changed))

    def debits(self) -> list[int]:
        return list(self.shop.world.backend.debits.values())

    def wait_for_code(self) -> None:
        """Wait until the sale in progress asks for the code."""

        def asks() -> bool:
            view = self.shop.counter.current()
            return view is not None and view.active and view.record.state == "code"

        self.wait_until(asks)

    def wait_until(self, seen: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not seen():
            assert time.monotonic() < end, "it never came"
            time.sleep(0.005)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[TillStand]:
    with closing(open_sale_journal(tmp_path / "counter.db")) as journal:
        made = TillStand(tmp_path, journal)
        made.shop.counter._new_sale_id = _no_id  # a till brings the id it wrote down
        yield made
        made.shop.go.set()
        made.close()
        assert made.shop.counter.stop()


def _no_id() -> UUID:
    raise AssertionError("the sale's id was not written down before")
