"""An organisation's pages, and suggestions, in two languages: each page wholly in one."""

from pathlib import Path

import pytest

from backend.accounts.signin.tables import Language, SignInAccount
from backend.partners.organisations import asking, people
from backend.partners.organisations.kinds import KINDS, Numbering
from backend.partners.organisations.suggesting import TypedSuggestion, suggest
from backend.partners.organisations.tables import DocumentKind, OrganisationState, SuggestionState
from backend.services import Services
from backend.web import organisation_words as words
from backend.web import paper_form
from backend.web.link_english import ENGLISH as LINK_ENGLISH
from backend.web.organisation_english import ENGLISH
from tests.backend.partners.test_papers import pdf
from tests.backend.web.conftest import Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.organisations.shop import HOME, accepted, made
from tests.backend.web.organisations.test_documents import give, send
from tests.backend.web.own_pages import (
    TEMPLATES,
    besides,
    check_english,
    check_texts,
    wrong,
)
from tests.backend.web.people import Person, enter

#: Nobody is signed in there: it is in both languages.
BEFORE = TEMPLATES / "organisation_invited.html"
PAGES = [*TEMPLATES.glob("organisation*.html"), TEMPLATES / "suggestions.html"]
OURS = sorted({*PAGES} - {BEFORE})
SUGGESTED = TypedSuggestion("Cinema Eden", "2 rue du Port", "92160", "Antony", "")


def test_every_sentence_has_its_english() -> None:
    check_english(ENGLISH, OURS)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_template_says_nothing_but_by_a_sentence(path: Path) -> None:
    assert besides(path) <= {"Pass", "PDF"}


def test_every_word_is_in_both_languages() -> None:
    check_texts(vars(words))
    check_texts(vars(paper_form))
    kinds = list(KINDS.values())
    check_texts({one.code: words.kind_words(one) for one in kinds})
    check_texts({one.code: words.number_words(one) for one in kinds})
    check_texts({one.code: words.number_hint(one) for one in kinds})
    assert set(words.STATES) == set(OrganisationState)
    assert set(words.SUGGESTED) == set(SuggestionState)
    assert set(words.DOCUMENTS) == set(DocumentKind)
    assert {one.numbering for one in kinds} == set(Numbering)
    assert words.length_in_words(1_234_567) == ("1,2 Mo", "1.2 MB")


@pytest.fixture
def reader(services: Services, nadia: Person) -> Person:
    """Somebody who reads English."""
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, nadia.account_id).language = Language.ENGLISH.value
    return nadia


@pytest.mark.parametrize("state", list(OrganisationState))
def test_every_page_in_english_holds_no_french(
    browser: Browser, reader: Person, second: Person, services: Services, state: OrganisationState
) -> None:
    place, other = made(services, reader), made(services, second)
    give(services, reader, place)
    with services.database.unit_of_work() as session:
        now = services.now()
        suggest(session, reader.account_id, SUGGESTED, now)
        people.invite(session, second.account_id, other, reader.email, now)
        people.invite(session, reader.account_id, place, "x@port.example", now)
        if state is not OrganisationState.OWN:
            asking.ask(session, reader.account_id, place, now)
        if state is OrganisationState.REFUSED:
            asking.refuse(session, place, second.account_id, "not clear", now)
    if state is OrganisationState.ACCEPTED:
        accepted(services, place, second)
    enter(services, browser, reader.account_id)
    kinds = [f"{HOME}/nouveau/{code}" for code in KINDS]
    for path in (HOME, f"{HOME}/{place}", f"{HOME}/{place}/fiche", "/espace/propositions", *kinds):
        assert browser.open(path) == 200
        assert '<html lang="en">' in browser.page
        assert wrong(browser.page, ENGLISH) == [], path


def test_refusals_fields_and_what_was_done_are_in_english_too(
    browser: Browser, reader: Person, services: Services
) -> None:
    place = made(services, reader)
    enter(services, browser, reader.account_id)
    asked, page = f"{HOME}/{place}/demande", f"{HOME}/{place}"
    pressed = [
        (f"{HOME}/nouveau/club", f"{HOME}/nouveau/club", {}, 422, "Write the name of the org"),
        (page, f"{page}/invitations", {"email": "x"}, 422, "This is not an e-mail address."),
        (page, f"{page}/invitations", {"email": "x@y.fr"}, 200, "<h1>Invitation sent</h1>"),
        ("/espace/propositions", "/espace/propositions", {}, 422, "Something is still to be"),
        (page, asked, {}, 200, "Take the request back"),
        (page, asked, {}, 409, "<h1>Details closed for now</h1>"),
        (page, f"{page}/membres/{place}/fin", {}, 404, "<h1>Nothing here</h1>"),
    ]
    for opened, path, typed, status, told in pressed:
        assert browser.open(opened) == 200
        assert browser.press(path, **typed) == status, path
        assert told in browser.page, path
        assert wrong(browser.page, ENGLISH) == [], path
    assert browser.open(page) == 200
    assert browser.press(f"{asked}/fin") == 200
    assert send(browser, place, pdf() + b"MZ") == 422
    assert "This file holds more than a document." in browser.page
    assert wrong(browser.page, ENGLISH) == []


def test_an_invitation_is_in_the_language_of_whoever_opens_it(
    browser: Browser, reader: Person, second: Person, services: Services, mailbox: Mailbox
) -> None:
    place = made(services, second)
    with services.database.unit_of_work() as session:
        people.invite(session, second.account_id, place, reader.email, services.now())
    kept = mailbox.link("/invitation/organisme")
    for who, told in ((reader, "Accept the invitation"), (second, "une autre adresse")):
        enter(services, browser, who.account_id)
        assert browser.open(kept) == 200
        assert told in browser.page
    browser.client.cookies.clear()
    for language, told in (("fr", "Créer un compte"), ("en", "Create an account")):
        assert browser.open(f"{kept}?langue={language}") == 200
        assert told in browser.page
    assert wrong(browser.page, LINK_ENGLISH) == []
