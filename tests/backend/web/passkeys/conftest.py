"""Two accounts over HTTPS, and somebody let in."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import Stage
from backend.services import Services
from backend.settings import Settings
from tests.backend.web import people
from tests.backend.web.conftest import Browser


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def services(database: Any, vault: Any, clock: Any) -> Services:
    settings = Settings(public_url="https://pass.example")
    return Services(settings=settings, database=database, vault=vault, now=clock)


@pytest.fixture
def account(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "lea@exemple.fr", "Léa", "Martin")


@pytest.fixture
def other(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "tom@exemple.fr", "Tom", "Petit")


@pytest.fixture
def let_in(services: Services) -> Callable[..., None]:
    """Open a session as if a password had been right."""

    def enter(browser: Browser, account_id: UUID, stage: Stage = Stage.FULL) -> None:
        browser.client.cookies.clear()
        people.let_in(services, browser, account_id, stage)

    return enter
