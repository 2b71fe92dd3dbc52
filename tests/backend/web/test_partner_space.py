"""A partner's space: its own counters and nobody else's, from the code to the revocation."""

import re
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event, select

from backend.accounts.signin.act_tables import SignInAct
from backend.partners.enrolment import create_terminal, enrol_terminal
from backend.partners.registry import create_outlet
from backend.partners.tables import Terminal, TerminalKind
from backend.services import Services
from tests.backend.web.conftest import Browser, Staff, make_staff


@pytest.fixture
def signed_in(browser: Browser, staff: Staff) -> Staff:
    browser.sign_in(staff.email)
    browser.open(staff.space)
    return staff


def code_shown(browser: Browser) -> str:
    (code,) = re.findall(r'class="letters"><strong>([A-Z2-7-]{19})<', browser.page)
    return str(code)


def add_counter(browser: Browser, staff: Staff, name: str = "Caisse 2") -> str:
    browser.open(staff.space)
    path = f"{staff.space}/caisses"
    assert browser.press(path, outlet_id=str(staff.outlet_id), name=name) == 200
    return code_shown(browser)


def enrol(services: Services, code: str) -> None:
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with services.database.unit_of_work() as session:
        enrol_terminal(session, code, key, services.now())


def test_a_counter_is_added_enrols_with_its_code_and_is_revoked(
    browser: Browser, signed_in: Staff, services: Services
) -> None:
    code = add_counter(browser, signed_in)
    browser.open(signed_in.space)
    assert code not in browser.page
    assert "attend son code" in browser.page
    enrol(services, code)
    browser.open(signed_in.space)
    assert "en service" in browser.page
    assert re.search(r"aujourd’hui 0 · 0,00", browser.page)
    (revoke,) = re.findall(r'action="([^"]+/revocation)"', browser.page)
    assert browser.press(revoke) == 200
    assert "révoquée" in browser.page
    with services.database.reading() as session:
        kinds = [one.kind for one in session.scalars(select(SignInAct).order_by(SignInAct.at))]
        assert sorted(kinds) == ["counter_made", "counter_revoked"]
        assert session.scalars(select(Terminal.revoked_at)).all()[-1] is not None


def test_a_code_that_is_too_old_is_made_anew(
    browser: Browser, signed_in: Staff, services: Services, clock: Any
) -> None:
    old = add_counter(browser, signed_in)
    clock.advance(hours=49)
    browser.sign_in(signed_in.email)
    browser.open(signed_in.space)
    assert "code trop ancien" in browser.page
    (again,) = re.findall(r'action="([^"]+/code)"', browser.page)
    assert browser.press(again) == 200
    new = code_shown(browser)
    assert new != old
    enrol(services, new)
    browser.open(signed_in.space)
    assert not re.findall(r'action="([^"]+/code)"', browser.page)
    assert browser.press(again) == 409


def test_a_counter_without_a_name_is_asked_for_one(browser: Browser, signed_in: Staff) -> None:
    path = f"{signed_in.space}/caisses"
    assert browser.press(path, outlet_id=str(signed_in.outlet_id), name="  ") == 422
    assert "Donnez un nom" in browser.page


def test_nobody_sees_or_touches_anothers(
    browsers: list[Browser], staff: Staff, services: Services
) -> None:
    here, there = browsers
    other = make_staff(services, "omar@cinema.example", there, "Cinéma du Port")
    there.sign_in(other.email)
    theirs = add_counter(there, other)
    with services.database.reading() as session:
        outlet = Terminal.outlet_id == other.outlet_id
        terminal_id = session.scalars(select(Terminal.id).where(outlet)).one()
    here.sign_in(staff.email)
    here.open(staff.space)
    assert "Cinéma" not in here.page
    own_form = re.search(r'name="form" value="([^"]+)"', here.page)
    assert own_form is not None
    typed = {"form": own_form[1], "outlet_id": str(other.outlet_id), "name": "x"}
    assert here.open(other.space) == 404
    for partner in (other.space, staff.space, f"/espace/partenaire/{uuid4()}"):
        assert here.press(f"{partner}/caisses", **typed) == 404
        assert here.press(f"{partner}/caisses/{terminal_id}/code", **typed) == 404
        assert here.press(f"{partner}/caisses/{terminal_id}/revocation", **typed) == 404
    with services.database.reading() as session:
        rows = session.scalars(select(Terminal).where(outlet)).all()
        assert [row.revoked_at for row in rows] == [None]
    enrol(services, theirs)


def test_a_gate_is_no_counter_of_a_partners(
    browser: Browser, signed_in: Staff, services: Services
) -> None:
    with services.database.unit_of_work() as session:
        gate = create_terminal(
            session,
            kind=TerminalKind.GATE,
            name="Portillon",
            outlet_id=signed_in.outlet_id,
            now=services.now(),
        ).terminal_id
    assert browser.press(f"{signed_in.space}/caisses/{gate}/revocation") == 404


@pytest.mark.parametrize("path", ["/espace", "/espace/verification", "SPACE"])
def test_every_page_asks_who_is_there(browser: Browser, staff: Staff, path: str) -> None:
    browser.open(staff.space if path == "SPACE" else path)
    assert "Se connecter" in browser.page


def test_the_page_asks_the_database_as_often_however_many_counters(
    browser: Browser, signed_in: Staff, services: Services
) -> None:
    def statements() -> int:
        asked: list[str] = []
        engine = services.database.engine

        def note(*what: Any) -> None:
            asked.append(what[2])

        event.listen(engine, "before_cursor_execute", note)
        try:
            assert browser.open(signed_in.space) == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    before = statements()
    with services.database.unit_of_work() as session:
        for outlet in range(3):
            place = create_outlet(session, signed_in.partner_id, f"Annexe {outlet}").id
            for number in range(5):
                create_terminal(
                    session,
                    kind=TerminalKind.COUNTER,
                    name=f"Caisse {number}",
                    outlet_id=place,
                    now=services.now(),
                )
    assert statements() == before <= 12
