"""Who reads: pages behind a link, half-way and refused, each in one language; whom to ask."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from backend.accounts.signin.links import give_link
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.tables import Language, SignInAccount, SignInLinkKind, Stage
from backend.app import build_app
from backend.http import PLAIN
from backend.mail import Letter
from backend.services import Services
from backend.settings import Settings
from backend.support import Support
from backend.web import error_pages, holder_words, sign_in_words, sign_up_words, words
from backend.web.link_english import ENGLISH
from backend.web.reader import preferred
from tests.backend.conftest import app_of
from tests.backend.web.conftest import PASSWORD, Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.own_pages import TEMPLATES, besides, check_english, check_texts, wrong
from tests.backend.web.people import Person, enter, make_person

NAMES = ("new_terms", "email_change", "password", "sign_up_password", "organisation_invited")
OURS = [TEMPLATES / f"{name}.html" for name in NAMES]
PRICE = "0,06 €/min + prix d’un appel"
#: What a browser sends when somebody opens a page.
OPENS = {"Accept": "text/html,*/*;q=0.8"}
ENGLISH_READER = {**OPENS, "Accept-Language": "en-GB,en;q=0.9,fr;q=0.5"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def services(services: Services) -> Services:
    named = Settings(
        public_url="https://pass.example",
        support_phone="0810 559 559",
        support_phone_price=PRICE,
        support_phone_price_en="€0.06/min + price of a call",
        support_email="aide@region.example",
        support_hours="du lundi au vendredi, de 9 h à 17 h",
        support_hours_en="Monday to Friday, 9:00 to 17:00",
    )
    return replace(services, settings=named)


@pytest.fixture
def person(services: Services) -> Person:
    return make_person(services, "camille@exemple.fr", "Camille", "Durand")


def read(page: str) -> str:
    """Return a page's words, without what makes links of them."""
    return re.sub(r"<[^>]+>", "", page)


def let_read_english(services: Services, account_id: UUID) -> None:
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, account_id).language = Language.ENGLISH.value


def test_every_sentence_has_its_english() -> None:
    check_english(ENGLISH, OURS)
    for one in (error_pages, holder_words, sign_in_words, sign_up_words, words):
        check_texts(vars(one))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_template_says_nothing_but_by_a_sentence(path: Path) -> None:
    assert besides(path) <= {"Pass"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9", "en"),
        ("de, en;q=0.7, fr;q=0.3", "en"),
        ("fr;q=0.3, en ; q = 0.31", "en"),
        ("en;q=0, fr", "fr"),
        ("de", "fr"),
        ("en;q=x", "fr"),
        ("," * 500 + "en", "fr"),
    ],
)
def test_a_browser_says_what_its_reader_likes_best(header: str, language: str) -> None:
    assert preferred(header).value == language


def test_a_mailed_links_page_is_in_the_accounts_language_and_offers_the_other(
    browser: Browser, person: Person, services: Services
) -> None:
    with services.database.unit_of_work() as session:
        link = give_link(session, person.account_id, SignInLinkKind.PASSWORD, services.now())
    path = f"/mot-de-passe/{link}"
    assert browser.open(path) == 200
    assert '<html lang="fr">' in browser.page
    assert 'href="?langue=en" lang="en"' in browser.page
    assert browser.press(f"{path}?langue=en", password="a", password_again="b") == 422
    assert "The two passwords differ." in browser.page
    assert wrong(browser.page, ENGLISH) == []
    let_read_english(services, person.account_id)
    assert browser.open(path) == 200
    assert wrong(browser.page, ENGLISH) == []
    assert 'href="?langue=fr" lang="fr"' in browser.page
    assert browser.open(f"{path}?langue=fr") == 200
    assert "Choisissez votre mot de passe" in browser.page


def test_an_activation_links_page_is_in_the_language_that_was_chosen(
    browser: Browser, services: Services
) -> None:
    typed = {
        "given_name": "Camille",
        "family_name": "Durand",
        "birth_date": "01/02/1985",
        "email": "camille@exemple.fr",
        "email_again": "camille@exemple.fr",
        "language": "en",
        "terms": "1",
    }
    assert browser.press("/inscription", **typed) == 200
    path = Mailbox(services).link("/inscription")
    assert browser.open(path) == 200
    assert "Camille Durand, choose your password" in browser.page
    assert wrong(browser.page, ENGLISH) == []
    assert browser.open(f"{path}?langue=fr") == 200
    assert "Camille Durand, choisissez votre mot de passe" in browser.page
    chosen = {"password": PASSWORD, "password_again": PASSWORD}
    assert browser.press(path, **chosen) == 200
    assert "<h1>Account activated</h1>" in browser.page


