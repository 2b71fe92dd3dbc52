"""A librarian who looks after a shop, a colleague, and a stranger."""

import pytest

import backend.partners.organisations.letters  # noqa: F401 - the mails tested here
from backend.partners.directory import name_commune
from backend.services import Services
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, make_person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine; what locks and is unique is the same on both."""
    return sqlite_url


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
def nadia(services: Services) -> Person:
    with services.database.unit_of_work() as session:
        name_commune(session, "92002", "Antony")
    return make_person(services, "nadia@port.example", "Nadia", "Bernard")


@pytest.fixture
def second(services: Services) -> Person:
    return make_person(services, "omar@port.example", "Omar", "Diallo")


@pytest.fixture
def mallory(services: Services) -> Person:
    return make_person(services, "mallory@autre.example", "Mallory", "Noir")
