"""Nobody else's person exists on a holder's pages, and every form is its session's own."""

import re
from uuid import uuid4

from sqlalchemy import select

from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.holders.tables import ErasureRequest
from tests.backend.holders.world import PASSWORD, People
from tests.backend.web.conftest import Browser
from tests.backend.web.holder_pages import (
    PARTS,
    acts,
    database_url,
    enter,
    lea,
    own,
    people,
)

__all__ = ["database_url", "lea", "own", "people"]


def every_route(person: object, card: object) -> list[tuple[str, str, dict[str, str]]]:
    base = f"/espace/pass/{person}"
    reads: list[tuple[str, str, dict[str, str]]] = [
        ("GET", f"{base}{part}", {}) for part in (*PARTS, f"/carte/{card}/perte")
    ]
    return [
        *reads,
        ("GET", f"{base}/historique?imprimer=oui", {}),
        ("POST", f"{base}/code", {"password": PASSWORD, "code": "8305", "code_again": "8305"}),
        ("POST", f"{base}/carte/{card}/perte", {"reason": "stolen"}),
        ("POST", f"{base}/carte/activation", {"digits": "1234"}),
        ("POST", f"{base}/carte/commande", {"delivery": "home", "charter": "2026-09"}),
        ("POST", f"{base}/donnees/json", {}),
        ("POST", f"{base}/donnees/tableaux", {}),
        ("POST", f"{base}/donnees/effacement", {}),
        ("POST", f"{base}/donnees/effacement/retrait", {}),
    ]


def test_nobody_elses_person_exists_whatever_is_asked(browser: Browser, people: People) -> None:
    with people.services.database.reading() as session:
        theirs = session.scalars(
            select(Card.id).where(Card.beneficiary_id == people.other_child)
        ).one()
    for account, stranger_to, card in (
        (people.stranger, people.shop.lea, people.shop.card),
        (people.mother, people.other_child, theirs),
        (people.lea, people.noe, people.shop.card),
    ):
        enter(browser, people, account)
        browser.open("/espace")
        answers = dict[str, set[str]]()
        for person in (stranger_to, uuid4()):
            for method, path, typed in every_route(person, card):
                page = browser.page
                form = re.search(r'name="form" value="([^"]+)"', page)
                assert form is not None
                sent = browser.client.request(method, path, data={**typed, "form": form[1]})
                assert sent.status_code == 404, (method, path)
                shape = f"{method} {path.replace(str(person), '*')}"
                answers.setdefault(shape, set()).add(sent.text)
        assert all(len(said) == 1 for said in answers.values())
    assert acts(people) == []
    with people.services.database.reading() as session:
        assert session.get_one(Card, people.shop.card).state == CardState.ACTIVE
        assert session.scalars(select(ErasureRequest)).all() == []


def test_another_persons_card_is_not_stopped_through_ones_own_pages(
    lea: Browser, own: str, people: People
) -> None:
    with people.services.database.reading() as session:
        theirs = session.scalars(
            select(Card.id).where(Card.beneficiary_id == people.other_child)
        ).one()
    for card in (theirs, uuid4()):
        lea.open(own)
        assert lea.press(f"{own}/carte/{card}/perte", reason="lost") == 404
        assert lea.client.get(f"{own}/carte/{card}/perte").status_code == 404
    with people.services.database.reading() as session:
        assert session.get_one(Card, theirs).state == CardState.ORDERED


def test_every_form_is_this_sessions_own(lea: Browser, own: str, people: People) -> None:
    lea.open(own)
    for method, path, typed in every_route(people.shop.lea, people.shop.card):
        if method == "POST":
            for form in ("", "x" * 43):
                answer = lea.client.post(path, data={**typed, "form": form})
                assert answer.status_code == 403, path
    assert acts(people) == []


def test_whoever_is_not_signed_in_is_sent_to_sign_in(browser: Browser, own: str) -> None:
    for part in PARTS:
        answer = browser.client.get(f"{own}{part}", follow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/connexion")
