"""What the tests of FranceConnect share: the way there and back."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from sqlalchemy import select

from backend.accounts.signin.federation.tables import (
    FederatedIdentity,
)
from backend.services import Services
from backend.settings import Settings
from tests.backend.identity_provider import IdentityProvider
from tests.backend.web.conftest import Browser

WAY = "__Host-pass-fc"
START, BACK = "/connexion/franceconnect", "/connexion/franceconnect/retour"
OWN, PUBLIC = "/espace/franceconnect", "https://pass.example"


def back_of(browser: Browser, france_connect: IdentityProvider, **instead: str) -> str:
    gone = browser.client.get(START, follow_redirects=False)
    assert gone.status_code == 303
    brought = parse_qs(urlsplit(france_connect.go(gone.headers["Location"])).query)
    return f"{BACK}?{urlencode({**{name: one[0] for name, one in brought.items()}, **instead})}"


def tie_from_own_page(browser: Browser, france_connect: IdentityProvider) -> int:
    browser.open(OWN)
    browser.press(f"{OWN}/aller")
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    back = urlsplit(france_connect.go(address.replace("&amp;", "&")))
    return browser.open(f"{back.path}?{back.query}")


def tied_to(france_connect: IdentityProvider, public_url: str, folder: Path) -> Settings:
    """Settings of a service that is known to the provider; the folder keeps their secret."""
    secret = folder / "secret"
    secret.write_text(france_connect.secret)
    return Settings(
        public_url=public_url,
        franceconnect_issuer=france_connect.address,
        franceconnect_client_id=france_connect.client_id,
        franceconnect_secret_file=secret,
    )


def identities(services: Services) -> list[UUID]:
    with services.database.reading() as session:
        return list(session.scalars(select(FederatedIdentity.account_id)))
