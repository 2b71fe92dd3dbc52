"""Start programs, know when they are ready, and stop just those.

Each program is a child in a session of its own, so that Ctrl-C reaches the demonstration alone,
which then stops its children in reverse order. A child dies with its parent even when the parent
is killed (`setpriv --pdeathsig`). Nothing is ever stopped by name.
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from simulator.testing.in_a_row import said_in
from simulator.testing.programs import surroundings

STOP_SECONDS_MAX = 10.0
READY_SECONDS_MAX = 30.0
POLL_SECONDS = 0.05
LOG_LINES_SHOWN = 15


class DemonstrationError(Exception):
    """A step was not seen to happen; the text says which and what was seen instead."""


@dataclass
class Program:
    """One running child and the file its words go to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """Return the end of its log, for an error."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])


@dataclass
class Programs:
    """Everything the demonstration started, in order."""

    log_folder: Path
    environment: Mapping[str, str]
    running: list[Program] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str]) -> Program:
        """Start a program whose output goes to `log_folder/name.log`."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        log = self.log_folder / f"{name}.log"
        with log.open("ab") as stream:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**surroundings(), **self.environment},
                start_new_session=True,
            )
        program = Program(name, process, log)
        self.running.append(program)
        return program

    def run(self, name: str, command: Sequence[str], seconds_max: float = 60.0) -> str:
        """Run a program to its end and return what it printed.

        Raises DemonstrationError when it does not exit with status 0.
        """
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**surroundings(), **self.environment},
            timeout=seconds_max,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            msg = f"{name} ended with status {done.returncode}: {said[-2000:]}"
            raise DemonstrationError(msg)
        return done.stdout.decode()

    def run_row(self, name: str, program: str, commands: Sequence[Sequence[str]]) -> list[str]:
        """Run commands of one program one after the other; return what each printed.

        In one interpreter: loading the program is most of their time. Raises as `run` does.
        """
        self.log_folder.mkdir(parents=True, exist_ok=True)
        row = json.dumps([list(words) for words in commands])
        with tempfile.TemporaryDirectory(dir=self.log_folder) as folder:
            told = [program, folder, row]
            last = self.run(name, [sys.executable, "-m", "simulator.testing.in_a_row", *told])
            before = [
                said_in(Path(folder), number).read_text(encoding="utf-8")
                for number in range(len(commands) - 1)
            ]
        return [*before, last]

    def wait_until(
        self, program: Program, ready: Callable[[], bool], seconds_max: float = READY_SECONDS_MAX
    ) -> None:
        """Wait until `ready()`; raise DemonstrationError if the program ends or time is up."""
        end = time.monotonic() + seconds_max
        while not ready():
            if program.process.poll() is not None:
                msg = f"{program.name} stopped while starting:\n{program.last_words()}"
                raise DemonstrationError(msg)
            if time.monotonic() > end:
                msg = f"{program.name} not ready in {seconds_max:g} s:\n{program.last_words()}"
                raise DemonstrationError(msg)
            time.sleep(POLL_SECONDS)

    def stop_all(self) -> None:
        """Stop what was started, last first; kill what does not stop in time."""
        for program in reversed(self.running):
            self._stop(program)
        self.running.clear()

    @staticmethod
    def _stop(program: Program) -> None:
        if program.process.poll() is None:
            program.process.send_signal(signal.SIGTERM)
        try:
            program.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            program.process.kill()
            program.process.wait(STOP_SECONDS_MAX)


def free_ports(wanted: Sequence[int]) -> list[int]:
    """Return, for each wanted port of the loopback, itself if it is free, else any free one.

    All are held until all are chosen, so that none is given twice; 0 wants any.
    """
    with ExitStack() as stack:
        return [_hold_free_port(stack, port) for port in wanted]


def _hold_free_port(stack: ExitStack, wanted: int) -> int:
    for port in (wanted, 0):
        probe = stack.enter_context(socket.socket())
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        chosen: int = probe.getsockname()[1]
        return chosen
    msg = "no free port on the loopback"
    raise DemonstrationError(msg)
