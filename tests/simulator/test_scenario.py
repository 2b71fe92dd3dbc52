"""Scenarios: the same seed plays the same; what is recorded plays again; no code is anywhere."""

import http.server
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator import __main__ as program
from simulator.commands.client import ControlClient
from simulator.pad.cable import PadCable
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pcscd import PrivatePcscd
from simulator.printer.printer import NetworkPrinter
from simulator.scenario import player as playing
from simulator.scenario.player import Clock, Player, Till
from simulator.scenario.recorder import Recorder
from simulator.scenario.script import (
    Act,
    Scenario,
    ScenarioError,
    acts_of,
    read_scenario,
    write_scenario,
)
from simulator.tabletop import Tabletop
from simulator.wire.pad_wire import HeardPad
from tests.simulator.served import served

EXAMPLES = sorted((Path(playing.__file__).parent / "examples").glob("*.yaml"))
CODE = "7391"
REQUEST = frame("Z62.9250000000000018\x1c0406NA\x1cB\x1cC\x1c9")
SEEN_SECONDS_MAX = 10.0


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_seed_plays_the_same_and_another_does_not(path: Path) -> None:
    scenario = read_scenario(path)
    acts = acts_of(scenario)
    assert acts == acts_of(scenario)
    assert acts != acts_of(scenario, seed=scenario.seed + 1)
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    people = sum(crowd.people for crowd in scenario.crowd)
    assert sum(act.do == "lay" for act in acts) >= people
    assert sum(act.do == "lay" for act in acts) == sum(act.do == "take" for act in acts)


def test_nobody_holds_two_cards_on_one_reader() -> None:
    lies = False
    for act in acts_of(read_scenario(EXAMPLES[-1])):
        assert (act.do == "lay") is not lies
        lies = act.do == "lay"


def test_the_rush_is_of_300_pupils() -> None:
    rush = next(path for path in EXAMPLES if path.stem == "lunch-rush")
    cards = {act.card for act in acts_of(read_scenario(rush)) if act.do == "lay"}
    assert len(cards) == 300


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("- 1", "the file: Input should be"),
        ("format: 1\ntitle: x\nacts: [{at: 0, do: lay, card: LEA}]", "lay needs reader"),
        ("format: 2\ntitle: x", "format: Input should be 1"),
        ("format: 1\ntitle: x\ncrowd: [{people: 3, reader: G}]", "a crowd needs cards"),
        ("format: 1\ntitle: x\nacts: [{at: 0, do: code, card: L, code: '7391'}]", "Extra inputs"),
        ("{", "is not a YAML file"),
        ("!!python/object/apply:os.system [true]", "is not a YAML file"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content)
    with pytest.raises(ScenarioError, match=sentence) as refused:
        read_scenario(path)
    assert CODE not in str(refused.value)


@pytest.fixture
def table(daemon: PrivatePcscd, tmp_path: Path) -> Iterator[tuple[Tabletop, httpx.Client]]:
    table = Tabletop()
    pad = HeardPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()), table.feed)
    with PadCable(pad, tmp_path / "pad") as cable, NetworkPrinter(table.feed) as printer:
        table.cable, table.printer = cable, printer
        slots = [table.add_reader(name, port) for name, port in daemon.ports.items()]
        with served(table) as control:
            yield table, control
        for slot in slots:
            slot.close()


def command(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any, str]:
    status = program.main([str(word) for word in words])
    said, complained = capsys.readouterr()
    return status, json.loads(said) if said else None, complained


