"""A holder's card: stopped in two clicks, ordered anew, started when it is in hand."""

import json
import re
from html import unescape
from uuid import uuid4

from sqlalchemy import select

from backend.access.establishments import assign_gate, create_establishment, enrol_pupil
from backend.access.news import read_news
from backend.accounts.tables import Notice
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.payments.orders import Declined
from tests.backend.holders.world import People
from tests.backend.web.conftest import Browser
from tests.backend.web.holder_pages import (
    acts,
    database_url,
    lea,
    own,
    people,
    words,
)

__all__ = ["database_url", "lea", "own", "people"]


def test_a_lost_card_is_stopped_in_two_clicks_at_tills_and_gates(
    lea: Browser, own: str, people: People
) -> None:
    shop, services = people.shop, people.services
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée des Tilleuls").id
        gate = create_terminal(session, kind=TerminalKind.GATE, name="Porte", now=services.now())
        assign_gate(session, gate.terminal_id, place)
        enrol_pupil(session, place, shop.lea, {})
    order = shop.order(100)
    lea.open(own)
    (lost,) = re.findall(rf'href="({own}/carte/[^"]+/perte)"', lea.page)
    assert lea.open(lost) == 200
    assert lea.press(lost, reason="lost") == 200
    assert "Bloquée" in words(lea)
    assert "déclarée perdue" in words(lea)
    assert "Commander une nouvelle carte" in words(lea)
    answer = shop.pay(order)
    assert isinstance(answer, Declined)
    assert answer.reason == "card_lost"
    with services.database.reading() as session:
        news = read_news(session, gate.terminal_id, None, services.now())
        told = session.scalars(select(Notice).where(Notice.kind == "signin_pass_act")).all()
        assert [(one.account_id, json.loads(one.facts)["about"]) for one in told] == [
            (people.lea, "card_lost")
        ]
    assert news.blocked == (shop.card,)
    assert shop.wallet() == 10_000
    assert acts(people) == [("card_reported", people.lea, shop.lea)]
    assert lea.press(lost, reason="stolen") == 200
    assert "déclarée perdue" in words(lea)
    assert len(acts(people)) == 1
    assert lea.open(lost) == 409


def order_another(browser: Browser, own: str, people: People, **typed: str) -> int:
    browser.open(f"{own}/carte/commande")
    browser.press(f"{own}/carte/commande/charte", charter="2026-09")
    return browser.press(f"{own}/carte/commande", **typed)


def test_another_card_is_ordered_and_its_state_is_told(
    lea: Browser, own: str, people: People
) -> None:
    services = people.services
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée des Tilleuls").id
        enrol_pupil(session, place, people.shop.lea, {})
    lea.open(own)
    lea.press(f"{own}/carte/{people.shop.card}/perte", reason="stolen")
    assert order_another(lea, own, people, delivery=str(place)) == 422
    assert "Lisez la charte" in lea.page
    assert 'type="radio" name="delivery"' not in lea.page
    charter = {"charter": "2026-09"}
    assert order_another(lea, own, people, delivery=str(uuid4()), **charter) == 422
    assert order_another(lea, own, people, delivery="home", address="ici", **charter) == 422
    assert "2 à 6 lignes" in lea.page
    assert order_another(lea, own, people, delivery=str(place), **charter) == 200
    said = words(lea)
    assert "Commandée" in said
    assert "Livrée à : Lycée des Tilleuls" in said
    assert "Cartes d’avant (1)" in said
    assert order_another(lea, own, people, delivery=str(place), **charter) == 409
    assert {one[0] for one in acts(people)} == {"card_reported", "card_ordered"}
    assert people.shop.wallet() == 10_000


def test_nobody_sees_the_order_before_the_charter_in_force_is_accepted(
    lea: Browser, own: str
) -> None:
    charter, order = f"{own}/carte/commande/charte", 'type="radio" name="delivery"'
    assert lea.open(f"{own}/carte/commande") == 200
    assert "Une carte perdue ou volée se bloque tout de suite" in words(lea)
    assert order not in lea.page
    for version in ("", "2020-01"):
        assert lea.press(charter, charter=version) == 422
        assert "Lisez la charte et cochez la case." in words(lea)
        assert order not in lea.page
    assert lea.press(charter, charter="2026-09", form="guessed") == 403
    lea.open(f"{own}/carte/commande")
    assert lea.press(charter, charter="2026-09") == 200
    assert order in lea.page
    # A script asks before a filled form is left.
    assert lea.page.count("<script") == lea.page.count('src="/static/unsaved.js"') == 1
    assert 'type="hidden" name="charter" value="2026-09"' in lea.page


def test_a_step_back_and_a_mistake_lose_nothing_that_was_typed(
    lea: Browser, own: str, people: People
) -> None:
    way, address = f"{own}/carte/commande", "Léa Martin\n1 rue <du> Port\n92160 Antony"
    shown = 'rows="4" maxlength="400"'
    draft = {"delivery": "home", "address": address}
    lea.open(way)
    lea.press(f"{way}/charte", charter="2026-09")
    assert shown in lea.page
    assert lea.press(f"{way}/retour", charter="2026-09", **draft) == 200
    assert "Étape 1 sur 2" in words(lea)
    carried = dict(re.findall(r'type="hidden" name="(delivery|address)" value="([^"]*)"', lea.page))
    assert {name: unescape(value) for name, value in carried.items()} == draft
    assert re.search(r'name="charter" value="2026-09" checked', lea.page)
    # Going on without the box keeps it too.
    assert lea.press(f"{way}/charte", **draft) == 422
    assert lea.press(f"{way}/charte", charter="2026-09", **draft) == 200
    assert "1 rue &lt;du&gt; Port" in lea.page
    assert 'value="home" checked' in lea.page
    wrong = {**draft, "address": "ici"}
    assert lea.press(way, charter="2026-09", **wrong) == 422
    assert ">ici</textarea>" in lea.page
    assert acts(people) == []


def test_a_card_stopped_by_others_is_not_ordered_anew(
    lea: Browser, own: str, people: People
) -> None:
    with people.services.database.unit_of_work() as session:
        card = session.get_one(Card, people.shop.card)
        card.state, card.state_reason = CardState.BLOCKED.value, "fraud"
    lea.open(f"{own}/carte")
    assert "Commander" not in words(lea)
    address = "Léa Martin\n1 rue du Port\n92160 Antony"
    typed = {"delivery": "home", "address": address, "charter": "2026-09"}
    assert order_another(lea, own, people, **typed) == 409


def test_a_card_sent_home_starts_with_its_last_digits_and_not_by_guessing(
    lea: Browser, own: str, people: People
) -> None:
    with people.services.database.unit_of_work() as session:
        session.get_one(Card, people.shop.card).state = CardState.HANDED_OVER.value
    lea.open(f"{own}/carte")
    assert "Mettre la carte en service" in words(lea)
    right = people.shop.card_number[-4:]
    wrong = f"{(int(right) + 1) % 10_000:04d}"
    for _ in range(5):
        assert lea.press(f"{own}/carte/activation", digits=wrong) == 422
    assert lea.press(f"{own}/carte/activation", digits=right) == 409
    assert "Trop d’essais" in lea.page
    people.services.now.advance(minutes=2)  # type: ignore[attr-defined]
    lea.open(f"{own}/carte")
    assert lea.press(f"{own}/carte/activation", digits=right) == 200
    assert "En service" in words(lea)
    assert lea.press(f"{own}/carte/activation", digits=right) == 200
