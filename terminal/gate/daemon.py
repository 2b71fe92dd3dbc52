"""The gate's daemon: reader, journal, list and link put together, and one HTTP server on loopback.

Promise: one daemon per `state_dir`, because two journals' worth of taps would pass twice; SIGTERM
and SIGINT end it with every passage on the disk. It serves taps from the stored list before it has
heard of any backend. It holds no rule of its own.

The main thread serves HTTP and hears signals, one thread holds the reader, one the backend, one
the turnstile or door if there is one. A thread that ends by a fault of ours ends the daemon: a gate
that looks alive and decides nothing is worse than one that starts again.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI

from terminal.backend_client import BackendClient
from terminal.door_settings import DoorSettings
from terminal.gate.access_list import ListRefused
from terminal.gate.api import Screen, create_app
from terminal.gate.door.build import build_keeper
from terminal.gate.door.keeper import DoorKeeper
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.events import StateStream
from terminal.gate.link import BackendLink, GateBackend, Pace
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import PassageJournal, PassageState, open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.tap import Gate
from terminal.gate.view import state_json
from terminal.gate.watch import CardReader, watch
from terminal.identity import Identity, load_identity
from terminal.loopback import PageServer, sole_daemon
from terminal.reader.pcsc import PcscReader
from terminal.settings import GateSettings

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


def run(settings: GateSettings) -> int:
    """Serve the gate until SIGTERM or SIGINT; return the exit status, 1 after a fault of ours.

    Raises SettingsError, IdentityError or JournalError when it cannot begin.
    """
    identity = load_identity(settings.state_dir, "gate")
    with ExitStack() as stack:
        stack.enter_context(sole_daemon(settings.state_dir / LOCK_FILE, "gate"))
        journal = open_passage_journal(settings.state_dir / JOURNAL_FILE)
        stack.callback(journal.close)
        backend = stack.enter_context(
            BackendClient(settings.backend_url, identity, ca_file=settings.backend_ca_file)
        )
        reader = stack.enter_context(PcscReader(settings.reader))
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
        return _run_threads(settings, parts, reader)


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
    screen = Screen(board, journal, stream, now, identity.name, framed_by)
    link = BackendLink(backend, store, journal, board, now=now, pace=pace)
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
    )


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

    def serve_taps() -> None:
        watch(reader, parts.gate, parts.board, stopping, after_tap=parts.link.wake)

    threads = [guarded("link", parts.link.run), guarded("reader", serve_taps)]
    keeper = parts.keeper
    if keeper is not None:
        threads.append(guarded("door", lambda: keeper.run(stopping)))
    try:
        server.serve_until_signal()
    finally:
        stopping.set()
        parts.link.stop()
        for thread in threads:
            thread.join(THREAD_END_SECONDS_MAX)
    return 1 if faults else 0
