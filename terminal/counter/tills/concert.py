"""Tills on a serial line: Concert V2 E and E+, and V3, whose text is that of Caisse-AP.

Promise: a thread of its own keeps the line for itself, comes back after an unplug by itself, and
carries out one request at a time. An answer counts as delivered when the till has acknowledged it.
"""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from terminal.counter.record import AMOUNT_CENTS_MAX
from terminal.counter.tills.answer import answer_bytes
from terminal.counter.tills.caisse_ap import TillService
from terminal.counter.tills.concert_line import ConcertLine, Requested, Told
from terminal.counter.tills.concert_messages import BadMessage, answer_to, parse_request
from terminal.counter.tills.fields import FieldReader
from terminal.counter.tills.request import Refused, understand
from terminal.counter.tills.wish import Result, Wish, failed
from terminal.errors import PadError

_log = logging.getLogger(__name__)

REOPEN_SECONDS = 2.0
LOOK_SECONDS = 0.5  # bytes are seen at once; only silences and our end wait for it
END_SECONDS_MAX = 3.0
V3_BEGINS_WITH = b"CZ"


class Link(Protocol):
    """An open serial line; its methods raise PadError, which says what happened to the line."""

    def read(self, seconds_max: float, /) -> bytes:
        """Return what has come; empty when time is up."""
        ...

    def write(self, frame: bytes, /) -> None:
        """Hand over all bytes."""
        ...

    def close(self) -> None:
        """Let go; never raises."""
        ...


class ConcertDoor:
    """Serves the till on one line while the `with` lasts."""

    def __init__(self, open_link: Callable[[], Link], service: TillService) -> None:
        self._open_link = open_link
        self._service = service
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_serving, name="concert", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._thread.join(END_SECONDS_MAX)

    def _keep_serving(self) -> None:
        while not self._closing.is_set():
            try:
                link = self._open_link()
            except PadError as error:
                _log.warning("the till's line is not there: %s", error)
            else:
                self._serve(link)
            self._closing.wait(REOPEN_SECONDS)

    def _serve(self, link: Link) -> None:
        try:
            _Session(link, self._service, self._closing.is_set).run()
        except PadError as error:
            _log.warning("the till's line broke: %s", error)
        except Exception:  # noqa: BLE001 -- a fault of ours must not leave the till without a line
            _log.exception("the till's line ended by an unforeseen error")
        finally:
            link.close()


class _Session:
    """One open line."""

    def __init__(self, link: Link, service: TillService, closing: Callable[[], bool]) -> None:
        self._link = link
        self._with = service
        self._closing = closing
        self._line = ConcertLine()
        self._quiet_since = time.monotonic()
        self._told: Result | None = None

    def run(self) -> None:
        """Serve until the door closes, or the line breaks."""
        while not self._closing():
            self._exchange(LOOK_SECONDS)
            while (event := self._line.next_event()) is not None:
                self._act_on(event)

    def left(self, seconds_max: float) -> bool:
        """Wait; a serial till cannot be seen to go, so only our own end counts."""
        self._exchange(seconds_max)
        return self._closing() or self._with.stopping()

    def _exchange(self, seconds_max: float) -> None:
        before = self._line.state
        piece = self._link.read(seconds_max)
        self._line.receive_data(piece)
        wait = self._line.seconds_to_wait
        if piece or self._line.state is not before:
            self._quiet_since = time.monotonic()
        elif wait is not None and time.monotonic() - self._quiet_since >= wait:
            self._line.time_out()
            self._quiet_since = time.monotonic()
        self._flush()

    def _flush(self) -> None:
        out = self._line.data_to_send()
        if out:
            self._link.write(out)

    def _act_on(self, event: Requested | Told) -> None:
        if isinstance(event, Told):
            told, self._told = self._told, None
            if event.delivered and told is not None:
                self._with.teller.note_delivered(told)
            return
        try:
            self._line.answer(self._answer_to(event.message))
        except BadMessage:
            _log.info("a till's message is not understood")
            self._line.drop()
        self._quiet_since = time.monotonic()
        self._flush()

    def _answer_to(self, message: bytes) -> bytes:
        if message.startswith(V3_BEGINS_WITH):
            return self._answer_v3(message)
        request = parse_request(message)
        self._told = self._carry_out(request.wish(AMOUNT_CENTS_MAX), at_once=request.at_once)
        return answer_to(request, self._told)

    def _answer_v3(self, message: bytes) -> bytes:
        limits = self._with.limits
        reader = FieldReader(limits.request_bytes_max, limits.request_fields_max)
        reader.receive_data(message)
        ticket = None
        try:
            request = understand(reader, AMOUNT_CENTS_MAX)
            self._told = self._carry_out(request.wish, at_once=request.answer_now)
            if request.ticket is not None and self._told.sale is not None:
                ticket = request.ticket, self._with.ticket_of(self._told)
        except Refused as refusal:
            self._told = failed(refusal.failure)
        return answer_bytes(reader.fields, self._told, ticket, limits.answer_bytes_max)

    def _carry_out(self, wish: Wish | Result, *, at_once: bool) -> Result:
        if isinstance(wish, Result):
            return wish
        return self._with.teller.serve(wish, self, answer_now=at_once)
