"""The simulator's hands: over HTTP in process, and as the program people start."""

import contextlib
import logging
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.__main__ import main
from simulator.cards.drawer import Drawer
from simulator.pad.cable import PadCable
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.pcscd import PrivatePcscd
from simulator.settings import SettingsError, load_settings
from simulator.tabletop import Tabletop
from simulator.vpcd import VirtualCardSlot
from tests.simulator.served import code_of, served, simulator, write_settings

REQUEST = frame("Z62.9250000000000018\x1c0404NA\x1cB\x1cC\x1c9")
READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 10.0
NOBODY_PORT = 1
ANSWER_SECONDS_MAX = 10.0


@pytest.fixture
def pad() -> SimulatedPad:
    return SimulatedPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()))


@pytest.fixture
def control(tmp_path: Path, pad: SimulatedPad) -> Iterator[httpx.Client]:
    with PadCable(pad, tmp_path / "pad") as cable:
        slots = {"Pass Counter": VirtualCardSlot(NOBODY_PORT)}
        table = Tabletop(slots=slots, cable=cable, pcscd_socket=tmp_path / "pcscd.comm")
        with served(table) as client:
            yield client


def test_health_and_the_daemons_socket(control: httpx.Client, tmp_path: Path) -> None:
    assert control.get("/health").json() == {"status": "ok"}
    assert control.get("/pcscd").json() == {"socket_path": str(tmp_path / "pcscd.comm")}


def test_every_call_is_described(control: httpx.Client) -> None:
    described = control.get("/openapi.json").json()["paths"]
    assert {f"{verb.upper()} {path}" for path, verbs in described.items() for verb in verbs} == {
        "GET /health",
        "GET /pcscd",
        "GET /events",
        "GET /cards",
        "POST /cards",
        "GET /cards/{name}",
        "PATCH /cards/{name}",
        "DELETE /cards/{name}",
        "PUT /cards/{name}/faults",
        "GET /readers",
        "PUT /readers/{name}/card",
        "DELETE /readers/{name}/card",
        "GET /pad",
        "POST /pad/keys",
        "PUT /pad/plug",
        "PUT /pad/faults",
        "PUT /readers/{name}/plug",
        "GET /table",
        "GET /wire",
        "GET /lines",
        "PUT /lines/{name}/faults",
        "GET /printer",
        "PUT /printer/paper",
        "DELETE /printer/tickets",
        "GET /turnstile",
        "POST /turnstile/push",
        "PUT /turnstile/door",
        "PUT /turnstile/plug",
        "PUT /turnstile/faults",
        "PUT /turnstile/panel",
    }


def test_every_kind_of_card(control: httpx.Client) -> None:
    for kind in ("blank", "bank", "foreign", "phone"):
        made = control.post("/cards", json={"name": kind, "kind": kind})
        assert made.status_code == 201
        assert made.json()["kind"] == kind
    given = {"name": "lea", "kind": "blank", "uid": "04a1b2c3d4e5f6"}
    assert control.post("/cards", json=given).json()["uid"] == "04A1B2C3D4E5F6"
    clone = control.post("/cards", json={"name": "clone", "kind": "clone", "of": "lea"})
    assert clone.json()["uid"] == "04A1B2C3D4E5F6"
    names = [card["name"] for card in control.get("/cards").json()]
    assert names == ["blank", "bank", "foreign", "phone", "lea", "clone"]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"name": "bank", "kind": "blank"}, (409, "card_name_taken")),
        ({"name": "x", "kind": "clone"}, (409, "original_missing")),
        ({"name": "x", "kind": "clone", "of": "nobody"}, (404, "card_unknown")),
        ({"name": "x", "kind": "clone", "of": "bank"}, (409, "original_not_desfire")),
        ({"name": "x", "kind": "dragon"}, (422, "malformed_request")),
        ({"name": "", "kind": "blank"}, (422, "malformed_request")),
        ({"name": "x", "kind": "blank", "uid": "04"}, (422, "malformed_request")),
        ({"name": "x", "kind": "blank", "colour": "blue"}, (422, "malformed_request")),
    ],
)
def test_cards_that_cannot_be_made(
    control: httpx.Client, card: dict[str, str], expected: tuple[int, str]
) -> None:
    control.post("/cards", json={"name": "bank", "kind": "bank"})
    assert code_of(control.post("/cards", json=card)) == expected


