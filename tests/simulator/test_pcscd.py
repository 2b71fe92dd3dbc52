"""The private daemon, for real: readers, neighbours, refusals, and leaving nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING

import pytest

from simulator import pcscd, ports
from simulator.__main__ import main
from simulator.namespaces import DaemonKind
from simulator.pcscd import (
    NamespaceUnavailableError,
    PcscdError,
    PcscdFailedError,
    PcscdMissingError,
    PcscdRefusedError,
    PrivatePcscd,
    RunDirBusyError,
)
from tests.simulator.served import write_settings

if TYPE_CHECKING:
    from tests.simulator.conftest import PcscClient

NewClient = Callable[[PrivatePcscd], "PcscClient"]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_each_reader_is_there_by_its_name_and_has_ports_of_its_own(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    assert pcsc_client(daemon).readers() == [
        "Pass Counter 00 00",
        "Pass Counter 00 01",
        "Pass Gate 00 00",
        "Pass Gate 00 01",
    ]
    assert set(daemon.ports) == {"Pass Counter", "Pass Gate"}
    assert len({*daemon.ports.values(), *(port + 1 for port in daemon.ports.values())}) == 4
    assert daemon.kind in set(DaemonKind) - {DaemonKind.MACHINE}


def test_two_daemons_live_side_by_side(
    tmp_path_factory: pytest.TempPathFactory, pcsc_client: NewClient
) -> None:
    one = PrivatePcscd(["One"], tmp_path_factory.mktemp("a"))
    two = PrivatePcscd(["Two"], tmp_path_factory.mktemp("b"))
    with one, two:
        assert pcsc_client(one).readers() == ["One 00 00", "One 00 01"]
        assert pcsc_client(two).readers() == ["Two 00 00", "Two 00 01"]
        one.stop()
        assert pcsc_client(two).readers() == ["Two 00 00", "Two 00 01"]


def test_stop_ends_the_process_and_frees_ports_and_folder(run_dir: Path) -> None:
    daemon = PrivatePcscd(["One"], run_dir)
    daemon.start()
    daemon.start()  # already there: nothing new
    pid, port = daemon.pid, daemon.ports["One"]
    assert pid is not None
    assert _alive(pid)
    assert not ports.is_free(port)
    daemon.stop()
    daemon.stop()
    assert not _alive(pid)
    assert ports.is_free(port)
    with pytest.raises(PcscdError, match=r"call start\(\) first"):
        _ = daemon.ports
    with PrivatePcscd(["One"], run_dir) as again:
        assert again.pid != pid


def test_a_folder_serves_one_daemon(
    daemon: PrivatePcscd, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcscd, "LOCK_SECONDS_MAX", 0.0)
    with pytest.raises(RunDirBusyError, match=str(run_dir)):
        PrivatePcscd(["Other"], run_dir).start()
    assert daemon.pid is not None
    assert _alive(daemon.pid)


def test_the_daemon_follows_a_killed_parent(run_dir: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from simulator.pcscd import PrivatePcscd\n"
        "with PrivatePcscd(['One'], pathlib.Path(sys.argv[1])) as daemon:\n"
        "    print(daemon.pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(run_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert _alive(pid)
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _alive(pid)
    with PrivatePcscd(["One"], run_dir):  # what it left does not disturb
        pass


@pytest.mark.parametrize(
    "names", [[], ["Same", "Same"], ['Quo"te'], [""], ["x" * 61], ["é"], ["n"] * 16]
)
def test_names_the_daemon_would_misread_are_refused(names: list[str], run_dir: Path) -> None:
    with pytest.raises(PcscdRefusedError):
        PrivatePcscd(names, run_dir)


@pytest.mark.parametrize("folder", ["/run/user/1000/pass", "/tmp/" + "x" * 100, '/tmp/a"b'])
def test_folders_that_cannot_hold_the_socket_are_refused(folder: str) -> None:
    with pytest.raises(PcscdRefusedError, match="folder"):
        PrivatePcscd(["One"], Path(folder))


def test_a_missing_driver_or_daemon_says_what_to_install(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = run_dir / "absent.so"
    with pytest.raises(PcscdMissingError, match="apt-get install vsmartcard-vpcd"):
        PrivatePcscd(["One"], run_dir, driver=absent).start()
    monkeypatch.setattr("simulator.pcscd.shutil.which", lambda *_arguments, **_path: None)
    with pytest.raises(PcscdMissingError, match="apt-get install pcscd"):
        PrivatePcscd(["One"], run_dir).start()


def test_a_driver_that_does_not_load_is_reported_with_the_daemons_words(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcscd, "START_SECONDS_MAX", 0.5)
    broken = run_dir / "broken.so"
    broken.write_bytes(b"not a library")
    daemon = PrivatePcscd(["One"], run_dir, driver=broken)
    with pytest.raises(PcscdFailedError, match="not ready") as failure:
        daemon.start()
    assert "reader-0.so" in failure.value.log_tail


def test_a_daemon_that_ends_at_once_is_reported(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcscd, "_find_program", lambda _name, _package: "/bin/false")
    with pytest.raises(PcscdFailedError, match="ended with status 1"):
        PrivatePcscd(["One"], run_dir).start()


def test_a_port_taken_meanwhile_is_noticed_and_another_is_chosen(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ports.choose_ports(["One"], randbelow)["One"]
    with socket.socket() as taken, socket.socket() as next_to_it:
        for number, listener in enumerate((taken, next_to_it)):
            listener.bind(("0.0.0.0", port + number))
            listener.listen()
        first = [{"One": port}]

        def choose(readers: Sequence[str], below: Callable[[int], int]) -> dict[str, int]:
            return first.pop() if first else ports.choose_ports(readers, below)

        monkeypatch.setattr(pcscd, "choose_ports", choose)
        with PrivatePcscd(["One"], run_dir) as daemon:
            assert not first
            assert daemon.ports["One"] != port


def test_no_free_port_is_an_error_after_a_bounded_search(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(PcscdError, match="no free pair of ports"):
        PrivatePcscd(["One"], run_dir).start()


@pytest.mark.parametrize("slot", [0, 1])
def test_both_ports_of_a_reader_must_be_free(slot: int) -> None:
    free, other = ports.choose_ports(["One", "Two"], randbelow).values()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", free + slot))
        script = iter([(port - ports.PORT_FIRST) // 2 for port in (free, other, other + 2)])
        found = ports.choose_ports(["One"], lambda _bound: next(script))
    assert found == {"One": other}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a mount namespace without a user's")
def test_root_needs_no_user_namespace(run_dir: Path) -> None:
    with PrivatePcscd(["One"], run_dir, kinds=[DaemonKind.ROOT_NAMESPACE]) as daemon:
        assert daemon.kind is DaemonKind.ROOT_NAMESPACE


def test_without_namespaces_the_machines_daemon_serves_and_is_left_alone(
    daemon: PrivatePcscd, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcscd, "MACHINE_READER_FILE", run_dir / "reader.conf")
    monkeypatch.setattr(pcscd, "MACHINE_SOCKET", run_dir / "pcscd.comm")
    with PrivatePcscd(["Pass Gate"], tmp_path, kinds=[DaemonKind.MACHINE]) as borrowed:
        assert borrowed.kind is DaemonKind.MACHINE
        assert borrowed.pid is None
        assert borrowed.ports == {"Pass Gate": daemon.ports["Pass Gate"]}
        assert borrowed.socket_path == daemon.socket_path
    assert daemon.pid is not None
    assert _alive(daemon.pid)


def test_with_no_way_at_all_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = tmp_path / "absent"
    monkeypatch.setattr(pcscd, "MACHINE_READER_FILE", absent)
    with pytest.raises(
        PcscdRefusedError, match=r"has no virtual reader One: copy .* restart pcscd"
    ):
        PrivatePcscd(["One"], tmp_path, kinds=[DaemonKind.MACHINE]).start()
    assert 'FRIENDLYNAME "One"' in (tmp_path / "reader.conf").read_text()
    monkeypatch.setattr(pcscd, "namespace_works", lambda _launcher, _kind: False)
    with pytest.raises(NamespaceUnavailableError, match=r"or copy .* restart pcscd"):
        PrivatePcscd(["One"], tmp_path).start()
    with pytest.raises(NamespaceUnavailableError, match="user namespace"):
        PrivatePcscd(["One"], tmp_path, kinds=[DaemonKind.USER_NAMESPACE]).start()


def test_a_machine_daemon_that_does_not_answer_is_reported(
    daemon: PrivatePcscd, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcscd, "MACHINE_READER_FILE", run_dir / "reader.conf")
    monkeypatch.setattr(pcscd, "MACHINE_SOCKET", tmp_path / "absent.comm")
    with pytest.raises(PcscdFailedError, match="does not answer"):
        PrivatePcscd(["Pass Gate"], tmp_path, kinds=[DaemonKind.MACHINE]).start()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("pcscd", "pcscd not found: install it with `apt-get install pcscd`"),
        ("driver", "libifdvpcd.so not found: install it with `apt-get install vsmartcard-vpcd`"),
    ],
)
def test_a_missing_package_is_one_sentence_that_says_what_to_install(
    missing: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests keep their own
    if missing == "driver":
        monkeypatch.setattr(pcscd, "DRIVER_PATHS", (tmp_path / "none.so",))
    else:
        monkeypatch.setattr(shutil, "which", lambda *_args, **_options: None)
    config = str(write_settings(tmp_path, readers=True))
    assert main(["serve", "--config", config]) == 2
    assert capsys.readouterr().err.splitlines() == [f"pass-simulator: {sentence}"]
    assert main(["counter", "--config", config, "--json"]) == 2
    said = json.loads(capsys.readouterr().err)
    assert said == {"code": "cannot_serve", "message": sentence}
