"""The daemon as a process: it sells over real HTTP, tells its news, and stops when told to."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from terminal.counter.callers import load_token
from terminal.counter.daemon import JOURNAL_FILE
from terminal.counter.journal import open_sale_journal
from terminal.counter.states import State
from terminal.errors import SettingsError
from terminal.identity import enrol
from terminal.settings import CounterSettings, load_settings
from tests.terminal.counter.fakes import TwinBackend
from tests.terminal.counter.http_twin import HttpTwin

ROOT = Path(__file__).parents[3]
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def twin() -> Iterator[HttpTwin]:
    with HttpTwin(TwinBackend()) as served:
        yield served


@pytest.fixture
def settings_file(tmp_path: Path, twin: HttpTwin) -> Path:
    path = tmp_path / "counter.toml"
    path.write_text(
        f'backend_url = "{twin.url}"\nstate_dir = "{tmp_path / "state"}"\n'
        f'reader = "Pass Counter"\npad_device = "{tmp_path / "pad"}"\nlisten_port = {free_port()}\n'
    )
    enrol(load_settings(CounterSettings, path), "ONE-TIME")
    return path


class Daemon:
    """A started daemon and how to ask it."""

    def __init__(self, settings_file: Path, *arguments: str) -> None:
        self.settings = load_settings(CounterSettings, settings_file)
        self.url = f"http://127.0.0.1:{self.settings.listen_port}"
        module = "tests.terminal.counter.counter_process"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, str(settings_file), *arguments], cwd=ROOT
        )

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if data is not None:
            headers["Authorization"] = f"Bearer {load_token(self.settings.state_dir)}"
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def wait_until_it_answers(self) -> Any:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                return self.ask("/health")
            except urllib.error.URLError:
                assert self.process.poll() is None, "the daemon died"
                assert time.monotonic() < deadline, "the daemon does not answer"
                time.sleep(0.05)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)


@contextmanager
def running(settings_file: Path, *arguments: str) -> Iterator[Daemon]:
    daemon = Daemon(settings_file, *arguments)
    try:
        yield daemon
    finally:
        daemon.process.kill()
        daemon.process.wait()


def news_until_rest(stream: Any) -> list[str]:
    states: list[str] = []
    for line in stream:
        if line.startswith(b"data: "):
            news = json.loads(line[len("data: ") :])
            states.append(news["state"])
            if news["sale"] is not None and not news["sale"]["active"]:
                return states
    return states


def test_a_sale_over_http_then_a_clean_stop(settings_file: Path, twin: HttpTwin) -> None:
    with running(settings_file) as daemon:
        health = daemon.wait_until_it_answers()
        assert (health["backend"], health["journal"]) == ("ok", "ok")
        assert (health["pad"], health["open_reversals"]) == ("unavailable", 0)
        with urllib.request.urlopen(daemon.url + "/events", timeout=10) as stream:
            sale_id = daemon.ask("/sales", {"amount_cents": 1250})["sale_id"]
            states = news_until_rest(stream)
            assert states[-4:] == ["code", "authorising", "approved", "amount"]
            assert daemon.ask(f"/sales/{sale_id}")["state"] == "approved"
            assert list(twin.twin.debits.values()) == [1250]
            assert daemon.stop() == 0, "an open page does not hold it up"


def test_stopped_in_the_middle_of_a_sale(settings_file: Path) -> None:
    with running(settings_file, "hold") as daemon:
        daemon.wait_until_it_answers()
        sale_id = daemon.ask("/sales", {"amount_cents": 1250})["sale_id"]
        assert daemon.stop() == 0
    journal = open_sale_journal(daemon.settings.state_dir / JOURNAL_FILE)
    sale = journal.find(sale_id)
    journal.close()
    assert sale is not None
    assert sale.state is State.CANCELLED


def test_killed_then_started_again_on_the_same_journal(settings_file: Path) -> None:
    with running(settings_file, "hold") as daemon:
        daemon.wait_until_it_answers()
        sale_id = daemon.ask("/sales", {"amount_cents": 1250})["sale_id"]
        daemon.process.kill()
        daemon.process.wait()
    with running(settings_file) as daemon:
        daemon.wait_until_it_answers()
        deadline = time.monotonic() + START_SECONDS_MAX
        while daemon.ask(f"/sales/{sale_id}")["state"] != "cancelled":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert daemon.ask("/sales", {"amount_cents": 100})
        assert daemon.stop() == 0


def test_a_second_counter_on_the_same_journal_is_refused(settings_file: Path) -> None:
    with running(settings_file) as daemon:
        daemon.wait_until_it_answers()
        second = subprocess.run(
            [sys.executable, "-m", "tests.terminal.counter.counter_process", str(settings_file)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=START_SECONDS_MAX,
            check=False,
        )
        assert second.returncode != 0
        assert "another counter uses" in second.stderr
        assert daemon.ask("/state")["state"] == "amount"


def test_a_till_set_to_practise_in_english_says_so_and_asks_for_no_debit(
    settings_file: Path, twin: HttpTwin
) -> None:
    with settings_file.open("a", encoding="utf-8") as file:
        file.write('[page]\nlanguage = "en"\ntraining = "always"\n')
    with running(settings_file) as daemon:
        daemon.wait_until_it_answers()
        assert daemon.ask("/state")["training"] is True
        with pytest.raises(urllib.error.HTTPError) as refused:
            daemon.ask("/sales", {"amount_cents": 1250})
        told = json.load(refused.value)
        assert (refused.value.code, told["code"]) == (409, "training")
        assert told["message"].startswith("The till is in training")
        daemon.ask("/practice/sales", {"amount_cents": 1250})
        daemon.ask("/practice/card", {"card": "one_benefit"})
        daemon.ask("/practice/code", {"code": "right"})
        assert daemon.stop() == 0
    assert twin.twin.received == []


@pytest.mark.parametrize(
    "wrong", ['language = "de"', "sound_percent = 101", 'training = "sometimes"', "colour = 1"]
)
def test_the_pages_settings_are_checked(settings_file: Path, wrong: str) -> None:
    with settings_file.open("a", encoding="utf-8") as file:
        file.write(f"[page]\n{wrong}\n")
    with pytest.raises(SettingsError, match="page"):
        load_settings(CounterSettings, settings_file)
