"""A browser over HTTPS, and somebody of a partner's who signs in with it."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from backend.accounts.signin.links import give_link
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInLinkKind
from backend.partners.registry import create_outlet, create_partner
from backend.partners.space import add_member
from backend.services import Services
from tests.backend.conftest import app_of
from tests.backend.quick import QuickClient
from tests.backend.web.serving import serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "quatre volcans sous la pluie"


@dataclass
class Browser:
    """What somebody sees and presses; forms carry what the last page gave them."""

    client: TestClient
    page: str = ""
    seen: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        return self._keep(self.client.get(path))

    def press(self, path: str, **typed: str) -> int:
        carried = re.search(r'name="form" value="([^"]+)"', self.page)
        if carried is not None:
            typed.setdefault("form", carried[1])
        return self._keep(self.client.post(path, data=typed))

    def sign_in(self, email: str, password: str = PASSWORD) -> int:
        return self.press("/connexion", email=email, password=password)

    def _keep(self, answer: Any) -> int:
        self.page = answer.text
        self.seen.append(answer.text)
        status: int = answer.status_code
        return status


@dataclass(frozen=True)
class Staff:
    """Somebody of a partner's, with a password."""

    account_id: UUID
    email: str
    partner_id: UUID
    outlet_id: UUID

    @property
    def space(self) -> str:
        return f"/espace/partenaire/{self.partner_id}"


@pytest.fixture
def browsers(services: Services) -> Iterator[list[Browser]]:
    """Two browsers that share nothing."""
    app = app_of(services)
    opened = [QuickClient(app, base_url="https://pass.example") for _ in range(2)]
    yield [Browser(client) for client in opened]
    for client in opened:
        client.close()


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """The backend, served on the loopback to a real browser."""
    with serving(services) as given:
        yield given


@pytest.fixture
def browser(browsers: list[Browser]) -> Browser:
    return browsers[0]


def make_staff(services: Services, email: str, browser: Browser, partner: str) -> Staff:
    """Let somebody in, who chooses their password by the link."""
    with services.database.unit_of_work() as session:
        account_id = invite_to_sign_in(services, session, email, "Nadia", "Bernard")
        partner_id = create_partner(session, partner).id
        outlet_id = create_outlet(session, partner_id, "Centre").id
        add_member(session, account_id, partner_id, services.now())
        link = give_link(session, account_id, SignInLinkKind.INVITATION, services.now())
    typed = {"password": PASSWORD, "password_again": PASSWORD}
    assert browser.press(f"/mot-de-passe/{link}", **typed) == 200
    return Staff(account_id, email, partner_id, outlet_id)


@pytest.fixture
def staff(services: Services, browser: Browser) -> Staff:
    return make_staff(services, "nadia@librairie.example", browser, "Librairie du Parc")