def test_new_terms_are_told_in_the_accounts_language(
    browser: Browser, person: Person, services: Services
) -> None:
    let_read_english(services, person.account_id)
    with services.database.unit_of_work() as session:
        token = open_session(session, person.account_id, Stage.TERMS, "test", services.now())
    browser.client.cookies.set("__Host-pass", token, domain="pass.example", path="/")
    assert browser.open("/connexion/conditions") == 200
    assert "<h1>New terms of use</h1>" in browser.page
    assert browser.press("/connexion/conditions") == 422
    assert wrong(browser.page, ENGLISH) == []


def test_a_refusal_is_in_one_language_and_names_whom_to_ask(browser: Browser) -> None:
    assert browser.open("/inscription/never-given") == 410
    assert '<html lang="fr">' in browser.page
    said = read(browser.page)
    assert f"Appelez le 0810 559 559 ({PRICE}) ou écrivez à aide@region.example." in said
    assert "Ouvert\N{NO-BREAK SPACE}: du lundi au vendredi, de 9 h à 17 h." in said
    assert 'href="tel:0810559559"' in browser.page
    assert 'href="mailto:aide@region.example"' in browser.page
    assert "This link" not in browser.page
    assert browser.open("/inscription/never-given?langue=en") == 410
    assert "<h1>This link no longer serves</h1>" in browser.page
    assert "Call 0810 559 559 (€0.06/min + price of a call)" in read(browser.page)
    assert "Ce lien" not in browser.page


def test_the_help_names_whom_to_ask(browser: Browser) -> None:
    assert browser.open("/aide") == 200
    assert "Une question\N{NO-BREAK SPACE}? Appelez le 0810 559 559" in read(browser.page)
    assert "A question? Call 0810 559 559" in read(browser.page)


def test_who_is_signed_in_is_refused_in_the_language_of_the_account(
    browser: Browser, person: Person, services: Services
) -> None:
    let_read_english(services, person.account_id)
    enter(services, browser, person.account_id)
    assert browser.open(f"/espace/pass/{UUID(int=7)}") == 404
    assert "<h1>Nothing here</h1>" in browser.page
    assert "?langue=" not in browser.page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/no-such-page", 404),
        ("/conditions/99", 404),
        ("/deconnexion", 405),
        ("/conditions/x", 422),
    ],
)
def test_a_browser_gets_a_page_and_a_program_a_problem(
    browser: Browser, path: str, status: int
) -> None:
    shown = browser.client.get(path, headers=ENGLISH_READER)
    assert shown.status_code == status
    assert shown.headers["content-type"].startswith("text/html")
    assert wrong(shown.text, {}) == []
    assert "aide@region.example" in shown.text
    assert (shown.headers.get("Allow") is None) is (status != 405)
    told = browser.client.get(path)
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert browser.client.get("/v1/none", headers=OPENS).json()["code"] == "route_not_found"


def test_what_crashes_is_a_page_too(services: Services) -> None:
    app = build_app(services)

    @app.get("/crash")
    def crash() -> None:
        raise ZeroDivisionError

    with TestClient(app, raise_server_exceptions=False) as client:
        shown = client.get("/crash", headers=ENGLISH_READER)
        assert shown.status_code == 500
        assert "<h1>We have a problem</h1>" in shown.text
        assert "aide@region.example" in shown.text
        assert client.get("/crash").json()["code"] == "internal_error"


def test_every_status_has_its_words() -> None:
    assert set(PLAIN) - set(error_pages.SAID) == {500}


def test_who_names_nobody_shows_nobody(services: Services) -> None:
    nobody = replace(services, settings=Settings(public_url="https://pass.example"))
    with TestClient(app_of(nobody), base_url="https://pass.example") as client:
        page = client.get("/no-such-page", headers=OPENS).text
    assert "Une question" not in page
    assert Support.of(nobody.settings) is None


@pytest.mark.parametrize(
    ("support", "french", "english"),
    [
        (Support(phone="05 61 00 00 00"), "Appelez le 05 61 00 00 00.", "Call 05 61 00 00 00."),
        (Support(email="a@b.fr"), "Écrivez à a@b.fr.", "Write to a@b.fr."),
    ],
)
def test_only_what_there_is_is_named(support: Support, french: str, english: str) -> None:
    assert support.in_words("fr") == f"Une question\N{NO-BREAK SPACE}? {french}"
    assert support.in_words("en") == f"A question? {english}"


def test_every_mail_ends_with_whom_to_ask(
    browser: Browser, person: Person, services: Services
) -> None:
    mailbox = Mailbox(services)
    letters: list[Letter] = []
    for language in (Language.FRENCH, Language.ENGLISH):
        if language is Language.ENGLISH:
            let_read_english(services, person.account_id)
        assert browser.press("/mot-de-passe", email="camille@exemple.fr") == 200
        letters += mailbox.empty()
    french, english = letters
    assert french.text.endswith("du lundi au vendredi, de 9 h à 17 h.\n")
    assert PRICE in french.html
    assert "A question? Call 0810 559 559 (€0.06/min + price of a call)" in english.text
    assert "Une question" not in english.text
