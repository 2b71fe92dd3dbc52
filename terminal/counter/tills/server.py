"""The TCP door of Caisse-AP over IP: who may come in, how many at once, and an end to it.

Promise: it listens on the chosen addresses only, a peer that is not on the list is closed unheard,
and so is one connection too many. Leaving the `with` closes the door, lets go of sales that have
sent nothing, and waits a moment for the last answers.
"""

import ipaddress
import logging
import selectors
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from terminal.counter.tills.caisse_ap import Conversation, TillService
from terminal.errors import SettingsError

_log = logging.getLogger(__name__)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
CONNECTIONS_WAITING_MAX = 16
END_SECONDS_MAX = 3.0


class TillDoor:
    """Serves tills in threads of its own while the `with` lasts."""

    def __init__(
        self, hosts: Sequence[str], port: int, peers: Sequence[Network], service: TillService
    ) -> None:
        self._peers = tuple(peers)
        self._service = service
        self._lock = threading.Lock()
        self._conversations: set[threading.Thread] = set()
        self._sockets = _listen_on(hosts, port)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._welcome, name="tills", daemon=True)

    @property
    def port(self) -> int:
        """The port of the first address: chosen by the system where 0 was asked for."""
        return int(self._sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wake.close()  # the other end becomes readable
        self._thread.join(END_SECONDS_MAX)
        with self._lock:
            open_now = list(self._conversations)
        for thread in open_now:
            thread.join(END_SECONDS_MAX)

    def _welcome(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in self._sockets:
                selector.register(each, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            closing = False
            while not closing:
                for key, _ in selector.select():
                    assert isinstance(key.fileobj, socket.socket), "only sockets are registered"
                    if key.fileobj is self._woken:
                        closing = True
                    else:
                        self._accept(key.fileobj)
        for each in (*self._sockets, self._woken):
            each.close()

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, address = listening.accept()
        except OSError as error:  # the till thought better of it, or no descriptor is left
            _log.warning("a till could not come in: %s", error)
            return
        with self._lock:
            crowded = len(self._conversations) >= self._service.limits.connections_max
        peer = ipaddress.ip_address(address[0])
        if crowded or not any(peer in network for network in self._peers):
            _log.warning("till %s is not let in: %s", peer, "crowded" if crowded else "not listed")
            connection.close()
            return
        thread = threading.Thread(
            target=self._converse, args=(connection,), name="till", daemon=True
        )
        with self._lock:
            self._conversations.add(thread)
        thread.start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            Conversation(connection, self._service).run()
        except Exception:  # noqa: BLE001 -- a fault of ours must not take a place for ever
            _log.exception("a till's conversation ended by an unforeseen error")
        finally:
            with self._lock:
                self._conversations.discard(threading.current_thread())


def _listen_on(hosts: Sequence[str], port: int) -> list[socket.socket]:
    with ExitStack() as stack:
        opened = [stack.enter_context(_listen(host, port)) for host in hosts]
        stack.pop_all()  # all or none
        return opened


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS_WAITING_MAX)
    except OSError as cause:
        raise SettingsError(
            f"tills cannot be served on {host} port {port}: {cause.strerror}"
        ) from cause
