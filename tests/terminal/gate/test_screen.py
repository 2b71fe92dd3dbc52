"""The screen in a real browser: what a pupil sees, how fast, and that it fits."""

import hashlib
import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from passcard.secret import Secret
from terminal.gate.access_list import read_access_list
from terminal.gate.api import Screen, create_app
from terminal.gate.decision import Answer, Detail
from terminal.gate.door.event_book import DoorNews, EventBook
from terminal.gate.events import StateStream
from terminal.gate.list_seal import ListSeal
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.photos import PhotoShelf
from terminal.gate.state import Shown, StateBoard
from terminal.gate.supervision import Supervision
from terminal.gate.supervisor_api import Desk, create_desk_app
from terminal.gate.supervisors import Role, SupervisorBook
from terminal.gate.view import state_json
from terminal.gate.words import SEE_THE_OFFICE, Tone, Words
from tests.terminal.gate.door_site import ShownExit
from tests.terminal.gate.signed_lists import GATE, Signer

SIZES = [(1280, 800), (800, 1280), (360, 640)]
ANSWERS = [
    Words("Bon appétit Marie-Maximilienne", "", Tone.GOOD),
    Words("Passage déjà fait à 12:04", "", Tone.WAIT),
    Words(SEE_THE_OFFICE, "Carte non reconnue", Tone.STOP),
]


@dataclass
class Shop:
    board: StateBoard
    url: str
    stop: Callable[[], None]

    def show(self, words: Words) -> None:
        now = datetime.now(UTC)
        self.board.show(Shown(answer="OK", words=words, at=now, milliseconds=20))


def serve(app: FastAPI) -> tuple[uvicorn.Server, threading.Thread]:
    """Serve an application on a port of its own; return once it listens."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup(sockets)  # type: ignore[arg-type]
            started.set()

    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(20)
    return server, thread


@pytest.fixture
def gate(tmp_path: Path, signer: Signer, payload: Callable[..., dict[str, Any]]) -> Iterator[Shop]:
    always = payload()["services"][0] | {
        "days": [*range(1, 8)],
        "opens": "00:00",
        "closes": "23:59",
    }
    jws = signer.sign(payload(services=[always], issued=datetime.now(UTC)))
    board = StateBoard()
    held = read_access_list(jws, signer.key, GATE)
    board.change(access_list=held, confirmed_at=held.issued_at, online=True, reader_ready=True)
    journal = open_passage_journal(tmp_path / "passages.db")
    stream = StateStream(board, lambda: state_json(board.current, datetime.now(UTC)))
    app = create_app(Screen(board, journal, stream, lambda: datetime.now(UTC), "Réfectoire"))
    server, thread = serve(app)
    port = server.servers[0].sockets[0].getsockname()[1]

    def stop() -> None:
        stream.close()
        server.should_exit = True
        thread.join(20)

    yield Shop(board, f"http://127.0.0.1:{port}/", stop)
    stop()
    journal.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            launched = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
            )
        except Error:
            pytest.skip("no Chromium on this machine")
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, gate: Shop) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    opened.goto(gate.url)
    opened.wait_for_selector('#link[data-online="true"]')
    yield opened
    opened.close()
    assert [fault for fault in faults if "ERR_" not in fault] == []


def test_an_answer_fills_the_screen_for_a_moment_and_the_gate_is_ready_again(
    gate: Shop, page: Page
) -> None:
    assert page.inner_text("#message") == "Présentez votre carte"
    for words in ANSWERS:
        gate.show(words)
        page.wait_for_selector('#ground[data-answer="true"]')
        page.wait_for_function(
            "text => document.querySelector('#message').textContent === text", arg=words.message
        )
        assert page.get_attribute("#ground", "data-tone") == words.tone
        assert page.get_attribute("#shape", "href") == f"#shape-{words.tone.shape}"
        box = page.locator("#ground").bounding_box()
        assert box == {"x": 0, "y": 0, "width": 1280, "height": 800}
    page.wait_for_selector('#ground[data-answer="false"]', timeout=5000)
    assert page.inner_text("#message") == "Présentez votre carte"


def test_an_answer_from_before_the_page_was_opened_is_nobodys(gate: Shop, page: Page) -> None:
    gate.show(ANSWERS[0])
    page.wait_for_selector('#ground[data-answer="true"]')
    page.wait_for_selector('#ground[data-answer="false"]', timeout=5000)
    page.reload()
    page.wait_for_selector('#link[data-online="true"]')
    assert page.inner_text("#message") == "Présentez votre carte"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_sentence_fits_and_can_be_read_from_two_metres(
    gate: Shop, page: Page, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for words in ANSWERS:
        gate.show(words)
        page.wait_for_function(
            "text => document.querySelector('#message').textContent === text", arg=words.message
        )
        box = page.locator("#message").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        size = page.eval_on_selector("#message", "e => parseFloat(getComputedStyle(e).fontSize)")
        assert size >= 0.06 * height


@pytest.mark.parametrize("words", [None, *ANSWERS], ids=str)
def test_no_accessibility_rule_is_broken(gate: Shop, page: Page, words: Words | None) -> None:
    if words is not None:
        gate.show(words)
        page.wait_for_selector('#ground[data-answer="true"]')
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


def test_a_gate_that_stopped_says_so(gate: Shop, page: Page) -> None:
    gate.stop()
    page.wait_for_function("() => document.querySelector('#line').textContent !== ''")
    assert page.inner_text("#line") == "La borne est arrêtée"
    assert page.inner_text("#message") == SEE_THE_OFFICE


PICTURES = os.environ.get("PASS_TEST_PICTURES")
"""A folder for pictures of the pages, to be looked at."""


def portrait() -> bytes:
    """Return a small JPEG, as an office would hand one in."""
    kept = io.BytesIO()
    Image.new("RGB", (90, 120), (120, 150, 190)).save(kept, "JPEG")
    return kept.getvalue()


@dataclass
class Beside:
    """A gate and its supervisor's desk, each on a port of its own, over one journal."""

    gate_url: str
    url: str
    board: StateBoard
    journal: PassageJournal
    book: SupervisorBook
    photo: str

    def refuse(self, card_id: str) -> None:
        self.journal.append(
            Passage(
                passage_id=uuid4(),
                occurred_at=datetime.now(UTC),
                uid=b"\x04",
                card_id=card_id,
                service="lunch",
                answer=Answer.NON_RESERVE,
                detail=Detail.NOT_TODAY,
                list_version=7,
                milliseconds=9,
            )
        )


