"""The partner's space in a real browser: by keyboard alone, on a phone, with nothing axe finds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from backend.accounts.signin.links import give_link
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInLinkKind
from backend.partners.registry import create_outlet, create_partner
from backend.partners.space import add_member
from backend.services import Services
from tests.backend.web.conftest import PASSWORD
from tests.backend.web.serving import SECONDS_MAX
from tests.chromium import is_well, open_chromium

PHONE = {"width": 390, "height": 760}
EMAIL = "nadia@librairie.example"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def page() -> Iterator[Page]:
    with open_chromium() as browser:
        opened = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
        opened.set_default_timeout(1000 * SECONDS_MAX)
        yield opened


def invitation(services: Services) -> str:
    with services.database.unit_of_work() as session:
        account_id = invite_to_sign_in(services, session, EMAIL, "Nadia", "Bernard")
        partner_id = create_partner(session, "Librairie du Parc").id
        create_outlet(session, partner_id, "Centre")
        add_member(session, account_id, partner_id, services.now())
        return give_link(session, account_id, SignInLinkKind.INVITATION, services.now())


def enter(page: Page, *typed: str) -> None:
    """Type into the field that has the keyboard and those after it, and press Enter."""
    for place, text in enumerate(typed):
        if place:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_from_the_mailed_link_to_a_counters_code(
    page: Page, address: str, services: Services
) -> None:
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    page.goto(f"{address}/mot-de-passe/{invitation(services)}")
    shown = page.get_by_role("button", name="Afficher ce que je tape")
    for kind in ("text", "password"):
        shown.press("Enter")
        expect(page.get_by_label("Mot de passe")).to_have_attribute("type", kind)
    page.get_by_label("Mot de passe").focus()
    enter(page, "nadia bernard 12", "nadia bernard 12")
    expect(page.get_by_role("alert")).to_contain_text("fait de votre nom")
    is_well(page)
    enter(page, PASSWORD, PASSWORD)  # the field to put right has the keyboard
    expect(page.locator("h1")).to_have_text("Mot de passe enregistré")
    page.goto(f"{address}/connexion")
    is_well(page)
    page.get_by_label("Adresse électronique").focus()
    enter(page, EMAIL, PASSWORD)
    expect(page.locator("h1")).to_have_text("Bonjour Nadia")
    is_well(page)
    page.get_by_role("link", name="Mon compte").press("Enter")
    page.get_by_role("button", name="Mettre en place").press("Enter")
    expect(page.get_by_role("img")).to_be_visible()
    is_well(page)
    page.goto(f"{address}/espace")
    page.get_by_role("link", name="Librairie du Parc").press("Enter")
    page.get_by_label("Nom d’une nouvelle caisse").focus()
    enter(page, "Caisse 2")
    expect(page.locator(".letters")).to_contain_text("-")
    is_well(page)
    page.get_by_role("link", name="Retour").press("Enter")
    expect(page.locator("main")).to_contain_text("attend son code")
    is_well(page)
    page.get_by_role("link", name="Relier votre logiciel").press("Enter")
    page.get_by_label("Nouvelle adresse").focus()
    enter(page, "https://librairie.example/pass/evenements")
    expect(page.locator("h1")).to_have_text("Secret de signature")
    is_well(page)
    page.get_by_role("link", name="Retour").press("Enter")
    page.get_by_text("Derniers envois").press("Enter")
    page.get_by_text("Changer le secret").press("Enter")
    is_well(page)
    assert {url for url in elsewhere if not url.startswith((address, "data:"))} == set()
