"""A holder's code: chosen with the password, refused with the reason, told by mail."""

import json

from sqlalchemy import select

from backend.accounts.outbox import claim
from backend.accounts.tables import Beneficiary, Notice
from backend.payments.orders import Approved, Declined
from backend.pins.setting import code_state
from backend.pins.states import CodeState
from tests.backend.holders.world import PASSWORD, People
from tests.backend.web.conftest import Browser
from tests.backend.web.holder_pages import (
    acts,
    database_url,
    enter,
    lea,
    own,
    people,
    words,
)

__all__ = ["database_url", "lea", "own", "people"]


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
