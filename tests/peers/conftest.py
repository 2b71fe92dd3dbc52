"""A simulated chip in a reader of a real pcscd, and a way to run somebody else's client on it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from simulator.chip.chip import Chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import Direction, VirtualCard, VirtualCardSlot
from tests.peers.environment import ROOT, PeersNotInstallable, peer_python, plain_peer_path

READER = "Pass Counter"
UID = bytes.fromhex("04112233445566")
PEER_SECONDS_MAX = 30.0
NOTICE_SECONDS_MAX = 10
CLIENT = ROOT / "tests" / "simulator" / "pcsc_client.py"


class Field:
    """One reader's field: the card in it, what passed, and clients to run."""

    def __init__(self, daemon: PrivatePcscd) -> None:
        self.commands: list[bytes] = []
        self.answers: list[bytes] = []
        self._socket_path = daemon.socket_path
        self._slot = VirtualCardSlot(daemon.ports[READER], name=READER, observe=self._note)

    def insert(self, card: VirtualCard) -> None:
        """Put a card in the field, and wait until the daemon has noticed; nothing is noted yet."""
        self._slot.insert(card)
        self._await(present=True)
        self.commands.clear()
        self.answers.clear()

    def remove(self) -> None:
        """Take the card away, and wait until the daemon has noticed."""
        if self._slot.card is not None:
            self._slot.remove()
            self._await(present=False)

    def run(self, *command: str | Path, asked: str = "", path: Path | None = None) -> str:
        """Run a client to its end; return what it wrote. Its standard error is in the failure."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **self._surroundings(path)},
            check=False,
            capture_output=True,
            text=True,
            input=asked,
            timeout=PEER_SECONDS_MAX,
        )
        assert done.returncode == 0, f"{done.returncode}: {done.stderr or done.stdout}"
        return done.stdout

    def _surroundings(self, path: Path | None) -> dict[str, str]:
        own = {"PCSCLITE_CSOCK_NAME": str(self._socket_path), "LC_ALL": "C"}
        return own if path is None else {**own, "PYTHONPATH": str(path)}

    def _await(self, *, present: bool) -> None:
        question = json.dumps(["wait", READER, present, NOTICE_SECONDS_MAX])
        assert self.run(sys.executable, CLIENT, asked=question + "\n").strip() == "true"

    def _note(self, direction: Direction, message: bytes) -> None:
        if direction is Direction.FROM_CARD:
            self.answers.append(message)
        elif len(message) > 1 or message[0] > 4:  # not vpcd's own controls
            self.commands.append(message)


class PythonPeer:
    """Runs programs of `tests/peers/programs` with the peers' own interpreter."""

    def __init__(self, field: Field, interpreter: Path) -> None:
        self._field = field
        self._interpreter = interpreter

    def run(self, program: str, story: str, *, path: Path | None = None) -> Any:
        """Run one story of a program, with `path` before other modules; return its JSON."""
        module = f"tests.peers.programs.{program}"
        return json.loads(self._field.run(self._interpreter, "-m", module, story, path=path))


def installed(commands: Sequence[str], package: str) -> None:
    """Skip the test unless every command is there."""
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        pytest.skip(f"peer not installed: {', '.join(missing)} (Debian package {package})")


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    """A daemon with one reader, for all peers."""
    with PrivatePcscd([READER], tmp_path_factory.mktemp("p")) as started:
        yield started


@pytest.fixture(scope="session")
def _only_field(daemon: PrivatePcscd) -> Field:
    return Field(daemon)


@pytest.fixture
def field(_only_field: Field) -> Iterator[Field]:
    """The reader's field, empty."""
    yield _only_field
    _only_field.remove()


@pytest.fixture
def chip(field: Field) -> Chip:
    """A card as delivered, in the field."""
    made = Chip(UID, os.urandom)
    field.insert(made)
    return made


@pytest.fixture(scope="session")
def peer_interpreter() -> Path:
    """The Python peers' interpreter."""
    try:
        return peer_python()
    except PeersNotInstallable as reason:
        pytest.skip(f"peers not installable: pylibsdm, python-desfire ({reason})")


@pytest.fixture(scope="session")
def plain_peer(peer_interpreter: Path) -> Path:
    """Where the peer `desfire` lies, which shares its module's name with another."""
    try:
        return plain_peer_path()
    except PeersNotInstallable as reason:
        pytest.skip(f"peer not installable: desfire ({reason})")


@pytest.fixture
def peer(field: Field, peer_interpreter: Path) -> PythonPeer:
    """Runs the Python peers."""
    return PythonPeer(field, peer_interpreter)
