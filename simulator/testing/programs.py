"""Starts the backend and the terminals' programs for a test session, and stops just those.

Promise: they are found beside this Python, run in a folder of the session's own, write their log
there, and die with it. Nothing of theirs is imported. Not here: what they are asked (`stage.py`).
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulator.testing.in_a_row import said_in

READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 10.0
RUN_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 10.0
POLL_SECONDS = 0.02
WORDS_SHOWN = 1500
#: What a shell tells programs of its own: it would win over the files written for these.
SHELLS_OWN = ("PASS_BACKEND_", "PASS_TERMINAL_", "PASS_SIMULATOR_", "CREDENTIALS_DIRECTORY")


class StageError(Exception):
    """Something of the stage did not come up; the message says what, and its last words."""


@dataclass(slots=True)
class Programs:
    """Programs of one folder."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def run(self, *command: str) -> str:
        """Run a program to its end; return what it printed."""
        return self._ended(" ".join(command[:2]), self._found(command))

    def run_row(self, program: str, *commands: Sequence[str]) -> list[str]:
        """Run commands of a program one after the other; return what each but the last printed.

        In one interpreter, where the program is beside this one: loading it is most of their time.
        """
        if (row := self._row(program, commands)) is None:
            return [self.run(program, *words) for words in commands][:-1]
        self._ended(f"{program} {commands[-1][0]}", row[0])
        return _said(row[1], len(commands))

    def _ended(self, name: str, command: list[str]) -> str:
        done = subprocess.run(  # noqa: S603 -- our own words
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**surroundings(), **self.environment},
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise StageError(f"{name} ended with {done.returncode}: {said[-600:]}")
        return done.stdout.decode()

    def start(self, ready_url: str, *command: str) -> "subprocess.Popen[bytes]":
        """Start a program and wait until it answers."""
        return self._started(ready_url, " ".join(command[:2]), self._found(command))

    def start_row(
        self, ready_url: str, program: str, *commands: Sequence[str]
    ) -> tuple["subprocess.Popen[bytes]", list[str]]:
        """Run commands as `run_row` does, the last of which serves; wait until it answers.

        Return the program, and what each command before it printed.
        """
        name = f"{program} {commands[-1][0]}"
        if (row := self._row(program, commands)) is None:
            said = [self.run(program, *words) for words in commands[:-1]]
            return self._started(ready_url, name, self._found([program, *commands[-1]])), said
        return self._started(ready_url, name, row[0]), _said(row[1], len(commands))

    def _row(
        self, program: str, commands: Sequence[Sequence[str]]
    ) -> tuple[list[str], Path] | None:
        """Return the command line of a row and where it tells; None if the program is elsewhere."""
        if not (Path(sys.executable).parent / program).exists():
            return None
        folder = Path(tempfile.mkdtemp(prefix="row-", dir=self.folder))
        told = [program, str(folder), json.dumps([list(words) for words in commands])]
        return [sys.executable, "-m", "simulator.testing.in_a_row", *told], folder

    def _started(self, ready_url: str, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        log = self.folder / f"{name.partition(' ')[0]}-{len(self.running)}.log"
        with log.open("ab") as stream:
            program = subprocess.Popen(  # noqa: S603 -- our own words
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**surroundings(), **self.environment},
            )
        self.running.append(program)
        end = time.monotonic() + READY_SECONDS_MAX
        while not _is_well(ready_url):
            if program.poll() is not None or time.monotonic() > end:
                words = log.read_text(errors="replace")[-WORDS_SHOWN:]
                raise StageError(f"{name} did not come up; its last words: {words}")
            time.sleep(POLL_SECONDS)
        return program

    def stop(self, program: "subprocess.Popen[bytes]") -> None:
        """Stop one of them."""
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(STOP_SECONDS_MAX)
        self.running.remove(program)

    def stop_all(self) -> None:
        """Stop all, last first."""
        for program in reversed(self.running[:]):
            self.stop(program)

    @staticmethod
    def _found(command: Sequence[str]) -> list[str]:
        beside = Path(sys.executable).parent / command[0]
        found = str(beside) if beside.exists() else shutil.which(command[0])
        if found is None:
            package = command[0].removeprefix("pass-")
            raise StageError(
                f"{command[0]} is not installed: pip install 'pass-terminal[{package}]'"
            )
        return [found, *command[1:]]


def _said(folder: Path, count: int) -> list[str]:
    return [said_in(folder, number).read_text(encoding="utf-8") for number in range(count - 1)]


def surroundings() -> dict[str, str]:
    """Return this process's variables without what leads programs to another database or key."""
    return {name: text for name, text in os.environ.items() if not name.startswith(SHELLS_OWN)}


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(
    method: str, url: str, body: Any = None, *, token: str | None = None, form: str | None = None
) -> tuple[int, Any]:
    """Ask a program of this machine; return its status and its JSON, None for none.

    Raises StageError if nobody answers.
    """
    parts = urlsplit(url)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content: bytes | None = None
    if form is not None:
        headers["Content-Type"], content = "application/x-www-form-urlencoded", form.encode()
    elif body is not None:
        headers["Content-Type"], content = "application/json", json.dumps(body).encode()
    connection = http.client.HTTPConnection(
        str(parts.hostname), parts.port, timeout=ANSWER_SECONDS_MAX
    )
    try:
        connection.request(method, parts.path or "/", content, headers)
        response = connection.getresponse()
        received = response.read()
    except (OSError, http.client.HTTPException) as cause:
        raise StageError(f"nobody answers at {parts.netloc}") from cause
    finally:
        connection.close()
    is_json = "json" in (response.getheader("Content-Type") or "")
    return response.status, json.loads(received) if received and is_json else None


def _is_well(url: str) -> bool:
    try:
        return ask("GET", url)[0] == http.HTTPStatus.OK
    except StageError:
        return False
