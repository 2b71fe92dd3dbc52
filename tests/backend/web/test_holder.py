"""A holder's pages: what they say, what they do, and that nobody else's person exists there."""

import html
import json
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from backend.access.establishments import assign_gate, create_establishment, enrol_pupil
from backend.access.news import read_news
from backend.accounts.outbox import claim
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary, Notice
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.holders.tables import ErasureRequest
from backend.ledger.tables import Transfer
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.payments.orders import Approved, Declined
from backend.pins.setting import code_state
from backend.pins.states import CodeState
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.counting import statements
from tests.backend.holders.world import PASSWORD, People, build_people
from tests.backend.web.conftest import Browser

PARTS = ("", "/historique", "/carte", "/carte/commande", "/code", "/donnees")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def people(services: Services) -> People:
    return build_people(services)


def enter(browser: Browser, people: People, account_id: Any) -> Browser:
    browser.client.cookies.set(COOKIE, people.session_of(account_id))
    return browser


@pytest.fixture
def lea(browser: Browser, people: People) -> Browser:
    """Léa, signed in."""
    return enter(browser, people, people.lea)


@pytest.fixture
def own(people: People) -> str:
    return f"/espace/pass/{people.shop.lea}"


def words(browser: Browser) -> str:
    """Return what the page says, without its marks."""
    main = browser.page[browser.page.index("<main>") :]
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
    return said.replace("\N{NO-BREAK SPACE}", " ").replace(" ,", ",")


def acts(people: People) -> list[tuple[str, object, object]]:
    kinds = {"code_chosen", "card_reported", "card_ordered", "card_activated", "data_exported"}
    with people.services.database.reading() as session:
        rows = session.scalars(select(SignInAct).order_by(SignInAct.at))
        return [(row.kind, row.account_id, row.beneficiary_id) for row in rows if row.kind in kinds]


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


def choose(browser: Browser, own: str, chosen: str, **typed: str) -> int:
    browser.open(f"{own}/code")
    sent = {"password": PASSWORD, "code": chosen, "code_again": chosen, **typed}
    return browser.press(f"{own}/code", **sent)


def test_a_code_is_changed_with_the_password_and_told_by_mail(
    lea: Browser, own: str, people: People
) -> None:
    with people.services.database.unit_of_work() as session:
        session.get_one(Beneficiary, people.shop.lea).email = "lea@martin.example"
    assert choose(lea, own, "8305") == 200
    assert "Code enregistré" in lea.page
    assert isinstance(people.shop.pay(people.shop.order(100, code="8305")), Approved)
    assert isinstance(people.shop.pay(people.shop.order(100)), Declined)
    assert acts(people) == [("code_chosen", people.lea, people.shop.lea)]
    with people.services.database.unit_of_work() as session:
        kinds = [one.kind for one in claim(session, people.services.now())]
    # At the same address: not told twice.
    assert "code_set" in kinds
    assert "signin_pass_act" not in kinds
    assert all("8305" not in page for page in lea.seen)


REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"code_again": "8306"}, "Les deux codes sont différents"),
    ({"code": "83a5", "code_again": "83a5"}, "exactement 4 chiffres"),
    ({"password": "autre chose"}, "Ce n’est pas votre mot de passe"),
    ({"code": "1234", "code_again": "1234"}, "se suivent"),
    ({"code": "0201", "code_again": "0201"}, "date de naissance"),
    ({"code": "7294", "code_again": "7294"}, "votre code précédent"),
)


def test_a_code_that_cannot_be_says_why_at_its_field(
    lea: Browser, own: str, people: People
) -> None:
    for typed, said in REFUSED:
        assert choose(lea, own, "8305", **typed) == 422
        assert said in lea.page
        assert 'role="alert"' in lea.page
        assert "Ne communiquez jamais votre code" in lea.page
    assert isinstance(people.shop.pay(people.shop.order(100)), Approved)
    assert acts(people) == []


def test_the_present_code_is_not_found_by_trying(lea: Browser, own: str, people: People) -> None:
    answers = [choose(lea, own, "7294") for _ in range(6)]
    assert answers == [422] * 5 + [409]
    assert "Trop d’essais" in lea.page


