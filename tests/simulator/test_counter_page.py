"""The counter page and the doors it uses: what it may load, its words, switches in any order."""

import contextlib
import json
import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.cards.record import CardKind
from simulator.counter.page import render_counter
from simulator.counter.words import kinds_in, words_in
from simulator.pad.cable import PadCable
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pcscd import PcscdError, PcscdRefusedError, PrivatePcscd
from simulator.printer.printer import NetworkPrinter
from simulator.reader_plugs import ReaderPlugs
from simulator.settings import ScreenSettings
from simulator.tabletop import Tabletop
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from simulator.wire.http_wire import HttpWire
from simulator.wire.pad_wire import HeardPad
from tests.simulator.served import code_of, served, write_settings

FOLDER = Path(__file__).parent.parent.parent / "simulator" / "counter"
SHARED_TOKENS = FOLDER.parent.parent / "terminal" / "static" / "tokens.css"
SCREENS = (
    ScreenSettings(name="Caisse <1>", url="http://127.0.0.1:8101/"),
    ScreenSettings(name="Portillon", url="http://127.0.0.1:8102/"),
)
READER_NAMES = ["Pass Counter", "Pass Gate"]
GET_VERSION = "9060000000"
PEOPLE, PRESSES = 3, 14
JOIN_SECONDS_MAX = 90.0
# What a template would find before the word of that name.
OF_EVERY_DICT = set(dir(dict))


def page_of(table: Tabletop, host: str = "127.0.0.1", **query: str) -> httpx.Response:
    with served(table, SCREENS) as control:
        return control.get("/", params=query, headers={"Host": host})


def test_the_page_loads_nothing_from_elsewhere_and_frames_what_is_named() -> None:
    answer = page_of(Tabletop())
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'; frame-src http://127.0.0.1:8101 http://127.0.0.1:8102;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Caisse &lt;1&gt;" in answer.text
    assert "<script>" not in answer.text
    assert "style=" not in answer.text
    assert not re.findall(r'(?:src|href)="https?://(?!127\.0\.0\.1)', answer.text)


def test_another_name_of_this_machine_leads_to_the_address_that_screens_know() -> None:
    moved = page_of(Tabletop(), "localhost:9260", lang="en")
    assert moved.status_code == 307
    assert moved.headers["location"] == "http://127.0.0.1:9260/?lang=en"
    assert page_of(Tabletop(), "elsewhere.example").status_code == 400


def test_what_a_card_is_called_cannot_end_the_script_that_holds_it() -> None:
    table = Tabletop()
    with served(table) as control:
        note = {"note": "</script><b>"}
        control.post("/cards", json={"name": "LEA", "kind": "blank"} | note)
    html = render_counter(table, SCREENS, "fr")
    assert "</script><b>" not in html
    held = re.search(r'<script id="known" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert held is not None
    assert json.loads(held[1])["table"]["cards"][0]["note"] == "</script><b>"


def test_every_word_is_there_in_both_languages() -> None:
    french, english = words_in("fr"), words_in("en")
    assert french.keys() == english.keys()
    assert not OF_EVERY_DICT & french.keys()
    for language in (french, english):
        assert all(language.values())
    assert not [text for text in french.values() if "!" in text or "'" in text]
    assert set(kinds_in("fr")) == set(kinds_in("en")) == {kind.value for kind in CardKind}
    scripts = "".join(path.read_text() for path in (FOLDER / "static").glob("*.js"))
    asked = set(re.findall(r'word\("([a-z_]+)"', scripts))
    assert asked
    assert asked <= french.keys()


def test_the_visual_language_is_the_terminals_own() -> None:
    assert (FOLDER / "static" / "tokens.css").read_bytes() == SHARED_TOKENS.read_bytes()


@contextlib.contextmanager
def whole_table(daemon: PrivatePcscd, folder: Path) -> Iterator[tuple[Tabletop, httpx.Client]]:
    """Lay a table with everything on it."""
    table = Tabletop()
    with contextlib.ExitStack() as stack:
        table.plugs = stack.enter_context(ReaderPlugs(daemon, READER_NAMES))
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
        pad = HeardPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()), table.feed)
        table.cable = stack.enter_context(PadCable(pad, folder / "pad"))
        line = HttpWire("Caisse 1", ("127.0.0.1", 1), table.feed)
        table.lines[line.name] = stack.enter_context(line)
        table.printer = stack.enter_context(NetworkPrinter(table.feed))
        plan = TurnstilePlan(link=folder / "turnstile")
        table.turnstile = stack.enter_context(SimulatedTurnstile(plan))
        yield table, stack.enter_context(served(table))


