"""Every page there is, looked at by axe on a phone, in daylight and in the dark.

One list: each address that is a page's is in it or is named with what looks at it instead. The list
is held every day; the looking takes minutes, and the journeys of every day look at most of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import Session

from backend.access.establishments import enrol_pupil
from backend.accounts.activation import invite
from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.links import give_link
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.sign_up_tables import AddressLinkKind, EmailChange
from backend.accounts.signin.tables import SignInLinkKind, Stage
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.web.operator_desk import Desk, build_desk, make_operator
from tests.backend.web.serving import SECONDS_MAX
from tests.backend.web.test_every_page import page_routes
from tests.backend.web.test_in_browser import PHONE, database_url
from tests.chromium import CHROMIUM

__all__ = ["database_url"]

HERE = Path(__file__).parent
#: Whose page it is, by how its address begins; the first that fits.
OWNERS = {
    "/exploitation": "operator",
    "/espace/partenaire": "partner",
    "/espace/etablissement": "establishment",
    "/espace": "holder",
    "/": "nobody",
}
#: No page of a person's: a file, a page for programs, a way to somewhere else.
NO_PAGE = {
    "/connexion/franceconnect": "leads to the provider",
    "/connexion/franceconnect/au-revoir": "leads back",
    "/connexion/franceconnect/fin": "leads to the provider",
    "/connexion/franceconnect/retour": "leads back",
    "/cuisine/{token}/comptes": "figures for the page that shows them",
    "/docs": "for programmers; tests/docs looks at the site",
    "/espace/pass": "leads to somebody's Pass",
    "/problems": "for programmers",
    "/problems/{code}": "for programmers",
    "/espace/etablissement/{establishment_id}/eleves/{enrolment_id}/photo": "a picture",
    "/espace/etablissement/{establishment_id}/procedure/lignes": "a file",
    "/exploitation/journal.csv": "a file",
    "/exploitation/organismes/pieces/{document_id}": "a file",
    "/static/api.css": "a file",
    "/static/{name}": "a file",
}
#: Only there after something was done: the test whose journey comes by, and what it presses there.
ON_A_JOURNEY = {
    "/connexion/cle": ("test_ways_in_in_browser.py", "/connexion/cle"),
    "/connexion/conditions": ("test_sign_up.py", "/connexion/conditions"),
    "/connexion/franceconnect/nouveau": ("test_ways_in_in_browser.py", "franceconnect"),
    "/connexion/verification": ("test_ways_in_in_browser.py", "is_well"),
    "/connexion/verification/cle": ("test_ways_in_in_browser.py", "is_well"),
    "/cuisine/{token}": ("test_establishment_in_browser.py", "is_well"),
    "/espace/cles/nouvelle": ("test_ways_in_in_browser.py", "/espace/cles/nouvelle"),
    "/espace/franceconnect": ("test_ways_in_in_browser.py", "/espace/franceconnect"),
    "/espace/etablissement/{establishment_id}/cartes/colis/{lot_id}": (
        "test_establishment_in_browser.py",
        "is_well",
    ),
    "/espace/organisme/nouveau/{kind}": ("test_people_in_browser.py", "Équipement public"),
    "/espace/organisme/{organisation_id}": ("test_people_in_browser.py", "Médiathèque"),
    "/espace/organisme/{organisation_id}/fiche": ("test_people_in_browser.py", "Médiathèque"),
    "/inscription/{link}": ("test_people_in_browser.py", "/inscription"),
    "/invitation/organisme/{link}": ("test_people_in_browser.py", "is_well"),
    "/invitation/{link}": ("test_people_in_browser.py", "is_well"),
}


def paths() -> list[str]:
    """Name every address that is opened, not posted to."""
    return sorted({one.path for one in page_routes() if "GET" in (one.methods or ())})


def looked_at() -> list[str]:
    """Name every address the browser opens."""
    return [one for one in paths() if one not in NO_PAGE and one not in ON_A_JOURNEY]


def owner_of(path: str) -> str:
    """Say whose page it is."""
    return next(who for start, who in OWNERS.items() if path.startswith(start))


@pytest.mark.usefixtures("database_url")
def test_what_is_not_looked_at_is_named_and_exists() -> None:
    known = set(paths())
    assert set(NO_PAGE) <= known
    assert set(ON_A_JOURNEY) <= known
    for path, (module, said) in ON_A_JOURNEY.items():
        texts = [one.read_text(encoding="utf-8") for one in HERE.rglob(module)]
        assert any(said in text for text in texts), path


@dataclass
class World:
    """Somebody of each kind with something of each kind, and a browser for whoever looks."""

    desk: Desk
    browser: Browser
    address: str
    operator: UUID
    links: dict[str, str]

    @contextmanager
    def sitting(self, owner: str, scheme: str) -> Iterator[Page]:
        """Open a phone on which somebody of this kind is signed in."""
        context = self.browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_default_timeout(1000 * SECONDS_MAX)
        account_id = {
            "operator": self.operator,
            "partner": self.desk.member,
            "establishment": self.desk.teacher,
            "holder": self.desk.holder,
            "nobody": None,
        }[owner]
        if account_id is not None:
            with self.desk.services.database.unit_of_work() as session:
                now = self.desk.services.now()
                full = open_session(session, account_id, Stage.FULL, "x", now, factor_at=now)
            safe = self.address.replace("http:", "https:")
            cookie = {"name": COOKIE, "value": full, "url": safe, "secure": True}
            context.add_cookies([cookie])  # type: ignore[list-item]
        yield context.new_page()
        context.close()

    def faults(self, page: Page, path: str) -> Iterator[str]:
        """Open a page and say what is wrong with it."""
        answer = page.goto(self.address + self.links.get(path, self.desk.path(path)))
        if answer is None or answer.status != 200:
            yield f"{path}: {answer and answer.status}"
            return
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            yield f"{path}: wider than the phone"
        for one in Axe().run(page).response["violations"]:
            yield f"{path}: {one['id']}: {one['nodes'][0]['html'][:100]}"


def address_link(session: Session, account_id: UUID, now: datetime) -> str:
    """Let somebody's address be about to change; return what the mail to the new one carries."""
    until = now + timedelta(hours=1)
    change = EmailChange(
        id=uuid4(),
        account_id=account_id,
        old_email="lea@lycee.example",
        new_email="lea@maison.example",
        asked_by=account_id,
        asked_at=now,
        expires_at=until,
    )
    session.add(change)
    session.flush()
    return give_address_link(session, AddressLinkKind.NEW_ADDRESS, change.id, until, now)


