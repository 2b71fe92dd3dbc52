"""A counter over fakes with a door for tills, and a till of few words."""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from terminal.counter.daemon import SystemClock
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.receipts.receipt import ReceiptPlace, receipt_of
from terminal.counter.receipts.text import receipt_latin_1
from terminal.counter.record import SaleRecord
from terminal.counter.tills.answer import TicketText
from terminal.counter.tills.book import TillBook, open_till_book
from terminal.counter.tills.caisse_ap import TillService
from terminal.counter.tills.giving_back import GivesNothingBack
from terminal.counter.tills.limits import TillLimits
from terminal.counter.tills.server import TillDoor
from terminal.counter.tills.teller import Teller
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


class TillStand:
    """A shop whose till speaks Caisse-AP; sales told to hold wait at the pad until `go`."""

    def __init__(self, folder: Path, journal: SaleJournal, limits: TillLimits = LIMITS) -> None:
        self.folder = folder
        self.shop = Shop(journal)
        self.limits = limits
        self.stopping = False
        self._stack = ExitStack()
        self.open()

    def open(self) -> None:
        """Open the door, on the book as it is."""
        self.book: TillBook = self._stack.enter_context(
            closing(open_till_book(self.folder / "tills.db"))
        )
        self.teller = Teller(
            self.shop.counter,
            self.book,
            SystemClock(),
            uuid4,
            money_back=GivesNothingBack(),
            limits=self.limits,
        )
        service = TillService(self.teller, self._ticket_of, lambda: self.stopping, self.limits)
        self.door = self._stack.enter_context(TillDoor(["127.0.0.1"], 0, [LOOPBACK], service))

    def close(self) -> None:
        """Close the door and the book."""
        self._stack.close()

    def _ticket_of(self, sale: SaleRecord) -> TicketText:
        return partial(receipt_latin_1, receipt_of(sale, PLACE))

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
