"""One reader, one program of ours at a time: a claim that the kernel forgets when we die.

Promise: two terminals set to the same reader never wait for the same card; the second is told that
the reader is held. The claim is an abstract Unix socket's name (unix(7)): no file is left behind,
and every account of this machine sees it. What is not ours is not kept out by this: PC/SC's
exclusive access does that, while a card is there.
"""

import hashlib
import os
import socket
from collections.abc import Mapping
from typing import Self

from terminal.errors import ReaderBusy

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
MACHINE_SOCKET = "/run/pcscd/pcscd.comm"


class ReaderClaim:
    """The claim on a reader, by its full name; constructing it raises ReaderBusy if it is held."""

    def __init__(self, reader: str, environment: Mapping[str, str] = os.environ) -> None:
        self._held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._held.bind(_name(reader, environment))
        except OSError as cause:
            self._held.close()
            raise ReaderBusy("another terminal of ours uses it", reader=reader) from cause

    def release(self) -> None:
        """Let others have it; a second time does nothing."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()


def _name(reader: str, environment: Mapping[str, str]) -> bytes:
    """Name the reader of one PC/SC daemon: two daemons may each have a reader of this name."""
    daemon = environment.get(SOCKET_VARIABLE) or MACHINE_SOCKET
    mark = hashlib.sha256(f"{daemon}\n{reader}".encode()).hexdigest()
    return f"\0pass-terminal/reader/{mark}".encode()
