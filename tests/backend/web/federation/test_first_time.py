"""An account is opened with FranceConnect, where both its halves are there."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.federation.linking import PENDING_HOURS_MAX
from backend.accounts.signin.federation.tables import (
    FederationPending,
)
from backend.accounts.signin.sign_up_tables import AddressLinkKind, SignUp
from backend.accounts.signin.tables import SignInAccount
from backend.services import Services
from tests.backend.identity_provider import CLAIMS, IdentityProvider
from tests.backend.web.conftest import Browser
from tests.backend.web.federation.there_and_back import START, identities


def ask(browser: Browser, email: str = "angela@autre.example", **typed: str) -> int:
    told = {"email": email, "email_again": email, "terms": "1"}
    return browser.press(f"{START}/compte", **{**told, **typed})


def mailed(services: Services) -> tuple[str, UUID]:
    """Do as the mail does: make the link of the sign-up that waits."""
    with services.database.unit_of_work() as session:
        row = session.scalars(select(SignUp)).one()
        until = services.now() + timedelta(hours=24)
        kind, now = AddressLinkKind.SIGN_UP, services.now()
        return give_address_link(session, kind, row.id, until, now), row.id


def test_an_account_without_a_password_is_opened_where_both_are_there(
    browsers: list[Browser], travel: Callable[..., int], services: Services
) -> None:
    here, there = browsers
    travel(here)
    assert 'value="angela@exemple.fr"' in here.page
    assert ask(here, email_again="autre@autre.example") == 422
    assert "sont différentes" in here.page
    assert ask(here, terms="") == 422
    assert ask(here, email="no address") == 422
    assert ask(here) == 200
    link, _sign_up_id = mailed(services)
    assert there.open(f"/inscription/{link}") == 200
    assert "FranceConnect" not in there.page
    assert there.press(f"{START}/compte/{link}") == 410  # the mailbox alone
    assert here.open(f"/inscription/{link}") == 200
    assert f'action="{START}/compte/{link}"' in here.page
    assert identities(services) == []
    assert here.press(f"{START}/compte/{link}") == 200
    assert "Bonjour Angela" in here.page
    with services.database.reading() as session:
        (made,) = session.scalars(select(SignInAccount)).all()
        assert (made.email, made.given_name, made.family_name) == (
            "angela@autre.example",
            "Angela",
            "DUBOIS",
        )
        assert (made.password_hash, made.birth_date) == (None, date(1962, 8, 24))
        assert session.scalars(select(FederationPending)).all() == []
    assert here.press(f"{START}/compte/{link}") == 410
    here.client.cookies.clear()
    assert travel(here) == 200
    assert "Bonjour Angela" in here.page


def test_a_link_that_another_asked_for_opens_nothing_here(
    browser: Browser, travel: Callable[..., int], services: Services
) -> None:
    travel(browser)
    ask(browser)
    link, sign_up_id = mailed(services)
    with services.database.unit_of_work() as session:
        (pending,) = session.scalars(select(FederationPending)).all()
        pending.sign_up_id = UUID(int=sign_up_id.int ^ 1)
    assert browser.press(f"{START}/compte/{link}") == 410
    assert identities(services) == []


def test_whoever_was_identified_is_forgotten_after_a_day(
    browser: Browser, travel: Callable[..., int], clock: Any
) -> None:
    travel(browser)
    clock.advance(hours=PENDING_HOURS_MAX)
    assert browser.open(f"{START}/nouveau") == 410


def test_a_child_and_half_an_identity_open_no_account(
    browser: Browser, travel: Callable[..., int], france_connect: IdentityProvider
) -> None:
    france_connect.claims = {**CLAIMS, "birthdate": "2015-03-14"}
    travel(browser)
    assert ask(browser) == 422
    assert "15 ans" in browser.page
    del france_connect.claims["birthdate"]
    travel(browser)
    assert "n’a pas transmis" in browser.page
    assert ask(browser) == 422
