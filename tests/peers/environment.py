"""The Python peers' own virtual environment, made on first use below `var/peers`.

Promise: `peer_python` returns an interpreter that has the versions in `constraints.txt`, or raises
PeersNotInstallable with pip's last words. Once made it is used again without asking anybody; only
another constraints file or another Python makes it anew. Processes take turns.

The project's own environment never holds a peer: licences and dependencies stay apart.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONSTRAINTS = HERE / "constraints.txt"
FOLDER = ROOT / "var" / "peers"
PEERS = ("pylibsdm", "python-desfire", "pyscard")
INSTALL_SECONDS_MAX = 100
SAID_CHARACTERS_MAX = 300


class PeersNotInstallable(Exception):
    """The peers cannot be had here; the message holds the installer's last words."""


def peer_python(folder: Path = FOLDER) -> Path:
    """Return the peers' interpreter, installing them if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_once(folder / "venv", folder / "installed")
    return folder / "venv" / "bin" / "python"


def _install_once(venv: Path, stamp: Path) -> None:
    wanted = hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode() + bytes(venv))
    if stamp.is_file() and stamp.read_text() == wanted.hexdigest():
        return
    _run(sys.executable, "-m", "venv", "--clear", str(venv))
    pip = (str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input")
    limits = ("--quiet", "--retries", "1", "--timeout", "15")
    _run(*pip, "install", *limits, "--constraint", str(CONSTRAINTS), *PEERS)
    stamp.write_text(wanted.hexdigest())


def _run(*command: str) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX
        )
    except subprocess.CalledProcessError as cause:
        raise PeersNotInstallable(cause.stderr.strip()[-SAID_CHARACTERS_MAX:]) from cause
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise PeersNotInstallable(str(cause)) from cause
