"""FranceConnect lets in whoever is tied, and is a first factor alone."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from backend.access.establishments import create_establishment
from backend.access.staff import add_staff
from backend.accounts.signin.factor import begin_factor
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services
from backend.settings import Settings
from tests.backend.counting import statements
from tests.backend.identity_provider import IdentityProvider
from tests.backend.web.conftest import Browser
from tests.backend.web.federation.there_and_back import OWN, PUBLIC, START, WAY, identities
from tests.backend.web.people import owed


def test_the_button_is_there_with_the_words_it_must_have(
    browser: Browser, services: Services
) -> None:
    browser.open("/connexion")
    assert "S’identifier avec FranceConnect" in browser.page
    assert "Qu’est-ce que FranceConnect\N{NO-BREAK SPACE}?" in browser.page
    assert 'href="https://franceconnect.gouv.fr/"' in browser.page
    object.__setattr__(services, "settings", Settings(public_url=PUBLIC))
    browser.open("/connexion")
    assert "FranceConnect" not in browser.page


@pytest.mark.parametrize(
    ("picture", "shown"), [(b"<svg/>", True), (None, False), (b"x" * 70_000, False)]
)
def test_the_official_button_is_shown_where_there_is_one(
    browser: Browser, services: Services, tmp_path: Path, picture: bytes | None, *, shown: bool
) -> None:
    # What was read is remembered by its path, and a test's folder may have the last one's name.
    file = tmp_path / f"bouton-{len(picture or b'')}.svg"
    if picture is not None:
        file.write_bytes(picture)
    told = services.settings.model_copy(update={"franceconnect_button_file": file})
    object.__setattr__(services, "settings", told)
    browser.open("/connexion")
    assert ('src="data:image/svg+xml;base64,PHN2Zy8+"' in browser.page) is shown
    assert "S’identifier avec FranceConnect" in browser.page


def test_whoever_is_tied_comes_in(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    assert owed(services, SignInNoticeKind.IDENTITY_LINKED) == 1
    assert travel(browser) == 200
    assert "Bonjour Angela" in browser.page
    assert identities(services) == [tied]
    (cookie,) = [one for one in browser.client.cookies.jar if one.name == WAY]
    assert cookie.secure
    assert not cookie.domain_specified
    assert {"HttpOnly", "SameSite"} <= set(cookie._rest)


def test_a_second_factor_is_asked_after_franceconnect(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    begin_factor(services, tied)
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, tied).factor_confirmed_at = services.now()
    assert travel(browser) == 200
    assert "Double vérification" in browser.page
    browser.open("/espace")
    assert "Bonjour" not in browser.page


def test_franceconnect_is_no_second_factor_for_staff(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée Voltaire").id
        add_staff(session, tied, place, services.now())
    travel(browser)
    browser.open(f"/espace/etablissement/{place}")
    assert "Double vérification" in browser.page
    assert "Lycée Voltaire" not in browser.page


def test_a_closed_account_opens_nothing(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, tied).closed_at = services.now()
    assert travel(browser) == 401
    assert "Compte fermé" in browser.page


def test_signing_out_ends_the_providers_session_too(
    browser: Browser, tied: UUID, travel: Callable[..., int], france_connect: IdentityProvider
) -> None:
    travel(browser)
    assert browser.press("/deconnexion") == 200
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    address = address.replace("&amp;", "&")
    asked = parse_qs(urlsplit(address).query)
    assert asked["id_token_hint"][0].count(".") == 2
    assert len(asked["state"][0]) >= 32
    back = urlsplit(france_connect.go(address))
    assert (back.netloc, back.path) == ("pass.example", f"{START}/au-revoir")
    browser.open(f"{back.path}?state=guessed")
    assert "Connexion" in browser.page
    travel(browser)
    browser.press("/deconnexion")
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    back = urlsplit(france_connect.go(address.replace("&amp;", "&")))
    browser.open(f"{back.path}?{back.query}")
    assert "déconnecté du Pass et de FranceConnect" in browser.page
    assert WAY not in browser.client.cookies
    browser.open("/espace")
    assert "Bonjour" not in browser.page
    del tied


def test_a_page_asks_the_database_for_little(
    browser: Browser, tied: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, tied)
    assert statements(services.database, lambda: browser.open(OWN)) == 4
