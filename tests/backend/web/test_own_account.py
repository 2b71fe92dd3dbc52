"""One's own account: password, language, sessions that stay, browsers that are new."""

import re
from typing import Any

import pytest
from sqlalchemy import event

from backend.accounts.signin.passwords import hash_password
from backend.accounts.signin.sessions import KEPT_DAYS_MAX, KEPT_IDLE_DAYS_MAX
from backend.accounts.signin.tables import SignInAccount
from backend.partners.registry import create_partner
from backend.partners.space import add_member
from backend.services import Services
from tests.backend.web.conftest import PASSWORD, Browser, Staff
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, make_person

OTHER = "cinq volcans sous la neige"
HASH = hash_password(PASSWORD)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def camille(services: Services) -> Person:
    return make_person(services, "camille@exemple.fr", "Camille", "Durand", password_hash=HASH)


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


def change(browser: Browser, current: str, new: str, again: str = "") -> int:
    browser.open("/espace/compte")
    return browser.press(
        "/espace/compte/mot-de-passe", current=current, password=new, password_again=again or new
    )


def test_a_password_is_changed_by_who_knows_it(
    browsers: list[Browser], camille: Person, mailbox: Mailbox
) -> None:
    here, there = browsers
    for one in browsers:
        assert one.sign_in(camille.email) == 200
    mailbox.empty()
    assert change(here, "wrong volcans sous la neige", OTHER) == 422
    assert "pas votre mot de passe actuel" in here.page
    assert change(here, PASSWORD, "Cadu0102") == 422
    assert "fait de votre nom" in here.page
    assert change(here, PASSWORD, OTHER, "other") == 422
    before = here.client.cookies["__Host-pass"]
    assert change(here, PASSWORD, OTHER) == 200
    assert here.client.cookies["__Host-pass"] != before
    assert 'href="/connexion"' not in here.page  # who is signed in already
    assert here.open("/espace") == 200
    assert "Bonjour Camille" in here.page  # this session goes on
    there.open("/espace")
    assert "Se connecter" in there.page  # the others are over
    assert [one.subject for one in mailbox.empty()] == ["Votre mot de passe a été choisi"]
    assert there.sign_in(camille.email) == 422
    assert there.sign_in(camille.email, OTHER) == 200
    for page in here.seen:
        assert OTHER not in page


def test_the_present_password_is_not_guessed_from_an_open_session(
    browser: Browser, camille: Person
) -> None:
    browser.sign_in(camille.email)
    for _ in range(5):
        assert change(browser, "wrong volcans sous la neige", OTHER) == 422
    assert change(browser, PASSWORD, OTHER) == 409


def test_a_session_stays_where_that_was_asked(
    browser: Browser, camille: Person, clock: Any
) -> None:
    browser.press("/connexion", email=camille.email, password=PASSWORD, stay="1")
    (cookie,) = [one for one in browser.client.cookies.jar if one.name == "__Host-pass"]
    assert cookie.expires is not None
    for _ in range(2):
        clock.advance(days=KEPT_IDLE_DAYS_MAX - 1)
        browser.open("/espace")
        assert "Bonjour" in browser.page
    browser.open("/espace/compte")
    assert "gardée ouverte" in browser.page
    clock.advance(days=KEPT_DAYS_MAX - 2 * (KEPT_IDLE_DAYS_MAX - 1))
    browser.open("/espace")
    assert "Se connecter" in browser.page


def test_a_session_that_stays_ends_when_nobody_comes_back(
    browser: Browser, camille: Person, clock: Any
) -> None:
    browser.press("/connexion", email=camille.email, password=PASSWORD, stay="1")
    clock.advance(days=KEPT_IDLE_DAYS_MAX)
    browser.open("/espace")
    assert "Se connecter" in browser.page


def test_nobody_stays_who_acts_for_others(browser: Browser, staff: Staff, clock: Any) -> None:
    browser.press("/connexion", email=staff.email, password=PASSWORD, stay="1")
    (cookie,) = [one for one in browser.client.cookies.jar if one.name == "__Host-pass"]
    assert cookie.expires is None
    clock.advance(minutes=30)
    browser.open("/espace")
    assert "Se connecter" in browser.page


def test_a_session_that_stays_opens_nothing_for_others_later(
    browser: Browser, camille: Person, services: Services
) -> None:
    browser.press("/connexion", email=camille.email, password=PASSWORD, stay="1")
    with services.database.unit_of_work() as session:
        partner = create_partner(session, "Librairie").id
        add_member(session, camille.account_id, partner, services.now())
    browser.open(f"/espace/partenaire/{partner}")
    assert "Se connecter" in browser.page


def test_a_new_browser_is_told_and_a_known_one_is_not(
    browsers: list[Browser], camille: Person, mailbox: Mailbox, clock: Any
) -> None:
    here, there = browsers
    here.sign_in(camille.email)
    assert mailbox.empty() == []  # the first of all
    here.press("/deconnexion")
    here.sign_in(camille.email)
    assert mailbox.empty() == []
    there.client.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/145.0 \x01http://x"
    clock.advance(hours=1)
    there.sign_in(camille.email)
    (letter,) = mailbox.empty()
    assert "Firefox, Windows" in letter.text
    assert "http://x" not in letter.text
    there.sign_in(camille.email)
    assert mailbox.empty() == []
    assert "Votre connexion précédente" in there.page


def test_mails_come_in_ones_language(
    browser: Browser, camille: Person, mailbox: Mailbox, services: Services
) -> None:
    browser.sign_in(camille.email)
    browser.open("/espace/compte")
    browser.press("/espace/compte/langue", language="en")
    browser.press("/espace/compte/langue", language="xx")
    browser.press("/mot-de-passe", email=camille.email)
    (letter,) = mailbox.empty()
    assert letter.subject == "Choose a new password"
    assert letter.text.startswith("Hello Camille,")
    assert "Bonjour" not in letter.text
    assert '<html lang="en">' in letter.html
    with services.database.reading() as session:
        assert session.get_one(SignInAccount, camille.account_id).language == "en"


def test_a_space_asks_the_database_few_questions(
    browser: Browser, camille: Person, services: Services
) -> None:
    browser.sign_in(camille.email)
    asked: list[str] = []
    event.listen(
        services.database.engine, "before_cursor_execute", lambda *a: asked.append(str(a[2]))
    )
    counts = []
    for path in ("/espace", "/espace/compte", "/espace/famille", "/espace/ma-carte"):
        browser.open(path)
        counts.append(len([one for one in asked if re.match(r"\s*SELECT", one)]))
        asked.clear()
    # One of each is the session with its account; a space has a question for each kind of tile.
    assert counts[0] <= 10
    assert counts[1:] == [4, 5, 4]


@pytest.mark.parametrize(
    "path",
    [
        "/espace/compte/mot-de-passe",
        "/espace/ma-carte/code",
    ],
)
def test_a_form_without_its_token_is_refused(browser: Browser, camille: Person, path: str) -> None:
    browser.sign_in(camille.email)
    assert browser.client.post(path, data={"name": "Durand"}).status_code == 403
    assert browser.client.post(path, data={"form": "guessed"}).status_code == 403
