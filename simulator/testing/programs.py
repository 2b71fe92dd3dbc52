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
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 10.0
RUN_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 10.0
POLL_SECONDS = 0.02
WORDS_SHOWN = 1500


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
        done = subprocess.run(  # noqa: S603 -- our own words
            self._found(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **self.environment},
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise StageError(f"{' '.join(command[:2])} ended with {done.returncode}: {said[-600:]}")
        return done.stdout.decode()

    def start(self, ready_url: str, *command: str) -> "subprocess.Popen[bytes]":
        """Start a program and wait until it answers."""
        log = self.folder / f"{command[0]}-{len(self.running)}.log"
        with log.open("ab") as stream:
            program = subprocess.Popen(  # noqa: S603 -- our own words
                self._found(command),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**os.environ, **self.environment},
            )
        self.running.append(program)
        end = time.monotonic() + READY_SECONDS_MAX
        while not _is_well(ready_url):
            if program.poll() is not None or time.monotonic() > end:
                words = log.read_text(errors="replace")[-WORDS_SHOWN:]
                raise StageError(
                    f"{' '.join(command[:2])} did not come up; its last words: {words}"
                )
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
