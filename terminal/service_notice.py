"""Telling the service supervisor how we are: sd_notify(3), one datagram a word.

Without a supervisor (NOTIFY_SOCKET unset) nothing is said; a word that cannot be said stops nobody.
"""

import os
import socket
from collections.abc import Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"


def tell_supervisor(word: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send one word to the socket of NOTIFY_SOCKET, a path or `@` and an abstract name."""
    name = environment.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = f"\0{name[1:]}" if name.startswith("@") else name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        try:
            line.sendto(word.encode("ascii"), address)
        except OSError:
            return


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return how often ALIVE must be said, half of what WATCHDOG_USEC allows; None: never."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    is_for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    if not (microseconds.isdecimal() and int(microseconds) and is_for_us):
        return None
    return int(microseconds) / 2_000_000
