"""Every page there is, for everybody there is: followed link by link, and typed wrongly.

Whatever is opened or pressed, in whatever session: an answer that is no crash, that loads nothing
from elsewhere, that may not be kept or framed, and whose links lead somewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from backend.services import Services
from backend.settings import Settings
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
    build_desk,
    make_operator,
    routes_of_app,
    sit_down,
)
from tests.backend.web.people import make_person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ORIGIN = "https://pass.example"
PAGES_MAX = 400
#: Files that the pages' own site gives, and a contact's mailbox.
OUR_OWN = re.compile(r"^(/|data:|mailto:|#|\?)")
#: What somebody may type where something else is wanted.
ODD_ID = (str(UUID(int=7)), "gate_photo")
ODD = (
    "",
    "x",
    "0",
    "-1",
    "é" * 300,
    "'\"<b>",
    "\x00",
    "../../etc",
    "1e9",
    "9" * 30,
    "٣",
    "2026-13-45",
)


class Read(HTMLParser):
    """What a page leads to, loads, and says by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.forms: list[tuple[str, str]] = []
        self.scripts = 0
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in {"script", "img", "iframe", "source"} and "src" in given:
            self.loads.append(given["src"])
        if tag == "link":
            self.loads.append(given.get("href", ""))
        if tag == "form":
            self.forms.append((given.get("method", "get").lower(), given.get("action", "")))
        self.scripts += tag == "script" and "src" not in given
        self.ids += [given["id"]] if "id" in given else []
        assert not [name for name in given if name.startswith("on") or name == "style"], given


@pytest.fixture
def services(services: Services) -> Services:
    """As an installation has it: passkeys need a name over HTTPS."""
    return replace(services, settings=Settings(public_url=ORIGIN))


@pytest.fixture
def desk(services: Services) -> Desk:
    return build_desk(services)


def account_of(desk: Desk, who: str) -> UUID | None:
    """Return whose account it is; None for somebody without a session."""
    if who == "operator":
        return make_operator(desk.services, "op@region.example")
    return {
        "nobody": None,
        "holder": desk.holder,
        "partner": desk.member,
        "establishment": desk.teacher,
    }[who]


def sit(desk: Desk, browser: Browser, account_id: UUID | None) -> str:
    """Sign in, and return what a form carries."""
    return "x" if account_id is None else sit_down(desk.services, browser, account_id)


#: Whose session, and how many pages they find at least.
PEOPLE = {"nobody": 8, "holder": 15, "partner": 10, "establishment": 12, "operator": 18}
#: Which addresses somebody types: a holder those of people, the others their own.
TYPED = {
    "nobody": "/",
    "holder": "/espace/",
    "partner": "/espace/partenaire",
    "establishment": "/espace/etablissement",
    "operator": "/exploitation",
}
everybody = pytest.mark.parametrize("who", PEOPLE)


def own_path(page: str, link: str) -> str | None:
    """Return where a link leads among our pages; None for a mailbox and a place of this page."""
    if link.startswith(("mailto:", "#")):
        return None
    whole = urlsplit(urljoin(f"{ORIGIN}{page}", link))
    assert f"{whole.scheme}://{whole.netloc}" == ORIGIN, f"{page} leads to {link}"
    return whole.path + (f"?{whole.query}" if whole.query else "")


def check(path: str, browser: Browser) -> Read | None:
    answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code in {200, 303, 307}, f"{path}: {answer.status_code}"
    if answer.status_code != 200:
        place = own_path(path, answer.headers["location"])
        assert place is not None
        return None
    if not answer.headers["content-type"].startswith("text/html"):
        return None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy, path
    assert "unsafe-inline" not in policy, path
    assert "frame-ancestors 'none'" in policy, path
    assert "no-store" in answer.headers["cache-control"], path
    assert answer.headers["x-content-type-options"] == "nosniff", path
    read = Read(answer.text)
    assert read.scripts == 0, path
    assert [load for load in read.loads if not OUR_OWN.match(load)] == [], path
    assert len(read.ids) == len(set(read.ids)), (path, sorted(read.ids))
    assert '<html lang="fr">' in answer.text, path
    assert re.search(r"<title>[^<]{3,}</title>", answer.text), path
    assert len(re.findall(r"<h1[ >]", answer.text)) == 1, path
    return read


