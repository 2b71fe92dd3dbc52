"""The doctor, through the command line: real PC/SC, a real pty, a backend that answers or not."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.demo.processes import free_ports
from simulator.pad.cable import PadCable
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from terminal import __main__ as command_line
from terminal.doctor import machine
from terminal.doctor.findings import Finding, Part, Verdict, bad, good, in_words, warning, worst
from terminal.doctor.line import look_at_network
from tests.terminal.scripted_backend import TOKEN_PATH, Reply, ScriptedBackend
from tests.terminal.virtual_cards import READERS, PlainCard

ENROLLED: Mapping[str, object] = {
    "terminal_id": "t-1",
    "name": "Caisse 1",
    "list_signing_key": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43},
}
ME_PATH = "/v1/terminals/me"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def pad_link(tmp_path: Path) -> Iterator[Path]:
    sealer = AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter(), bytes)
    with PadCable(SimulatedPad(sealer), tmp_path / "pad") as cable:
        yield cable.link


def write_config(folder: Path, backend_url: str, **more: str | int | bool) -> Path:
    values = {"backend_url": backend_url, "state_dir": str(folder), "reader": READERS[0], **more}
    path = folder.parent / "terminal.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    return path


def enrol(config: Path, backend: ScriptedBackend, kind: str) -> None:
    backend.script("/v1/terminals/enrolments", Reply(201, {**ENROLLED, "kind": kind}))
    me = {"terminal_id": "t-1", "kind": kind, "name": "Caisse 1"}
    backend.script(ME_PATH, Reply(200, me))
    assert command_line.main(["enrol", "--config", str(config), "--code", "ABCD"]) == 0


class Said:
    """What the doctor said, by part."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.verdict = body["verdict"]
        self.codes = {each["part"]: each["code"] for each in body["findings"]}
        self.told = [(each["part"], each["code"]) for each in body["findings"]]
        self.body = body

    def advice(self, part: str) -> str:
        return next(str(each["advice"]) for each in self.body["findings"] if each["part"] == part)


