"""One's own account in two languages: each page wholly in one, that of the account."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend.accounts.signin.tables import Language, SignInAccount, Stage
from backend.services import Services
from backend.settings import Settings
from backend.web import federation_words, passkey_words
from backend.web.account_english import ENGLISH
from tests.backend.conftest import Clock
from tests.backend.software_authenticator import SoftwareAuthenticator
from tests.backend.web.conftest import Browser
from tests.backend.web.own_pages import TEMPLATES, besides, check_english, check_texts, wrong
from tests.backend.web.passkeys import device
from tests.backend.web.people import Person, enter, let_in, make_person

NAMES = (
    "account",
    "passkey_list",
    "passkey_new",
    "passkey_factor",
    "factor",
    "new_factor",
    "demanded_factor",
    "federation_own",
)
OURS = [TEMPLATES / f"{name}.html" for name in NAMES]
SPACE = "/espace"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, settings=Settings(public_url="https://pass.example"))


@pytest.fixture
def reader(services: Services) -> Person:
    """Somebody who reads English."""
    found = make_person(services, "reader@exemple.fr", "Camille", "Durand")
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, found.account_id).language = Language.ENGLISH.value
    return found


def test_every_sentence_has_its_english() -> None:
    check_english(ENGLISH, OURS)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_template_says_nothing_but_by_a_sentence(path: Path) -> None:
    assert besides(path) <= {"Pass", "English", "FranceConnect", "FranceConnect · Pass"}


def test_every_word_is_in_both_languages() -> None:
    check_texts(vars(passkey_words))
    check_texts(vars(federation_words))


def test_every_page_in_english_holds_no_french(
    browser: Browser, reader: Person, services: Services
) -> None:
    enter(services, browser, reader.account_id)
    pages = [f"{SPACE}/compte", f"{SPACE}/cles", device.NEW, f"{SPACE}/verification"]
    for path in pages:
        assert browser.open(path) == 200
        assert '<html lang="en">' in browser.page
        assert wrong(browser.page, ENGLISH) == [], path
    assert browser.press(f"{SPACE}/verification") == 200
    assert browser.press(f"{SPACE}/verification/confirmation", digits="x") == 422
    assert wrong(browser.page, ENGLISH) == []
    browser.open(f"{SPACE}/compte")
    tried = {"current": "a", "password": "b", "password_again": "c"}
    assert browser.press(f"{SPACE}/compte/mot-de-passe", **tried) == 422
    assert "The two passwords differ." in browser.page
    assert wrong(browser.page, ENGLISH) == []


def test_passkeys_and_the_second_factor_are_in_english(
    browser: Browser, reader: Person, services: Services
) -> None:
    enter(services, browser, reader.account_id)
    assert device.add(browser, SoftwareAuthenticator(), "Phone") == 200
    assert "Rename or remove “Phone”" in browser.page
    assert wrong(browser.page, ENGLISH) == []
    let_in(services, browser, reader.account_id, Stage.FACTOR)
    assert browser.open(device.FACTOR) == 200
    assert "Confirm that it is you" in browser.page
    assert '<html lang="en">' in browser.page
    assert wrong(browser.page, ENGLISH) == []
    assert browser.press(device.FACTOR, answer="x") == 422
    assert "This passkey was not recognised" in browser.page
    assert wrong(browser.page, ENGLISH) == []


def test_what_is_refused_is_in_english(
    browser: Browser, reader: Person, services: Services, clock: Clock
) -> None:
    enter(services, browser, reader.account_id)
    assert browser.open(device.NEW) == 200
    clock.advance(minutes=20)
    assert browser.open(device.NEW) in {403, 409}
    assert "<h1>Sign in again first</h1>" in browser.page
    assert wrong(browser.page, ENGLISH) == []
