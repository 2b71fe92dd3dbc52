"""What a service supervisor hears: ready, still alive, stopping."""

import os
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from terminal.loopback import PageServer
from terminal.service_notice import READY, tell_supervisor, watchdog_seconds

HEARD_SECONDS_MAX = 10


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(HEARD_SECONDS_MAX)
        yield line


@pytest.mark.parametrize("name", ["", "notify", "vsock:2:1"])
def test_nobody_to_tell_is_no_trouble(name: str) -> None:
    tell_supervisor(READY, {"NOTIFY_SOCKET": name})
    tell_supervisor(READY, {})


def test_a_supervisor_that_left_stops_nobody(tmp_path: Path) -> None:
    tell_supervisor(READY, {"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_an_abstract_name() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0pass-notice-{os.getpid()}")
        line.settimeout(HEARD_SECONDS_MAX)
        tell_supervisor(READY, {"NOTIFY_SOCKET": f"@pass-notice-{os.getpid()}"})
        assert line.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
    ],
)
def test_how_often_the_watchdog_is_fed(environment: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(environment) == seconds


def test_a_daemon_is_ready_alive_and_stopping(
    supervisor: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(supervisor.getsockname()))
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = FastAPI()
    app.get("/")(lambda: "here")
    heard: list[bytes] = []

    def listen() -> None:
        heard.append(supervisor.recv(100))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            assert answer.status == 200, "ready means that it serves"
        heard.extend(supervisor.recv(100) for _ in range(2))
        os.kill(os.getpid(), signal.SIGTERM)
        heard.append(supervisor.recv(100))

    listener = threading.Thread(target=listen)
    listener.start()
    PageServer(app, "127.0.0.1", port, lambda: None).serve_until_signal()
    listener.join(HEARD_SECONDS_MAX)
    assert heard[0] == b"READY=1"
    assert set(heard[1:3]) == {b"WATCHDOG=1"}
    assert b"STOPPING=1" in heard or supervisor.recv(100) == b"STOPPING=1"
