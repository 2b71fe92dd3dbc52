"""The establishment's pages in a real browser: a scanner's keys, and nothing that axe finds."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select

from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.app import build_app
from backend.cards.tables import Card
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.test_pictures import jpeg
from tests.backend.web.school import School, make_school
from tests.backend.web.test_establishment_pages import send

CHROMIUM = "/usr/bin/chromium"
SECONDS_MAX = 30
DESK = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """The backend, served on the loopback."""
    server = uvicorn.Server(uvicorn.Config(build_app(services), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + SECONDS_MAX
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(SECONDS_MAX)


@pytest.fixture
def chromium() -> Iterator[Chromium]:
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--headless=new", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def sign_in(chromium: Chromium, services: Services, school: School, size: dict[str, int]) -> Page:
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, school.account_id)
        account.factor_generation, account.factor_confirmed_at = 1, services.now()
        token = open_session(session, account.id, Stage.FULL, "test", services.now())
    context = chromium.new_context(viewport=size)  # type: ignore[arg-type]
    cookie = {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/", "secure": True}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.set_default_timeout(1000 * SECONDS_MAX)
    return page


def is_well(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_from_the_order_to_the_hand_at_a_desk(
    chromium: Chromium, address: str, services: Services
) -> None:
    school = make_school(services)
    school.add("Léa", "Martin")
    school.add("Zoé", "Nguyễn")
    page = sign_in(chromium, services, school, DESK)
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    page.goto(f"{address}/espace")
    page.get_by_role("link", name="Lycée du Parc").press("Enter")
    expect(page.get_by_role("row")).to_have_count(3)
    is_well(page)
    page.get_by_role("link", name="Cartes", exact=True).press("Enter")
    page.get_by_role("button", name="Commander pour tout").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("2 cartes")
    send(services, school)
    page.get_by_role("link", name="Recevoir un colis").press("Enter")
    with services.database.reading() as session:
        numbers = session.scalars(select(Card.number).order_by(Card.number)).all()
    for number in numbers:  # as a wedge scanner types: digits, then Enter, in the field that waits
        expect(page.get_by_label("Scannez le code-barres")).to_be_focused()
        page.keyboard.type(number)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Reçue")
    expect(page.locator("main")).to_contain_text("Aucune carte n’est attendue")
    is_well(page)
    page.goto(f"{address}{school.path}/cartes/remise")
    is_well(page)
    page.get_by_label("Martin Léa").press("Space")
    page.get_by_role("button", name="Remettre les cartes cochées").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("remise est enregistrée")
    page.goto(f"{address}{school.pupil('Zoé')}")
    photo = {"name": "moi.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    page.get_by_label("Photo d’identité").set_input_files(photo)  # type: ignore[arg-type]
    page.get_by_role("button", name="Enregistrer la photo").press("Enter")
    expect(page.get_by_role("img", name="Photo de Zoé Nguyễn")).to_be_visible()
    is_well(page)
    page.get_by_text("Perdue ou volée").press("Enter")
    page.get_by_role("button", name="Bloquer : perdue").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("La carte est bloquée")
    small = sign_in(chromium, services, school, PHONE)
    for part in ("", "/cartes", "/portiques", "/rattachements", "/import", "/eleves/"):
        where = school.pupil("Zoé") if part == "/eleves/" else school.path + part
        small.goto(address + where)
        is_well(small)
    assert {url for url in elsewhere if not url.startswith((address, "data:"))} == set()
