"""A provider on the loopback, two accounts, and the way to it and back."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.services import Services
from tests.backend.identity_provider import IdentityProvider
from tests.backend.web import people
from tests.backend.web.conftest import Browser
from tests.backend.web.federation.there_and_back import PUBLIC, back_of, tie_from_own_page, tied_to


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def france_connect(clock: Any) -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    made.now = lambda: clock().timestamp()
    yield made
    made.close()


@pytest.fixture
def services(
    database: Any, vault: Any, clock: Any, france_connect: IdentityProvider, tmp_path: Path
) -> Services:
    settings = tied_to(france_connect, PUBLIC, tmp_path)
    return Services(settings=settings, database=database, vault=vault, now=clock)


@pytest.fixture
def account(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "angela@exemple.fr", "Angela", "Dubois")


@pytest.fixture
def other(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "tom@exemple.fr", "Tom", "Petit")


@pytest.fixture
def let_in(services: Services) -> Callable[..., None]:
    return partial(people.let_in, services)


@pytest.fixture
def travel(france_connect: IdentityProvider) -> Callable[..., int]:
    """Go to the provider and come back with what it gives; or with something else."""

    def go(browser: Browser, **instead: str) -> int:
        return browser.open(back_of(browser, france_connect, **instead))

    return go


@pytest.fixture
def tied(
    browsers: list[Browser],
    account: UUID,
    let_in: Callable[..., None],
    france_connect: IdentityProvider,
) -> UUID:
    """An account tied to the identity that the provider gives, from another browser."""
    there = browsers[1]
    let_in(there, account)
    assert tie_from_own_page(there, france_connect) == 200
    there.client.cookies.clear()
    return account