@pytest.fixture
def beside(
    tmp_path: Path, signer: Signer, payload: Callable[..., dict[str, Any]]
) -> Iterator[Beside]:
    image = portrait()
    now = datetime.now(UTC)
    photo = hashlib.sha256(image).hexdigest()
    always = {"days": [*range(1, 8)], "opens": "00:00", "closes": "23:59"}
    listed = payload(issued=now)
    listed["services"][0] |= always
    listed["cards"][0] |= {"initial": "M", "photo": photo}
    code = hashlib.sha256(b"salt:123456").hexdigest()
    today = now.astimezone(ZoneInfo("Europe/Paris")).date().isoformat()
    listed["day_codes"] = [
        {
            "code_id": str(uuid4()),
            "salt": "salt",
            "digest": code,
            "service": "lunch",
            "day": today,
            "label": "Intervenants",
            "passages_max": 3,
            "card_id": None,
        }
    ]
    board = StateBoard()
    held = read_access_list(signer.sign(listed), signer.key, GATE)
    board.change(access_list=held, confirmed_at=now, online=True, reader_ready=True)
    journal = open_passage_journal(tmp_path / "passages.db")

    def clock() -> datetime:
        return datetime.now(UTC)

    shelf = PhotoShelf(tmp_path, ListSeal(Secret(b"s" * 32), GATE), board, lambda _: image)
    shelf.tidy()
    streams = [StateStream(board, lambda: state_json(board.current, clock())) for _ in range(2)]
    screen = Screen(board, journal, streams[0], clock, "Réfectoire", (), shelf)
    book = SupervisorBook(journal, now=clock)
    acts = Supervision(journal, board, now=clock, exit_=ShownExit(board))
    desk = Desk(screen, acts, book, streams[1], shelf)
    served = [serve(create_app(screen)), serve(create_desk_app(desk))]
    gate_url, url = (
        f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/" for server, _ in served
    )
    yield Beside(gate_url, url, board, journal, book, photo)
    for stream, (server, thread) in zip(streams, served, strict=True):
        stream.close()
        server.should_exit = True
        thread.join(20)
    journal.close()


def looked_at(page: Page, name: str) -> None:
    """Break no rule of accessibility, scroll nothing sideways; leave a picture if asked to."""
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def pair(page: Page, beside: Beside, role: Role, name: str) -> None:
    page.goto(beside.url)
    looked_at(page, "pairing")
    page.get_by_label("Code d’appairage").fill(beside.book.offer(name, role))
    page.get_by_role("button").click()


