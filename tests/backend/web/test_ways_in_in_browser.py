"""Passkeys and FranceConnect in a real browser: its own WebAuthn, a provider, nothing axe finds.

The device is Chromium's virtual authenticator, driven over its DevTools protocol.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import CDPSession, Page, expect

from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import Stage
from backend.services import Services
from tests.backend.identity_provider import IdentityProvider
from tests.backend.web.federation.there_and_back import tied_to
from tests.backend.web.serving import SECONDS_MAX, serving
from tests.backend.web.test_in_browser import PHONE
from tests.chromium import is_well, open_chromium

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


@pytest.fixture
def home(listening: socket.socket) -> str:
    """A name, for passkeys are made for one; browsers trust this one without HTTPS."""
    return f"http://localhost:{listening.getsockname()[1]}"


@pytest.fixture
def france_connect(home: str) -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    made.redirect_uri = f"{home}/connexion/franceconnect/retour"
    yield made
    made.close()


@pytest.fixture
def services(
    database: Any, vault: Any, home: str, france_connect: IdentityProvider, tmp_path: Path
) -> Services:
    settings = tied_to(france_connect, home, tmp_path)
    return Services(settings=settings, database=database, vault=vault)


@pytest.fixture
def served(services: Services, listening: socket.socket) -> Iterator[None]:
    with serving(services, listening):
        yield


@dataclass
class Device:
    """The browser's own authenticator, and its page."""

    page: Page
    line: CDPSession
    name: str

    def recognises(self, *, holder: bool) -> None:
        """Let the device recognise its holder, or not."""
        told = {"authenticatorId": self.name, "isUserVerified": holder}
        self.line.send("WebAuthn.setUserVerified", told)

    def credentials(self) -> list[dict[str, Any]]:
        found = self.line.send("WebAuthn.getCredentials", {"authenticatorId": self.name})
        return list(found["credentials"])


@pytest.fixture
def device(served: None) -> Iterator[Device]:
    with open_chromium() as browser:
        context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(1000 * SECONDS_MAX)
        line = context.new_cdp_session(page)
        line.send("WebAuthn.enable")
        added = line.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield Device(page, line, added["authenticatorId"])


def let_in(page: Page, services: Services, account: UUID, home: str, stage: Stage) -> None:
    """Open a session as if a password had been right."""
    with services.database.unit_of_work() as session:
        token = open_session(session, account, stage, "test", services.now())
    # A browser sends it to this machine without HTTPS; DevTools takes it only for an HTTPS address.
    there = home.replace("http:", "https:")
    cookie = {"name": "__Host-pass", "value": token, "url": there, "secure": True}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


@pytest.mark.slow
def test_passkeys_and_franceconnect_in_a_real_browser(
    device: Device, services: Services, home: str, france_connect: IdentityProvider
) -> None:
    seen: list[str] = []
    device.page.on("request", lambda asked: seen.append(asked.url))
    with services.database.unit_of_work() as session:
        account = invite_to_sign_in(services, session, "lea@exemple.fr", "Léa", "Martin")
    let_in(device.page, services, account, home, Stage.FULL)
    _make_a_passkey(device, home)
    device.page.context.clear_cookies()
    _sign_in_with_it(device.page, home)
    let_in(device.page, services, account, home, Stage.FACTOR)
    device.page.goto(f"{home}/espace")
    _confirm(device.page)
    device.page.context.clear_cookies()
    _tie_franceconnect(device.page, home)
    _come_back_with_it(device.page, home)
    assert france_connect.refused == []
    ours = (home, france_connect.address, "data:")
    assert {one for one in seen if not one.startswith(ours)} == set()


def _make_a_passkey(device: Device, home: str) -> None:
    page = device.page
    page.goto(f"{home}/espace/cles/nouvelle")
    expect(page.locator(".problem:visible")).to_have_count(0)
    is_well(page)
    device.recognises(holder=False)
    press(page, "Ajouter ma clé d’accès")
    expect(page.locator(".problem:visible")).to_have_count(1)
    expect(page.locator(".problem:visible")).to_contain_text("n’a pas donné de clé d’accès")
    is_well(page)
    assert device.credentials() == []
    device.recognises(holder=True)
    page.get_by_label("Nom de l’appareil").fill("Téléphone de Léa")
    press(page, "Ajouter ma clé d’accès")
    expect(page.locator("main")).to_contain_text("Téléphone de Léa")
    is_well(page)
    (kept,) = device.credentials()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    page.goto(f"{home}/espace/cles/nouvelle")
    press(page, "Ajouter ma clé d’accès")
    expect(page.locator(".problem:visible")).to_contain_text("déjà une clé d’accès")


def _sign_in_with_it(page: Page, home: str) -> None:
    page.goto(f"{home}/connexion")
    is_well(page)
    page.get_by_role("link", name="Se connecter avec une clé d’accès").press("Enter")
    expect(page.locator("h1")).to_contain_text("clé d’accès")
    is_well(page)
    page.get_by_role("button", name="Utiliser ma clé d’accès").press("Enter")
    expect(page.locator("h1")).to_contain_text("Bonjour Léa")


def _confirm(page: Page) -> None:
    expect(page.locator("h1")).to_contain_text("Double vérification")
    is_well(page)
    press(page, "Utiliser ma clé d’accès")
    expect(page.locator("h1")).to_contain_text("Bonjour Léa")


def _tie_franceconnect(page: Page, home: str) -> None:
    page.goto(f"{home}/connexion")
    page.get_by_role("link", name="S’identifier avec FranceConnect").click()
    expect(page.locator("h1")).to_contain_text("Bonjour Angela Claire Louise DUBOIS")
    is_well(page)
    page.goto(f"{home}/connexion/cle")
    press(page, "Utiliser ma clé d’accès")
    expect(page.locator("h1")).to_contain_text("Bonjour Léa")
    page.goto(f"{home}/espace/franceconnect")
    is_well(page)
    press(page, "Oui, rattacher à mon compte")
    expect(page.locator("main")).to_contain_text("Votre compte est rattaché à")
    is_well(page)
    press_out(page, home)
    expect(page.locator("h1")).to_have_text("Vous êtes déconnecté")
    is_well(page)


def _come_back_with_it(page: Page, home: str) -> None:
    page.goto(f"{home}/connexion")
    page.get_by_role("link", name="S’identifier avec FranceConnect").click()
    _confirm(page)


def press_out(page: Page, home: str) -> None:
    page.goto(f"{home}/espace/compte")
    press(page, "Me déconnecter")
