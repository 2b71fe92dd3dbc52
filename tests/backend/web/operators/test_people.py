"""A person and an account, as an operator finds them, reads them and helps them."""

import re
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary
from backend.cards.tables import Card
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
    acts,
    make_operator,
    one_time_password,
    search,
    sit_down,
)


def test_a_person_is_found_and_their_page_read_which_is_an_act(
    at_desk: Browser, desk: Desk
) -> None:
    order = desk.shop.order()
    desk.shop.pay(order)
    search(at_desk, "martin LEA")
    (link,) = re.findall(r'href="(/exploitation/personnes/[^"]+)"', at_desk.page)
    assert "martin" not in str(at_desk.client.get("/exploitation/recherche").url)
    assert at_desk.open(link) == 200
    for word in ("Léa", "Martin", "02/01/2010", "Culture", "accepté", "en service", "Nora Petit"):
        assert word in at_desk.page, word
    assert desk.shop.card_number not in at_desk.page
    assert desk.shop.card_number[-4:] in at_desk.page
    kinds = [kind for kind, _ in acts(desk)]
    assert kinds.count("person_read") == 1
    assert "people_searched" in kinds
    with desk.services.database.reading() as session:
        row = session.scalars(select(SignInAct).where(SignInAct.kind == "person_read")).one()
        assert (row.beneficiary_id, row.session_id is not None) == (desk.shop.lea, True)


def test_a_referent_and_an_address_that_takes_nothing_are_said(
    at_desk: Browser, desk: Desk
) -> None:
    way = f"/exploitation/personnes/{desk.shop.lea}"
    at_desk.open(way)
    assert "référent" not in at_desk.page
    assert "les messages reviennent" not in at_desk.page
    with desk.services.database.unit_of_work() as session:
        for one in (
            session.get_one(Beneficiary, desk.shop.lea),
            session.get_one(SignInAccount, desk.member),
        ):
            one.unreachable_since, one.unreachable_code = desk.services.now(), "5.2.1"
        session.get_one(Beneficiary, desk.shop.lea).kind = "referent"
    for path in (way, f"/exploitation/comptes/{desk.member}"):
        at_desk.open(path)
        assert "les messages reviennent" in at_desk.page
        assert "(5.2.1)" in at_desk.page
    at_desk.open(way)
    assert "<dd>référent</dd>" in at_desk.page


def test_anything_is_found_by_what_one_has(at_desk: Browser, desk: Desk) -> None:
    order = desk.shop.order()
    paid: Any = desk.shop.pay(order)
    for typed, way in (
        (desk.shop.card_number, "personnes"),
        (desk.shop.card_number[:9], "personnes"),
        ("lea@lycee", "personnes"),
        ("lea@lycee.example", "comptes"),
        (str(desk.ids["terminal_id"]), "terminaux"),
        ("librairie", "partenaires"),
        ("moulin", "etablissements"),
        (str(desk.ids["campaign_id"]), "campagnes"),
        (paid.authorisation_number.lower(), "paiements"),
        (str(order.payment_id), "paiements"),
    ):
        search(at_desk, typed)
        links = re.findall(rf'href="(/exploitation/{way}/[^"]+)"', at_desk.page)
        assert links, typed
        assert at_desk.open(links[0]) == 200


def test_too_little_to_look_for_is_said_at_the_field(at_desk: Browser) -> None:
    at_desk.open("/exploitation")
    assert at_desk.press("/exploitation/recherche", wanted="a") == 422
    assert "au moins deux lettres" in at_desk.page
    search(at_desk, "Zorglub")
    assert "Rien ne correspond" in at_desk.page


def test_a_card_is_blocked_for_a_reason(at_desk: Browser, desk: Desk) -> None:
    at_desk.open(desk.person)
    path = f"{desk.person}/cartes/{desk.shop.card}/blocage"
    assert at_desk.press(path, reason="because") == 422
    at_desk.open(desk.person)
    assert at_desk.press(path, reason="stolen", change_code="1") == 200
    assert "bloquée" in at_desk.page
    assert "à changer par la personne" in at_desk.page
    assert ("card_blocked", "stolen (code à changer)") in acts(desk)
    other = f"/exploitation/personnes/{uuid4()}/cartes/{desk.shop.card}/blocage"
    assert at_desk.press(other, reason="lost") == 404
    with desk.services.database.reading() as session:
        assert session.get_one(Card, desk.shop.card).state_reason == "stolen"


