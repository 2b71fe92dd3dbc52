"""`pass-simulator card` and `pad`: against a simulator that runs, and against a folder."""

import argparse
import contextlib
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cards.drawer import Drawer
from simulator.cards.folder import CardFolder
from simulator.cards.record import CardKind
from simulator.commands import help as teaching
from simulator.commands import outcome, parser
from simulator.commands.client import ControlClient
from simulator.pad.cable import PadCable
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.tabletop import Tabletop
from tests.simulator.served import served, write_settings

Run = Callable[..., tuple[int, str, str]]
REQUEST = frame("Z62.9250000000000018\x1c0404NA\x1cB\x1cC\x1c9")


@pytest.fixture
def pad() -> SimulatedPad:
    return SimulatedPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()))


@pytest.fixture
def control(
    tmp_path: Path, pad: SimulatedPad, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    """A simulator with a pad and no reader, which commands find by the environment."""
    with (
        PadCable(pad, tmp_path / "pad") as cable,
        CardFolder(tmp_path / "cards") as folder,
        served(Tabletop(cable=cable, drawer=Drawer(folder.hold()))) as client,
    ):
        monkeypatch.setenv("PASS_SIMULATOR_CONTROL", str(client.base_url).rstrip("/"))
        yield client


# --- the drawer, on line and off ---


@pytest.fixture(params=["running", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The words that say where the cards are."""
    if request.param == "running":
        request.getfixturevalue("control")
        return []
    return ["--cards-dir", str(tmp_path / "offline")]


def test_a_drawer_full_of_life(run: Run, place: list[str]) -> None:
    assert run("card", "new", "LEA", "--uid", "04a1b2c3d4e5f6", *place) == (
        0,
        "LEA is in the drawer, UID 04A1B2C3D4E5F6.\n",
        "",
    )
    run("card", "new", "Tom", "--kind", "bank", "--colour", "#FF8800", "--note", "à Tom", *place)
    _, said, _ = run("card", "show", "tom", "--json", *place)
    assert json.loads(said) | {"uid": ""} == {
        "name": "Tom",
        "uid": "",
        "kind": "bank",
        "of": None,
        "colour": "#ff8800",
        "note": "à Tom",
        "faults": json.loads(said)["faults"],
        "reader": None,
    }
    assert run("card", "clone", "LEA", "COPIE", *place)[0] == 0
    _, said, _ = run("card", "list", *place)
    assert [line.split()[:3] for line in said.splitlines()[1:]] == sorted(
        [
            ["COPIE", "clone", "04A1B2C3D4E5F6"],
            ["LEA", "blank", "04A1B2C3D4E5F6"],
            ["Tom", "bank", said.split("bank")[1].split()[0]],
        ],
        key=lambda row: row[0] if place else "LEA Tom COPIE".index(row[0]),
    )
    assert run("card", "delete", "COPIE", *place) == (0, "COPIE is thrown away.\n", "")
    _, said, _ = run("card", "list", "--json", *place)
    assert {each["name"] for each in json.loads(said)} == {"LEA", "Tom"}
    _, said, _ = run("card", "show", "LEA", *place)
    assert said.splitlines()[0].split() == ["name", "LEA"]


@pytest.mark.parametrize("kind", [kind for kind in CardKind if kind is not CardKind.CLONE])
def test_every_kind_can_be_made(run: Run, kind: CardKind, tmp_path: Path) -> None:
    recorded = tmp_path / "x.trace"
    recorded.write_text("pass-trace 1\ncard: 04A1B2C3D4E5F6\natr: 3B80800101\n")
    more = ["--file", str(recorded)] if kind is CardKind.TRACE else []
    place = ["--cards-dir", str(tmp_path / "cards")]
    assert run("card", "new", "x", "--kind", kind.value, *more, *place)[0] == 0


def test_the_grammar_knows_every_kind() -> None:
    assert set(parser.KINDS) == set(CardKind)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "NOBODY"], "card_unknown"),
        (["delete", "NOBODY"], "card_unknown"),
        (["clone", "NOBODY", "x"], "card_unknown"),
        (["new", "bank"], "card_name_taken"),
        (["new", "../x"], "card_name_refused"),
        (["new", "x" * 61], "card_name_refused"),
        (["clone", "bank", "x"], "original_not_desfire"),
        (["new", "x", "--kind", "clone"], "original_missing"),
        (["new", "x", "--kind", "phone", "--uid", "04A1B2C3D4E5F6"], "uid_refused"),
    ],
)
def test_refusals_have_a_code_and_status_1(
    run: Run, place: list[str], words: list[str], code: str
) -> None:
    run("card", "new", "bank", "--kind", "bank", *place)
    status, out, complaint = run("card", *words, "--json", *place)
    assert (status, out, json.loads(complaint)["code"]) == (1, "", code)
    status, out, complaint = run("card", *words, *place)
    assert (status, out) == (1, "")
    assert complaint.startswith("pass-simulator: ")


def test_what_the_grammar_cannot_see_is_wrong_use_as_well(run: Run, tmp_path: Path) -> None:
    status, _, complaint = run("card", "new", "x" * 201, "--cards-dir", str(tmp_path))
    assert status == 2
    assert "Not possible as it is: name." in complaint


def test_a_folder_in_use_or_absent_is_said(run: Run, tmp_path: Path) -> None:
    absent = str(tmp_path / "none")
    status, _, complaint = run("card", "list", "--cards-dir", absent)
    assert status == 1
    assert "there is no such folder" in complaint
    with CardFolder(tmp_path / "cards") as folder:
        Drawer(folder.hold())
        status, _, complaint = run("card", "new", "LEA", "--cards-dir", str(folder.path))
    assert status == 1
    assert "A simulator that runs uses this folder" in complaint


def test_an_empty_drawer_says_how_to_fill_it(run: Run, control: httpx.Client) -> None:
    assert "pass-simulator card new LEA" in run("card", "list")[1]


# --- what is typed ---


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["card"],
        ["card", "new"],
        ["card", "new", "x", "--kind", "dragon"],
        ["card", "new", "x", "--uid", "04"],
        ["card", "new", "x", "--colour", "red"],
        ["card", "new", "x", "--note", "a\nb"],
        ["card", "tap", "x", "--hold", "2"],
        ["card", "tap", "x", "--hold", "0s"],
        ["card", "tap", "x", "--hold", "61m"],
        ["card", "tap", "x", "--hold", "-1s"],
        ["card", "tear", "x"],
        ["card", "tear", "x", "--after", "-1"],
        ["card", "fault", "x", "--slow", "11s"],
        ["card", "fault", "x", "--corrupt", "0"],
        ["card", "fault", "x", "--mute-after", "1001"],
        ["card", "tap", "x", "--cards-dir", "/tmp"],
        ["card", "remove", "x", "--reader", "y", "--control", "http://127.0.0.1:1"],
        ["card", "list", "--control", "http://example.org:9260"],
        ["card", "list", "--control", "https://127.0.0.1:9260"],
        ["card", "list", "--control", "http://127.0.0.1:port"],
        ["card", "list", "--control", "9260"],
        ["pad", "keys"],
    ],
)
def test_a_wrong_command_line_is_status_2(run: Run, words: list[str]) -> None:
    status, out, complaint = run(*words)
    assert (status, out) == (2, "")
    assert complaint


@given(st.text(alphabet="0123456789msh.- ", max_size=8))
def test_a_time_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(argparse.ArgumentTypeError):
        assert 1 <= parser.milliseconds(text) <= parser.MILLISECONDS_MAX


def test_times() -> None:
    assert [parser.milliseconds(text) for text in ("2s", "500ms", "1m")] == [2000, 500, 60_000]


@pytest.mark.parametrize(
    ("words", "taught"),
    [
        (["--help"], "exit status:"),
        (["serve", "--help"], "key_file"),
        (["card", "--help"], "a first tap"),
        (["card", "new", "--help"], "kinds of card:"),
        (["card", "fault", "--help"], "has obeyed it"),
        (["card", "tear", "--help"], "asked too little"),
        (["pad", "--help"], "E validates"),
    ],
)
def test_help_teaches(run: Run, words: list[str], taught: str) -> None:
    status, out, _ = run(*words)
    assert status == 0
    assert taught in out


# --- nobody there, or nobody we know ---


def test_no_simulator_is_status_3(run: Run) -> None:
    for words in (["card", "list"], ["card", "tap", "x"], ["pad", "show"]):
        status, out, complaint = run(*words, "--control", "http://127.0.0.1:1")
        assert (status, out) == (3, "")
        assert "pass-simulator serve" in complaint


@pytest.mark.parametrize(
    ("status", "content"),
    [(200, b"<html>"), (500, b"oops"), (500, b"[]"), (404, b'{"detail": 1}'), (200, b"\xff")],
)
def test_another_server_at_that_port_is_status_3(run: Run, status: int, content: bytes) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            assert run("card", "list", "--control", url)[0] == 3
        finally:
            server.shutdown()
            thread.join()


def test_an_interruption_is_status_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_words: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ControlClient, "cards", interrupted)
    assert run("card", "list") == (130, "", "")


def test_no_reader_at_all(run: Run, control: httpx.Client) -> None:
    run("card", "new", "LEA")
    status, _, complaint = run("card", "insert", "LEA")
    assert status == 1
    assert "has no reader" in complaint


# --- faults ---


def test_faults_are_switched_one_by_one(run: Run, control: httpx.Client) -> None:
    run("card", "new", "LEA")
    steps = [
        (["--tear-after", "3", "--loses", "command"], "torn after 3 (loses the command)"),
        (["--slow", "200ms"], "torn after 3 (loses the command), slow by 200 ms"),
        (["--tear-after", "off", "--mute-after", "0"], "slow by 200 ms, mute after 0"),
        (["--slow", "off", "--mute-after", "off", "--corrupt", "2"], "answer 2 corrupt"),
        (["--random-uid"], "answer 2 corrupt, random UID"),
        (["--no-random-uid"], "answer 2 corrupt"),
        ([], "answer 2 corrupt"),
        (["--none"], "-"),
        (["--none", "--slow", "1s"], "slow by 1000 ms"),
    ]
    for words, said in steps:
        assert run("card", "fault", "lea", *words) == (0, f"LEA: {said}\n", "")
    answer = json.loads(run("card", "fault", "LEA", "--none", "--json")[1])
    assert answer["faults"]["slow_milliseconds"] == 0


# --- the pad ---


def test_the_pad_is_looked_at_and_pressed(
    run: Run, control: httpx.Client, pad: SimulatedPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad.receive_data(REQUEST, time.monotonic())
    assert run("pad", "show")[1].splitlines() == [
        "┌────────────────┐",
        "│A               │",
        "│B               │",
        "└────────────────┘",
        "waits for a code; codes entered so far: 0",
    ]
    assert "│B••" in run("pad", "keys", "73")[1]
    monkeypatch.setattr(sys, "stdin", io.StringIO("91E\n"))
    status, said, _ = run("pad", "keys", "-", "--json")
    assert status == 0
    assert json.loads(said)["entry_count"] == 1
    assert "without its cable" in run("pad", "unplug")[1]
    assert run("pad", "plug")[0] == 0
    assert run("pad", "faults", "--naks", "2", "--wrong-speed")[0] == 0
    assert run("pad", "faults", "--naks", "many")[0] == 2
    assert run("pad", "faults")[0] == 0
    assert run("pad", "unplug")[0] == 0
    assert run("pad", "keys", "1")[0] == 1
    assert "at rest" in run("pad", "plug")[1]


def test_a_wrong_key_is_never_repeated(run: Run, control: httpx.Client) -> None:
    for keys in ("7391X", "7391" * 11):
        status, out, complaint = run("pad", "keys", keys)
        assert (status, out) == (1, "")
        assert "7391" not in complaint


# --- the programs themselves ---


def test_a_card_command_loads_no_web_server() -> None:
    code = (
        "import sys, simulator.__main__ as m; m.main(['card', 'list', '--control', "
        "'http://127.0.0.1:1']); print(sorted({'fastapi', 'uvicorn', 'pydantic', 'cryptography'}"
        " & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "[]\n"


def test_a_taken_port_is_one_sentence(run: Run, tmp_path: Path, control: httpx.Client) -> None:
    config = write_settings(tmp_path)
    port = control.base_url.port
    config.write_text(config.read_text().replace("control_port = 0", f"control_port = {port}"))
    told = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    status, _, complaint = run("serve", "--config", str(config))
    assert status == 2
    assert f"port {port} is not free" in complaint
    assert told == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))


def every_verb(grammar: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Give each command that can be run, by its words."""
    groups = [one for one in grammar._actions if isinstance(one, argparse._SubParsersAction)]
    if not groups:
        yield grammar.prog, grammar
    for group in groups:
        for below in group.choices.values():
            yield from every_verb(below)


def test_every_verb_takes_json_and_documents_how_it_can_end() -> None:
    verbs = dict(every_verb(parser.build_parser()))
    assert len(verbs) > 20
    for name, verb in verbs.items():
        assert "--json" in verb.format_help(), name
        assert "exit status:" in verb.format_help(), name
    documented = teaching.EXIT_STATUS
    for number in (value for name, value in vars(outcome).items() if name.startswith("EXIT_")):
        assert re.search(rf"^  {number} ", documented, re.MULTILINE), number