def test_what_is_played_is_recorded_and_plays_again(
    table: tuple[Tabletop, httpx.Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tabletop, http = table
    first, again = tmp_path / "first.yaml", tmp_path / "again.yaml"
    first.write_text(
        "format: 1\ntitle: Two at the gate\nseed: 3\ncards: {prefix: TOM, count: 2}\n"
        "crowd: [{people: 2, reader: Pass Gate, hold_milliseconds: [50, 60], "
        "pause_milliseconds: [10, 20]}]\nacts: [{at: 9, do: paper, plugged: false}]\n"
    )
    control = ("--control", str(http.base_url).rstrip("/"), "--json")
    recorder = Recorder()
    status, report, _ = command(capsys, "scenario", "run", first, "--speed", 9, *control)
    for event in tabletop.feed.history():
        recorder.hear(event)
    assert (status, report["done"]) == (0, {"lay": 2, "take": 2, "paper": 1})
    acts = tuple(recorder.acts)
    again.write_text(write_scenario(Scenario(format=1, title="Again", acts=acts)))
    assert tuple(acts_of(read_scenario(again))) == acts
    assert [(act.do, act.card) for act in acts] == [
        (act.do, act.card) for act in acts_of(read_scenario(first))
    ]
    status, report, _ = command(capsys, "scenario", "run", again, "--speed", 9, *control)
    assert (status, report["refused"]) == (0, {})


def test_recording_ends_in_time_and_overwrites_nothing(
    table: tuple[Tabletop, httpx.Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, http = table
    file, control = tmp_path / "new.yaml", ("--control", str(http.base_url).rstrip("/"), "--json")
    changing = threading.Timer(0.3, lambda: http.put("/pad/plug", json={"plugged": False}))
    changing.start()
    status, made, _ = command(capsys, "scenario", "record", file, "--seconds", 1, *control)
    changing.join()
    assert (status, made["acts"]) == (0, 1)
    assert read_scenario(file).acts[0].do == "plug"
    status, _, complained = command(capsys, "scenario", "record", file, *control)
    assert (status, json.loads(complained)["code"]) == (2, "wrong_use")


def test_a_code_is_typed_when_the_pad_asks_and_is_nowhere_else(
    table: tuple[Tabletop, httpx.Client], tmp_path: Path
) -> None:
    tabletop, http = table
    port = os.open(tmp_path / "pad", os.O_RDWR | os.O_NOCTTY)
    player = Player(ControlClient(str(http.base_url).rstrip("/")), codes={"lea": CODE})
    asking = threading.Timer(0.2, lambda: os.write(port, REQUEST))
    asking.start()
    report = player.play([Act(at=0, do="code", card="LEA"), Act(at=0, do="code", card="ZOE")])
    asking.join()
    end = time.monotonic() + SEEN_SECONDS_MAX
    while http.get("/pad").json()["entry_count"] < 1 and time.monotonic() < end:
        time.sleep(0.02)
    os.close(port)
    assert report.done == {"code": 1}
    assert report.refused == {"code_not_given": 1}
    assert CODE not in json.dumps(tabletop.feed.history())


def test_what_is_refused_is_counted_and_the_rest_goes_on(
    table: tuple[Tabletop, httpx.Client],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playing, "PAD_SECONDS_MAX", 0.1)
    _, http = table
    file, codes = tmp_path / "s.yaml", tmp_path / "codes.toml"
    acts = "{at: 0, do: lay, card: NOBODY, reader: Pass Gate}, {at: 0, do: ring, amount_cents: 5}, "
    acts += "{at: 0, do: code, card: LEA}, {at: 0, do: plug, thing: pad, plugged: false}"
    file.write_text(f"format: 1\ntitle: x\nacts: [{acts}]")
    codes.write_text(f'LEA = "{CODE}"')
    control = ("--control", str(http.base_url).rstrip("/"), "--json", "--codes", codes)
    status, report, complained = command(capsys, "scenario", "run", file, *control)
    assert (status, complained) == (5, "")
    assert report["refused"] == {"card_unknown": 1, "no_till": 1, "pad_did_not_ask": 1}
    assert report["done"] == {"plug": 1}
    codes.write_text("LEA = 7391")
    status, _, complained = command(capsys, "scenario", "run", file, *control)
    assert status == 2
    assert CODE not in complained


def test_a_late_player_says_how_late() -> None:
    moments = iter([0.0, 1.0, 1.0, 1.0])
    clock = Clock(pause=lambda _seconds: None, monotonic=lambda: next(moments))
    player = Player(ControlClient("http://127.0.0.1:1"), codes={}, clock=clock)
    assert player.play([Act(at=0.4, do="ring", amount_cents=1)]).late_milliseconds_max == 600


def test_who_leaves_without_paying_is_cancelled_before_the_next_one_is_rung_up() -> None:
    saturday = next(path for path in EXAMPLES if path.stem == "bookshop-saturday")
    acts = [act.do for act in acts_of(read_scenario(saturday))]
    of_sales = [do for do in acts if do in {"ring", "code", "cancel"}]
    assert of_sales.count("ring") == 60
    assert of_sales.count("cancel") > 0
    # Each sale that was rung up is paid for or given up: a code is typed for nobody else's card.
    assert set(zip(of_sales[::2], of_sales[1::2], strict=True)) == {
        ("ring", "code"),
        ("ring", "cancel"),
    }


def test_a_till_is_rung_and_cancelled_with_its_token() -> None:
    asked: list[tuple[str, str | None, bytes]] = []

    class Register(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Authorization"], body))
            # Busy at first, with the sale before.
            status, code = (409, "no_sale_in_progress")
            if self.path == "/sales":
                status, code = (201, "") if len(asked) > 2 else (409, "sale_in_progress")
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"code": code}).encode())

        def log_message(self, *_words: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Register) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        till = Till(f"http://127.0.0.1:{server.server_port}", "t0ken")
        player = Player(ControlClient("http://127.0.0.1:1"), codes={}, till=till)
        report = player.play([Act(at=0, do="ring", amount_cents=250), Act(at=0, do="cancel")])
        server.shutdown()
        thread.join()
    assert asked == [
        *[("/sales", "Bearer t0ken", b'{"amount_cents": 250}')] * 3,
        ("/sales/current/cancel", "Bearer t0ken", b"{}"),
    ]
    assert (report.done, report.refused) == ({"ring": 1}, {"no_sale_in_progress": 1})
    assert "t0ken" not in repr(till)
