"""The pages of families and of one's own card, each wholly in the language of who reads it."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from backend.accounts.activation import invite
from backend.accounts.families.invitations import invite_parent
from backend.accounts.signin.tables import Language, SignInAccount
from backend.services import Services
from backend.web import family_words as words
from backend.web.family_english import ENGLISH
from tests.backend.web.conftest import Browser
from tests.backend.web.families.household import LEA, child, family_of, requested
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.own_pages import TEMPLATES, besides, check_english, check_texts, wrong
from tests.backend.web.people import Person, enter, make_person

OURS = sorted(
    [*TEMPLATES.glob("family*.html"), TEMPLATES / "invitation.html", TEMPLATES / "own_card.html"]
)
FAMILY = "/espace/famille"
OWN_CARD = "/espace/ma-carte"
OF_THE_WORLD = "Français|Léa|Noé|Zoé"
BORN = date(2010, 9, 1)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def reader(services: Services, email: str, born: date = date(1985, 2, 1)) -> Person:
    """Somebody who reads English."""
    person = make_person(services, email, birth_date=born)
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, person.account_id).language = Language.ENGLISH.value
    return person


def check(browser: Browser, told: str) -> None:
    """The page is in English, all of it, and says this."""
    assert '<html lang="en">' in browser.page, told
    assert told in browser.page
    assert wrong(browser.page, ENGLISH, OF_THE_WORLD) == [], told


def test_every_sentence_has_its_english() -> None:
    check_english(ENGLISH, OURS)
    check_texts(vars(words))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_template_says_nothing_but_by_a_sentence(path: Path) -> None:
    assert besides(path) <= {"Pass"}


def test_a_family_is_shown_and_refused_in_english(browser: Browser, services: Services) -> None:
    camille = reader(services, "camille@exemple.fr")
    mallory = make_person(services, "mallory@exemple.fr", "Mallory", "Petit")
    lea, old = child(services), child(services, "Noé", BORN)
    other = family_of(services, mallory)
    with services.database.unit_of_work() as session:
        invite_parent(session, mallory.account_id, other, camille.email, services.now())
    enter(services, browser, camille.account_id)
    browser.open(FAMILY)
    check(browser, "Make a family, then add your children.")
    place = f"{FAMILY}/{family_of(services, camille, lea, old)}"
    zoe = LEA | {"given_name": "Zoé"}
    acts: list[tuple[str, dict[str, str], int, str]] = [
        (f"{place}/enfants", zoe, 200, "<h1>Request recorded</h1>"),
        (f"{place}/invitations", {"email": "sacha@exemple.fr"}, 200, "<h1>Invitation sent</h1>"),
        (FAMILY, {"name": "<b>"}, 422, "Write a name, in letters."),
        (f"{place}/enfants", zoe | {"birth_date": "x"}, 422, "Write the date as"),
        (f"{place}/invitations", {"email": "no"}, 422, "This is not an e-mail address."),
        (f"{FAMILY}/enfants/{lea}/compte", {"email": "a@b.fr"}, 409, "<h1>Not before 15</h1>"),
        (f"{FAMILY}/{uuid4()}/depart", {}, 404, "<h1>Nothing here</h1>"),
        (f"{FAMILY}/demandes/{uuid4()}/fin", {}, 404, "<h1>Nothing to do here</h1>"),
        (f"{FAMILY}/invitations/{uuid4()}/acceptation", {}, 410, "This link no longer serves"),
        (f"{place}/depart", {"form": "guessed"}, 403, "<h1>Form refused</h1>"),
    ]
    for path, typed, status, told in acts:
        browser.open(FAMILY)
        assert browser.press(path, **typed) == status, path
        check(browser, told)
    browser.open(FAMILY)
    for told in (
        "Mallory Petit invites you to join their family.",
        'aria-label="Remove Léa DURAND from the family"',
        "request waiting",
        "invitation sent",
        "Give them their own account",
    ):
        check(browser, told)
    proof = f"{FAMILY}/demandes/{requested(browser)}/preuve"
    statuses = [browser.press(proof, code="wrong") for _ in range(6)]
    assert statuses == [*[422] * 5, 409]
    check(browser, "<h1>Too many tries</h1>")


def test_ones_own_card_is_tied_in_english(browser: Browser, services: Services) -> None:
    noe = reader(services, "noe@exemple.fr", BORN)
    person = child(services, "Noé", BORN)
    with services.database.unit_of_work() as session:
        code = invite(session, person, services.now())
    enter(services, browser, noe.account_id)
    browser.open(OWN_CARD)
    check(browser, "With neither a code nor a known address")
    acts = [
        ("code", {"code": "x", "birth_date": "01/09/2010"}, 422, "This does not match."),
        ("numero", {"card_number": "1"}, 422, "This is not the number of a Pass card."),
        ("demande", {}, 200, "<h1>Request recorded</h1>"),
        ("code", {"code": code, "birth_date": "01/09/2010"}, 200, "<h1>This is your card</h1>"),
    ]
    for path, typed, status, told in acts:
        browser.open(OWN_CARD)
        assert browser.press(f"{OWN_CARD}/{path}", **typed) == status, path
        check(browser, told)
    browser.open(OWN_CARD)
    check(browser, "Your account is tied to the card of")


def test_a_mailed_link_is_in_french_until_english_is_chosen(
    browsers: list[Browser], services: Services
) -> None:
    here, there = browsers
    camille = reader(services, "camille@exemple.fr")
    sacha = make_person(services, "sacha@exemple.fr", "Sacha", "Martin")
    family_id = family_of(services, camille)
    with services.database.unit_of_work() as session:
        invite_parent(session, camille.account_id, family_id, sacha.email, services.now())
    link = Mailbox(services).link("/invitation")
    assert there.open(link) == 200
    assert '<html lang="fr">' in there.page
    assert '<a href="?langue=en" lang="en" hreflang="en">English</a>' in there.page
    assert "invites you" not in there.page
    assert there.open(f"{link}?langue=en") == 200
    check(there, "invites you to look after your children’s Pass cards together.")
    assert there.open(f"{link[:-1]}?langue=en") == 410
    check(there, "<h1>This link no longer serves</h1>")
    enter(services, here, camille.account_id)
    assert here.open(link) == 200
    check(here, "You are signed in with another address")
    enter(services, there, sacha.account_id)
    for path in (f"{link}?langue=en", FAMILY, OWN_CARD):
        assert there.open(path) == 200
        assert '<html lang="fr">' in there.page, path
        assert 'class="english"' not in there.page, path
