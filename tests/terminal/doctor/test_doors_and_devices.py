"""The doctor on what others hold or have pulled: each finding says in words what to do."""

import fcntl
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.demo.processes import free_ports
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from terminal.doctor import doors
from terminal.doctor.devices import look_at_pad, look_at_reader
from terminal.doctor.findings import Verdict
from terminal.reader.choice import WantedReader
from terminal.reader.pcsc import PcscReader
from terminal.settings import CounterSettings
from tests.terminal.virtual_cards import READERS, PlainCard

pytestmark = pytest.mark.xdist_group("pcscd")


def settings(tmp_path: Path, **changed: object) -> CounterSettings:
    plain: dict[str, object] = {
        "backend_url": "http://127.0.0.1:1",
        "state_dir": tmp_path,
        "reader": READERS[0],
        "pad_device": tmp_path / "pad",
        "listen_port": free_ports([0])[0],
    }
    return CounterSettings.model_validate({**plain, **changed})


def findings(wanted: CounterSettings, *, daemon_runs: bool = False) -> list[tuple[str, str]]:
    found = list(doors.look_at_doors(wanted, daemon_runs=daemon_runs))
    for each in found:
        assert each.sentence.endswith("."), each
        assert bool(each.advice) is (each.verdict is not Verdict.GOOD), each
    return [(each.part.value, each.code) for each in found]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


# --- ports ----------------------------------------------------------------------------------------


def test_ports_that_are_free_are_good(tmp_path: Path) -> None:
    caisse_ap = {"port": free_ports([0])[0]}
    wanted = settings(tmp_path, caisse_ap=caisse_ap)
    assert findings(wanted) == [("page", "good"), ("till", "good")]
    assert findings(wanted) == [("page", "good"), ("till", "good")], "nothing is left open"


def test_a_port_that_another_program_has(tmp_path: Path, taken_port: int) -> None:
    wanted = settings(tmp_path, listen_port=taken_port, caisse_ap={"port": taken_port})
    assert findings(wanted) == [("page", "page_port_in_use"), ("till", "till_port_in_use")]


def test_a_port_of_the_running_daemon_is_knocked_at(tmp_path: Path, taken_port: int) -> None:
    closed = free_ports([0])[0]
    wanted = settings(tmp_path, listen_port=taken_port, caisse_ap={"port": closed})
    assert findings(wanted, daemon_runs=True) == [("page", "good"), ("till", "till_silent")]


def test_an_address_that_is_not_of_this_machine(tmp_path: Path) -> None:
    wanted = settings(tmp_path, caisse_ap={"listen_hosts": ["192.0.2.1"], "port": 8888})
    assert findings(wanted)[1] == ("till", "till_address_unknown")


# --- the till's line, the printer -----------------------------------------------------------------


@pytest.fixture
def line() -> Iterator[str]:
    near, far = os.openpty()
    yield os.ttyname(far)
    os.close(near)
    os.close(far)


def test_the_tills_serial_line(tmp_path: Path, line: str) -> None:
    free = settings(tmp_path, concert={"device": line})
    assert findings(free)[1] == ("till", "good")
    with open(line, "rb", buffering=0) as held:  # noqa: PTH123 -- a terminal line
        fcntl.flock(held, fcntl.LOCK_EX)
        assert findings(free)[1] == ("till", "till_line_in_use")
        assert findings(free, daemon_runs=True)[1] == ("till", "good")
    absent = settings(tmp_path, concert={"device": "/dev/ttyNone"})
    assert findings(absent)[1] == ("till", "till_line_absent")


@pytest.mark.parametrize(
    ("paper", "code"),
    [(b"\x12", "good"), (b"\x72", "printer_out_of_paper"), (b"", "printer_silent")],
)
def test_a_printer_is_asked_and_not_made_to_print(
    tmp_path: Path, paper: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal.counter.receipts.printer.STATUS_SECONDS_MAX", 0.1)
    heard = bytearray()

    def be_the_printer() -> None:
        connection, _ = listener.accept()
        with connection:
            while received := connection.recv(64):
                heard.extend(received)
                connection.sendall(paper)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        printer = threading.Thread(target=be_the_printer)
        printer.start()
        port = listener.getsockname()[1]
        printed = {"kind": "network", "host": "127.0.0.1", "port": port}
        assert findings(settings(tmp_path, printer=printed))[-1] == ("printer", code)
        printer.join(5)
    assert set(bytes(heard).split(b"\x10\x04\x04")) == {b""}, "questions, and nothing else"


def test_a_printer_that_is_off(tmp_path: Path) -> None:
    off = {"kind": "network", "host": "127.0.0.1", "port": free_ports([0])[0]}
    assert findings(settings(tmp_path, printer=off))[-1] == ("printer", "printer_absent")


# --- reader and pad -------------------------------------------------------------------------------


HOLDER = """
import sys
from terminal.reader.pcsc import PcscReader
with PcscReader(sys.argv[1]) as reader:
    assert reader.wait_for_card(20) is not None
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_reader_that_another_program_holds(slot: VirtualCardSlot) -> None:
    slot.insert(PlainCard())
    command = [sys.executable, "-c", HOLDER, READERS[0]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        found = look_at_reader(WantedReader(READERS[0]), daemon_runs=False)
        holder.communicate(timeout=20)
    assert (found.code, "Fermez" in found.advice) == ("reader_busy", True)
    assert look_at_reader(WantedReader(READERS[0]), daemon_runs=False).code == "good"


def test_a_reader_that_another_terminal_of_ours_waits_at(pcscd: PrivatePcscd) -> None:
    with PcscReader(READERS[0], alone=True) as other:
        assert other.wait_for_card(0) is None
        found = look_at_reader(WantedReader(READERS[0]), daemon_runs=False)
    assert found.code == "reader_busy"


def test_a_name_that_two_readers_have_is_told_with_both(pcscd: PrivatePcscd) -> None:
    found = look_at_reader(WantedReader("Test"), daemon_runs=False)
    assert found.code == "reader_ambiguous"
    assert "Test Counter 00 00, Test Gate 00 00" in found.sentence
    assert "reader_usb_socket" in found.advice


def test_a_reader_that_is_in_another_socket(pcscd: PrivatePcscd) -> None:
    found = look_at_reader(WantedReader(READERS[0], "1-1.2"), daemon_runs=False)
    assert (found.code, "prise USB 1-1.2" in found.sentence) == ("reader_absent", True)


def test_a_keypad_without_its_key_is_a_finding(tmp_path: Path, line: str) -> None:
    keypad = settings(tmp_path, pad_driver="keypad", pad_device=line)
    assert look_at_pad(keypad, daemon_runs=False).code == "pad_settings"
    allowed = keypad.model_copy(update={"allow_terminal_encryption": True})
    for runs in (False, True):
        found = look_at_pad(allowed, daemon_runs=runs)
        assert (found.code, "install-key" in found.advice) == ("pad_without_key", True)


def test_a_pad_whose_line_another_program_has(tmp_path: Path, line: str) -> None:
    with open(line, "rb", buffering=0) as held:  # noqa: PTH123 -- a terminal line
        fcntl.flock(held, fcntl.LOCK_EX)
        found = look_at_pad(settings(tmp_path, pad_device=line), daemon_runs=False)
    assert found.code == "pad_in_use"
