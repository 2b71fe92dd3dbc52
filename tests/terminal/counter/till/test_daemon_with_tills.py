"""The daemon with a door for tills: only when it is told so, and killed with an answer untold."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from terminal.counter.tills.open_tills import BOOK_FILE
from terminal.counter.tills.server import TillDoor
from terminal.errors import SettingsError
from terminal.identity import enrol
from terminal.settings import CounterSettings, load_settings
from terminal.till_settings import CaisseApSettings, ConcertSettings, PrinterSettings
from tests.terminal.counter.fakes import TwinBackend
from tests.terminal.counter.http_twin import HttpTwin
from tests.terminal.counter.test_daemon import free_port, running
from tests.terminal.counter.till.conftest import TillStand, decode, hang_up, outcome, request

WAIT_SECONDS = 30


@pytest.fixture
def twin() -> Iterator[HttpTwin]:
    with HttpTwin(TwinBackend()) as served:
        yield served


def settings_file(folder: Path, twin: HttpTwin, more: str) -> Path:
    path = folder / "counter.toml"
    path.write_text(
        f'backend_url = "{twin.url}"\nstate_dir = "{folder / "state"}"\n'
        f'reader = "Pass Counter"\npad_device = "{folder / "pad"}"\nlisten_port = {free_port()}\n'
        + more
    )
    enrol(load_settings(CounterSettings, path), "ONE-TIME")
    return path


def test_killed_with_an_answer_untold(tmp_path: Path, twin: HttpTwin) -> None:
    port, sent, go = free_port(), threading.Event(), threading.Event()

    def pay_slowly() -> None:
        sent.set()
        assert go.wait(WAIT_SECONDS)

    twin.twin.before_pay = pay_slowly
    path = settings_file(tmp_path, twin, f"[caisse_ap]\nport = {port}\n")
    with running(path) as daemon:
        daemon.wait_until_it_answers()
        line = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        line.sendall(request())
        assert sent.wait(WAIT_SECONDS)
        hang_up(line)
        go.set()
        end = time.monotonic() + WAIT_SECONDS
        while daemon.ask("/state")["state"] != "amount":
            assert time.monotonic() < end
            time.sleep(0.02)
        daemon.process.kill()
        daemon.process.wait()
    assert list(twin.twin.debits.values()) == [1250]
    with running(path) as daemon:
        daemon.wait_until_it_answers()
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS) as line:
            line.sendall(request())
            answer = decode(line.recv(1024))
        assert (*outcome(answer), answer["AC"]) == ("10", None, "A1B2C3")
        assert list(twin.twin.debits.values()) == [1250], "told again after the restart"
        assert daemon.stop() == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))
    assert (tmp_path / "state" / BOOK_FILE).stat().st_mode & 0o777 == 0o600


def test_a_port_in_use_is_said(stand: TillStand) -> None:
    with pytest.raises(SettingsError, match="Address already in use"):
        TillDoor(["127.0.0.1"], stand.door.port, [], stand.door._service)


def test_a_peer_that_is_not_listed_is_closed_unheard(stand: TillStand) -> None:
    nobody = [ipaddress.ip_network("192.0.2.0/24")]
    with (
        TillDoor(["127.0.0.1"], 0, nobody, stand.door._service) as door,
        socket.create_connection(("127.0.0.1", door.port), timeout=WAIT_SECONDS) as line,
    ):
        assert line.recv(1024) == b""
    assert stand.shop.views == []


def test_two_addresses(stand: TillStand) -> None:
    here = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]
    with TillDoor(["127.0.0.1", "::1"], 0, here, stand.door._service) as door:
        assert [each.family for each in door._sockets] == [socket.AF_INET, socket.AF_INET6]
        with socket.create_connection(("127.0.0.1", door.port), timeout=WAIT_SECONDS) as line:
            line.sendall(b"CZ0040320CJ012012345678901CA00201CD001I")
            assert outcome(decode(line.recv(1024))) == ("10", None)


# --- settings ----------------------------------------------------------------------------------


def test_off_unless_set() -> None:
    fields = CounterSettings.model_fields
    assert [fields[each].default for each in ("caisse_ap", "concert", "printer")] == [None] * 3
    assert [str(each) for each in CaisseApSettings().listen_hosts] == ["127.0.0.1"]
    assert [str(each) for each in CaisseApSettings().peers] == ["127.0.0.1/32"]


@pytest.mark.parametrize(
    "section",
    [
        {"listen_hosts": ["0.0.0.0"]},
        {"listen_hosts": ["::"]},
        {"listen_hosts": ["224.0.0.1"]},
        {"listen_hosts": ["caisse.example"]},
        {"listen_hosts": []},
        {"peers": []},
        {"peers": ["0.0.0.0/0"]},
        {"peers": ["::/0"]},
        {"port": 0},
        {"unknown": 1},
    ],
)
def test_what_a_door_may_not_be(section: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CaisseApSettings.model_validate(section)


def test_chosen_addresses_and_peers() -> None:
    chosen = CaisseApSettings.model_validate(
        {"listen_hosts": ["127.0.0.1", "192.168.1.10"], "peers": ["192.168.1.20", "10.1.0.0/24"]}
    )
    assert [str(each) for each in chosen.peers] == ["192.168.1.20/32", "10.1.0.0/24"]


@pytest.mark.parametrize(
    "section",
    [
        {"kind": "network"},
        {"kind": "serial", "host": "192.0.2.1"},
        {"kind": "file", "device": "lp0"},
        {"kind": "usb", "device": "/dev/usb/lp0"},
        {"kind": "file", "device": "/dev/usb/lp0", "columns": 10},
    ],
)
def test_what_a_printer_may_not_be(section: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PrinterSettings.model_validate(section)


@pytest.mark.parametrize("section", [{"device": "ttyS0"}, {"device": "/dev/ttyS0", "line": "fast"}])
def test_what_a_line_may_not_be(section: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ConcertSettings.model_validate(section)
