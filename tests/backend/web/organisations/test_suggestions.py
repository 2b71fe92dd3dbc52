"""People suggest where the Pass should pay; the structure agrees first, and nobody is named."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.partners.organisations.suggesting import (
    SUGGESTIONS_MAX,
    TypedSuggestion,
    list_wanted,
    suggest,
)
from backend.partners.organisations.tables import PartnerSuggestion
from backend.privacy.accounts import empty_account
from backend.services import Services
from tests.backend.counting import statements
from tests.backend.web.conftest import Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.operator_desk import make_operator, sit_down
from tests.backend.web.organisations.shop import SIRET, accepted, made
from tests.backend.web.people import Person, enter, make_person

WAY = "/espace/propositions"
DESK = "/exploitation/organismes/propositions"
TYPED = {
    "name": "Librairie du Port",
    "address": "1 quai du Port",
    "postcode": "92160",
    "commune": "Antony",
    "number": SIRET,
}


def say(services: Services, person: Person, name: str = "Librairie du Port", **more: str) -> None:
    with services.database.unit_of_work() as session:
        typed = TypedSuggestion(**{**TYPED, "name": name, **more})
        suggest(session, person.account_id, typed, services.now())


def count(services: Services) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(PartnerSuggestion)) or 0


def test_a_suggestion_is_said_counted_and_answered_by_the_structure_itself(
    browser: Browser, nadia: Person, mallory: Person, services: Services, mailbox: Mailbox
) -> None:
    enter(services, browser, mallory.account_id)
    browser.open("/espace")
    assert WAY in browser.page
    browser.open(WAY)
    assert browser.press(WAY, **TYPED) == 200
    assert "attend une réponse" in browser.page
    second = make_person(services, "zoe@exemple.example")
    say(services, second, "LIBRAIRIE  DU PORT", address="au port")
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open(DESK)
    assert "2 personnes" in browser.page
    assert mallory.email not in browser.page
    assert second.email not in browser.page
    with services.database.reading() as session:
        (wanted,) = list_wanted(session)
    way = f"{DESK}/{wanted.suggestion_id}"
    assert browser.press(f"{way}/invitation", email="x@@y") == 422
    browser.open(DESK)
    assert browser.press(f"{way}/invitation", email="Contact@Port.example") == 200
    assert "Personne n’attend" in browser.page
    assert browser.press(f"{way}/invitation", email="contact@port.example") == 404
    (letter,) = [one for one in mailbox.empty() if one.recipient == "contact@port.example"]
    assert "/inscription" in letter.text
    assert "Librairie" not in letter.text, "nobody's own words reach a stranger"
    # The structure agrees: it describes itself and asks; those who suggested it read so.
    accepted(services, made(services, nadia, asked=True), nadia)
    for person in (mallory, second):
        enter(services, browser, person.account_id)
        browser.open(WAY)
        assert "partenaire du Pass" in browser.page


def test_a_suggestion_set_aside_says_why_and_may_be_taken_back(
    browser: Browser, nadia: Person, mallory: Person, services: Services
) -> None:
    say(services, mallory)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open(DESK)
    with services.database.reading() as session:
        way = f"{DESK}/{list_wanted(session)[0].suggestion_id}/ecart"
    assert browser.press(way, reason=" ") == 422
    browser.open(DESK)
    assert browser.press(way, reason="Elle vend surtout des jouets") == 200
    say(services, nadia)
    browser.open(DESK)
    assert "répondu le" in browser.page, "who asks again is seen beside the answer before"
    enter(services, browser, nadia.account_id)
    browser.open(WAY)
    mine = way.removeprefix(DESK).removesuffix("/ecart")
    assert browser.press(f"{WAY}{mine}/fin") == 404, "another's suggestion is nobody's"
    enter(services, browser, mallory.account_id)
    browser.open(WAY)
    assert "surtout des jouets" in browser.page
    assert browser.press(f"{WAY}{mine}/fin") == 200
    assert "surtout des jouets" not in browser.page


def test_what_is_wrong_is_said_at_its_field_and_kept_as_typed(
    browser: Browser, nadia: Person, services: Services
) -> None:
    enter(services, browser, nadia.account_id)
    browser.open(WAY)
    typed = {"name": "?", "postcode": "92", "commune": "Nulle part", "number": "\x00"}
    assert browser.press(WAY, **typed) == 422
    for field in ("name", "address", "postcode", "commune", "number"):
        assert f'id="{field}-problem"' in browser.page
    assert 'value="Nulle part"' in browser.page
    assert count(services) == 0


def test_one_person_says_a_place_once_and_ten_places_at_most(
    browser: Browser, nadia: Person, services: Services
) -> None:
    for number in range(SUGGESTIONS_MAX):
        say(services, nadia, f"Librairie {number}")
        say(services, nadia, f"LIBRAIRIE {number}")
    assert count(services) == SUGGESTIONS_MAX
    enter(services, browser, nadia.account_id)
    browser.open(WAY)
    assert "autant de lieux qu’il est permis" in browser.page
    assert browser.press(WAY, **TYPED) == 409


def test_a_place_of_the_directory_is_not_suggested(
    browser: Browser, nadia: Person, mallory: Person, services: Services
) -> None:
    accepted(services, made(services, nadia, asked=True), nadia)
    enter(services, browser, mallory.account_id)
    browser.open(WAY)
    assert browser.press(WAY, **{**TYPED, "name": "librairie du port"}) == 200
    assert "déjà dans l’annuaire" in browser.page
    assert count(services) == 0


def test_whoever_is_erased_suggested_nothing(
    nadia: Person, mallory: Person, services: Services
) -> None:
    say(services, nadia)
    say(services, mallory)
    with services.database.unit_of_work() as session:
        empty_account(session, mallory.account_id, services.now())
    with services.database.reading() as session:
        assert [one.people for one in list_wanted(session)] == [1]


@pytest.mark.parametrize("many", [1, 6])
def test_the_pages_ask_as_much_however_many_there_are(
    browser: Browser, nadia: Person, services: Services, many: int, clock: Any
) -> None:
    for number in range(many):
        say(services, nadia, f"Librairie {number}")
        clock.advance(seconds=1)
    enter(services, browser, nadia.account_id)
    assert statements(services.database, partial(browser.open, WAY)) == 3
    with services.database.reading() as session:
        assert len(list_wanted(session)) == many
        assert statements(services.database, lambda: list_wanted(session)) == 3
