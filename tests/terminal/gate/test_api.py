"""The loopback API: what the screen and a supervisor see, and what nobody sees."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from terminal.errors import JournalError, JournalFault
from terminal.gate import events
from terminal.gate.access_list import read_access_list
from terminal.gate.api import Screen, create_app
from terminal.gate.decision import Answer, Detail
from terminal.gate.events import StateStream
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.state import Shown, StateBoard
from terminal.gate.view import state_json
from terminal.gate.words import Tone, Words
from tests.terminal.gate.signed_lists import GATE, Clock, Payload, Signer

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LEA = "00000000-0000-4000-8000-000000000001"


@dataclass
class World:
    board: StateBoard
    journal: PassageJournal
    stream: StateStream
    client: TestClient
    clock: Clock

    def state(self) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get("/state").json()
        return body

    def show_lea(self) -> None:
        self.board.show(
            Shown(
                answer=Answer.OK,
                words=Words("Bon appétit Léa", "", Tone.GOOD),
                at=self.clock(),
                milliseconds=31,
                display_name="Léa",
                card_id=LEA,
            )
        )


@pytest.fixture
def world(tmp_path: Path, signer: Signer, payload: Payload, clock: Clock) -> Iterator[World]:
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    board = StateBoard()
    held = read_access_list(signer.sign(payload()), signer.key, GATE)
    board.change(access_list=held, confirmed_at=clock(), online=True, reader_ready=True)
    stream = StateStream(board, lambda: state_json(board.current, clock()))
    app = create_app(Screen(board, journal, stream, clock, "Borne du réfectoire"))
    with TestClient(app, base_url="http://127.0.0.1:9252") as client:
        yield World(board, journal, stream, client, clock)
    journal.close()


def test_the_state_says_all_that_is_promised(world: World) -> None:
    before = world.state()
    assert before["last"] is None
    assert before["sequence"] == 0
    world.show_lea()
    state = world.state()
    assert state["last"] == {
        "answer": "OK",
        "message": "Bon appétit Léa",
        "line": "",
        "tone": "good",
        "shape": "tick-circle",
        "sound": "two-rising",
        "display_name": "Léa",
        "at": "2026-11-17T11:04:00.000Z",
        "milliseconds": 31,
        "photo": None,
        "card_id": LEA,
    }
    expected = {
        "service": "lunch",
        "service_words": "Déjeuner · 11:30–13:30",
        "list_version": 7,
        "list_age_seconds": 0,
        "list_words": "liste de 12:04",
        "list_stale": False,
        "online": True,
        "outbox": 0,
        "sequence": 1,
        "time": "12:04",
    }
    assert {name: state[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        ({"journal_ready": False}, "Les passages ne peuvent pas être notés"),
        ({"access_list": None}, "La borne attend la liste des cartes"),
        ({"reader_ready": False}, "Le lecteur de cartes ne répond pas"),
    ],
)
def test_the_idle_screen_names_its_trouble(
    world: World, trouble: dict[str, object], line: str
) -> None:
    assert world.state()["idle"]["message"] == "Présentez votre carte"
    assert world.client.get("/health").json()["status"] == "ok"
    world.board.change(**trouble)
    idle = world.state()["idle"]
    assert (idle["message"], idle["line"], idle["tone"]) == ("Voir la vie scolaire", line, "stop")
    assert world.client.get("/health").json()["status"] == "degraded"


def test_figures_for_whoever_watches(world: World) -> None:
    world.board.change(outbox=3, quarantined=1, online=False)
    text = world.client.get("/metrics").text
    assert "pass_gate_outbox 3.0\n" in text
    assert "pass_gate_quarantined 1.0\n" in text
    assert 'pass_gate_part_ready{part="backend"} 0.0\n' in text
    assert 'pass_gate_part_ready{part="access_list"} 1.0\n' in text
    assert "pass_gate_cards 3.0\n" in text
    assert "Léa" not in text
    world.board.change(access_list=None, confirmed_at=None)
    text = world.client.get("/metrics").text
    assert "pass_gate_cards " not in text
    assert "pass_gate_list_age_seconds " not in text


def test_healthz_is_about_what_a_gate_cannot_do_without(world: World) -> None:
    world.board.change(reader_ready=False, online=False)
    assert world.client.get("/healthz").status_code == 200
    world.board.change(journal_ready=False)
    assert world.client.get("/healthz").status_code == 503


def test_a_wrong_clock_is_named_before_anything_is_decided_by_it(world: World) -> None:
    world.clock.advance(days=-300)
    assert world.state()["idle"]["line"] == "La borne n’est pas à l’heure"


def test_outside_its_hours_the_idle_screen_says_what_opens_next(world: World) -> None:
    world.clock.advance(hours=3)
    assert world.state()["idle"]["message"] == "Pas de service en ce moment"
    assert (world.state()["service"], world.state()["idle"]["line"]) == (None, "")
    world.clock.advance(hours=16)  # Wednesday, 07:04
    idle = world.state()["idle"]
    assert (idle["line"], idle["tone"]) == ("Déjeuner à 11:30", "wait")


def test_what_waits_and_what_was_put_aside_has_words(world: World) -> None:
    assert world.state()["outbox_words"] == ""
    world.board.change(outbox=1)
    assert world.state()["outbox_words"] == "1 passage à transmettre"
    world.board.change(outbox=3, quarantined=2, online=False)
    assert world.state()["outbox_words"] == "3 passages à transmettre · 2 passages à vérifier"
    assert world.state()["link_words"] == "hors ligne"


def append(world: World, number: int, answer: Answer = Answer.OK) -> Passage:
    return world.journal.append(
        Passage(
            passage_id=uuid4(),
            occurred_at=world.clock() + timedelta(minutes=number),
            uid=bytes.fromhex("04AABBCCDDEE01"),
            card_id=LEA,
            service="lunch",
            answer=answer,
            detail=None if answer is Answer.OK else Detail.PASSAGES_MAX,
            list_version=7,
            milliseconds=20,
        )
    )


def test_the_supervisor_sees_the_last_ten_with_reasons_and_no_uid(world: World) -> None:
    for number in range(11):
        append(world, number, Answer.DEJA_PASSE)
    aside = append(world, 11)
    world.journal.settle([], {aside.passage_id: "sequence_reused"})
    answer = world.client.get("/passages")
    body = answer.json()
    assert [each["sequence"] for each in body["passages"]] == list(range(12, 2, -1))
    assert body["passages"][1]["display_name"] == "Léa"
    assert body["passages"][1]["detail"] == "passages_max"
    assert [(each["sequence"], each["reason"]) for each in body["quarantined"]] == [
        (12, "sequence_reused")
    ]
    assert "AABBCC" not in answer.text.upper()


def test_a_journal_that_cannot_be_read_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_count: int) -> None:
        raise JournalError(JournalFault.DAMAGED, "unreadable")

    monkeypatch.setattr(world.journal, "list_last", damaged)
    answer = world.client.get("/passages")
    assert (answer.status_code, answer.json()["code"]) == (503, "journal_unavailable")


def test_no_answer_holds_a_key_or_a_uid(world: World) -> None:
    world.show_lea()
    for path in ("/", "/state", "/passages", "/health", "/openapi.json"):
        text = world.client.get(path).text
        assert f"{1:032X}" not in text
        assert "04AABBCCDDEE" not in text


def test_a_name_that_points_here_by_mistake_or_malice_is_refused(world: World) -> None:
    answer = world.client.get("/state", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert world.client.get("/state", headers={"Host": "localhost:9252"}).status_code == 200


@pytest.mark.parametrize("path", ["/state", "/passages", "/", "/health"])
def test_nothing_can_be_changed_from_outside(world: World, path: str) -> None:
    assert world.client.post(path).status_code == 405


def test_the_page_is_right_before_any_script_has_run(world: World) -> None:
    world.board.change(online=False)
    world.clock.advance(hours=30)
    answer = world.client.get("/")
    page = answer.text
    assert "Pas de service en ce moment" in page
    assert "Lycée du Parc" in page
    assert 'data-stale="true">liste ancienne du 17/11 à 12:04<' in page
    assert 'data-online="false">hors ligne<' in page
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    for line in page.splitlines():
        assert "<script>" not in line
        assert "style=" not in line


def test_the_page_escapes_what_the_backend_named(
    world: World, signer: Signer, payload: Payload
) -> None:
    jws = signer.sign(payload(establishment="<script>alert(1)</script>"))
    world.board.change(access_list=read_access_list(jws, signer.key, GATE))
    assert "<script>alert" not in world.client.get("/").text


@pytest.mark.parametrize(
    "name", ["static/gate.css", "static/gate.js", "shared/tokens.css", "static/icon.svg"]
)
def test_what_the_page_names_is_served(world: World, name: str) -> None:
    assert f"/{name}" in world.client.get("/").text
    assert world.client.get(f"/{name}").status_code == 200


def test_every_shape_and_sound_is_drawn(world: World) -> None:
    page = world.client.get("/").text
    script = world.client.get("/static/gate.js").text
    style = world.client.get("/static/gate.css").text
    for tone in Tone:
        assert f'id="shape-{tone.shape}"' in page
        assert f'"{tone.sound}"' in script
        assert f'[data-tone="{tone}"]' in style


async def read(stream: AsyncIterator[str]) -> dict[str, Any]:
    text = await asyncio.wait_for(anext(stream), 5)
    assert text.startswith("event: state\ndata: ")
    assert text.endswith("\n\n")
    state: dict[str, Any] = json.loads(text.removeprefix("event: state\ndata: "))
    return state


def test_a_stream_tells_each_change_and_ends_with_the_gate(world: World) -> None:
    async def follow() -> None:
        stream = world.stream.text()
        assert (await read(stream))["sequence"] == 0
        await asyncio.to_thread(world.show_lea)
        assert (await read(stream))["last"]["display_name"] == "Léa"
        # A page that was asleep sees the last state, not a queue of old ones.
        for _ in range(50):
            world.show_lea()
        assert (await read(stream))["sequence"] == 51
        await asyncio.to_thread(world.stream.close)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(stream), 5)

    asyncio.run(follow())
    assert world.board._listeners == []


def test_a_quiet_stream_still_tells_the_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.01)

    async def follow() -> None:
        stream = world.stream.text()
        assert (await read(stream))["time"] == "12:04"
        world.clock.advance(minutes=1)
        assert (await read(stream))["time"] == "12:05"
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(follow())
    assert world.stream.has_room
    assert world.board._listeners == []


def test_too_many_pages_are_refused(world: World) -> None:
    world.stream._open = events.LISTENERS_MAX
    answer = world.client.get("/events")
    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_listeners")
