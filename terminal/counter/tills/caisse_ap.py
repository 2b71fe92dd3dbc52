"""One connection of Caisse-AP over IP: read a request, carry it out, write the answer, close.

Promise: whatever comes, or does not, the connection ends within named limits; a request that is
wrong, cut or slow is answered with its code and begins nothing; the answer goes out in one piece.
It is noted whether the till can have read it. What a request means is `request.py`, what is done
about it `teller.py`.
"""

import fcntl
import logging
import select
import socket
import struct
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass

from terminal.counter.record import AMOUNT_CENTS_MAX
from terminal.counter.tills.answer import TicketText, answer_bytes
from terminal.counter.tills.fields import FieldReader
from terminal.counter.tills.limits import DEFAULT_TILL_LIMITS, TillLimits
from terminal.counter.tills.request import Refused, Request, needed_tags, understand
from terminal.counter.tills.teller import Teller
from terminal.counter.tills.wish import MOVES_MONEY, Failure, Result, failed

_log = logging.getLogger(__name__)

RECEIVED_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class TillService:
    """What every conversation stands on. `ticket_of` gives the text of a ticket."""

    teller: Teller
    ticket_of: Callable[[Result], TicketText]
    stopping: Callable[[], bool]
    limits: TillLimits = DEFAULT_TILL_LIMITS


class Conversation:
    """One till on the line. Make it, `run` it once; it closes the connection."""

    def __init__(self, connection: socket.socket, service: TillService) -> None:
        self._connection = connection
        self._with = service
        self._limits = service.limits
        self._reader = FieldReader(
            service.limits.request_bytes_max, service.limits.request_fields_max
        )
        self._gone = False
        self._dropped = 0

    def run(self) -> None:
        """Serve the till and close; never raises for what it does."""
        with self._connection:
            try:
                self._serve()
            except OSError as error:
                _log.info("a till's line broke: %s", error)

    def left(self, seconds_max: float) -> bool:
        """Return whether the till has gone; what it goes on saying is dropped."""
        if not self._gone and self._receive(seconds_max):
            _log.info("a till says more than its request")
        return self._gone or self._with.stopping()

    def _serve(self) -> None:
        self._read()
        request: Request | None = None
        try:
            request = understand(self._reader, AMOUNT_CENTS_MAX)
            result = self._carry_out(request)
        except Refused as refusal:
            result = failed(refusal.failure)
        delivered = self._answer(request, result)
        _log.info("till answered: %s", result.failure.name if result.failure else "done")
        if delivered:
            self._with.teller.note_delivered(result)

    def _carry_out(self, request: Request) -> Result:
        if self._gone and request.wish.action in MOVES_MONEY:
            raise Refused(Failure.GIVEN_UP_AT_TILL)
        return self._with.teller.serve(request.wish, self, answer_now=request.answer_now)

    # --- bytes in -----------------------------------------------------------------------------

    def _read(self) -> None:
        """Read until the request is whole, wrong, silent for too long or over by its time."""
        end = time.monotonic() + self._limits.request_seconds_max
        while self._reader.fault is None and not self._gone:
            patience = min(self._patience(), end - time.monotonic())
            piece = self._receive(patience) if patience > 0 else b""
            if not piece:
                return
            self._reader.receive_data(piece)

    def _patience(self) -> float:
        """Return how long a silence may last now: nothing in the text itself marks its end."""
        fields = self._reader.fields
        if not fields or not self._reader.between_fields:
            return self._limits.request_seconds_max
        whole = needed_tags(fields) <= fields.keys()
        return self._limits.settle_seconds if whole else self._limits.quiet_seconds

    def _receive(self, seconds_max: float) -> bytes:
        """Return what has come; empty when time is up, or when the till has gone."""
        ready, _, _ = select.select([self._connection], [], [], seconds_max)
        if not ready:
            return b""
        try:
            piece = self._connection.recv(RECEIVED_BYTES_MAX)
        except OSError:
            piece = b""
        self._dropped += len(piece)
        self._gone = not piece or self._dropped > self._limits.drained_bytes_max
        return piece

    # --- bytes out ----------------------------------------------------------------------------

    def _answer(self, request: Request | None, result: Result) -> bool:
        """Write the answer; return whether the till can have read it."""
        ticket = None
        if request is not None and request.ticket is not None and result.sale is not None:
            ticket = request.ticket, self._with.ticket_of(result)
        raw = answer_bytes(self._reader.fields, result, ticket, self._limits.answer_bytes_max)
        was_there = not self._gone
        self._connection.settimeout(self._limits.send_seconds_max)
        try:
            self._connection.sendall(raw)
            self._connection.shutdown(socket.SHUT_WR)
            return was_there and self._was_read()
        except OSError:
            return False

    def _was_read(self) -> bool:
        """Wait for the till to close, which it does once it has read.

        Closing with bytes unread would take the answer back (RFC 1122, 4.2.2.13): they are dropped
        first. A till that keeps the line open has the answer when its system has acknowledged it.
        """
        end = time.monotonic() + self._limits.close_seconds_max
        while (left := end - time.monotonic()) > 0:
            self._connection.settimeout(left)
            try:
                piece = self._connection.recv(RECEIVED_BYTES_MAX)
            except TimeoutError:
                break
            if not piece:
                return True  # closed in order; a reset raises
            self._dropped += len(piece)
            if self._dropped > self._limits.drained_bytes_max:
                break
        return _bytes_unacknowledged(self._connection) == 0


def _bytes_unacknowledged(connection: socket.socket) -> int:
    answered = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", answered)[0])
