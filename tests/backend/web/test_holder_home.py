"""A holder's first page and history: what they say, and what it costs to say it."""

import html
import re
from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import insert, select

from backend.ledger.tables import Transfer
from backend.payments.orders import Approved
from tests.backend.counting import statements
from tests.backend.holders.world import People
from tests.backend.web.conftest import Browser
from tests.backend.web.holder_pages import (
    PARTS,
    database_url,
    enter,
    lea,
    own,
    people,
    words,
)

__all__ = ["database_url", "lea", "own", "people"]


def test_the_first_page_says_what_is_left_until_when_and_what_to_do(
    lea: Browser, own: str, people: People
) -> None:
    people.shop.pay(people.shop.order(1_250))
    assert lea.open(own) == 200
    said = words(lea)
    assert "Connecté : Léa Martin" in said
    assert "Mes avantages" in said
    assert "87,50 € à dépenser jusqu’au 30/06/2027" in said
    assert "Reçu 100,00 € · dépensé 12,50 €" in said
    assert "En service" in said
    assert "Prêt" in said
    assert people.shop.card_number not in said
    assert "annuaire?avantage=culture" in lea.page


def test_one_address_leads_to_ones_pass_and_to_the_choice_of_several(
    lea: Browser, own: str, people: People
) -> None:
    answer = lea.client.get("/espace/pass", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, own)
    enter(lea, people, people.mother)
    answer = lea.client.get("/espace/pass", follow_redirects=False)
    assert answer.headers["Location"] == "/espace"


def test_a_mother_sees_her_child_and_is_told_for_whom_she_acts(
    browser: Browser, people: People, own: str
) -> None:
    mother = enter(browser, people, people.mother)
    assert mother.open(own) == 200
    assert "Connecté : Claire Martin, pour Léa Martin" in words(mother)
    assert "Les avantages de Léa" in words(mother)
    assert mother.open(f"/espace/pass/{people.noe}") == 200
    assert "Aucun avantage pour le moment" in words(mother)
    mother.open("/espace")
    assert "Pass de Léa" in mother.page
    assert "Pass de Noé" in mother.page


def test_the_history_is_told_filtered_paged_and_printed(
    lea: Browser, own: str, people: People
) -> None:
    approved = people.shop.pay(people.shop.order(1_250))
    assert isinstance(approved, Approved)
    for cents in range(101, 131):
        people.shop.pay(people.shop.order(cents))
    lea.open(f"{own}/historique")
    said = words(lea)
    assert "Librairie du Parc, Centre \N{MINUS SIGN}1,30 €" in said
    assert "01/09/2026 à 12:00" in said
    assert "Plus anciens" in said
    (older,) = re.findall(r'rel="next" href="([^"]+)"', lea.page)
    lea.open(html.unescape(older))
    said = words(lea)
    assert "\N{MINUS SIGN}12,50 € Paiement · Culture · payé 01/09/2026 à 12:00" in said
    assert f"reçu n° {approved.authorisation_number}" in said
    assert "+100,00 €" in said
    assert "Plus anciens" not in said
    lea.open(f"{own}/historique?annee=2025")
    assert "Aucun mouvement pour ce choix" in words(lea)
    lea.open(f"{own}/historique?imprimer=oui&annee=2026")
    assert lea.page.count("<tr>") == 1 + 32
    wallet = re.findall(r"portefeuille=([0-9a-f-]{36})", lea.page) or [str(uuid4())]
    assert lea.client.get(f"{own}/historique?portefeuille={uuid4()}").status_code == 404
    assert lea.client.get(f"{own}/historique?portefeuille=x").status_code == 404
    assert wallet


def test_a_page_asks_as_often_after_fifty_movements_and_after_five_thousand(
    lea: Browser, own: str, people: People
) -> None:
    database = people.services.database
    people.shop.pay(people.shop.order(100))

    def give(count: int) -> None:
        rows = [
            {
                "id": uuid4(),
                "debit_account_id": people.shop.campaign_funding,
                "credit_account_id": wallet,
                "amount_cents": 1,
                "reason": "Dotation",
                "reference": "grant:x",
                "recorded_at": people.services.now(),
            }
            for _ in range(count)
        ]
        with database.unit_of_work() as session:
            session.execute(insert(Transfer), rows)

    def asked() -> dict[str, int]:
        return {part: statements(database, look(part)) for part in PARTS}

    def look(part: str) -> Callable[[], object]:
        return lambda: lea.open(f"{own}{part}")

    with database.reading() as session:
        first = session.scalars(select(Transfer).order_by(Transfer.sequence)).first()
        assert first is not None
        wallet = first.credit_account_id
    give(50)
    few = asked()
    give(4_950)
    assert asked() == few
    assert max(few.values()) <= 12, few


def test_no_page_of_a_holder_is_kept_framed_or_scripted(
    lea: Browser, own: str, people: People
) -> None:
    for part in PARTS:
        answer = lea.client.get(f"{own}{part}")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert people.shop.card_number not in answer.text
