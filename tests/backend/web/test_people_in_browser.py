"""Signing up, the family and the account in a real browser: by keyboard alone, on a phone."""

from datetime import date

import pytest
from playwright.sync_api import Dialog, Page, expect

from backend.accounts.activation import invite
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.signin.quota import Quota
from backend.accounts.strangers import asking
from backend.partners.directory import name_commune
from backend.services import Services
from tests.backend.partners.test_papers import pdf
from tests.backend.web.conftest import PASSWORD
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.test_in_browser import (  # noqa: F401 - fixtures
    database_url,
    enter,
    page,
)
from tests.chromium import is_well

EMAIL = "camille@exemple.fr"


@pytest.fixture
def code(services: Services) -> str:
    """The code handed over with a child's card."""
    with services.database.unit_of_work() as session:
        lea = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Durand",
            birth_date=date(2012, 3, 14),
            now=services.now(),
        ).id
        return invite(session, lea, services.now())


def press(page: Page, *keys: str) -> None:  # noqa: F811 - the fixture's name
    for key in keys:
        page.keyboard.press(key)


def submit(page: Page) -> None:  # noqa: F811
    with page.expect_navigation():
        page.keyboard.press("Enter")


def answer_in_words(page: Page, address: str) -> None:  # noqa: F811
    """Go on without the script that would have done it, where many ask."""
    page.route("**/static/robot.js", lambda asked: asked.abort())
    page.goto(f"{address}/mot-de-passe")
    page.get_by_label("Adresse électronique").focus()
    enter(page, EMAIL)
    asked = page.locator("#robot_answer")
    expect(asked).to_be_focused()
    is_well(page)
    page.unroute("**/static/robot.js")
    # With it, whoever is asked has nothing to answer.
    enter(page, "?")
    expect(page.get_by_role("status")).to_contain_text("vous n’avez rien à répondre")
    expect(asked).to_be_hidden()
    is_well(page)
    submit(page)
    expect(page.locator("h1")).to_have_text("Demande reçue")


def sign_up(page: Page, address: str, mailbox: Mailbox) -> None:  # noqa: F811
    page.goto(address)
    is_well(page)
    page.get_by_role("link", name="Se connecter").press("Enter")
    expect(page.locator("h1")).to_have_text("Connexion")
    is_well(page)
    page.get_by_role("link", name="créez un compte").press("Enter")
    is_well(page)
    page.get_by_label("Prénom").focus()
    enter(page, "Camille")
    expect(page.get_by_role("alert")).to_contain_text("Il reste 4 choses à corriger")
    is_well(page)
    # The first field to put right has the keyboard, and what was right is still there.
    expect(page.get_by_label("Prénom")).to_have_value("Camille")
    expect(page.get_by_label("Nom", exact=False).nth(1)).to_be_focused()
    for text in ("Durand", "01/02/1985", EMAIL, EMAIL):
        page.keyboard.type(text)
        press(page, "Tab")
    press(page, "Tab", "Space")  # past the language, onto the terms
    expect(page.get_by_role("checkbox")).to_be_checked()
    submit(page)
    expect(page.locator("h1")).to_have_text("Regardez vos messages")
    is_well(page)
    page.goto(address + mailbox.link("/inscription"))
    is_well(page)
    page.get_by_label("Mot de passe").focus()
    enter(page, "camille durand 85", "camille durand 85")
    expect(page.get_by_role("alert")).to_contain_text("fait de votre nom")
    is_well(page)
    enter(page, PASSWORD, PASSWORD)
    expect(page.locator("h1")).to_have_text("Compte activé")


