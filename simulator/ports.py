"""Free TCP ports, the reader file that names them, and who listens where without connecting.

A connection to vpcd would look like a card arriving, so readiness is read from /proc. Linux only.
Not here: starting or stopping anything.
"""

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# Below Linux's ephemeral range (32768), so that no outgoing connection takes a port meanwhile.
PORT_FIRST, PORT_LAST = 20_000, 32_000
PORT_TRIES_MAX = 200
CONNECT_SECONDS_MAX = 5.0
POLL_SECONDS = 0.01


class NoFreePortsError(Exception):
    """No two neighbouring ports are free in our range."""


def choose_ports(readers: Sequence[str], random_below: Callable[[int], int]) -> dict[str, int]:
    """Return a port for each reader; it and the next one (vpcd's second slot) are free."""
    chosen: dict[str, int] = {}
    for _ in range(PORT_TRIES_MAX):
        port = PORT_FIRST + 2 * random_below((PORT_LAST - PORT_FIRST) // 2)
        if port not in chosen.values() and is_free(port) and is_free(port + 1):
            chosen[readers[len(chosen)]] = port
            if len(chosen) == len(readers):
                return chosen
    raise NoFreePortsError(f"no free pair of ports between {PORT_FIRST} and {PORT_LAST}")


def reader_stanza(name: str, port: int, library: Path) -> str:
    """Return what pcscd must read to have this reader."""
    return (
        f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:0x{port:04X}\n'
        f"LIBPATH {library}\nCHANNELID 0x{port:04X}\n"
    )


def ports_in(reader_file: Path) -> dict[str, int]:
    """Return {reader name: port} of a reader file; empty when it cannot be read."""
    try:
        text = reader_file.read_text()
    except OSError:
        return {}
    pairs = re.findall(r'FRIENDLYNAME\s+"([^"]+)".*?CHANNELID\s+(0x[0-9A-Fa-f]+)', text, re.DOTALL)
    return {name: int(port, 16) for name, port in pairs}


def is_free(port: int) -> bool:
    """Say whether vpcd could listen there."""
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  as vpcd will
        except OSError:
            return False
    return True


def listening_sockets() -> dict[int, int]:
    """Return {port: inode}; looking, because a connection would look like a card arriving."""
    found: dict[int, int] = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":  # TCP_LISTEN
            found[int(fields[1].rpartition(":")[2], 16)] = int(fields[9])
    return found


def socket_inodes(pid: int) -> set[int] | None:
    """Return the sockets a process holds; None when it may not be asked (another user's)."""
    inodes = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if match := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink())):
                    inodes.add(int(match[1]))
    except OSError:
        return None
    return inodes


def answers(socket_path: Path) -> bool:
    """Say whether somebody accepts connections on this Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(CONNECT_SECONDS_MAX)
        try:
            probe.connect(str(socket_path))
        except OSError:
            return False
    return True


def ticks(seconds_max: float) -> Iterator[None]:
    """Yield now and then until the time is up."""
    end = time.monotonic() + seconds_max
    while True:
        yield
        if time.monotonic() >= end:
            return
        time.sleep(POLL_SECONDS)
