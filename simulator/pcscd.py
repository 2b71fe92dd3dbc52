"""A PC/SC daemon of our own, whose readers hold simulated cards.

Promise: inside ``with PrivatePcscd(readers, run_dir) as daemon`` a real pcscd serves one virtual
reader per name. Clients reach it with ``PCSCLITE_CSOCK_NAME=daemon.socket_path``, cards insert
themselves at ``daemon.ports[name]`` (see ``vpcd.py``). The machine's own pcscd is not touched and
several private daemons can run at once.

How: the daemon runs in its own mount namespace, where ``/run/pcscd`` is our folder. That needs no
root where user namespaces are allowed. Where they are not, root or ``sudo -n`` make the namespace;
where neither is possible, or where it is asked for, the machine's own daemon is used if it has the
readers (the package's "Virtual PCD", or our reader file installed), and ``daemon.kind`` says so.

Not here: cards, the wire protocol of vpcd, pyscard. Linux only. vpcd listens on every network
interface; on an untrusted network close its ports in the firewall.
"""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow
from types import TracebackType
from typing import Self

from simulator.namespaces import LAUNCHERS, DaemonKind, namespace_works
from simulator.ports import (
    NoFreePortsError,
    answers,
    choose_ports,
    listening_sockets,
    ports_in,
    reader_stanza,
    socket_inodes,
    ticks,
)

DRIVER_PATHS = (
    Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so"),
    Path("/usr/lib64/pcsc/drivers/serial/libifdvpcd.so"),
    Path("/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so"),
)
MACHINE_READER_FILE = Path("/etc/reader.conf.d/pass-simulator")
MACHINE_SOCKET = Path("/run/pcscd/pcscd.comm")

START_TRIES_MAX = 5
START_SECONDS_MAX = 10.0
STOP_SECONDS_MAX = 5.0
LOCK_SECONDS_MAX = 3.0
READERS_MAX = 15  # pcscd keeps 16 reader slots, vpcd takes a second one it rarely shows
READER_NAME_LENGTH_MAX = 60  # pcsc-lite: 128 with its " 00 00" suffixes
SOCKET_PATH_LENGTH_MAX = 107  # sun_path, less its final zero
LOG_TAIL_CHARACTERS = 600

# /run is replaced whole: the machine may have no /run/pcscd, and its message bus, through which
# pcscd would ask polkit, must not be found from a user namespace.
_ENTER = (
    'mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd '
    '&& exec $3 "$2" --foreground --config "$1/reader.conf"'
)


class PcscdError(Exception):
    """The daemon could not be given; the message says what to do."""


class PcscdMissingError(PcscdError):
    """A program or driver is not installed."""

    def __init__(self, missing: str, package: str) -> None:
        super().__init__(f"{missing} not found: install it with `apt-get install {package}`")
        self.missing = missing
        self.package = package


class PcscdRefusedError(PcscdError):
    """The settings cannot work: reader names, or the folder's place."""


class RunDirBusyError(PcscdError):
    """Another daemon lives in this folder."""


class NamespaceUnavailableError(PcscdError):
    """No private daemon is possible here and the machine's own does not have our readers."""


class PcscdFailedError(PcscdError):
    """The daemon started and ended, or never answered."""

    def __init__(self, what: str, log_tail: str) -> None:
        super().__init__(f"{what}; last words of pcscd: {log_tail or '(none)'}")
        self.log_tail = log_tail


class _PortsTakenError(PcscdError):
    """Another program took a port between our choice and the daemon's start."""


@dataclass(frozen=True, slots=True)
class _Running:
    """A daemon that answers."""

    kind: DaemonKind
    ports: dict[str, int]
    socket_path: Path
    child: "subprocess.Popen[bytes] | None"


