"""The simulator's control API for tests: in a thread, or as the program people start."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from simulator.control import create_control
from simulator.counter.page import add_counter_page
from simulator.settings import ScreenSettings
from simulator.tabletop import Tabletop

ANSWER_SECONDS_MAX = 10.0


@contextlib.contextmanager
def served(
    table: Tabletop, screens: Sequence[ScreenSettings] | None = None
) -> Iterator[httpx.Client]:
    """Serve the table on a port of its own, as the program does, in a thread.

    With screens, the counter page too.
    """
    control = create_control(table)
    if screens is not None:
        add_counter_page(control, table, screens)
    config = uvicorn.Config(control, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, timeout=ANSWER_SECONDS_MAX) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    said = answer.json()
    assert set(said) == {"type", "title", "status", "detail", "code", "message", "details"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert (said["status"], said["type"]) == (answer.status_code, f"/problems/{said['code']}")
    return answer.status_code, answer.json()["code"]


def write_settings(folder: Path, *, readers: bool = False, extra: str = "") -> Path:
    key = {"initial_key": "00" * 16, "initial_key_id": "00" * 8}
    (folder / "key.json").write_text(json.dumps(key))
    reader = '[[readers]]\nname = "Pass Counter"\n' if readers else ""
    config = folder / "simulator.toml"
    config.write_text(
        f'run_dir = "{folder}"\ncontrol_port = 0\n{extra}\n{reader}'
        f'[pad]\nlink = "{folder}/pad"\nkey_file = "{folder}/key.json"\n'
    )
    return config


@contextlib.contextmanager
def simulator(config: Path) -> "Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]":
    command = [sys.executable, "-m", "simulator", "serve", "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()
