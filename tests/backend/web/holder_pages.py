"""Léa, her mother and their pages, for the tests of a holder's space."""

import html
import re
from typing import Any

import pytest
from sqlalchemy import select

from backend.accounts.signin.act_tables import SignInAct
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.holders.world import People, build_people
from tests.backend.web.conftest import Browser

PARTS = ("", "/historique", "/carte", "/carte/commande", "/code", "/donnees")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def people(services: Services) -> People:
    return build_people(services)


def enter(browser: Browser, people: People, account_id: Any) -> Browser:
    browser.client.cookies.set(COOKIE, people.session_of(account_id))
    return browser


@pytest.fixture
def lea(browser: Browser, people: People) -> Browser:
    """Léa, signed in."""
    return enter(browser, people, people.lea)


@pytest.fixture
def own(people: People) -> str:
    return f"/espace/pass/{people.shop.lea}"


def words(browser: Browser) -> str:
    """Return what the page says, without its marks."""
    main = browser.page[browser.page.index("<main>") :]
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
    return said.replace("\N{NO-BREAK SPACE}", " ").replace(" ,", ",")


def acts(people: People) -> list[tuple[str, object, object]]:
    kinds = {"code_chosen", "card_reported", "card_ordered", "card_activated", "data_exported"}
    with people.services.database.reading() as session:
        rows = session.scalars(select(SignInAct).order_by(SignInAct.at))
        return [(row.kind, row.account_id, row.beneficiary_id) for row in rows if row.kind in kinds]
