"""An organisation is described by its form, and belongs to nobody’s children."""

import re
from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest

from backend.database import Base
from backend.partners.directory import name_commune
from backend.partners.organisations import asking, people
from backend.partners.organisations.errors import (
    OrganisationInvalid,
)
from backend.partners.organisations.kinds import KINDS
from backend.services import Services
from tests.backend.counting import statements
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import routes_of_app
from tests.backend.web.organisations.shop import HOME, SHOP, SIRET, join, made
from tests.backend.web.people import Person, enter, make_person


def test_an_organisation_has_no_children() -> None:
    """No key leads from one to a young person, and no table names one beside the other."""
    ours = {name for name in Base.metadata.tables if name.startswith("organisation")}
    assert len(ours) == 4
    for name, table in Base.metadata.tables.items():
        targets = {key.column.table.name for key in table.foreign_keys}
        if name in ours:
            assert targets <= {"sign_in_account", "partner", "commune", "organisation"}, name
        else:
            assert not targets & ours, name
        if "organisation_id" in table.c:
            assert not {"beneficiary_id", "family_id", "enrolment_id"} & set(table.c.keys()), name


def test_an_organisation_is_made_by_its_form(
    browser: Browser, nadia: Person, services: Services
) -> None:
    enter(services, browser, nadia.account_id)
    browser.open("/espace")
    assert HOME in browser.page
    browser.open(HOME)
    for kind in KINDS.values():
        assert f"{HOME}/nouveau/{kind.code}" in browser.page
    form = f"{HOME}/nouveau/association"
    assert browser.open(form) == 200
    assert "Numéro RNA" in browser.page
    assert browser.press(form, name="<b>", number="W12", postcode="9216é", phone="x") == 422
    for field in ("number", "address_1", "postcode", "commune", "phone"):
        assert f'id="{field}-problem"' in browser.page
    assert "&lt;b&gt;" in browser.page
    typed = {
        "name": "Les Amis du Livre",
        "number": "w921 234 567",
        "address_1": "3 rue des Écoles",
        "postcode": "92160",
        "commune": "antony",
        "phone": "01 46 00 00 00",
    }
    assert browser.press(form, **typed) == 200
    assert "Les Amis du Livre" in browser.page
    assert "W921234567" in browser.page
    # A step back, from documents and the request to the sheet: all of it is still there.
    (sheet,) = set(re.findall(rf'href="({HOME}/[^"]+/fiche)"', browser.page))
    assert browser.open(sheet) == 200
    kept = {**typed, "number": "W921234567", "commune": "92002", "phone": "[0+]"}
    for name, value in kept.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}', browser.page), name
    assert browser.press(f"{HOME}/nouveau/banque", **typed) == 404


def test_a_public_facility_says_whose_it_is(
    browser: Browser, nadia: Person, services: Services
) -> None:
    enter(services, browser, nadia.account_id)
    form = f"{HOME}/nouveau/equipement-public"
    browser.open(form)
    assert "Propriétaire du lieu" in browser.page
    browser.press(form, number=SIRET)
    assert 'id="owner_name-problem"' in browser.page
    assert 'id="number-problem"' not in browser.page


def test_two_communes_of_one_name_are_told_apart_by_their_code(
    nadia: Person, services: Services
) -> None:
    with services.database.unit_of_work() as session:
        name_commune(session, "01014", "Antony")
    with pytest.raises(OrganisationInvalid) as refused:
        made(services, nadia)
    assert refused.value.problems == {"commune": "commune"}
    made(services, nadia, replace(SHOP, commune="92002"))


def test_every_route_of_anothers_is_at_no_address(
    browser: Browser, nadia: Person, mallory: Person, services: Services
) -> None:
    place = made(services, nadia)
    with services.database.unit_of_work() as session:
        invitation = people.invite(session, nadia.account_id, place, "x@y.example", services.now())
    routes = [
        (method, one.path)
        for one in routes_of_app()
        for method in one.methods or ()
        if one.path.startswith(f"{HOME}/{{organisation_id}}")
    ]
    assert len(routes) >= 11
    enter(services, browser, mallory.account_id)
    browser.open(f"{HOME}/nouveau/club")
    form = browser.page
    ids = {
        "{member_id}": str(nadia.account_id),
        "{invitation_id}": str(invitation),
        "{document_id}": str(uuid4()),
    }
    for method, path in routes:
        answers = []
        for organisation_id in (place, uuid4()):
            whole = path.replace("{organisation_id}", str(organisation_id))
            for name, value in ids.items():
                whole = whole.replace(name, value)
            browser.page = form
            status = browser.open(whole) if method == "GET" else browser.press(whole)
            answers.append((status, browser.page))
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path


@pytest.mark.parametrize("many", [1, 5])
def test_pages_ask_as_much_however_much_there_is(
    browser: Browser, nadia: Person, services: Services, many: int
) -> None:
    for number in range(many):
        place = made(services, nadia, asked=True)
        person = make_person(services, f"p{number}@port.example")
        join(services, place, nadia, person)
    enter(services, browser, nadia.account_id)
    counted = {}
    for path in (HOME, f"{HOME}/{place}"):
        counted[path] = statements(services.database, partial(browser.open, path))
    assert counted == {HOME: 5, f"{HOME}/{place}": 7}
    with services.database.reading() as session:
        assert len(asking.list_asked(session)) == many
        assert statements(services.database, lambda: asking.list_asked(session)) == 4