def test_a_locked_code_is_opened_by_choosing_another(
    lea: Browser, own: str, people: People
) -> None:
    order = people.shop.order(100, code="6183")
    for _ in range(3):
        people.shop.pay(people.shop.order(100, code="6183", proof_id=order.proof_id))
    lea.open(own)
    assert "Code secret : bloqué." in words(lea)
    lea.open(f"{own}/code")
    assert "Débloquer" in words(lea)
    assert choose(lea, own, "8305") == 200
    assert isinstance(people.shop.pay(people.shop.order(100, code="8305")), Approved)


def test_a_mother_chooses_for_a_child_without_account_and_for_no_other(
    browser: Browser, own: str, people: People
) -> None:
    mother = enter(browser, people, people.mother)
    assert mother.open(f"{own}/code") == 200
    assert "personne d’autre ne le peut" in words(mother)
    mother.open("/espace")
    sent = {"password": PASSWORD, "code": "8305", "code_again": "8305"}
    assert mother.press(f"{own}/code", **sent) == 404
    child = f"/espace/pass/{people.noe}"
    assert choose(mother, child, "8305") == 200
    with people.services.database.reading() as session:
        assert code_state(session, people.noe) is CodeState.ACTIVE
    assert acts(people) == [("code_chosen", people.mother, people.noe)]
    with people.services.database.reading() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "signin_pass_act")).all()
    assert [(one.account_id, json.loads(one.facts)) for one in told] == [
        (people.mother, {"about": "code_chosen"})
    ]


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


def test_data_is_taken_away_whole_and_only_by_the_form(
    lea: Browser, own: str, people: People
) -> None:
    people.shop.pay(people.shop.order(1_250))
    lea.open(f"{own}/donnees")
    assert "Passages à l’entrée et à la cantine" in words(lea)
    assert "Connexions ouvertes" in words(lea)
    form = re.search(r'name="form" value="([^"]+)"', lea.page)
    assert form is not None
    taken = lea.client.post(f"{own}/donnees/json", data={"form": form[1]})
    assert taken.headers["Content-Disposition"] == 'attachment; filename="mes-donnees-pass.json"'
    assert taken.headers["Cache-Control"] == "no-store"
    told = {one["table"]: one["lignes"] for one in json.loads(taken.content)["sujets"]}
    assert told["payment"][0]["amount_cents"] == 1_250
    assert told["sign_in_account"][0]["email"] == "lea@martin.example"
    packed = lea.client.post(f"{own}/donnees/tableaux", data={"form": form[1]})
    with zipfile.ZipFile(BytesIO(packed.content)) as archive:
        assert "SOMMAIRE.csv" in archive.namelist()
    assert lea.client.get(f"{own}/donnees/json").status_code == 405


def test_a_mothers_file_has_her_childs_data_and_not_their_account(
    browser: Browser, own: str, people: People
) -> None:
    people.session_of(people.lea)
    mother = enter(browser, people, people.mother)
    mother.open(f"{own}/donnees")
    form = re.search(r'name="form" value="([^"]+)"', mother.page)
    assert form is not None
    taken = mother.client.post(f"{own}/donnees/json", data={"form": form[1]})
    tables = {one["table"] for one in json.loads(taken.content)["sujets"]}
    assert "payment" in tables
    assert not {"sign_in_account", "sign_in_session", "passkey"} & tables
    assert "lea@martin.example" not in taken.text


def test_erasure_is_asked_and_taken_back(lea: Browser, own: str, people: People) -> None:
    lea.open(f"{own}/donnees")
    assert lea.press(f"{own}/donnees/effacement") == 200
    assert "Effacement demandé le 01/09/2026 à 12:00" in words(lea)
    assert lea.press(f"{own}/donnees/effacement") == 409
    lea.open(f"{own}/donnees")
    assert lea.press(f"{own}/donnees/effacement/retrait") == 200
    assert "Demander l’effacement" in words(lea)


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