def crawl(browser: Browser, start: list[str]) -> Iterator[tuple[str, Read]]:
    waiting, seen = list(start), set(start)
    while waiting:
        path = waiting.pop()
        read = check(path, browser)
        if read is None:
            continue
        yield path, read
        for link in read.links:
            place = own_path(path, link)
            # The same page once, whatever is asked of it after the question mark.
            if place is None or place.startswith(("/docs", "/openapi")):
                continue
            bare = place.split("?")[0]
            if bare not in seen and len(seen) < PAGES_MAX:
                seen.add(bare)
                waiting.append(place)


@everybody
def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(
    desk: Desk, browser: Browser, who: str
) -> None:
    sit(desk, browser, account_of(desk, who))
    pages = dict(crawl(browser, ["/", "/connexion", "/annuaire", "/espace"]))
    assert len(pages) >= PEOPLE[who], sorted(pages)


def page_routes() -> list[APIRoute]:
    """Return every route that is a page's: not of the described API."""
    found = [one for one in routes_of_app() if is_page(one)]
    assert len(found) > 60, "where have they gone?"
    return sorted(found, key=lambda one: (one.path, sorted(one.methods or ())))


def is_page(route: APIRoute) -> bool:
    return not route.path.startswith(("/v1", "/card-challenges", "/payments"))


def filled(route: APIRoute, desk: Desk, odd: str) -> str:
    """Fill an address: with something of somebody's where there is, else with something odd."""
    path = desk.path(route.path)
    return re.sub(r"\{[^}]+\}", lambda _one: odd.replace("/", "%2F") or "x", path)


@everybody
def test_no_address_and_no_form_crashes_whatever_is_typed(
    desk: Desk, browser: Browser, who: str
) -> None:
    account_id = account_of(desk, who)
    crashed = []
    mine = [one for one in page_routes() if one.path.startswith(TYPED[who])]
    assert mine
    for number, route in enumerate(mine):
        odd = ODD[number % len(ODD)]
        path = filled(route, desk, ODD_ID[number % 2])
        # Anew for each: some of these forms end sessions.
        token = sit(desk, browser, account_id)
        if "POST" in (route.methods or ()) and path != "/deconnexion":
            names = [one.alias for one in route.dependant.body_params]
            typed = dict.fromkeys(names, odd) | {"form": token}
            answer = browser.client.post(path, data=typed, follow_redirects=False)
        else:
            names = [one.alias for one in route.dependant.query_params]
            answer = browser.client.get(
                path, params=dict.fromkeys(names, odd), follow_redirects=False
            )
        if answer.status_code >= 500:
            crashed.append((path, odd, answer.status_code))
    assert crashed == [], crashed


def test_an_id_of_nobody_is_answered_as_an_id_of_somebody_else(
    desk: Desk, browser: Browser
) -> None:
    """A stranger learns nothing from any page, whatever id is in its address."""
    sit_down(desk.services, browser, make_person(desk.services, "x@example.fr").account_id)
    with_ids = [one for one in page_routes() if "{" in one.path and "GET" in (one.methods or ())]
    told = []
    for route in with_ids:
        real = browser.client.get(desk.path(route.path), follow_redirects=False)
        ghosts = {name: UUID(int=7) for name in desk.ids}
        path = route.path
        for name, value in ghosts.items():
            path = path.replace(f"{{{name}}}", str(value))
        if path == route.path:
            continue
        ghost = browser.client.get(path, follow_redirects=False)
        if (real.status_code, real.text) != (ghost.status_code, ghost.text):
            told.append((route.path, real.status_code, ghost.status_code))
    assert told == []