def test_a_full_drawer() -> None:
    with served(Tabletop(drawer=Drawer(cards_max=1))) as control:
        control.post("/cards", json={"name": "one", "kind": "bank"})
        refused = control.post("/cards", json={"name": "two", "kind": "bank"})
        assert code_of(refused) == (409, "drawer_full")


def test_readers_and_what_cannot_be_done_with_them(
    control: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.vpcd.CONNECT_TRIES_MAX", 1)
    control.post("/cards", json={"name": "lea", "kind": "blank"})
    empty = {"name": "Pass Counter", "card": None, "plugged": True}
    assert control.get("/readers").json() == [empty]
    place = "/readers/Pass Counter/card"
    assert code_of(control.put(place, json={"card": "nobody"})) == (404, "card_unknown")
    assert code_of(control.put("/readers/x/card", json={"card": "lea"})) == (404, "reader_unknown")
    assert code_of(control.put(place, json={"card": "lea"})) == (503, "reader_unreachable")
    assert control.delete(place).json() == empty


def test_keys_reach_the_pad(control: httpx.Client, pad: SimulatedPad) -> None:
    pad.receive_data(REQUEST, time.monotonic())
    assert control.get("/pad").json()["entering"]
    shown = control.post("/pad/keys", json={"keys": "12"}).json()
    assert shown["lines"] == ["A", "B••"]
    shown = control.post("/pad/keys", json={"keys": "34E"}).json()
    assert shown == {"lines": ["C", ""], "entering": False, "entry_count": 1, "plugged": True}


@pytest.mark.parametrize(
    "body",
    [
        b'{"keys": 739100}',
        b'{"keys": "739100", "7391": 1}',
        b'{"keys": "7391X"}',
        b'{"keys": ["7391"]}',
        b'{"keys": "' + b"7391" * 20 + b'"}',
        b'{"keys": "7391',
        b"7391",
    ],
)
def test_what_was_pressed_is_never_repeated(
    control: httpx.Client, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Content-Type": "application/json"}
    refused = control.post("/pad/keys", content=body, headers=headers)
    assert refused.status_code == 422
    assert code_of(refused)[1] in ("malformed_request", "key_unknown")
    assert "7391" not in refused.text
    assert "7391" not in caplog.text


def test_the_plug_and_the_faults(control: httpx.Client, pad: SimulatedPad) -> None:
    assert not control.put("/pad/plug", json={"plugged": False}).json()["plugged"]
    assert code_of(control.post("/pad/keys", json={"keys": "1"})) == (409, "pad_unplugged")
    assert control.put("/pad/plug", json={"plugged": True}).json()["plugged"]
    control.put("/pad/faults", json={"naks": 1, "lost_acks": 1})
    assert pad.receive_data(frame("72") * 3, 0) == b"\x15\x06"
    control.put("/pad/faults", json={"silent": True})
    assert pad.receive_data(frame("72"), 0) == b""


def test_a_table_without_a_pad_and_addresses_that_do_not_exist() -> None:
    with served(Tabletop()) as control:
        assert code_of(control.get("/pad")) == (404, "pad_absent")
        assert code_of(control.get("/nowhere")) == (404, "not_found")
        assert code_of(control.put("/health")) == (405, "method_not_allowed")
        assert control.get("/pcscd").json() == {"socket_path": None}
        # A page elsewhere that has its own name lead here gets nothing.
        assert control.get("/pad", headers={"Host": "evil.example"}).status_code == 400


def test_cards_on_real_readers(daemon: PrivatePcscd, pcsc_client: Callable[..., Any]) -> None:
    slots = {name: VirtualCardSlot(port, name=name) for name, port in daemon.ports.items()}
    first, second = (f"/readers/{name}/card" for name in slots)
    with served(Tabletop(slots=slots)) as control, contextlib.ExitStack() as stack:
        for slot in slots.values():
            stack.callback(slot.close)
        for name in ("lea", "tom"):
            control.post("/cards", json={"name": name, "kind": "blank"})
        assert control.put(first, json={"card": "lea"}).json()["card"] == "lea"
        client = pcsc_client(daemon)
        reader = next(name for name in client.readers() if name.startswith(next(iter(slots))))
        client.connect(reader)
        uids = {card["name"]: card["uid"] for card in control.get("/cards").json()}
        assert client.transmit(reader, "FFCA000000") == uids["lea"] + "9000"
        assert control.put(first, json={"card": "lea"}).status_code == 200
        assert code_of(control.put(second, json={"card": "lea"})) == (409, "card_elsewhere")
        assert control.put(first, json={"card": "tom"}).json()["card"] == "tom"
        assert control.delete(first).json()["card"] is None


def test_settings_are_read_once_and_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_settings(tmp_path, readers=True)
    monkeypatch.setenv("PASS_SIMULATOR_CONTROL_PORT", "9999")
    settings = load_settings(config)
    assert settings.control_port == 9999
    assert [reader.name for reader in settings.readers] == ["Pass Counter"]
    assert settings.pad is not None
    assert settings.pad.counting_in == tmp_path / "key.json.counter"
    with pytest.raises(ValueError, match="frozen"):
        settings.control_port = 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("run_dir = [", "not a TOML file"),
        ("", "run_dir: Field required"),
        ('run_dir = "here"', "must be an absolute path"),
        ('run_dir = "/tmp"\ncontrol_prot = 1', "control_prot: Extra inputs"),
        ('run_dir = "/tmp"\ncontrol_port = 99999', "control_port"),
        ('run_dir = "/tmp"\n[pad]\nlink = "/tmp/pad"', "a pad needs a key_file"),
    ],
)
def test_settings_say_what_to_change(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "s.toml").write_text(content)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(tmp_path / "s.toml")
    assert "99999" not in str(caught.value)
    with pytest.raises(SettingsError, match="No such file"):
        load_settings(tmp_path / "none.toml")


