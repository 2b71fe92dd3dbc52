"""The Python peers' own virtual environment, made on first use below `var/peers`.

Promise: `peer_python` returns an interpreter that has the versions in `constraints.txt`, or raises
PeersNotInstallable with pip's last words. Once made it is used again without asking anybody; only
another constraints file or another Python makes it anew. Processes take turns.

The project's own environment never holds a peer: licences and dependencies stay apart.
"""

import contextlib
import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONSTRAINTS = HERE / "constraints.txt"
FOLDER = ROOT / "var" / "peers"
PEERS = ("pylibsdm", "python-desfire", "pyscard")
# Its module has the name of python-desfire's, so it lies in a folder beside.
PLAIN_PEER = "desfire"
PIP_LIMITS = ("--quiet", "--retries", "1", "--timeout", "15")
INSTALL_SECONDS_MAX = 50  # a test's limit is 120, and two steps wait for the network
SAID_CHARACTERS_MAX = 300


class PeersNotInstallable(Exception):
    """The peers cannot be had here; the message holds the installer's last words."""


def peer_python(folder: Path = FOLDER) -> Path:
    """Return the peers' interpreter, installing them if they are not there."""
    venv = folder / "venv"
    interpreter = venv / "bin" / "python"
    with _turn(folder):
        if not _is_installed(venv):
            _run(sys.executable, "-m", "venv", "--clear", str(venv))
            _pip_install(interpreter, *PEERS)
            _note_installed(venv)
    return interpreter


def plain_peer_path(folder: Path = FOLDER) -> Path:
    """Return what PYTHONPATH must hold for the peer `desfire`, installing it if it is not there."""
    interpreter, place = peer_python(folder), folder / "plain"
    with _turn(folder):
        if not _is_installed(place):
            _pip_install(interpreter, "--no-deps", "--upgrade", "--target", str(place), PLAIN_PEER)
            _note_installed(place)
    return place


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pip_install(interpreter: Path, *what: str) -> None:
    pip = (str(interpreter), "-m", "pip", "--disable-pip-version-check", "--no-input")
    _run(*pip, "install", *PIP_LIMITS, "--constraint", str(CONSTRAINTS), *what)


def _stamp(place: Path) -> tuple[Path, str]:
    wanted = hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode() + bytes(place))
    return place.with_suffix(".installed"), wanted.hexdigest()


def _is_installed(place: Path) -> bool:
    stamp, wanted = _stamp(place)
    return stamp.is_file() and stamp.read_text() == wanted


def _note_installed(place: Path) -> None:
    stamp, wanted = _stamp(place)
    stamp.write_text(wanted)


def _run(*command: str) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX
        )
    except subprocess.CalledProcessError as cause:
        raise PeersNotInstallable(cause.stderr.strip()[-SAID_CHARACTERS_MAX:]) from cause
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise PeersNotInstallable(str(cause)) from cause
