"""Opening the doors that the configuration names, over one teller and one book.

Promise: without `[caisse_ap]` and `[concert]` nothing is opened, not even a file.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from terminal.counter.ports import Clock
from terminal.counter.receipts.receipt import ReceiptPlace
from terminal.counter.tills.book import open_till_book
from terminal.counter.tills.caisse_ap import TillService
from terminal.counter.tills.concert import ConcertDoor
from terminal.counter.tills.giving_back import GivingBack, ReturnRecords, Returns
from terminal.counter.tills.server import TillDoor
from terminal.counter.tills.teller import Sales, Teller
from terminal.counter.tills.ticket import ticket_of
from terminal.pin.serial_link import LineSettings, SerialLink
from terminal.settings import CounterSettings

BOOK_FILE = "tills.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillHost:
    """The counter that tills are served by."""

    sales: Sales
    returns: Returns
    records: ReturnRecords
    clock: Clock
    place: ReceiptPlace
    stopping: Callable[[], bool]
    training: Callable[[], bool] = lambda: False


@contextmanager
def open_tills(settings: CounterSettings, host: TillHost) -> Iterator[None]:
    """Serve the shop's own till while the block runs; raises SettingsError, JournalError."""
    if settings.caisse_ap is None and settings.concert is None:
        yield
        return
    with ExitStack() as stack:
        service = _service(stack, settings.state_dir, host)
        if settings.caisse_ap is not None:
            hosts = [str(each) for each in settings.caisse_ap.listen_hosts]
            door = TillDoor(hosts, settings.caisse_ap.port, settings.caisse_ap.peers, service)
            stack.enter_context(door)
        if settings.concert is not None:
            line = LineSettings.parse(settings.concert.line)
            open_link = partial(SerialLink, settings.concert.device, line)
            stack.enter_context(ConcertDoor(open_link, service))
        yield


def _service(stack: ExitStack, state_dir: Path, host: TillHost) -> TillService:
    book = open_till_book(state_dir / BOOK_FILE)
    stack.callback(book.close)
    giving_back = GivingBack(
        host.sales, book, host.returns, host.records, clock=host.clock, new_id=uuid4
    )
    teller = Teller(
        host.sales, book, host.clock, uuid4, money_back=giving_back, training=host.training
    )
    return TillService(teller, partial(ticket_of, host.place), host.stopping)
