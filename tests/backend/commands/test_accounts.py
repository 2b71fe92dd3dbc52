"""Accounts from the command line: an address that two people change, and who came of age."""

from datetime import date

import pytest

from backend.__main__ import FAMILIES
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.composition import add_child, make_family
from backend.accounts.families.rights import my_beneficiaries
from backend.accounts.signin.email_change import approve_email_change, list_email_changes
from backend.accounts.signin.tables import SignInAccount
from backend.commands import accounts
from backend.commands.refusal import CommandRefused
from backend.services import Services
from tests.backend.web.people import make_person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_an_address_is_asked_for_and_taken_back(services: Services) -> None:
    camille = make_person(services, "camille@exemple.fr").account_id
    olga = make_person(services, "olga@exemple.fr").account_id
    with pytest.raises(CommandRefused):
        accounts.change_email(services, "nobody@exemple.fr", "new@exemple.fr")
    accounts.change_email(services, "Camille@exemple.fr", "new@exemple.fr")
    (line,) = accounts.email_changes(services)
    assert line.startswith("camille@exemple.fr -> new@exemple.fr: asked 2026-09-01")
    assert line.endswith("not agreed, not answered")
    with services.database.unit_of_work() as session:
        (change,) = list_email_changes(session, services.now())
        assert not approve_email_change(session, change.change_id, olga, services.now())
    accounts.cancel_email_change(services, "camille@exemple.fr")
    assert accounts.email_changes(services) == []
    with pytest.raises(CommandRefused):
        accounts.cancel_email_change(services, "camille@exemple.fr")
    with services.database.reading() as session:
        assert session.get_one(SignInAccount, camille).email == "camille@exemple.fr"


def test_who_came_of_age_is_taken_off(services: Services) -> None:
    camille, now = make_person(services, "camille@exemple.fr").account_id, services.now()
    with services.database.unit_of_work() as session:
        family_id = make_family(session, camille, "Durand", now)
        for day in (1, 2):
            born = date(2008, 9, day)
            person = create_beneficiary(
                session, given_name="Léa", family_name="Durand", birth_date=born, now=now
            )
            add_child(session, family_id, person.id, camille, now)
    assert accounts.come_of_age(services) == 1
    with services.database.reading() as session:
        assert len(my_beneficiaries(session, camille)) == 1


def test_the_verbs_are_listed() -> None:
    assert "accounts" in FAMILIES