class PrivatePcscd:
    """A daemon with one virtual reader per name, living in ``run_dir`` until stopped.

    Start it from a thread that outlives it: when that thread dies, even killed, the daemon
    goes too.
    """

    def __init__(
        self,
        readers: Sequence[str],
        run_dir: Path,
        *,
        driver: Path | None = None,
        kinds: Sequence[DaemonKind] = tuple(DaemonKind),
        random_below: Callable[[int], int] = randbelow,
    ) -> None:
        self._readers = _checked_names(readers)
        self._run_dir = _checked_run_dir(run_dir)
        self._driver = driver
        self._kinds = tuple(kinds)
        self._random_below = random_below
        self._running: _Running | None = None
        self._all_ports: dict[str, int] = {}
        self._lock_descriptor: int | None = None

    @property
    def socket_path(self) -> Path:
        """Return the value for PCSCLITE_CSOCK_NAME."""
        return self._alive.socket_path

    @property
    def ports(self) -> dict[str, int]:
        """Return the TCP port of each reader's first slot, on 127.0.0.1."""
        return dict(self._alive.ports)

    @property
    def kind(self) -> DaemonKind:
        """Say whose daemon this is."""
        return self._alive.kind

    @property
    def pid(self) -> int | None:
        """Return the process started here; None for the machine's own daemon."""
        child = self._alive.child
        return None if child is None else child.pid

    @property
    def _alive(self) -> _Running:
        if self._running is None:
            raise PcscdError("the daemon is not running: call start() first")
        return self._running

    def start(self) -> None:
        """Start the daemon and wait until it answers; raise PcscdError with what to do."""
        if self._running is not None:
            return
        self._run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_descriptor = _lock(self._run_dir / "lock")
        try:
            self._running = self._launch()
            self._all_ports = dict(self._running.ports)
        except BaseException:
            self._unlock()
            raise

    def stop(self) -> None:
        """End the process started here, and no other; a second call does nothing."""
        running, self._running = self._running, None
        try:
            if running is not None and running.child is not None:
                _end(running.child, running.kind)
        finally:
            self._unlock()

    def serve_only(self, readers: Sequence[str]) -> None:
        """Start again with these of its readers, each at the port it has; raise PcscdError.

        Whoever is connected loses the daemon for that moment. If it does not come back, call again.
        """
        before = self._alive
        if before.child is None:
            raise PcscdRefusedError("the machine's own daemon keeps its readers")
        pcscd, driver = _find_program("pcscd", "pcscd"), _find_driver(self._driver)
        ports = {name: self._all_ports[name] for name in readers}
        _end(before.child, before.kind)
        self._write_reader_file(ports, driver)
        self._running = self._launch_once(before.kind, pcscd, ports)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _unlock(self) -> None:
        if self._lock_descriptor is not None:
            os.close(self._lock_descriptor)
            self._lock_descriptor = None

    def _launch(self) -> _Running:
        for kind in self._kinds:
            if kind is DaemonKind.MACHINE:
                return self._borrow_machine_daemon()
            if namespace_works(LAUNCHERS[kind], kind):
                return self._launch_private(kind)
        raise NamespaceUnavailableError(f"none of these is possible here: {', '.join(self._kinds)}")

    def _launch_private(self, kind: DaemonKind) -> _Running:
        pcscd = _find_program("pcscd", "pcscd")
        driver = _find_driver(self._driver)
        for _ in range(START_TRIES_MAX):
            ports = self._choose_ports()
            self._write_reader_file(ports, driver)
            with contextlib.suppress(_PortsTakenError):
                return self._launch_once(kind, pcscd, ports)
        raise PcscdError(f"no free ports after {START_TRIES_MAX} tries")

    def _launch_once(self, kind: DaemonKind, pcscd: str, ports: dict[str, int]) -> _Running:
        socket_path = self._run_dir / "pcscd.comm"
        for stale in (socket_path, self._run_dir / "pcscd.pid"):
            stale.unlink(missing_ok=True)
        child = self._spawn(kind, pcscd)
        running = _Running(kind, ports, socket_path, child)
        try:
            self._wait_until_ready(running, child)
        except BaseException:
            _end(child, kind)
            raise
        return running

    def _spawn(self, kind: DaemonKind, pcscd: str) -> "subprocess.Popen[bytes]":
        follow_us = kind is not DaemonKind.SUDO_NAMESPACE and shutil.which("setpriv") is not None
        prefix = "setpriv --pdeathsig TERM" if follow_us else ""
        command = [*LAUNCHERS[kind], "sh", "-c", _ENTER, "sh", str(self._run_dir), pcscd, prefix]
        assert self._lock_descriptor is not None
        with (self._run_dir / "pcscd.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603  our own words, no shell expansion of names
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # The daemon holds the folder's lock itself: an orphan still counts as busy.
                pass_fds=(self._lock_descriptor,),
            )

    def _wait_until_ready(self, running: _Running, child: "subprocess.Popen[bytes]") -> None:
        wanted = {port + slot for port in running.ports.values() for slot in (0, 1)}
        for _ in ticks(START_SECONDS_MAX):
            if child.poll() is not None:
                raise PcscdFailedError(
                    f"pcscd ended with status {child.returncode}", self._log_tail()
                )
            listening = listening_sockets()
            if not wanted <= listening.keys() or not answers(running.socket_path):
                continue
            own = socket_inodes(child.pid)
            if own is not None and not {listening[port] for port in wanted} <= own:
                raise _PortsTakenError
            return
        raise PcscdFailedError(f"pcscd not ready in {START_SECONDS_MAX:g} s", self._log_tail())

    def _log_tail(self) -> str:
        log = (self._run_dir / "pcscd.log").read_text(errors="replace")
        return log[-LOG_TAIL_CHARACTERS:].strip()

    def _choose_ports(self) -> dict[str, int]:
        try:
            return choose_ports(self._readers, self._random_below)
        except NoFreePortsError as cause:
            raise PcscdError(str(cause)) from cause

    def _write_reader_file(self, ports: dict[str, int], driver: Path) -> None:
        stanzas = []
        for number, (name, port) in enumerate(ports.items()):
            # Readers that share the driver file share its slots: each gets a copy.
            copy = self._run_dir / f"reader-{number}.so"
            shutil.copyfile(driver, copy)
            stanzas.append(reader_stanza(name, port, copy))
        (self._run_dir / "reader.conf").write_text("\n".join(stanzas))

    def _borrow_machine_daemon(self) -> _Running:
        # The package's own reader, "Virtual PCD", and those of ours that were installed.
        ports = ports_in(MACHINE_READER_FILE.with_name("vpcd")) | ports_in(MACHINE_READER_FILE)
        if missing := [name for name in self._readers if name not in ports]:
            wanted = self._choose_ports()
            self._write_reader_file(wanted, _find_driver(self._driver))
            install = f"copy {self._run_dir}/reader.conf to {MACHINE_READER_FILE} and restart pcscd"
            if self._kinds == (DaemonKind.MACHINE,):
                raise PcscdRefusedError(
                    f"the machine's pcscd has no virtual reader {', '.join(missing)}: {install}"
                )
            raise NamespaceUnavailableError(
                "no private PC/SC daemon is possible here (user namespaces are off, no root, no "
                "sudo). Allow them with `sysctl kernel.unprivileged_userns_clone=1`, or "
                f"{install}"
            )
        if not answers(MACHINE_SOCKET):
            raise PcscdFailedError(f"the machine's pcscd does not answer at {MACHINE_SOCKET}", "")
        chosen = {name: ports[name] for name in self._readers}
        return _Running(DaemonKind.MACHINE, chosen, MACHINE_SOCKET, None)