def add_child(page: Page, code: str) -> None:  # noqa: F811
    page.get_by_role("link", name="Ma famille").press("Enter")
    is_well(page)
    page.get_by_label("Nom de la famille").focus()
    enter(page, "Famille Durand")
    page.get_by_text("Ajouter un enfant").first.press("Enter")
    press(page, "Tab")
    enter(page, "Léa", "Durand", "14/03/2012")
    expect(page.locator("h1")).to_have_text("Demande enregistrée")
    is_well(page)
    page.get_by_role("link", name="Continuer").press("Enter")
    page.get_by_text("J’ai le code remis avec la carte").press("Enter")
    press(page, "Tab")
    enter(page, "wrong")
    expect(page.locator("main")).to_contain_text("Cela ne correspond pas")
    is_well(page)
    enter(page, code)
    expect(page.get_by_role("link", name="Léa Durand")).to_be_visible()
    is_well(page)


def change_and_stay(page: Page) -> None:  # noqa: F811
    """Begin to leave a form that was changed: the browser asks, and what was typed stays."""
    said = page.locator(".unsaved")
    expect(said).to_have_text("")
    page.keyboard.type("Méd")
    expect(said).to_have_text("Modifications non enregistrées")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("link", name="Mon organisme").press("Enter")
    expect(page.get_by_label("Nom de l’organisme")).to_have_value("Méd")
    assert asked == ["beforeunload"]
    page.get_by_label("Nom de l’organisme").fill("")
    expect(said).to_have_text("")
    page.get_by_label("Nom de l’organisme").focus()


def make_organisation(page: Page, address: str) -> None:  # noqa: F811
    """Describe one by keyboard, with a fault first, and ask that it be a partner."""
    page.goto(f"{address}/espace")
    page.get_by_role("link", name="Mon organisme").press("Enter")
    is_well(page)
    page.get_by_role("link", name="Équipement public").press("Enter")
    is_well(page)
    page.get_by_label("Nom de l’organisme").focus()
    change_and_stay(page)
    # From here on a question would be answered by nobody: what is sent is not asked about.
    page.on("dialog", lambda one: pytest.fail(f"asked: {one.type}"))
    enter(page, "Médiathèque")
    expect(page.get_by_label("SIRET")).to_be_focused()
    expect(page.locator(".unsaved")).to_have_text("Modifications non enregistrées")
    is_well(page)
    for text in ("73282932000074", "Ville d’Antony", "1 rue Haute", "", "92160", "Antony"):
        page.keyboard.type(text)
        press(page, "Tab")
    enter(page, "01 46 00 00 00")
    expect(page.locator("h1")).to_have_text("Médiathèque")
    page.get_by_text("Ajouter une pièce").press("Enter")
    is_well(page)
    page.get_by_label("Ce que c’est").select_option("RIB")
    paper = {"name": "rib.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    page.get_by_label("Le fichier").set_input_files(paper)  # type: ignore[arg-type]
    page.get_by_role("button", name="Envoyer la pièce").press("Enter")
    expect(page.get_by_role("button", name="Retirer la pièce : RIB")).to_be_visible()
    page.get_by_role("button", name="Demander à devenir partenaire").focus()
    submit(page)
    expect(page.locator("main")).to_contain_text("demande en attente")
    is_well(page)


def test_from_the_home_page_to_a_child_by_keyboard(
    page: Page,  # noqa: F811
    address: str,
    services: Services,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "UNASKED_FROM_ALL", Quota(0, asking.UNASKED_FROM_ALL.period))
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    answer_in_words(page, address)
    sign_up(page, address, Mailbox(services))
    page.goto(f"{address}/connexion")
    page.get_by_label("Adresse électronique").focus()
    enter(page, EMAIL, PASSWORD)
    expect(page.locator("h1")).to_have_text("Bonjour Camille")
    is_well(page)
    add_child(page, code)
    with services.database.unit_of_work() as session:
        name_commune(session, "92002", "Antony")
    make_organisation(page, address)
    for path in PAGES:
        page.goto(address + path)
        is_well(page)
    assert {url for url in elsewhere if not url.startswith((address, "data:"))} == set()


#: What a click above did not lead to.
PAGES = (
    "/espace/compte",
    "/espace/ma-carte",
    "/espace/propositions",
    "/inscription/nouveau-lien",
    "/identifiant-oublie",
    "/mot-de-passe",
    "/conditions",
)
