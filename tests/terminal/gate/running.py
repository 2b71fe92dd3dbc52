"""Whole programs for tests: a backend on a real port, a gate in a process of its own, a card."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from backend.app import build_app
from backend.services import Services
from backend.vault.local import LocalVault
from simulator.chip.chip import Chip
from simulator.chip.other_cards import BankCard
from simulator.vpcd import VirtualCardSlot

WAIT_SECONDS_MAX = 20
#: A second on a quiet machine: an interpreter and a daemon to load.
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
RUN = """
import sys
from pathlib import Path
from terminal.gate.daemon import run
from terminal.settings import GateSettings, load_settings
sys.exit(run(load_settings(GateSettings, Path(sys.argv[1]))))
"""


@dataclass
class RunningBackend:
    """The backend on a port of this machine; it may go away and come back on the same one."""

    services: Services
    port: int = 0
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        config = uvicorn.Config(
            build_app(self.services), host="127.0.0.1", port=self.port, log_config=None
        )
        started = threading.Event()

        class Server(uvicorn.Server):
            async def startup(self, sockets: object = None) -> None:
                await super().startup(sockets)  # type: ignore[arg-type]
                started.set()

        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        assert started.wait(20)
        [listener] = self._server.servers
        self.port = listener.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(20)
        self._server = self._thread = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class EnrolmentSettings:
    backend_url: str
    state_dir: Path
    backend_ca_file: Path | None = None


def personalised(vault: LocalVault, uid: bytes) -> Chip:
    """Make a blank into a Pass card, as the desk does: the vault speaks, the chip answers."""
    chip = Chip(uid, secrets.token_bytes)
    chip.power_on()
    step = vault.begin_personalisation(uid)
    while step.command is not None:
        step = vault.continue_personalisation(step.dialogue_id, chip.transmit(step.command))
    return chip


class Daemon:
    """A gate in its own process."""

    def __init__(self, config: Path, port: int, pcsc_socket: Path) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", RUN, str(config)],
            env={**os.environ, "PCSCLITE_CSOCK_NAME": str(pcsc_socket)},
            stderr=subprocess.PIPE,
        )

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return json.load(answer)

    def wait_until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Follow the stream of states until one is wanted; that is also how the screen waits."""
        self._wait_listening()
        url = f"http://127.0.0.1:{self.port}/events"
        with urllib.request.urlopen(url, timeout=WAIT_SECONDS_MAX) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    state: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                    if wanted(state):
                        return state
        pytest.fail("the gate stopped")

    def _wait_listening(self) -> None:
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until:
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                pytest.fail(self.process.stderr.read().decode())
            with socket.socket() as probe:
                probe.settimeout(0.1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            try:  # no event tells that another process listens
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        pytest.fail("the gate does not listen")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(STOP_SECONDS_MAX)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return status


def tap(daemon: Daemon, slot: VirtualCardSlot, card: Chip | BankCard) -> dict[str, Any]:
    before = daemon.wait_until(lambda state: state["reader_ready"])["sequence"]
    slot.insert(card)
    state = daemon.wait_until(lambda state: state["sequence"] > before)
    slot.remove()
    last: dict[str, Any] = state["last"]
    return last
