"""What comes back from the provider: once, here, in time, or a page that says so."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.accounts.signin.federation.attempts import ATTEMPT_MINUTES_MAX
from backend.accounts.signin.federation.tables import (
    FederationAttempt,
)
from backend.services import Services
from backend.settings import Settings
from tests.backend.identity_provider import IdentityProvider, unsigned
from tests.backend.web.conftest import Browser
from tests.backend.web.federation.there_and_back import PUBLIC, START, WAY, back_of


def test_what_comes_back_serves_once_in_its_own_browser_and_for_minutes(
    browsers: list[Browser],
    tied: UUID,
    france_connect: IdentityProvider,
    services: Services,
    clock: Any,
) -> None:
    here, there = browsers
    back = back_of(here, france_connect)
    assert there.open(back) == 410  # no cookie
    there.client.get(START, follow_redirects=False)
    assert there.open(back) == 410  # another browser's cookie
    held = here.client.cookies[WAY]
    assert here.open(back) == 200
    assert "Bonjour Angela" in here.page
    assert here.client.cookies[WAY] != held
    here.client.cookies.set(WAY, held, domain="pass.example", path="/")
    assert here.open(back) == 410  # it has served
    here.client.cookies.delete(WAY, domain="pass.example", path="/")
    for wrong in ("", "guessed", "x" * 10_000):
        assert here.open(back_of(here, france_connect, state=wrong)) == 410
    back = back_of(here, france_connect)
    clock.advance(minutes=ATTEMPT_MINUTES_MAX)
    assert here.open(back) == 410
    clock.advance(seconds=1)
    here.client.get(START, follow_redirects=False)
    with services.database.reading() as session:
        assert len(session.scalars(select(FederationAttempt)).all()) == 1
    del tied


def test_what_the_provider_refuses_or_says_wrongly_becomes_a_page(
    browser: Browser, tied: UUID, travel: Callable[..., int], france_connect: IdentityProvider
) -> None:
    france_connect.bend.error = "access_denied"
    assert travel(browser) == 401
    assert "Vous n’avez pas terminé" in browser.page
    assert "access_denied" not in browser.page
    france_connect.bend.error = None
    assert travel(browser, code="guessed") == 401
    assert travel(browser, iss="https://evil.example") == 401
    assert "n’a pas pu être vérifiée" in browser.page
    france_connect.bend.sign = unsigned
    assert travel(browser) == 401
    france_connect.bend.sign = None
    back = back_of(browser, france_connect)
    france_connect.bend.status = 500
    assert browser.open(back) in (401, 503)
    france_connect.close()
    assert "Bonjour" not in "".join(browser.seen)
    del tied


def test_a_provider_that_is_away_leaves_the_other_ways(
    browser: Browser, france_connect: IdentityProvider, services: Services
) -> None:
    france_connect.bend.status = 503
    assert browser.open(START) == 503
    assert "FranceConnect ne répond pas" in browser.page
    object.__setattr__(services, "settings", Settings(public_url=PUBLIC))


def test_no_provider_is_a_page_too(browser: Browser, services: Services) -> None:
    object.__setattr__(services, "settings", Settings(public_url=PUBLIC))
    assert browser.open(START) == 404
    assert "FranceConnect n’est pas proposé ici" in browser.page
