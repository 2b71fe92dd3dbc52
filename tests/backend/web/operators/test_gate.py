"""Who comes among the operator's pages: every route, and everybody who should not."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.operators.entering import HOURS_MAX, IDLE_MINUTES_MAX
from backend.operators.tables import OperatorRole
from backend.web.operator_who import page_behind
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
    make_account,
    make_operator,
    one_time_password,
    operator_routes,
    routes_of_app,
    sit_down,
)

#: What an auditor may send: it changes nothing but their own session.
READING_POSTS = {
    "/exploitation/recherche",
    "/exploitation/langue",
    "/exploitation/verification",
    "/exploitation/voir-comme/fin",
}
#: What is done without the second factor anew: it stops a card, or undoes nothing.
AT_ONCE = {
    "/exploitation/campagnes/{campaign_id}/bilan",
    "/exploitation/personnes/{person_id}/cartes/{card_id}/blocage",
    "/exploitation/personnes/{person_id}/code/lien",
    "/exploitation/comptes/{account_id}/connexions/fin",
    "/exploitation/alertes/{alarm_id}/traitee",
    "/exploitation/courriels/{notice_id}/relance",
    "/exploitation/adresses/{change_id}/refus",
}


@pytest.fixture
def plain(browser: Browser) -> Browser:
    """A browser that shows where it is sent, and does not go."""
    browser.client.follow_redirects = False
    return browser


def send(browser: Browser, method: str, path: str, form: str = "") -> Any:
    if method == "GET":
        return browser.client.get(path)
    return browser.client.post(path, data={"form": form})


def test_there_are_pages_to_guard(desk: Desk) -> None:
    assert desk.ids
    assert len(operator_routes()) > 40
    assert sum(method == "POST" for method, _ in operator_routes()) > 20


def test_every_refusal_leads_to_a_page_that_is_there() -> None:
    routes = operator_routes()
    pages = {path for method, path in routes if method == "GET"}
    for method, path in routes:
        if method == "POST":
            assert page_behind(path) in pages, path


def test_nobody_is_sent_to_sign_in(desk: Desk, plain: Browser) -> None:
    for method, template in operator_routes():
        answer = send(plain, method, desk.path(template))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/connexion"), template


def test_whoever_has_no_role_finds_nothing(desk: Desk, plain: Browser) -> None:
    for who in (desk.holder, desk.member, desk.teacher):
        form = sit_down(desk.services, plain, who)
        for method, template in operator_routes():
            answer = send(plain, method, desk.path(template), form)
            assert answer.status_code == 404, (method, template)
            assert "Rien ici" in answer.text
            assert "Léa" not in answer.text


def test_a_role_that_was_taken_away_opens_nothing(desk: Desk, plain: Browser) -> None:
    account_id = make_operator(desk.services, "ancien@region.example")
    with desk.services.database.unit_of_work() as session:
        from backend.operators.tables import Operator  # noqa: PLC0415

        session.get_one(Operator, account_id).ended_at = desk.services.now()
    sit_down(desk.services, plain, account_id)
    assert plain.open("/exploitation") == 404


def test_an_auditor_sees_every_page_and_does_nothing(desk: Desk, plain: Browser) -> None:
    auditor = make_operator(desk.services, "audit@region.example", OperatorRole.AUDITOR)
    form = sit_down(desk.services, plain, auditor)
    for method, template in operator_routes():
        answer = send(plain, method, desk.path(template), form)
        if method == "GET":
            known = all(name in desk.ids for name in re.findall(r"\{(\w+)\}", template))
            assert answer.status_code == (200 if known else 404), template
            assert 'method="post" action="/exploitation/personnes' not in answer.text
        elif template not in READING_POSTS:
            assert (answer.status_code, "Consultation seule" in answer.text) == (403, True), (
                template
            )


def test_a_form_of_another_site_does_nothing(desk: Desk, plain: Browser) -> None:
    sit_down(desk.services, plain, make_operator(desk.services, "op@region.example"))
    for method, template in operator_routes():
        if method == "POST":
            answer = send(plain, method, desk.path(template), "of another site")
            assert (answer.status_code, "Formulaire refusé" in answer.text) == (403, True), template


def test_what_is_grave_asks_for_the_second_factor_again(
    desk: Desk, plain: Browser, clock: Any
) -> None:
    form = sit_down(desk.services, plain, make_operator(desk.services, "op@region.example"))
    plain.open("/exploitation")
    clock.advance(minutes=6)
    for method, template in operator_routes():
        if method == "POST" and template not in READING_POSTS:
            answer = send(plain, method, desk.path(template), form)
            asked = "Double vérification à refaire" in answer.text
            assert asked == (template not in AT_ONCE), template


def test_what_names_nobody_is_not_found(desk: Desk, plain: Browser) -> None:
    form = sit_down(desk.services, plain, make_operator(desk.services, "op@region.example"))
    for method, template in operator_routes():
        if "{" not in template:
            continue
        path = re.sub(r"\{\w+\}", str(uuid4()), template)
        typed = {"form": form, "reason": "lost", "email": "x@y.example", "amount": "1"}
        typed |= {"benefit": str(uuid4()), "gift": str(uuid4()), "role": "auditor"}
        typed |= {"code": "a", "label": "b"}
        answer = plain.client.request(method, path, data=typed if method == "POST" else None)
        assert answer.status_code in (404, 410), (method, template, answer.status_code)


def test_a_session_without_the_factor_types_it_first(
    desk: Desk, browser: Browser, clock: Any
) -> None:
    operator = make_operator(desk.services, "op@region.example")
    sit_down(desk.services, browser, operator, proved=False)
    browser.open("/exploitation")
    assert "demande un mot de passe à usage unique" in browser.page
    browser.open(desk.person)
    assert "Léa" not in browser.page
    assert browser.press("/exploitation/verification", digits="000000") == 422
    digits = one_time_password(desk.services, operator)
    assert browser.press("/exploitation/verification", digits=digits) == 200
    assert "Ce matin" in browser.page
    clock.advance(minutes=6)
    # With the act itself, and once.
    browser.open(desk.person)
    again = one_time_password(desk.services, operator)
    path = f"{desk.person}/code/changement"
    assert browser.press(path, reason="Code vu par un tiers", digits=again) == 200
    assert "à changer par la personne" in browser.page


def test_without_a_second_factor_in_place_the_way_leads_there(desk: Desk, plain: Browser) -> None:
    account_id = make_operator(desk.services, "op@region.example")
    with desk.services.database.unit_of_work() as session:
        from backend.accounts.signin.tables import SignInAccount  # noqa: PLC0415

        session.get_one(SignInAccount, account_id).factor_confirmed_at = None
    sit_down(desk.services, plain, account_id)
    assert send(plain, "GET", "/exploitation").headers["Location"] == "/espace/verification"


def test_the_session_is_shorter_and_is_never_kept(desk: Desk, plain: Browser, clock: Any) -> None:
    operator = make_operator(desk.services, "op@region.example")
    sit_down(desk.services, plain, operator, kept=True)
    assert send(plain, "GET", "/exploitation").headers["Location"] == "/connexion"
    sit_down(desk.services, plain, operator)
    assert plain.open("/exploitation") == 200
    assert IDLE_MINUTES_MAX == 15
    clock.advance(minutes=15)
    assert send(plain, "GET", "/exploitation").headers["Location"] == "/connexion"
    # The session itself is over, on the other pages too.
    assert send(plain, "GET", "/espace").headers["Location"] == "/connexion"
    sit_down(desk.services, plain, operator)
    for _ in range(HOURS_MAX * 60 // 12):
        assert plain.open("/exploitation/verification") == 200
        clock.advance(minutes=12)
    assert send(plain, "GET", "/exploitation").headers["Location"] == "/connexion"


def test_looking_as_somebody_else_every_route_but_the_end_refuses_to_act(
    desk: Desk, plain: Browser
) -> None:
    operator = make_operator(desk.services, "op@region.example")
    form = sit_down(desk.services, plain, operator)
    begun = plain.client.post(
        f"/exploitation/comptes/{desk.holder}/voir-comme",
        data={"form": form, "reason": "Appel de la personne"},
    )
    assert begun.headers["Location"] == "/espace"
    acting = [
        (method, route.path)
        for route in routes_of_app()
        for method in route.methods or ()
        if method not in {"GET", "HEAD"}
    ]
    assert len(acting) > 80
    for method, template in acting:
        if template == "/exploitation/voir-comme/fin":
            continue
        path = desk.path(template)
        answer = plain.client.request(method, path, data={"form": form})
        assert (answer.status_code, "Lecture seule" in answer.text) == (403, True), template
    assert send(plain, "POST", "/nowhere", form).status_code == 403


def test_a_holder_cannot_look_as_anybody(desk: Desk, plain: Browser) -> None:
    other = make_account(desk.services, "autre@lycee.example")
    sit_down(desk.services, plain, other)
    plain.client.cookies.set("__Host-pass-vue", "made-up")
    answer = send(plain, "GET", f"/espace/pass/{desk.shop.lea}")
    assert (answer.status_code, "Léa" in answer.text) == (410, False)
    assert UUID(str(desk.shop.lea))
