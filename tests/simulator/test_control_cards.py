"""Cards over HTTP: what is kept, faults, throwing away; and the program started twice."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.__main__ import main
from simulator.cards.drawer import Drawer
from simulator.cards.folder import CardFolder
from simulator.tabletop import Tabletop
from simulator.vpcd import VirtualCardSlot
from tests.simulator.served import code_of, served, simulator, write_settings

NO_FAULTS = {
    "tear_after": None,
    "tear_loses": "answer",
    "slow_milliseconds": 0,
    "mute_after": None,
    "corrupt_answer": None,
    "random_uid": False,
}
NOBODY_PORT = 1


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[CardFolder]:
    with CardFolder(tmp_path / "cards") as opened:
        yield opened.hold()


@pytest.fixture
def control(folder: CardFolder) -> Iterator[httpx.Client]:
    slots = {"Pass Counter": VirtualCardSlot(NOBODY_PORT)}
    with served(Tabletop(slots=slots, drawer=Drawer(folder))) as client:
        client.post("/cards", json={"name": "LEA", "kind": "blank", "uid": "04A1B2C3D4E5F6"})
        yield client


def test_a_card_shows_everything_but_its_chip(control: httpx.Client) -> None:
    assert control.get("/cards/lea").json() == {
        "name": "LEA",
        "uid": "04A1B2C3D4E5F6",
        "kind": "blank",
        "of": None,
        "colour": None,
        "note": "",
        "faults": NO_FAULTS,
        "reader": None,
    }
    assert control.get("/cards").json() == [control.get("/cards/LEA").json()]
    assert "memory" not in control.get("/cards").text


def test_faults_are_switched_and_kept(control: httpx.Client, folder: CardFolder) -> None:
    torn = {"tear_after": 3, "tear_loses": "command", "slow_milliseconds": 200}
    answer = control.put("/cards/LEA/faults", json=torn)
    assert answer.json()["faults"] == {**NO_FAULTS, **torn}
    kept = Drawer(CardFolder(folder.path)).card("LEA").record.faults
    assert kept.model_dump(mode="json") == {**NO_FAULTS, **torn}
    assert control.put("/cards/LEA/faults", json={}).json()["faults"] == NO_FAULTS


def test_a_colour_and_a_note(control: httpx.Client) -> None:
    control.patch("/cards/LEA", json={"colour": "#ff8800"})
    changed = control.patch("/cards/LEA", json={"note": "prêtée à Tom"}).json()
    assert (changed["colour"], changed["note"]) == ("#ff8800", "prêtée à Tom")


@pytest.mark.parametrize(
    ("verb", "path", "body", "expected"),
    [
        ("GET", "/cards/TOM", None, (404, "card_unknown")),
        ("GET", "/cards/..%2Fx", None, (404, "not_found")),
        ("DELETE", "/cards/TOM", None, (404, "card_unknown")),
        ("PUT", "/cards/TOM/faults", {}, (404, "card_unknown")),
        ("PUT", "/cards/LEA/faults", {"tear_after": -1}, (422, "malformed_request")),
        ("PUT", "/cards/LEA/faults", {"tear": 1}, (422, "malformed_request")),
        ("PATCH", "/cards/LEA", {"colour": "red"}, (422, "malformed_request")),
        ("PATCH", "/cards/LEA", {"note": "a\nb"}, (422, "malformed_request")),
        ("PATCH", "/cards/LEA", {"note": "x" * 201}, (422, "malformed_request")),
        ("PATCH", "/cards/LEA", {"name": "TOM"}, (422, "malformed_request")),
        ("POST", "/cards", {"name": "../x", "kind": "blank"}, (409, "card_name_refused")),
        ("POST", "/cards", {"name": "lea", "kind": "blank"}, (409, "card_name_taken")),
        (
            "POST",
            "/cards",
            {"name": "x", "kind": "phone", "uid": "04A1B2C3D4E5F6"},
            (409, "uid_refused"),
        ),
    ],
)
def test_what_cannot_be_done(
    control: httpx.Client, verb: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    assert code_of(control.request(verb, path, json=body)) == expected


def test_a_card_is_thrown_away_with_its_file(control: httpx.Client, folder: CardFolder) -> None:
    assert control.delete("/cards/lea").status_code == 204
    assert control.get("/cards").json() == []
    assert not (folder.path / "LEA.json").exists()


def test_a_folder_that_went_away_is_said(control: httpx.Client, folder: CardFolder) -> None:
    (folder.path / "LEA.json").unlink()
    (folder.path / ".lock").unlink()
    folder.path.rmdir()
    answer = control.post("/cards", json={"name": "TOM", "kind": "blank"})
    assert code_of(answer) == (503, "cards_dir_unusable")
    assert [card["name"] for card in control.get("/cards").json()] == ["LEA"]


@pytest.mark.timeout(60)
def test_the_programs_cards_outlive_a_kill(tmp_path: Path) -> None:
    config = write_settings(tmp_path, extra=f'cards_dir = "{tmp_path}/cards"')
    with simulator(config) as (process, ready):
        httpx.post(f"{ready['control']}/cards", json={"name": "LEA", "kind": "foreign"})
        before = httpx.get(f"{ready['control']}/cards").json()
        process.kill()
        process.wait()
    with simulator(config) as (_, ready):
        assert httpx.get(f"{ready['control']}/cards").json() == before


@pytest.mark.timeout(60)
def test_the_program_stops_while_somebody_listens(tmp_path: Path) -> None:
    with (
        simulator(write_settings(tmp_path)) as (process, ready),
        httpx.Client(base_url=ready["control"]) as client,
        client.stream("GET", "/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert list(lines) == [""]
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_two_programs_cannot_have_one_folder(
    tmp_path: Path, folder: CardFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_settings(tmp_path, extra=f'cards_dir = "{folder.path}"')
    assert main(["serve", "--config", str(config)]) == 2
    assert "uses this folder" in capsys.readouterr().err
