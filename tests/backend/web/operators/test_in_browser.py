"""The operator's pages in a real browser: nothing a person or a screen reader would stumble on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from backend.partners.directory import name_commune
from backend.partners.organisations.asking import ask
from backend.partners.organisations.profile import Typed, make_organisation
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import SESSION, Desk, make_operator, sit_down
from tests.backend.web.serving import SECONDS_MAX
from tests.chromium import is_well, open_chromium

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def page() -> Iterator[Page]:
    with open_chromium() as browser:
        opened = browser.new_context(viewport=DESKTOP).new_page()  # type: ignore[arg-type]
        opened.set_default_timeout(1000 * SECONDS_MAX)
        yield opened


def keep(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def ask_as_organisation(desk: Desk) -> None:
    """Let an organisation wait for an answer."""
    typed = Typed(
        "Médiathèque", "73282932000074", "Ville", "1 rue Haute", "", "92160", "92002", "0146000000"
    )
    with desk.services.database.unit_of_work() as session:
        now = desk.services.now()
        name_commune(session, "92002", "Antony")
        place = make_organisation(session, desk.member, "equipement-public", typed, now)
        ask(session, desk.member, place, now)


def find_by_keyboard(page: Page) -> None:
    """Go past what is on top of every page to the search, and on."""
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "wanted":
            break
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("martin lea")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Martin", exact=True).press("Enter")
    expect(page.locator("h1")).to_have_text("Léa Martin")


def block_by_keyboard(page: Page) -> None:
    page.get_by_label("Raison", exact=True).first.focus()
    page.keyboard.press("Tab")  # whether the code changes too
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Carte bloquée")


def read_in_english(page: Page) -> None:
    page.get_by_role("button", name="English").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your pages are in English.")
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()
    is_well(page)
    page.get_by_role("button", name="Français").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Vos pages sont en français.")


def open_every_page(page: Page, address: str, desk: Desk, folder: Path) -> None:
    for path in (
        f"comptes/{desk.holder}",
        f"partenaires/{desk.shop.partner}",
        f"terminaux/{desk.ids['terminal_id']}",
        f"etablissements/{desk.establishment}",
        f"campagnes/{desk.ids['campaign_id']}",
        "campagnes",
        "terminaux",
        "courriels",
        "cles",
        "journal",
        "exploitants",
        "organismes",
        "organismes/propositions",
        "verification",
    ):
        page.goto(f"{address}/exploitation/{path}")
        is_well(page)
        keep(page, folder, path.partition("/")[0] + ("-one" if "/" in path else ""))


def see_as(page: Page, address: str, desk: Desk, folder: Path) -> None:
    """Look at somebody's own pages as they do, and end it."""
    page.goto(f"{address}/exploitation/comptes/{desk.holder}")
    page.get_by_text("Voir comme cette personne").first.click()
    page.get_by_label("Raison").first.fill("Appel de la personne")
    page.get_by_role("button", name="Voir comme cette personne").press("Enter")
    expect(page.get_by_text("Vous voyez l’espace de Nora Petit")).to_be_visible()
    is_well(page)
    keep(page, folder, "seen-as")
    page.get_by_role("button", name="Terminer").press("Enter")
    expect(page.locator("h1")).to_have_text("Compte de Nora Petit")


@pytest.mark.slow
def test_an_operators_morning(
    page: Page, address: str, desk: Desk, browser: Browser, tmp_path: Path
) -> None:
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    desk.shop.pay(desk.shop.order())
    sit_down(desk.services, browser, make_operator(desk.services, "op@region.example"))
    token: Any = browser.client.cookies[SESSION]
    cookie = {"name": SESSION, "value": token, "url": address.replace("http", "https")}
    page.context.add_cookies([cookie | {"secure": True}])  # type: ignore[list-item]
    page.goto(f"{address}/exploitation")
    expect(page.locator("h1")).to_have_text("Ce matin")
    is_well(page)
    keep(page, tmp_path, "morning")
    find_by_keyboard(page)
    is_well(page)
    page.get_by_text("Accorder une dotation").click()
    page.get_by_text("Bloquer cette carte", exact=True).first.click()
    is_well(page)
    keep(page, tmp_path, "person")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    is_well(page)
    keep(page, tmp_path, "person-phone")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    block_by_keyboard(page)
    is_well(page)
    keep(page, tmp_path, "person-blocked")
    read_in_english(page)
    ask_as_organisation(desk)
    open_every_page(page, address, desk, tmp_path)
    see_as(page, address, desk, tmp_path)
    assert {url for url in elsewhere if not url.startswith((address, "data:"))} == set()