def _checked_names(readers: Sequence[str]) -> tuple[str, ...]:
    if not 1 <= len(readers) <= READERS_MAX or len(set(readers)) != len(readers):
        raise PcscdRefusedError(f"give 1 to {READERS_MAX} reader names, all different")
    for name in readers:
        if not re.fullmatch(rf"[\w .()-]{{1,{READER_NAME_LENGTH_MAX}}}", name, re.ASCII):
            raise PcscdRefusedError(f"reader name {name!r}: letters, digits, spaces and _.()- only")
    return tuple(readers)


def _checked_run_dir(run_dir: Path) -> Path:
    resolved = run_dir.resolve()
    if resolved.is_relative_to("/run"):
        raise PcscdRefusedError(
            f"{resolved}: /run is hidden from the daemon, choose another folder"
        )
    if len(os.fsencode(resolved / "pcscd.comm")) > SOCKET_PATH_LENGTH_MAX or '"' in str(resolved):
        raise PcscdRefusedError(
            f"{resolved}: too long for a socket's path, choose a shorter folder"
        )
    return resolved


def _find_program(name: str, package: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise PcscdMissingError(name, package)
    return found


def _find_driver(driver: Path | None) -> Path:
    for path in DRIVER_PATHS if driver is None else (driver,):
        if path.is_file():
            return path
    raise PcscdMissingError("libifdvpcd.so", "vsmartcard-vpcd")


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in ticks(LOCK_SECONDS_MAX):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
    os.close(descriptor)
    raise RunDirBusyError(f"{path.parent}: another PC/SC daemon lives in this folder")


def _end(child: "subprocess.Popen[bytes]", kind: DaemonKind) -> None:
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        _signal(child, kind, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS_MAX)
            return


def _signal(child: "subprocess.Popen[bytes]", kind: DaemonKind, number: signal.Signals) -> None:
    if child.poll() is not None:
        return
    if kind is DaemonKind.SUDO_NAMESPACE:  # root's process: only root may end it
        command = ["sudo", "-n", "kill", f"-{number.value}", str(child.pid)]
        subprocess.run(  # noqa: S603  our own child's number
            command, check=False, capture_output=True, timeout=STOP_SECONDS_MAX
        )
        return
    child.send_signal(number)
