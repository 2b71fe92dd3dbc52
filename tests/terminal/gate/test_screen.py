"""The screen in a real browser: what a pupil sees, how fast, and that it fits."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from playwright.sync_api import Browser, Error, Page, sync_playwright

from terminal.gate.access_list import read_access_list
from terminal.gate.api import Screen, create_app
from terminal.gate.events import StateStream
from terminal.gate.passages import open_passage_journal
from terminal.gate.state import Shown, StateBoard
from terminal.gate.view import state_json
from terminal.gate.words import SEE_THE_OFFICE, Tone, Words

GATE = "3f0c1df0-5a36-4b6e-9a3c-000000000001"
SIZES = [(1280, 800), (800, 1280), (360, 640)]
ANSWERS = [
    Words("Bon appétit Marie-Maximilienne", "", Tone.GOOD),
    Words("Passage déjà fait à 12:04", "", Tone.WAIT),
    Words(SEE_THE_OFFICE, "Carte non reconnue", Tone.STOP),
]


class Signing(Protocol):
    @property
    def key(self) -> Ed25519PublicKey: ...

    def sign(self, payload: object, header: object = None) -> str: ...


@dataclass
class Shop:
    board: StateBoard
    url: str
    stop: Callable[[], None]

    def show(self, words: Words) -> None:
        now = datetime.now(UTC)
        self.board.show(Shown(answer="OK", words=words, at=now, milliseconds=20))


@pytest.fixture
def gate(tmp_path: Path, signer: Signing, payload: Callable[..., dict[str, Any]]) -> Iterator[Shop]:
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
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup(sockets)  # type: ignore[arg-type]
            started.set()

    server = Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(20)
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
