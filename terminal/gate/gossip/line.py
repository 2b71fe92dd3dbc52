"""The socket under the talk: UDP on the school's own network, one thread.

Promise: a tap never waits for it; what arrives is bounded by RECEIVED_PER_SECOND_MAX; a network
that is gone or forbidden is a state on the screen, never the end. UDP to known addresses, because
schools' switches and wireless networks often keep multicast from passing; the backend tells the
addresses while it can be reached, and the last ones serve while it cannot.
"""

import ipaddress
import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from terminal.errors import JournalError
from terminal.gate.gossip.packets import PACKET_BYTES_MAX
from terminal.gate.gossip.talk import Sent, Talk
from terminal.gate.state import SiblingsSight, StateBoard
from terminal.gate_settings import AUTO, SiblingSettings

LOG = logging.getLogger(__name__)

TELL_SECONDS: Final = 2.0
REOPEN_SECONDS: Final = 5.0
RECEIVED_PER_SECOND_MAX: Final = 500
ADDRESS_ASKED_SECONDS: Final = 60.0


class SiblingLine:
    """Speaks for one gate; `wake` it after a passage."""

    def __init__(
        self,
        talk: Talk,
        board: StateBoard,
        settings: SiblingSettings,
        *,
        tell_address: Callable[[str | None], None],
        backend_url: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._talk = talk
        self._board = board
        self._settings = settings
        self._tell_address = tell_address
        self._backend = urlsplit(backend_url)
        self._monotonic = monotonic
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._told: str | None = None
        self._told_at: float | None = None
        self.port: int | None = None

    def wake(self) -> None:
        """Say that something is to be told; from any thread, at once."""
        with suppress(OSError):
            self._waker.send(b"w")

    def run(self, stop: threading.Event) -> None:
        """Speak and hear until stopped; `wake` after setting it."""
        try:
            while not stop.is_set():
                try:
                    with self._open() as line:
                        self._serve(line, stop)
                except (OSError, JournalError) as error:
                    LOG.warning("no talk with siblings: %s", error)
                    self._show(lost=True)
                    stop.wait(REOPEN_SECONDS)
        finally:
            self._woken.close()
            self._waker.close()

    def announce(self) -> None:
        """Tell the backend where this gate listens, when that changed; raises BackendError."""
        now = self._monotonic()
        if self._told_at is not None and now - self._told_at < ADDRESS_ASKED_SECONDS:
            return
        address = self._own_address()
        if address is not None and address != self._told:
            self._tell_address(address)
            self._told = address
        self._told_at = now if address is not None else None

    def _own_address(self) -> str | None:
        host = self._settings.listen_host
        if self.port is None:
            return None
        if host == AUTO:
            found = self._address_towards_backend()
            if found is None:
                return None
            host = found
        if not ipaddress.ip_address(host).is_private:
            return None  # no local network: nobody is told of it
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def _address_towards_backend(self) -> str | None:
        """Return this machine's address on the way to the backend; nothing is sent for it."""
        host, port = self._backend.hostname or "", self._backend.port or 443
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind) as way:
                way.connect(address)
                return str(way.getsockname()[0])
        except OSError:
            return None

    def _open(self) -> socket.socket:
        host = self._settings.listen_host
        host = "0.0.0.0" if host == AUTO else host  # noqa: S104 -- only signed datagrams are heard
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        line = socket.socket(family, socket.SOCK_DGRAM)
        try:
            line.bind((host, self._settings.listen_port))
        except OSError:
            line.close()
            raise
        line.setblocking(False)
        self.port = int(line.getsockname()[1])
        return line

    def _serve(self, line: socket.socket, stop: threading.Event) -> None:
        tell_at, begun, received = self._monotonic(), self._monotonic(), 0
        while not stop.is_set():
            now = self._monotonic()
            if now - begun >= 1.0:
                begun, received = now, 0
            if now >= tell_at:
                self._send(line, self._talk.tell_all())
                self._show()
                tell_at = now + TELL_SECONDS
            hearing = [line] if received < RECEIVED_PER_SECOND_MAX else []
            wait = max(0.0, min(tell_at - now, 1.0))
            ready, _, _ = select.select([*hearing, self._woken], [], [], wait)
            if self._woken in ready:
                self._drain()
                tell_at = now
            if line in ready:
                received += 1
                self._hear(line)

    def _hear(self, line: socket.socket) -> None:
        try:
            datagram, source = line.recvfrom(PACKET_BYTES_MAX + 1)
        except (BlockingIOError, ConnectionError):
            return  # a sibling that is off answers with ICMP
        host, port = str(source[0]), int(source[1])
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._send(line, self._talk.hear(datagram, address))

    def _send(self, line: socket.socket, sent: list[Sent]) -> None:
        for address, datagram in sent:
            with suppress(OSError, ValueError):  # this one is not to be reached just now
                parts = urlsplit(f"//{address}")
                line.sendto(datagram, (parts.hostname, parts.port))

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)

    def _show(self, *, lost: bool = False) -> None:
        known, heard = self._talk.within_hearing()
        self._board.change(siblings=SiblingsSight(known, 0 if lost else heard))