def examine(config: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    capsys.readouterr()
    status = command_line.main(["doctor", "--config", str(config), "--json"])
    return Said(status, json.loads(capsys.readouterr().out))


@pytest.fixture
def counter(folder: Path, backend: ScriptedBackend, pad_link: Path) -> Path:
    config = write_config(
        folder, backend.url, pad_device=str(pad_link), listen_port=free_ports([0])[0]
    )
    enrol(config, backend, "counter")
    return config


def append(config: Path, text: str) -> None:
    with config.open("a") as file:
        file.write(text)


def test_a_healthy_counter_has_nothing_to_do(
    counter: Path, pcscd: PrivatePcscd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pcscd.socket_path.exists()
    said = examine(counter, capsys)
    assert set(said.codes.values()) == {"good"}
    assert list(said.codes) == [
        "identity", "state_folder", "disk", "journal", "reader", "pad", "page", "network",
        "backend", "clock",
    ]  # fmt: skip
    assert (said.status, said.verdict) == (0, "good")


def test_a_card_on_the_reader_is_no_fault(
    counter: Path, slot: VirtualCardSlot, capsys: pytest.CaptureFixture[str]
) -> None:
    card = PlainCard()
    slot.insert(card)
    assert card.powered.wait(5)
    assert examine(counter, capsys).codes["reader"] == "good"
    slot.remove()


def test_people_read_a_line_for_each_part_and_what_to_do(
    counter: Path, pad_link: Path, pcscd: PrivatePcscd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pcscd.socket_path.exists()
    pad_link.unlink()
    capsys.readouterr()
    assert command_line.main(["doctor", "--config", str(counter)]) == 9
    text = capsys.readouterr().out
    assert "✓ Identité  bon        « Caisse 1 », caisse, est enregistré." in text
    assert "✗ Clavier   à réparer  Le clavier n'est pas branché" in text
    assert "→ Branchez le clavier à code" in text


def test_a_missing_reader_names_those_that_are_there(
    folder: Path,
    backend: ScriptedBackend,
    pcscd: PrivatePcscd,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pcscd.socket_path.exists()
    config = write_config(folder, backend.url, reader="ACS")
    enrol(config, backend, "desk")
    said = examine(config, capsys)
    assert (said.status, said.codes["reader"]) == (9, "reader_absent")
    assert READERS[0] in said.body["findings"][3]["sentence"]


def test_a_stranger_on_the_pad_s_line_is_silence(
    folder: Path,
    backend: ScriptedBackend,
    pcscd: PrivatePcscd,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pcscd.socket_path.exists()
    near, far = os.openpty()
    config = write_config(folder, backend.url, pad_device=os.ttyname(far))
    enrol(config, backend, "counter")
    said = examine(config, capsys)
    os.close(near)
    os.close(far)
    assert said.codes["pad"] == "pad_silent"
    assert "pad_dialect" in said.advice("pad")


def test_devices_of_a_running_daemon_are_left_alone(
    counter: Path, folder: Path, pcscd: PrivatePcscd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pcscd.socket_path.exists()
    with (folder / "counter.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = examine(counter, capsys)
    assert said.codes["pad"] == "good"
    sentence = next(each for each in said.body["findings"] if each["part"] == "pad")["sentence"]
    assert "la caisse en marche s'en sert" in sentence


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (
            Reply(401, {"code": "terminal_revoked", "message": "", "details": {}}),
            "terminal_revoked",
        ),
        (Reply(403, {"code": "go_away", "message": "", "details": {}}), "backend_refused"),
        (Reply(503, b"busy"), "backend_silent"),
    ],
)
def test_what_the_backend_says_of_us(
    counter: Path,
    backend: ScriptedBackend,
    reply: Reply,
    code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    backend.script(TOKEN_PATH, reply)
    said = examine(counter, capsys)
    assert (said.status, said.codes["backend"]) == (9, code)


def test_a_wrong_clock_is_a_warning(
    counter: Path, backend: ScriptedBackend, capsys: pytest.CaptureFixture[str], pcscd: PrivatePcscd
) -> None:
    assert pcscd.socket_path.exists()
    date = format_datetime(datetime.now(UTC) - timedelta(hours=2), usegmt=True)
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300}
    backend.script(TOKEN_PATH, Reply(200, token, {"Date": date}))
    me = {"terminal_id": "t-1", "kind": "counter", "name": "Caisse 1"}
    backend.script(ME_PATH, Reply(200, me, {"Date": date}), Reply(200, me, {"Date": date}))
    said = examine(counter, capsys)
    # The first reply was scripted at enrolment, without that date; it is served once.
    said = examine(counter, capsys) if said.codes["clock"] == "good" else said
    assert (said.status, said.codes["clock"]) == (0, "clock_wrong")


def test_no_backend_at_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(folder, "http://127.0.0.1:9")
    said = examine(config, capsys)
    assert said.status == 9
    assert said.codes["identity"] == "not_enrolled"
    assert said.codes["state_folder"] == "folder_missing"
    assert said.codes["network"] == "port_closed"


def test_a_name_that_nobody_knows() -> None:
    assert look_at_network("https://pass.invalid").code == "name_unknown"


def test_a_gate_without_a_list(
    folder: Path,
    backend: ScriptedBackend,
    pcscd: PrivatePcscd,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pcscd.socket_path.exists()
    config = write_config(folder, backend.url)
    enrol(config, backend, "gate")
    assert examine(config, capsys).codes["access_list"] == "list_missing"
    (folder / "access-list.sealed").write_text("e30.e30.AAAA")
    found = examine(config, capsys).codes["access_list"]
    assert found.startswith("list_")
    assert found != "list_missing"


def test_a_damaged_journal_is_kept(
    counter: Path, folder: Path, capsys: pytest.CaptureFixture[str], pcscd: PrivatePcscd
) -> None:
    assert pcscd.socket_path.exists()
    (folder / "counter.db").write_bytes(b"nothing like a database " * 200)
    said = examine(counter, capsys)
    assert (said.status, said.codes["journal"]) == (9, "journal_damaged")
    assert "ne le supprimez pas" in said.advice("journal")


def test_a_folder_open_to_others_is_a_warning(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert machine.look_at_folder(tmp_path).code == "folder_open"
    tmp_path.chmod(0o700)
    assert machine.look_at_folder(tmp_path).verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("free", "verdict", "code"),
    [
        (machine.FREE_BYTES_MIN - 1, Verdict.BAD, "disk_full"),
        (machine.FREE_BYTES_MIN, Verdict.WARNING, "disk_low"),
        (machine.FREE_BYTES_GOOD - 1, Verdict.WARNING, "disk_low"),
        (machine.FREE_BYTES_GOOD, Verdict.GOOD, "good"),
    ],
)
def test_the_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict, code: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    found = machine.look_at_disk(tmp_path)
    assert (found.verdict, found.code) == (verdict, code)
    assert list(tmp_path.iterdir()) == [], "the probe is gone"


def test_a_disk_that_does_not_write(tmp_path: Path) -> None:
    assert machine.look_at_disk(tmp_path / "missing").code == "disk_refuses"


def test_the_worst_verdict_is_the_verdict() -> None:
    ok = good(Part.DISK, "bon")
    low = warning(Part.DISK, "disk_low", "peu", "libérez")
    out = bad(Part.READER, "reader_absent", "absent", "branchez")
    assert worst([]) is worst([ok]) is Verdict.GOOD
    assert worst([low, ok]) is Verdict.WARNING
    assert worst([low, out, ok]) is Verdict.BAD


def test_every_part_and_verdict_has_its_word() -> None:
    for part in Part:
        for verdict in Verdict:
            assert in_words([Finding(part, verdict, "code", "phrase")]).endswith("phrase")