def test_a_wrong_start_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--config", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err.startswith("pass-simulator: ")
    with pytest.raises(SystemExit) as left:
        main(["serve", "--help"])
    assert left.value.code == 0
    assert "key_file" in capsys.readouterr().out


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_starts_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    with simulator(write_settings(tmp_path)) as (process, ready):
        assert ready["ready"] is True
        assert ready["pcscd_socket"] is None
        assert os.path.lexists(ready["pad"])
        with urllib.request.urlopen(f"{ready['control']}/health") as answer:
            assert answer.status == 200
        process.send_signal(number)
        assert process.wait(STOP_SECONDS_MAX) == 0
        assert not os.path.lexists(ready["pad"])


@pytest.mark.timeout(90)
def test_the_program_with_its_readers(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("s")
    with simulator(write_settings(folder, readers=True)) as (process, ready):
        url = ready["control"]
        with httpx.Client(base_url=url) as control:
            socket_path = control.get("/pcscd").json()["socket_path"]
            assert socket_path == ready["pcscd_socket"]
            assert Path(socket_path).is_socket()
            control.post("/cards", json={"name": "lea", "kind": "blank"})
            laid = control.put("/readers/Pass Counter/card", json={"card": "lea"})
            assert laid.json() == {"name": "Pass Counter", "card": "lea", "plugged": True}
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS_MAX) == 0
    # The folder is free again: everything that was started has ended.
    with simulator(write_settings(folder, readers=True)) as (_, again):
        assert again["ready"] is True


def test_its_description_says_what_its_refusals_are(control: httpx.Client) -> None:
    described = control.get("/openapi.json").json()
    text = str(described)
    assert "HTTPValidationError" not in text
    for path in described["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_an_address_names_all_its_methods(control: httpx.Client) -> None:
    refused = control.put("/cards/LEA")
    assert (refused.status_code, refused.headers["allow"]) == (405, "DELETE, GET, PATCH")
