"""The one file that sends events: a POST over HTTPS, to the address that was judged.

Promise: certificates are checked against the name; no redirection is followed; no proxy is read
from the environment; every wait is bounded and so is what is read of the answer. No body, secret or
answer is in an error or a log. Not here: what is sent, when, and whether it goes again.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.events.addresses import AddressRefused, Place, Resolve, addresses_of, resolve

CONNECT_SECONDS_MAX: Final = 5.0
READ_SECONDS_MAX: Final = 10.0
#: A server that dribbles is as good as silent.
TOTAL_SECONDS_MAX: Final = 15.0
#: What it says is of no interest; a little is read so that its line ends well.
ANSWER_BYTES_MAX: Final = 4096
CONNECTED_TO_MAX: Final = 2


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one POST: the status, or in a word why there is none."""

    status: int | None
    outcome: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint said that it has it."""
        return self.status is not None and 200 <= self.status < 300


class HttpsPost:
    """Sends to the addresses of the Internet, or to private ones where the settings allow it."""

    def __init__(
        self,
        *,
        private: bool = False,
        ca_file: Path | None = None,
        total_seconds_max: float = TOTAL_SECONDS_MAX,
        resolve: Resolve = resolve,
    ) -> None:
        self._private = private
        self._total_seconds_max = total_seconds_max
        self._resolve = resolve
        self._trust = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        self._trust.minimum_version = ssl.TLSVersion.TLSv1_2

    def send(self, place: Place, headers: Mapping[str, str], body: bytes) -> Posted:
        """Send once; whatever goes wrong is a `Posted` too."""
        began = time.monotonic()
        status: int | None = None
        try:
            status = self._send(place, headers, body)
            outcome = "taken" if 200 <= status < 300 else "refused"
        except AddressRefused as refused:
            outcome = str(refused)
        except ssl.SSLError:
            outcome = "tls_failed"
        except TimeoutError:
            outcome = "silent"
        except (OSError, http.client.HTTPException):
            late = time.monotonic() - began >= self._total_seconds_max
            outcome = "silent" if late else "unreachable"
        return Posted(status, outcome, int((time.monotonic() - began) * 1000))

    def _send(self, place: Place, headers: Mapping[str, str], body: bytes) -> int:
        addresses = addresses_of(place, private=self._private, resolve=self._resolve)
        line = _Line(place, addresses[:CONNECTED_TO_MAX], self._trust)
        # Cuts the line under whoever waits for it: a read's own limit begins anew with each byte.
        end = threading.Timer(self._total_seconds_max, line.cut)
        end.daemon = True
        end.start()
        try:
            line.request("POST", place.target, body=body, headers=dict(headers))
            answer = line.getresponse()
            answer.read(ANSWER_BYTES_MAX)
            return answer.status
        finally:
            end.cancel()
            line.close()


class _Line(http.client.HTTPSConnection):
    """A connection to the addresses that were judged, under the name that was asked for."""

    def __init__(self, place: Place, addresses: list[str], trust: ssl.SSLContext) -> None:
        super().__init__(place.host, place.port, context=trust, timeout=READ_SECONDS_MAX)
        self._addresses = addresses
        self._trust = trust
        self._plain: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first address that answers."""
        self._plain = self._reach()
        self._plain.settimeout(READ_SECONDS_MAX)
        self.sock = self._trust.wrap_socket(self._plain, server_hostname=self.host)

    def _reach(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            try:
                return socket.create_connection((address, self.port), CONNECT_SECONDS_MAX)
            except OSError:
                continue
        return socket.create_connection((last, self.port), CONNECT_SECONDS_MAX)

    def cut(self) -> None:
        """End it under whoever reads."""
        sock = self.sock or self._plain
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
