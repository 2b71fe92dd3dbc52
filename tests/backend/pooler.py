"""A real PgBouncer in transaction mode, of the test run's own: the machine's, or Debian's unpacked.

Not installed: the package's files are unpacked in a folder, so nothing on the machine changes.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("pgbouncer", "libc-ares2", "libevent-2.1-7")
PORT = 6432
WAIT_SECONDS_MAX = 10.0
FETCH_SECONDS_MAX = 60.0


class PoolerNotInstallable(Exception):
    """There is no PgBouncer here, and Debian's cannot be fetched."""


@dataclass(frozen=True)
class Program:
    """Where PgBouncer is, and what it must be told to find its libraries."""

    path: str
    environment: dict[str, str]


@contextmanager
def pooling(program: Program, folder: Path, server: str, connections: int) -> Iterator[str]:
    """Run PgBouncer before the PostgreSQL at socket folder `server`; give its own socket folder."""
    own = folder / "run"
    own.mkdir()
    (own / "pgbouncer.ini").write_text(
        "[databases]\n"
        f"* = host={server} user=postgres\n"
        "[pgbouncer]\n"
        f"unix_socket_dir = {own}\nlisten_port = {PORT}\nlogfile = {own}/log\n"
        "auth_type = any\npool_mode = transaction\n"
        f"default_pool_size = {connections}\nmax_client_conn = 100\n"
    )
    command = [program.path, str(own / "pgbouncer.ini")]
    if os.geteuid() == 0:
        # It refuses to run as root, and must reach the server's socket.
        owner = Path(server).stat()
        for path in (folder, own, own / "pgbouncer.ini"):
            os.chown(path, owner.st_uid, owner.st_gid)
        command = ["setpriv", f"--reuid={owner.st_uid}", "--clear-groups", *command]
    with subprocess.Popen(command, env=program.environment, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + WAIT_SECONDS_MAX
            while not (own / f".s.PGSQL.{PORT}").exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise PoolerNotInstallable
                time.sleep(0.02)
            yield str(own)
        finally:
            process.terminate()


def find_pooler(folder: Path) -> Program:
    """Return the machine's PgBouncer, or unpack Debian's; raise PoolerNotInstallable."""
    installed = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
    if installed is not None:
        return Program(installed, dict(os.environ))
    unpacked = folder / "debian"
    unpacked.mkdir()
    try:
        for package in PACKAGES:
            _run(["apt-get", "download", package], unpacked)
        for file in unpacked.glob("*.deb"):
            _run(["dpkg", "-x", str(file), str(unpacked)], unpacked)
    except (OSError, subprocess.SubprocessError) as cause:
        raise PoolerNotInstallable from cause
    libraries = ":".join(str(path) for path in unpacked.glob("usr/lib/*"))
    path = str(unpacked / "usr/sbin/pgbouncer")
    return Program(path, {**os.environ, "LD_LIBRARY_PATH": libraries})


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=FETCH_SECONDS_MAX)