def press(person: random.Random) -> tuple[str, str, Any]:
    """Choose a switch: method, path, body."""
    either, reader = person.choice([True, False]), person.choice(READER_NAMES)
    faults = {"down": either, "slow_milliseconds": person.choice([0, 30_000]), "lost_answers": 1}
    return person.choice(
        [
            ("PUT", f"/readers/{reader}/plug", {"plugged": either}),
            ("PUT", f"/readers/{reader}/card", {"card": person.choice(["LEA", "TOM"])}),
            ("DELETE", f"/readers/{reader}/card", None),
            ("PUT", "/pad/plug", {"plugged": either}),
            ("PUT", "/pad/faults", {"silent": either}),
            ("POST", "/pad/keys", {"keys": person.choice(["1", "E", "12C"])}),
            ("PUT", "/lines/Caisse 1/faults", faults),
            ("PUT", "/printer/paper", {"rows": person.choice([0, 3, None])}),
            ("DELETE", "/printer/tickets", None),
            ("PUT", "/turnstile/plug", {"plugged": either}),
            ("POST", "/turnstile/push", {"force": either}),
            ("PUT", "/turnstile/faults", {"stuck_arm": either}),
            ("PUT", "/turnstile/panel", {"closed": either}),
            ("PUT", "/cards/LEA/faults", {"slow_milliseconds": 300 * either}),
            ("GET", "/table", None),
            ("GET", "/wire?form=text", None),
        ]
    )


def test_switches_in_any_order_hang_nothing(
    daemon: PrivatePcscd, pcsc_client: Callable[..., Any], tmp_path: Path
) -> None:
    answers: list[tuple[str, int]] = []
    with whole_table(daemon, tmp_path) as (_, control):
        for name in ("LEA", "TOM"):
            control.post("/cards", json={"name": name, "kind": "blank"})

        def be_impatient(number: int) -> None:
            person = random.Random(number)
            with httpx.Client(base_url=control.base_url, timeout=JOIN_SECONDS_MAX) as client:
                for _ in range(PRESSES):
                    method, path, body = press(person)
                    answers.append((path, client.request(method, path, json=body).status_code))

        people = [threading.Thread(target=be_impatient, args=(each,)) for each in range(PEOPLE)]
        for thread in people:
            thread.start()
        for thread in people:
            thread.join(JOIN_SECONDS_MAX)
        assert len(answers) == PEOPLE * PRESSES
        assert {status for _, status in answers} <= {200, 204, 409, 503}
        _put_right(control)
        with pcsc_client(daemon) as client:
            for reader in READER_NAMES:
                assert control.put(f"/readers/{reader}/card", json={"card": "TOM"}).is_success
                client.connect(f"{reader} 00 00")
                assert client.transmit(f"{reader} 00 00", GET_VERSION).endswith("91AF")
                control.delete(f"/readers/{reader}/card")


def _put_right(control: httpx.Client) -> None:
    for reader in READER_NAMES:
        assert control.put(f"/readers/{reader}/plug", json={"plugged": True}).is_success
        assert control.delete(f"/readers/{reader}/card").is_success
    control.put("/cards/TOM/faults", json={})
    assert control.put("/pad/plug", json={"plugged": True}).is_success
    seen = control.get("/table").json()
    assert [reader["plugged"] for reader in seen["readers"]] == [True, True]
    assert seen["pad"]["plugged"]


