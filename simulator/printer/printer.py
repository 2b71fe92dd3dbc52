"""A ticket printer on a network port: it prints on paper that can be looked at, and runs out of it.

Promise: what is asked of its paper (DLE EOT) is answered at once, before what waits to be printed;
a roll that ends stops the printing in the middle of a ticket, and the rest waits in its memory, as
in a real one, until there is paper again; rolls, tickets, connections and memory are bounded.
It listens on the loopback alone. Not here: what bytes mean (`escpos.py`).
"""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from simulator.printer.escpos import EscPosReader, Heard, Row, Sign
from simulator.wire.feed import Feed, What, Wire, WireEvent

HOST = "127.0.0.1"
CONNECTIONS_MAX = 8
IDLE_SECONDS_MAX = 60.0
READ_BYTES_MAX = 4096
TICKETS_MAX = 50
ROWS_PER_TICKET_MAX = 400
MEMORY_ROWS_MAX = 1000
ROLL_ROWS_MAX = 100_000
STOP_SECONDS_MAX = 2.0
PLACE = "printer"

# Real-time status (Epson, DLE EOT): bits 1 and 4 are always set. 4: both paper-end bits.
WELL, OFFLINE = 0x12, 0x1A
COVER_OR_PAPER_STOPS = 0x32
NO_PAPER = 0x72


@dataclass(frozen=True, slots=True)
class Ticket:
    """A piece of paper that was cut off."""

    number: int
    at: datetime
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PrinterView:
    """What somebody in front of the printer sees; `hanging` is not cut off yet."""

    has_paper: bool
    rows_left: int | None
    waiting: int
    hanging: tuple[Row, ...]
    tickets: tuple[Ticket, ...]


@dataclass(slots=True)
class Paper:
    """The roll, what was printed on it, and what waits for paper. One caller at a time."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    rows_left: int | None = None
    tickets: deque[Ticket] = field(default_factory=lambda: deque(maxlen=TICKETS_MAX))
    hanging: list[Row] = field(default_factory=list)
    waiting: deque[Heard] = field(default_factory=deque)
    count: int = 0

    @property
    def is_out(self) -> bool:
        """Whether the roll is at its end."""
        return self.rows_left == 0

    def take(self, heard: Heard) -> Ticket | None:
        """Print a row or cut, or keep it until there is paper; return a ticket that was cut."""
        if self.is_out or self.waiting:
            if len(self.waiting) < MEMORY_ROWS_MAX:
                self.waiting.append(heard)
            return None
        if isinstance(heard, Sign):
            return self._cut()
        if len(self.hanging) < ROWS_PER_TICKET_MAX:
            self.hanging.append(heard)
        if self.rows_left is not None:
            self.rows_left -= 1
        return None

    def load(self, rows: int | None) -> list[Ticket]:
        """Put a roll of so many rows in (None: it never ends), and print what waited."""
        self.rows_left = rows
        waited, self.waiting = self.waiting, deque()
        return [ticket for heard in waited if (ticket := self.take(heard)) is not None]

    def _cut(self) -> Ticket | None:
        if not self.hanging:
            return None
        self.count += 1
        rows = tuple(self.hanging)
        while rows and not rows[-1].text:
            rows = rows[:-1]
        ticket = Ticket(self.count, self.now(), rows)
        self.hanging.clear()
        self.tickets.append(ticket)
        return ticket


class NetworkPrinter:
    """`with NetworkPrinter(feed, port=9100) as printer:` a terminal prints at `printer.port`."""

    def __init__(self, feed: Feed, *, port: int = 0, paper: Paper | None = None) -> None:
        self._feed = feed
        self._paper = paper or Paper()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._listener = socket.create_server((HOST, port), backlog=CONNECTIONS_MAX)
        self._thread = threading.Thread(target=self._listen, name="printer", daemon=True)

    @property
    def port(self) -> int:
        """Return where it is reached."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go of the port and of every connection."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            open_now = list(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS_MAX)

    def view(self) -> PrinterView:
        """Look at it."""
        with self._lock:
            paper = self._paper
            return PrinterView(
                has_paper=not paper.is_out,
                rows_left=paper.rows_left,
                waiting=len(paper.waiting),
                hanging=tuple(paper.hanging),
                tickets=tuple(paper.tickets),
            )

    def load(self, rows: int | None) -> None:
        """Put a roll in: None never ends, 0 is none at all."""
        with self._lock:
            was_out = self._paper.is_out
            tickets = self._paper.load(rows)
            is_out = self._paper.is_out
        if was_out != is_out:
            words = "the roll is at its end" if is_out else "there is paper"
            self._tell(What.PAPER, words)
        self._tell_tickets(tickets)

    def tear_off(self) -> None:
        """Take all tickets away."""
        with self._lock:
            self._paper.tickets.clear()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                has_room = len(self._connections) < CONNECTIONS_MAX
                if has_room:
                    self._connections.add(connection)
            if has_room:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            else:
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        reader = EscPosReader()
        try:
            with contextlib.suppress(OSError), connection:
                connection.settimeout(IDLE_SECONDS_MAX)
                while received := connection.recv(READ_BYTES_MAX):
                    if answer := self._hear(reader.hear(received)):
                        connection.sendall(answer)
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _hear(self, heard: list[Heard]) -> bytes:
        answer, tickets = bytearray(), []
        for one in heard:
            with self._lock:
                was_out = self._paper.is_out
                if isinstance(one, Sign) and one is not Sign.CUT:
                    answer.append(_status(one, is_out=was_out))
                    continue
                ticket = self._paper.take(one)
                ends_now = self._paper.is_out and not was_out
            if ticket is not None:
                tickets.append(ticket)
            if ends_now:
                self._tell(What.PAPER, "the roll ends in the middle of a ticket")
        if answer:
            words = "no" if answer[-1] == NO_PAPER else "yes"
            self._tell(What.EXCHANGE, "have you paper", answer=words, routine=words == "yes")
        self._tell_tickets(tickets)
        return bytes(answer)

    def _tell_tickets(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            self._tell(What.PAPER, f"ticket {ticket.number}, {len(ticket.rows)} rows, cut off")

    def _tell(
        self, what: What, words: str, *, answer: str | None = None, routine: bool = False
    ) -> None:
        event = WireEvent(Wire.PRINTER, PLACE, what, words, answer=answer, routine=routine or None)
        self._feed.publish(event)


def _status(asked: Sign, *, is_out: bool) -> int:
    if not is_out:
        return WELL
    known = {
        Sign.ASKED_STATUS: OFFLINE,
        Sign.ASKED_OFFLINE: COVER_OR_PAPER_STOPS,
        Sign.ASKED_PAPER: NO_PAPER,
    }
    return known.get(asked, WELL)