def free_the_door(page: Page) -> None:
    page.get_by_role("button", name="Issue de secours").click()
    looked_at(page, "supervisor-exit-sure")
    page.get_by_role("button", name="Ouvrir à tous").click()
    expect(page.locator("#exit-words")).to_contain_text("2 passages, aucun débité")
    expect(page.locator("#exit-open")).to_be_hidden()
    looked_at(page, "supervisor-exit")
    page.get_by_role("button", name="Refermer l’issue de secours").click()
    expect(page.locator("#exit-words")).to_have_text("")


def let_pass(page: Page) -> None:
    """Let Noah pass for a reason that must be written."""
    said, lines = page.locator("#said"), page.locator("#lines li")
    lines.first.get_by_role("button", name="Laisser passer").click()
    expect(page.locator("#why-title")).to_have_text("Laisser passer Noah")
    looked_at(page, "supervisor-why")
    page.get_by_label("Autre, à préciser").check()
    page.locator("#why-go").click()
    expect(page.locator("#why-problem")).to_have_text("Précisez la raison en quelques mots.")
    page.get_by_label("Précision").fill("Sortie annulée")
    page.locator("#why-go").click()
    expect(said).to_have_text("C’est noté, le passage est ouvert.")
    expect(lines.first).to_contain_text("Laissé passer · Sortie annulée · Mme Roy")


def test_a_supervisor_lets_pass_searches_and_takes_back(browser: Browser, beside: Beside) -> None:
    noah = "00000000-0000-4000-8000-000000000002"
    beside.refuse(noah)
    page = browser.new_page(viewport={"width": 820, "height": 1180})
    pair(page, beside, Role.SUPERVISOR, "Mme Roy")
    said, lines = page.locator("#said"), page.locator("#lines li")
    expect(lines.first).to_contain_text("Pas prévu aujourd’hui")
    let_pass(page)
    page.get_by_label("Prénom").fill("le")
    expect(page.locator("#found li")).to_contain_text("Léa M.")
    page.wait_for_function("() => document.querySelector('#found img').naturalWidth > 0")
    looked_at(page, "supervisor")
    page.locator("#found").get_by_role("button").click()
    page.get_by_label("Carte oubliée").check()
    page.locator("#why-go").click()
    expect(lines.first).to_contain_text("Léa M.")
    lines.first.get_by_role("button", name="Annuler").click()
    page.get_by_label("Erreur de personne").check()
    page.locator("#why-go").click()
    expect(lines.first).to_contain_text("Passage annulé")
    expect(lines.nth(1)).to_contain_text("annulé depuis")
    page.get_by_label("Invités").fill("2")
    page.locator("#guests-go").click()
    page.locator("#why-go").click()  # nothing happens before a reason is chosen
    page.get_by_label("Visiteur").check()
    page.locator("#why-go").click()
    expect(lines).to_have_count(6)
    for code, outcome in (("000000", "n’est pas valable"), ("123456", "C’est noté")):
        page.get_by_label("Code d’un jour").fill(code)
        page.get_by_role("button", name="Valider").click()
        expect(said).to_contain_text(outcome)
    free_the_door(page)
    EventBook(beside.journal.file).note(DoorNews.FORCED, datetime.now(UTC))
    beside.board.change(reader_ready=False)
    expect(page.locator("#door li")).to_contain_text("Passage forcé")
    expect(page.locator("#door li")).to_contain_text("à transmettre")
    looked_at(page, "supervisor-acted")
    page.set_viewport_size({"width": 360, "height": 640})
    looked_at(page, "supervisor-phone")
    page.get_by_role("button", name="Mme Roy · terminer").click()
    expect(page.locator("h1")).to_have_text("Appairer cette tablette")
    page.close()


def test_the_kitchen_reads_three_numbers(browser: Browser, beside: Beside) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    pair(page, beside, Role.KITCHEN, "Cuisine")
    expect(page.locator(".numbers dd")).to_have_text(["1", "0", "1"])
    looked_at(page, "gate-kitchen")
    page.set_viewport_size({"width": 360, "height": 640})
    looked_at(page, "gate-kitchen-phone")
    page.close()


def test_a_photo_is_shown_with_an_answer_and_goes_with_it(browser: Browser, beside: Beside) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 1280})
    page.goto(beside.gate_url)
    expect(page.locator("#photo")).to_be_hidden()
    good = Words("Bon appétit Léa", "", Tone.GOOD)
    shown = Shown(
        answer="OK", words=good, at=datetime.now(UTC), milliseconds=20, photo=beside.photo
    )
    beside.board.show(shown)
    expect(page.locator("#photo")).to_be_visible()
    looked_at(page, "gate-photo")
    expect(page.locator("#photo")).to_be_hidden()
    page.close()