def test_a_reader_without_its_cable_is_in_nobodys_list(
    daemon: PrivatePcscd, pcsc_client: Callable[..., Any], tmp_path: Path
) -> None:
    with whole_table(daemon, tmp_path) as (_, control):
        control.post("/cards", json={"name": "LEA", "kind": "blank"})
        control.put("/readers/Pass Counter/card", json={"card": "LEA"})
        gone = control.put("/readers/Pass Counter/plug", json={"plugged": False}).json()
        assert gone == {"name": "Pass Counter", "card": None, "plugged": False}
        refused = control.put("/readers/Pass Counter/card", json={"card": "LEA"})
        assert code_of(refused) == (409, "reader_unplugged")
        with pcsc_client(daemon) as client:
            assert not [name for name in client.readers() if "Counter" in name]
        assert control.put("/readers/Pass Counter/plug", json={"plugged": True}).is_success
        with pcsc_client(daemon) as client:
            control.put("/readers/Pass Counter/card", json={"card": "LEA"})
            client.connect("Pass Counter 00 00")
        told = [one["words"] for one in control_news(control) if one["what"] == "cable"]
        assert told == ["the reader's cable is out", "the reader's cable is in"]


def control_news(control: httpx.Client) -> list[dict[str, Any]]:
    return [json.loads(line) for line in control.get("/wire").text.splitlines()]


@pytest.mark.parametrize(
    ("failing", "refusal"),
    [
        (PcscdRefusedError("kept"), (409, "readers_stay")),
        (PcscdError("gone"), (503, "reader_unreachable")),
    ],
)
def test_a_daemon_that_does_not_come_back_is_a_refusal(
    failing: Exception, refusal: tuple[int, str]
) -> None:
    class Stubborn:
        def serve_only(self, _readers: object) -> None:
            raise failing

    table = Tabletop()
    table.add_reader("Pass Gate", 1)
    with ReaderPlugs(Stubborn(), ["Pass Gate"]) as plugs, served(table) as control:
        table.plugs = plugs
        answer = control.put("/readers/Pass Gate/plug", json={"plugged": False})
        assert code_of(answer) == refusal
        assert table.is_plugged("Pass Gate")


def test_news_are_exported_as_lines_and_as_text() -> None:
    table = Tabletop()
    with NetworkPrinter(table.feed) as printer, served(table) as control:
        table.printer = printer
        assert code_of(control.put("/lines/none/faults", json={})) == (404, "line_unknown")
        control.put("/printer/paper", json={"rows": 0})
        control.put("/printer/paper", json={})
        assert [one["words"] for one in control_news(control)] == [
            "the roll is at its end",
            "there is paper",
        ]
        text = control.get("/wire", params={"form": "text", "after": 1})
        assert re.fullmatch(r"[0-9:.]{12}  printer  printer: there is paper\n", text.text)
        assert "attachment" in text.headers["Content-Disposition"]
        assert control.get("/wire", params={"wire": "card"}).text == ""
        assert control.get("/wire", params={"wire": "nonsense"}).status_code == 422


def test_the_program_serves_the_page_and_says_who_has_its_port(tmp_path: Path) -> None:
    extra = '[[lines]]\nname = "A"\nbackend_url = "http://127.0.0.1:1"\n[printer]\nport = 0\n'
    config = write_settings(tmp_path)
    config.write_text(config.read_text() + extra)
    command = [sys.executable, "-m", "simulator", "counter", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert httpx.get(ready["control"]).status_code == 200
            assert set(ready["lines"]) == {"A"}
            assert ready["printer"].startswith("127.0.0.1:")
            port = ready["control"].rpartition(":")[2]
            other = tmp_path / "other"
            other.mkdir()
            second = write_settings(other)
            second.write_text(
                second.read_text().replace("control_port = 0", f"control_port = {port}")
            )
            refused = subprocess.run(
                [*command[:-1], str(second)], capture_output=True, text=True, check=False
            )
            assert refused.returncode == 2
            assert f"port {port} is not free" in refused.stderr
            assert refused.stderr.count("\n") == 1
        finally:
            process.kill()
