"""The gate's daemon: reader, journal, list and link put together, and one HTTP server on loopback.

Promise: one daemon per `state_dir`, because two journals' worth of taps would pass twice; SIGTERM
and SIGINT end it with every passage on the disk. It serves taps from the stored list before it has
heard of any backend. It holds no rule of its own.

The main thread serves HTTP and hears signals, one thread holds the reader, one the backend; the
turnstile or door, the supervisor's pages and the siblings have one each where there are any. A
thread that ends by a fault of ours ends the daemon: a gate that looks alive and decides nothing is
worse than one that starts again.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastapi import FastAPI

from terminal.backend_client import BackendClient
from terminal.door_settings import DoorSettings
from terminal.gate.access_list import ListRefused
from terminal.gate.api import Screen, create_app
from terminal.gate.beside import Beside, DeskServer, open_sibling_line, seat_supervisor
from terminal.gate.door.build import build_keeper
from terminal.gate.door.event_book import EventBook, ReaderWatch, hand_over
from terminal.gate.door.keeper import DoorKeeper
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.events import StateStream
from terminal.gate.folding import Folder, Lull
from terminal.gate.link import BackendLink, GateBackend, Pace
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.name_seal import NameSeal
from terminal.gate.passages import PassageJournal, PassageState, open_passage_journal
from terminal.gate.photos import PhotoShelf
from terminal.gate.state import StateBoard
from terminal.gate.tap import Gate
from terminal.gate.view import state_json
from terminal.gate.watch import CardReader, watch
from terminal.identity import Identity, load_identity
from terminal.loopback import PageServer, sole_daemon
from terminal.reader.choice import WantedReader
from terminal.reader.pcsc import PcscReader
from terminal.settings import GateSettings
from terminal.trace.recording import recorded

LOG = logging.getLogger(__name__)

JOURNAL_FILE: Final = "passages.db"
LOCK_FILE: Final = "gate.lock"
THREAD_END_SECONDS_MAX: Final = 20.0  # one exchange with the backend, and a little


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """A gate put together and not yet running."""

    board: StateBoard
    gate: Gate
    link: BackendLink
    stream: StateStream
    app: FastAPI
    keeper: DoorKeeper | None
    screen: Screen
    photos: PhotoShelf
    beside: Beside = field(default_factory=Beside)


def run(settings: GateSettings) -> int:
    """Serve the gate until SIGTERM or SIGINT; return the exit status, 1 after a fault of ours.

    Raises SettingsError, IdentityError or JournalError when it cannot begin.
    """
    identity = load_identity(settings.state_dir, "gate")
    with ExitStack() as stack:
        stack.enter_context(sole_daemon(settings.state_dir / LOCK_FILE, "gate"))
        names = NameSeal(identity.secret(), identity.terminal_id)
        path, days = settings.state_dir / JOURNAL_FILE, settings.retention_days
        journal = open_passage_journal(path, names, days)
        stack.callback(journal.close)
        backend = stack.enter_context(
            BackendClient(settings.backend_url, identity, ca_file=settings.backend_ca_file)
        )
        wanted = WantedReader(settings.reader, settings.reader_usb_socket)
        reader = stack.enter_context(PcscReader(wanted, alone=True))
        store = ListStore(
            settings.state_dir,
            identity.list_verification_key(),
            identity.terminal_id,
            ListSeal(identity.secret(), identity.terminal_id),
        )
        pace = Pace(refresh_seconds=settings.refresh_seconds, news_seconds=settings.news_seconds)
        parts = assemble(
            identity,
            store,
            journal,
            backend,
            pace=pace,
            door=settings.door,
            framed_by=settings.framed_by,
        )
        # Before the photos: these can wait, an alarm cannot.
        parts.link.chores.insert(0, partial(hand_over, EventBook(journal.file), backend))
        _put_beside(settings, identity, backend, parts)
        return _run_threads(settings, parts, recorded(reader, settings))


def assemble(
    identity: Identity,
    store: ListStore,
    journal: PassageJournal,
    backend: GateBackend,
    *,
    now: Callable[[], datetime] = utc_now,
    pace: Pace | None = None,
    door: DoorSettings | None = None,
    framed_by: tuple[str, ...] = (),
) -> Parts:
    """Put a gate together around its journal and its stored list; nothing runs yet."""
    board = StateBoard()
    # Whoever was on the way when we last ended counts before anybody taps again.
    ReleaseBook(journal).count_left_behind(now())
    _load_stored_list(store, board, now())
    held = board.current.access_list
    if held is not None:
        board.change(opposed=journal.list_opposed(held.version))
    board.change(
        outbox=journal.count(PassageState.WAITING),
        quarantined=journal.count(PassageState.QUARANTINED),
    )
    stream = StateStream(board, lambda: state_json(board.current, now()))
    photos = PhotoShelf(store.path.parent, store.seal, board, backend.fetch_gate_photo)
    screen = Screen(board, journal, stream, now, identity.name, framed_by, photos)
    link = BackendLink(backend, store, journal, board, now=now, pace=pace)
    link.chores.append(photos.tidy)
    keeper = None if door is None else build_keeper(door, journal, board, now)
    if keeper is not None:
        keeper.tally.after_passage = link.wake
    return Parts(
        board=board,
        gate=Gate(journal, board, now=now, doorway=keeper),
        link=link,
        stream=stream,
        app=create_app(screen),
        keeper=keeper,
        screen=screen,
        photos=photos,
    )


def _put_beside(
    settings: GateSettings, identity: Identity, backend: GateBackend, parts: Parts
) -> None:
    """Put beside the gate what the settings name."""
    if settings.supervisor is not None:
        desk = seat_supervisor(
            parts.screen, parts.link, parts.photos, settings.supervisor, keeper=parts.keeper
        )
        server = DeskServer(desk, settings.supervisor, settings.state_dir)
        parts.beside.works["supervisor"] = server.run
        parts.beside.stops.append(server.stop)
    if settings.siblings is not None:
        line = open_sibling_line(identity, parts.screen, parts.link, backend, settings.siblings)
        parts.beside.works["siblings"] = line.run
        parts.beside.stops.append(line.wake)


def _load_stored_list(store: ListStore, board: StateBoard, now: datetime) -> None:
    try:
        held = store.load()
    except ListRefused as refusal:
        LOG.error("the stored list is of no use: %s", refusal)  # noqa: TRY400 - its message says it all
        board.change(list_fault=f"list_{refusal.fault}")
        return
    if held is not None:
        board.change(access_list=held, confirmed_at=store.confirmed_at(held, now))


def _run_threads(settings: GateSettings, parts: Parts, reader: CardReader) -> int:
    stopping, faults = threading.Event(), list[str]()
    host, port = settings.listen_host, settings.listen_port
    server = PageServer(parts.app, host, port, parts.stream.close)

    def guarded(name: str, work: Callable[[], None]) -> threading.Thread:
        def guard() -> None:
            try:
                work()
            except Exception:
                LOG.exception("the gate stops: its %s failed", name)
                faults.append(name)
                parts.stream.close()
                server.should_exit = True

        thread = threading.Thread(target=guard, name=f"gate-{name}", daemon=True)
        thread.start()
        return thread

    file, lull = parts.screen.journal.file, Lull()
    reader_watch = ReaderWatch(EventBook(file), utc_now, time.monotonic)

    def serve_taps() -> None:
        watch(
            reader,
            parts.gate,
            parts.board,
            stopping,
            after_tap=parts.link.wake,
            see_reader=lambda is_there: reader_watch.see(is_there=is_there),
            lull=lull,
        )

    threads = [guarded("link", parts.link.run), guarded("reader", serve_taps)]
    folder = Folder(file, lull)
    threads.append(guarded("journal", lambda: folder.run(stopping)))
    keeper = parts.keeper
    if keeper is not None:
        threads.append(guarded("door", lambda: keeper.run(stopping)))
    threads += [guarded(name, partial(work, stopping)) for name, work in parts.beside.works.items()]
    try:
        server.serve_until_signal()
    finally:
        stopping.set()
        parts.link.stop()
        parts.beside.stop()
        for thread in threads:
            thread.join(THREAD_END_SECONDS_MAX)
    return 1 if faults else 0
