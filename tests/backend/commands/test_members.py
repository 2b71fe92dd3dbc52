"""Letting people into a partner's space from the command line."""

import pytest

from backend.accounts.errors import EmailInvalid
from backend.accounts.signin.links import find_account
from backend.accounts.signin.tables import SignInAccount
from backend.commands import members
from backend.commands.letting_in import Name
from backend.commands.refusal import CommandRefused
from backend.partners.registry import create_partner
from backend.services import Services

NADIA = Name("Nadia", "Bernard")


@pytest.fixture
def partner(services: Services) -> str:
    with services.database.unit_of_work() as session:
        return str(create_partner(session, "Librairie du Parc").id)


def test_somebody_is_let_in_listed_and_closed(services: Services, partner: str) -> None:
    link = members.invite(services, "Nadia@Librairie.example", NADIA, partner)
    place, _, token = link.rpartition("/")
    assert place == "http://127.0.0.1:8000/mot-de-passe"
    with services.database.reading() as session:
        assert find_account(session, token, services.now()).given_name == "Nadia"
    (line,) = members.list_members(services)
    assert line.as_text() == "nadia@librairie.example: Librairie du Parc, no password yet"
    members.close(services, "nadia@librairie.example")
    (line,) = members.list_members(services)
    assert line.closed


def test_a_second_partner_is_the_same_account(services: Services, partner: str) -> None:
    with services.database.unit_of_work() as session:
        other = str(create_partner(session, "Cinéma du Port").id)
    for where in (partner, other, other):
        members.invite(services, "nadia@librairie.example", NADIA, where)
    assert [line.partner for line in members.list_members(services)] == [
        "Cinéma du Port",
        "Librairie du Parc",
    ]
    with services.database.reading() as session:
        assert session.query(SignInAccount).count() == 1


def test_what_is_not_there_is_said(services: Services, partner: str) -> None:
    with pytest.raises(CommandRefused, match="no partner"):
        members.invite(services, "nadia@librairie.example", NADIA, "nobody")
    with pytest.raises(EmailInvalid):
        members.invite(services, "nadia", NADIA, partner)
    for act in (members.reset_factor, members.close):
        with pytest.raises(CommandRefused, match="nobody signs in"):
            act(services, "nadia@librairie.example")