def test_a_link_for_a_code_goes_to_the_holder_and_is_never_shown(
    at_desk: Browser, desk: Desk
) -> None:
    for _ in range(3):
        at_desk.open(desk.person)
        assert at_desk.press(f"{desk.person}/code/lien") == 200
    assert "lien pour un code" in at_desk.page
    assert "/activation/" not in "".join(at_desk.seen)
    at_desk.open(desk.person)
    assert at_desk.press(f"{desk.person}/code/lien") == 409
    at_desk.open(desk.person)
    assert at_desk.press(f"{desk.person}/code/changement", reason="  ") == 422
    at_desk.open(desk.person)
    assert at_desk.press(f"{desk.person}/code/changement", reason="Vu par un tiers") == 200
    assert ("code_change_forced", "Vu par un tiers") in acts(desk)


def test_a_grant_has_a_reason_and_a_limit_and_is_given_once(at_desk: Browser, desk: Desk) -> None:
    before = desk.shop.wallet()
    at_desk.open(desk.person)
    (gift,) = re.findall(r'name="gift" value="([^"]+)"', at_desk.page)
    form = {"benefit": str(desk.shop.benefit.id), "gift": gift, "reason": "Geste commercial"}
    path = f"{desk.person}/dotations"
    for amount in ("12,50", "12.50 €"):
        at_desk.open(desk.person)
        assert at_desk.press(path, amount=amount, **form) == 200
    assert desk.shop.wallet() == before + 1250
    for amount in ("0", "-1", "500,01", "1e3", "douze", "1,234"):
        at_desk.open(desk.person)
        assert at_desk.press(path, amount=amount, **(form | {"gift": str(uuid4())})) == 422
    at_desk.open(desk.person)
    assert at_desk.press(path, amount="99", **form) == 409  # the same gift, another amount
    desk.shop.assert_sound()
    assert ("grant_given", "culture 1250 c : Geste commercial") in acts(desk)


def test_an_account_is_helped(at_desk: Browser, desk: Desk) -> None:
    base = f"/exploitation/comptes/{desk.teacher}"
    at_desk.open(base)
    assert "cpe@lycee.example" in at_desk.page
    assert at_desk.press(f"{base}/connexions/fin", reason="Poste partagé") == 200
    assert at_desk.press(f"{base}/verification/retrait", reason="Téléphone perdu") == 200
    assert at_desk.press(f"{base}/fermeture", reason="Départ") == 200
    assert "fermé" in at_desk.page
    with desk.services.database.reading() as session:
        account = session.get_one(SignInAccount, desk.teacher)
        assert (account.factor_confirmed_at, account.closed_at is None) == (None, False)
    done = dict(acts(desk))
    assert (done["factor_taken_away"], done["account_closed"]) == ("Téléphone perdu", "Départ")


def test_another_address_takes_two_operators(desk: Desk, browsers: list[Browser]) -> None:
    here, there = browsers
    sit_down(desk.services, here, make_operator(desk.services, "op@region.example"))
    sit_down(desk.services, there, make_operator(desk.services, "op2@region.example"))
    base = f"/exploitation/comptes/{desk.holder}"
    here.open(base)
    assert here.press(f"{base}/adresse", email="lea.martin@mail.example") == 200
    here.open("/exploitation")
    assert "lea.martin@mail.example" in here.page
    assert "/accord" not in here.page
    there.open("/exploitation")
    (agree,) = re.findall(r'action="(/exploitation/adresses/[^"]+/accord)"', there.page)
    assert here.press(agree) == 409
    assert there.press(agree) == 200
    there.open("/exploitation")
    assert "confirmé" in there.page
    assert there.press(agree.replace("accord", "refus")) == 200


def test_a_right_one_time_password_serves_once_with_an_act(
    desk: Desk, browser: Browser, clock: Any
) -> None:
    operator = make_operator(desk.services, "op@region.example")
    sit_down(desk.services, browser, operator)
    browser.open(desk.person)
    clock.advance(minutes=6)
    digits = one_time_password(desk.services, operator)
    path = f"{desk.person}/code/changement"
    assert browser.press(path, reason="x", digits="12") == 401
    browser.open(desk.person)
    assert browser.press(path, reason="Première fois", digits=digits) == 200
    clock.advance(minutes=6)
    browser.open(desk.person)
    assert browser.press(path, reason="Deuxième fois", digits=digits) == 401
    assert "Rien n’a été fait" in browser.page
