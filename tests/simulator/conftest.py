"""A private daemon's folder, and a PC/SC client in a process of its own.

pyscard keeps one context per process and reads PCSCLITE_CSOCK_NAME when it is imported, so a test
that wants its own daemon needs its own client process: one JSON line asks, one answers.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from simulator.__main__ import main
from simulator.pcscd import PrivatePcscd

CLIENT = Path(__file__).parent / "pcsc_client.py"
ANSWER_SECONDS_MAX = 20.0
PRESENCE_SECONDS_MAX = 10.0

READER_NAME = "Pass Counter"
GATE_NAME = "Pass Gate"


class PcscClient:
    """Asks a daemon what a terminal would ask, from another process."""

    def __init__(self, socket_path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(CLIENT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PCSCLITE_CSOCK_NAME": str(socket_path)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(ANSWER_SECONDS_MAX)
                return
            self._process.kill()

    def ask(self, verb: str, *arguments: object) -> Any:
        """Send one question, return its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([verb, *arguments]).encode() + b"\n")
        stdin.flush()
        ready, _, _ = select.select([stdout], [], [], ANSWER_SECONDS_MAX)
        assert ready, f"no answer to {verb}"
        return json.loads(stdout.readline())

    def readers(self) -> list[str]:
        """Return the readers' names."""
        names: list[str] = self.ask("readers")
        return names

    def wait_present(self, reader: str, *, present: bool) -> bool:
        """Say whether the card came (or went) in time."""
        came: bool = self.ask("wait", reader, present, PRESENCE_SECONDS_MAX)
        return came

    def connect(self, reader: str) -> bytes:
        """Wait for the card, connect, return the ATR."""
        assert self.wait_present(reader, present=True)
        code, atr = self.ask("connect", reader)
        assert code == 0, hex(code)
        return bytes.fromhex(atr)

    def transmit(self, reader: str, command: str) -> str:
        """Return the answer in upper-case hex; the command must succeed."""
        code, answer = self.transmit_raw(reader, command)
        assert code == 0, hex(code)
        return answer

    def transmit_raw(self, reader: str, command: str) -> tuple[int, str]:
        """Return PC/SC's code and the answer in hex."""
        code, answer = self.ask("transmit", reader, command)
        return code, answer


@pytest.fixture
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is short enough for a socket."""
    return tmp_path_factory.mktemp("d")


@pytest.fixture
def daemon(run_dir: Path) -> Iterator[PrivatePcscd]:
    """A daemon with a counter's and a gate's reader."""
    with PrivatePcscd([READER_NAME, GATE_NAME], run_dir) as started:
        yield started


@pytest.fixture
def pcsc_client() -> Iterator[Callable[[PrivatePcscd], PcscClient]]:
    """Make a client of a daemon; all end with the test."""
    with contextlib.ExitStack() as stack:

        def make(daemon: PrivatePcscd) -> PcscClient:
            return stack.enter_context(PcscClient(daemon.socket_path))

        yield make


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command line; return its status, its output and its complaint."""

    def running(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as left:
            status = int(str(left.code))
        said = capsys.readouterr()
        return status, said.out, said.err

    return running
