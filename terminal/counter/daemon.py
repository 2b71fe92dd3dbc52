"""The counter's daemon: the real collaborators, put together, and one HTTP server on loopback.

Promise: one daemon per `state_dir`, because two would finish each other's sales; SIGTERM and SIGINT
end it with every sale at rest or recoverable from the journal. It holds no rule of its own.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import uuid4

from terminal.backend_client import BackendClient
from terminal.counter.api import create_app
from terminal.counter.api_shapes import HealthShape
from terminal.counter.broker import Broker
from terminal.counter.callers import load_token
from terminal.counter.counter import Counter
from terminal.counter.front import Front, News, Training
from terminal.counter.health import HealthWatch, Lookout, Probes
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.page import Place
from terminal.counter.ports import Collaborators
from terminal.counter.receipts.office import open_office
from terminal.counter.receipts.receipt import ReceiptPlace
from terminal.counter.returns.book import open_return_book
from terminal.counter.returns.desk import ReturnDesk
from terminal.counter.speech import Language
from terminal.counter.till import Returns, Till
from terminal.counter.tills.open_tills import TillHost, open_tills
from terminal.errors import ReaderBusy
from terminal.identity import Identity, load_identity
from terminal.loopback import PageServer, sole_daemon
from terminal.pin.dialogue import PadDialogue
from terminal.pin.drivers import check_pad, find_driver, open_pad
from terminal.pin.pad import CodeEntry
from terminal.reader.choice import WantedReader, fitting_readers
from terminal.reader.pcsc import PcscReader, list_reader_names
from terminal.settings import CounterSettings
from terminal.trace.recording import recorded

JOURNAL_FILE = "counter.db"
RETURNS_FILE = "returns.db"
LOCK_FILE = "counter.lock"

_log = logging.getLogger(__name__)

Wrap = Callable[[Collaborators], Collaborators]


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def pause(self, seconds: float, /) -> None:
        """Sleep."""
        time.sleep(seconds)


def run(settings: CounterSettings, wrap: Wrap = lambda collaborators: collaborators) -> int:
    """Serve the till until SIGTERM or SIGINT; return the exit status.

    Raises SettingsError, IdentityError or JournalError when it cannot begin. `wrap` stands between
    the sale and the world: tests kill, lose and count there.
    """
    identity = load_identity(settings.state_dir, "counter")
    with ExitStack() as stack:
        stack.enter_context(sole_daemon(settings.state_dir / LOCK_FILE, "counter"))
        journal = open_sale_journal(settings.state_dir / JOURNAL_FILE)
        stack.callback(journal.close)
        backend = stack.enter_context(
            BackendClient(settings.backend_url, identity, ca_file=settings.backend_ca_file)
        )
        news: Broker[News] = Broker()
        reader = PcscReader(_wanted_reader(settings), alone=True)
        collaborators = wrap(make_collaborators(settings, backend, journal, reader))
        counter = Counter(collaborators, journal, news.publish, uuid4)
        front = _front(settings, counter, collaborators, news)
        stopping = threading.Event()
        returns = _open_returns(settings, collaborators, backend, stack)
        place = _receipt_place(identity, settings)
        till = Till(
            front=front,
            journal=journal,
            news=news,
            place=_place(identity, find_driver(settings).caps.code_entry),
            health=_health(settings, backend, counter, journal, reader),
            clock_ahead=lambda: backend.clock.ahead,
            now=collaborators.clock.now,
            stopping=stopping.is_set,
            receipts=stack.enter_context(open_office(settings, place, collaborators.clock.now)),
            token=load_token(settings.state_dir),
            framed_by=settings.framed_by,
            language=Language(settings.page.language),
            sound_percent=settings.page.sound_percent,
            returns=returns,
        )
        counter.start()
        returns.desk.start()
        stack.callback(returns.desk.stop)
        host = _till_host(front, returns, collaborators, place, stopping)
        try:
            _serve(settings, till, host, stopping)
        finally:
            front.stop()
            if not counter.stop():
                _log.warning("a sale did not come to rest in time: the next start finishes it")
    return 0


def make_collaborators(
    settings: CounterSettings,
    backend: BackendClient,
    journal: SaleJournal,
    reader: PcscReader | None = None,
) -> Collaborators:
    """Return the real reader, pad, backend, journal, clock and ids; nothing is opened yet."""
    return Collaborators(
        reader=recorded(reader or PcscReader(_wanted_reader(settings), alone=True), settings),
        pad=PadDialogue(open_pad(settings)),
        backend=backend,
        journal=journal,
        clock=SystemClock(),
        new_id=uuid4,
    )


def _open_returns(
    settings: CounterSettings,
    collaborators: Collaborators,
    backend: BackendClient,
    stack: ExitStack,
) -> Returns:
    book = open_return_book(settings.state_dir / RETURNS_FILE)
    stack.callback(book.close)
    desk = ReturnDesk(book, backend, now=collaborators.clock.now, new_id=collaborators.new_id)
    return Returns(desk, book)


def _front(
    settings: CounterSettings, counter: Counter, collaborators: Collaborators, news: Broker[News]
) -> Front:
    training = Training(settings.page.training)
    return Front(counter, collaborators, news.publish, training=training)


def _till_host(
    front: Front,
    returns: Returns,
    collaborators: Collaborators,
    place: ReceiptPlace,
    stopping: threading.Event,
) -> TillHost:
    return TillHost(
        sales=front,
        returns=returns.desk,
        records=returns.book,
        clock=collaborators.clock,
        place=place,
        stopping=stopping.is_set,
        training=lambda: front.training,
    )


def _place(identity: Identity, code_entry: CodeEntry) -> Place:
    partner = identity.partner_name or identity.outlet_name or "Caisse Pass"
    return Place(partner_name=partner, terminal_name=identity.name, code_entry=code_entry)


def _receipt_place(identity: Identity, settings: CounterSettings) -> ReceiptPlace:
    names = [name for name in (identity.partner_name, identity.outlet_name) if name]
    header = (*names[1:], *settings.receipt_header)
    return ReceiptPlace(names[0] if names else "Caisse Pass", identity.name, header)


def _health(
    settings: CounterSettings,
    backend: BackendClient,
    counter: Counter,
    journal: SaleJournal,
    reader: PcscReader,
) -> Callable[[], HealthShape]:
    def count_open_reversals() -> int:
        journal.require_room()
        return counter.count_open_reversals()

    probes = Probes(
        reader=lambda: _has_reader(settings, ours=reader),
        pad=lambda: _has_pad(settings),
        backend=lambda: backend.me().kind == "counter",
        count_open_reversals=count_open_reversals,
        clock_ahead=lambda: backend.clock.ahead if backend.clock.is_wrong else None,
    )
    return HealthWatch(probes, time.monotonic).look


def _wanted_reader(settings: CounterSettings) -> WantedReader:
    return WantedReader(settings.reader, settings.reader_usb_socket)


def _has_pad(settings: CounterSettings) -> bool:
    check_pad(settings)
    return True


def _has_reader(settings: CounterSettings, *, ours: PcscReader) -> bool:
    """Look for the reader, and whether somebody else is connected; raises a ReaderError."""
    if ours.is_open:  # then it is we who may be, and nothing is disturbed
        return bool(fitting_readers(list_reader_names(), settings.reader))
    with PcscReader(_wanted_reader(settings)) as reader:
        if reader.look():
            raise ReaderBusy("another program is connected", reader=reader.name)
    return True


def _serve(
    settings: CounterSettings, till: Till, host: TillHost, stopping: threading.Event
) -> None:
    address, port = settings.listen_host, settings.listen_port
    with open_tills(settings, host), Lookout(till.health):
        PageServer(create_app(till), address, port, stopping.set).serve_until_signal()
