"""A partner's events in its people's space: an address, its secret once, tries, tokens."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select

from backend.accounts.signin.act_tables import SignInAct
from backend.events.endpoints import EndpointSecret, add_endpoint
from backend.events.tables import EndpointState, EventDelivery, EventEndpoint
from backend.services import Services
from tests.backend.web.conftest import Browser, Staff, make_staff

URL = "https://boutique.example/pass"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages ask nothing that a database could answer another way."""
    return sqlite_url


@pytest.fixture
def path(browser: Browser, staff: Staff) -> str:
    browser.sign_in(staff.email)
    browser.open(staff.space)
    assert 'evenements">Relier votre logiciel' in browser.page
    return f"{staff.space}/evenements"


def press(browser: Browser, path: str, ending: str, **typed: str) -> int:
    browser.open(path)
    (action, *_) = re.findall(rf'action="([^"]+/{ending})"', browser.page)
    return browser.press(action, **typed)


def test_an_address_its_secret_once_and_its_end(
    browser: Browser, path: str, services: Services
) -> None:
    assert browser.open(path) == 200
    assert browser.press(f"{path}/adresses", url=f" {URL} ") == 200
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", browser.page)
    browser.open(path)
    assert URL in browser.page
    assert secret not in browser.page
    assert press(browser, path, "secret") == 200
    (other,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", browser.page)
    assert other != secret
    browser.open(path)
    assert "l’ancien secret signe aussi" in browser.page
    assert press(browser, path, "retrait") == 200
    assert URL not in browser.page
    with services.database.reading() as session:
        acts = session.scalars(select(SignInAct).order_by(SignInAct.at, SignInAct.id)).all()
    assert [one.words for one in acts if one.kind == "events_changed"] != []
    assert not any(URL in str(one.words) or "whsec" in str(one.words) for one in acts)


def test_an_address_that_is_refused_says_why(browser: Browser, path: str) -> None:
    browser.open(path)
    for url, said in (
        ("http://boutique.example/", "commence par https"),
        ("https://192.168.1.20/", "réseau privé"),
        ("boutique", "commence par https"),
        ("https://boutique.example:22/", "pas possible"),
        ("", "commence par https"),
    ):
        assert browser.press(f"{path}/adresses", url=url) == 422
        assert said in browser.page
        assert "Aucune adresse encore" in browser.page


def test_a_token_is_shown_once_and_revoked(browser: Browser, path: str) -> None:
    browser.open(path)
    assert browser.press(f"{path}/jetons", name="  ") == 422
    assert browser.press(f"{path}/jetons", name="Comptabilité") == 200
    (token,) = re.findall(r"passevt_[0-9a-f]+", browser.page)
    browser.open(path)
    assert "Comptabilité" in browser.page
    assert token not in browser.page
    assert press(browser, path, "revocation") == 200
    assert "Aucun jeton encore" in browser.page


def disabled(services: Services, staff: Staff) -> EndpointSecret:
    now = services.now()
    with services.database.unit_of_work() as session:
        made = add_endpoint(services, session, staff.partner_id, URL)
        row = session.get_one(EventEndpoint, made.endpoint_id)
        row.state, row.failing_since = EndpointState.DISABLED.value, now
        row.reached = 7
        tried: dict[str, Any] = {"tried_at": now, "milliseconds": 3, "sequence": 8}
        for status, outcome in ((503, "refused"), (None, "silent")):
            session.add(
                EventDelivery(
                    endpoint_id=made.endpoint_id,
                    event_id=uuid4(),
                    kind="payment.approved",
                    status=status,
                    outcome=outcome,
                    **tried,
                )
            )
    return made


def test_what_was_stopped_is_resumed_and_sent_again(
    browser: Browser, staff: Staff, path: str, services: Services
) -> None:
    made = disabled(services, staff)
    browser.open(path)
    assert "Envoi arrêté" in browser.page
    assert "refusé par votre serveur (503)" in browser.page
    assert "n’a pas répondu à temps" in browser.page
    assert press(browser, path, "reprise") == 200
    assert "Envoi arrêté" not in browser.page
    assert press(browser, path, "renvoi", day="hier") == 422
    assert press(browser, path, "renvoi", day="0001-01-01") == 422
    assert press(browser, path, "renvoi", day="2026-08-01") == 200
    with services.database.reading() as session:
        assert session.get_one(EventEndpoint, made.endpoint_id).reached == 0


def test_what_is_anothers_is_not_there(
    browser: Browser, browsers: list[Browser], path: str, services: Services
) -> None:
    other = make_staff(services, "omar@cinema.example", browsers[1], "Cinéma du Port")
    made = disabled(services, other)
    assert browser.open(f"{other.space}/evenements") == 404
    browser.open(path)
    nobody, missing = browser.page, uuid4()
    for base in (f"{other.space}/evenements", path, f"/espace/partenaire/{missing}/evenements"):
        for ending in ("secret", "reprise", "retrait"):
            browser.page = nobody
            assert browser.press(f"{base}/adresses/{made.endpoint_id}/{ending}") == 404
        browser.page = nobody
        assert browser.press(f"{base}/adresses/{made.endpoint_id}/renvoi", day="2026-08-01") == 404
        browser.page = nobody
        assert browser.press(f"{base}/jetons/{missing}/revocation") == 404
    for ending in ("adresses", "jetons"):
        browser.page = nobody
        assert browser.press(f"{other.space}/evenements/{ending}", url=URL, name="x") == 404
    browser.page = ""
    assert browser.press(f"{path}/adresses", url=URL) == 403
    with services.database.reading() as session:
        assert session.get_one(EventEndpoint, made.endpoint_id).state == "disabled"


def test_the_page_asks_so_much_and_no_more(
    browser: Browser, staff: Staff, path: str, services: Services
) -> None:
    def asked() -> int:
        counted = list[str]()
        engine = services.database.engine

        def note(*said: Any) -> None:
            counted.append(said[2])

        sql_event.listen(engine, "before_cursor_execute", note)
        try:
            assert browser.open(path) == 200
        finally:
            sql_event.remove(engine, "before_cursor_execute", note)
        return len(counted)

    before = asked()
    for _ in range(3):
        disabled(services, staff)
    assert asked() == before
