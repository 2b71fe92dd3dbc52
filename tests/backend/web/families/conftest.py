"""A parent, a stranger, and somebody who runs the service."""

import pytest

from backend.services import Services
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, make_person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine; test_family_rights.py asks both."""
    return sqlite_url


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
def camille(services: Services) -> Person:
    return make_person(services, "camille@exemple.fr")


@pytest.fixture
def mallory(services: Services) -> Person:
    return make_person(services, "mallory@exemple.fr", "Mallory", "Durand")


@pytest.fixture
def operator(services: Services) -> Person:
    return make_person(services, "olga@exemple.fr", "Olga", "Petit")
