"""A holder's pages and the directory in a real browser: on a phone, by keyboard, well to axe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import select

from backend.access.establishments import create_establishment, enrol_pupil
from backend.access.meals import pay_in
from backend.access.tables import Enrolment
from backend.partners.directory import Place, Point, name_commune, place_outlet
from backend.partners.registry import create_outlet
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.holders.world import PASSWORD, People, build_people
from tests.backend.web.serving import SECONDS_MAX
from tests.chromium import open_chromium


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
TABS_MAX = 60
PICTURES: Path | None = None


@pytest.fixture
def people(services: Services) -> People:
    """Léa after a while: paid, refunded, at the canteen; two shops on the plan."""
    made = build_people(services, 6_000)
    shop = made.shop
    orders = [shop.order(cents) for cents in (1_250, 800, 300)]
    for order in orders:
        shop.pay(order)
    shop.refund(orders[1].payment_id, 200)
    shop.void(orders[2].payment_id)
    now = services.now()
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée des Tilleuls").id
        enrol_pupil(session, place, shop.lea, {})
        enrolment = session.scalars(select(Enrolment.id)).one()
        pay_in(session, enrolment, amount_cents=2_350, transfer_id=shop.card, now=now)
        name_commune(session, "92002", "Antony", Point(48_753_900, 2_297_500))
        name_commune(session, "92071", "Sceaux", Point(48_778_300, 2_289_000))
        where = Place("92002", ("12 rue du Port",), "92160", Point(48_755_000, 2_300_000))
        place_outlet(session, shop.outlet, where)
        annexe = create_outlet(session, shop.partner, "Gare de Sceaux").id
        where = Place("92071", ("3 place de la Gare",), "92330", Point(48_778_300, 2_295_000))
        place_outlet(session, annexe, where)
    return made


@pytest.fixture
def context(address: str, people: People) -> Iterator[BrowserContext]:
    """A phone on which Léa is signed in."""
    with open_chromium() as browser:
        opened = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
        opened.set_default_timeout(1000 * SECONDS_MAX)
        token = people.session_of(people.lea)
        # Chromium takes a loopback address for as safe as HTTPS, but not when it is told a cookie.
        safe = address.replace("http:", "https:")
        opened.add_cookies(
            [{"name": COOKIE, "value": token, "url": safe, "secure": True, "httpOnly": True}]
        )
        yield opened


def is_well(page: Page, name: str) -> None:
    """Nothing axe finds, on a phone and on a desk, and nothing wider than the screen."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        if PICTURES is not None:
            page.screenshot(path=PICTURES / f"{name}-{size['width']}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found] == [], name


def reach(page: Page, wanted: Locator) -> None:
    """Bring the keyboard to something by Tab alone, from wherever it is."""
    for _ in range(TABS_MAX):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not come to {wanted}")


def go(page: Page, wanted: Locator) -> None:
    """Press a link or a button without a mouse."""
    reach(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def choose_a_code(page: Page) -> None:
    """Type a code that is refused, then one that is not, by keyboard alone."""
    for code in ("1234", "8305"):
        reach(page, page.get_by_label("Votre mot de passe"))
        for text in (PASSWORD, code, code):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        go(page, page.get_by_role("button", name="Changer le code"))
        if code == "1234":
            expect(page.get_by_role("alert")).to_contain_text("se suivent")
            is_well(page, "code-refused")
    expect(page.locator("main")).to_contain_text("Code enregistré")


def test_a_phone_shows_everything_by_keyboard_and_asks_nobody_else(
    context: BrowserContext, address: str, people: People
) -> None:
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    own = f"{address}/espace/pass/{people.shop.lea}"
    for part, name in (
        ("", "home"),
        ("/historique", "history"),
        ("/historique?imprimer=oui", "print"),
        ("/carte", "card"),
        ("/donnees", "data"),
        ("/code", "code"),
    ):
        page.goto(own + part)
        is_well(page, name)
    choose_a_code(page)
    page.goto(own)
    go(page, page.get_by_role("link", name="Carte perdue ou volée"))
    is_well(page, "report")
    go(page, page.get_by_role("button", name="Bloquer : carte perdue"))
    expect(page.locator("main")).to_contain_text("déclarée perdue")
    is_well(page, "card-blocked")
    go(page, page.get_by_role("link", name="Commander une nouvelle carte"))
    is_well(page, "charter")
    reach(page, page.get_by_label("J’ai lu et j’accepte la charte"))
    page.keyboard.press("Space")
    go(page, page.get_by_role("button", name="Continuer"))
    is_well(page, "order")
    go(page, page.get_by_role("button", name="Commander"))
    expect(page.locator("main")).to_contain_text("Commandée")
    go(page, page.get_by_role("link", name="Où payer"))
    reach(page, page.get_by_label("Commune"))
    page.keyboard.type("Antony")
    go(page, page.get_by_role("button", name="Chercher"))
    expect(page.locator("main")).to_contain_text("12 rue du Port")
    page.goto(f"{address}/annuaire?commune=92002&autour=5")
    expect(page.get_by_role("img", name="Plan des lieux de la liste")).to_be_visible()
    is_well(page, "directory")
    assert {url for url in elsewhere if not url.startswith((address, "data:"))} == set()