@pytest.fixture
def world(services: Services, address: str) -> Iterator[World]:
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    desk = build_desk(services)
    shop, now = desk.shop, services.now()
    order = shop.order(1_250)
    shop.pay(order)
    with services.database.unit_of_work() as session:
        enrolment = enrol_pupil(session, desk.establishment, shop.lea, []).id
        link = give_link(session, desk.holder, SignInLinkKind.PASSWORD, now)
        links = {
            "/activation/{token}": f"/activation/{invite(session, shop.lea, now)}",
            "/mot-de-passe/{link}": f"/mot-de-passe/{link}",
            "/conditions/{version}": "/conditions/1",
            "/adresse/{link}": f"/adresse/{address_link(session, desk.holder, now)}",
        }
    desk = replace(
        desk, ids={**desk.ids, "enrolment_id": enrolment, "payment_id": order.payment_id}
    )
    operator = make_operator(services, "op@region.example")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--headless=new", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield World(desk, browser, address, operator, links)
        browser.close()


# Every day: test_people_in_browser.py, test_holder_in_browser.py and their siblings.
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(world: World, scheme: str) -> None:
    found = []
    for owner in sorted(set(OWNERS.values())):
        with world.sitting(owner, scheme) as page:
            for path in looked_at():
                if owner_of(path) == owner:
                    found += list(world.faults(page, path))
    assert found == []
