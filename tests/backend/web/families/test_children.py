"""A child comes into a family by a code, a school or an operator, and leaves it."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from backend.accounts.activation import find_activation, invite
from backend.accounts.errors import NotYours
from backend.accounts.families.coming_of_age import end_guardianships
from backend.accounts.families.composition import add_child
from backend.accounts.families.errors import IdentityDiffers, RequestUnknown
from backend.accounts.families.requests import (
    approve_as_new,
    approve_tie,
    open_requests,
    refuse_tie,
)
from backend.accounts.families.rights import (
    check_mine,
)
from backend.accounts.families.tables import FamilyChild, Relation, Tie
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.families.household import LEA, child, family_of, requested, seen
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, enter


def start_family(services: Services, browser: Browser, person: Person) -> str:
    enter(services, browser, person.account_id)
    browser.open("/espace/famille")
    assert browser.press("/espace/famille", name="<b>") == 422
    assert browser.press("/espace/famille", name="Famille Durand") == 200
    (found,) = set(re.findall(r"/espace/famille/([0-9a-f-]{36})/enfants\"", browser.page))
    return str(found)


def test_a_child_is_proved_by_the_code_handed_over_with_the_card(
    browser: Browser, camille: Person, services: Services
) -> None:
    lea = child(services)
    with services.database.unit_of_work() as session:
        code = invite(session, lea, services.now())
    family_id = start_family(services, browser, camille)
    assert browser.press(f"/espace/famille/{family_id}/enfants", **LEA) == 200
    assert 'href="/connexion"' not in browser.page  # who is signed in already
    assert seen(services, camille) == []
    browser.open("/espace/famille")
    proof = f"/espace/famille/demandes/{requested(browser)}/preuve"
    assert browser.press(proof, code="wrong") == 422
    assert "Cela ne correspond pas" in browser.page
    assert browser.press(proof, code=f" https://pass.example/activation/{code} ") == 200
    assert seen(services, camille) == [("Léa", "child")]
    assert browser.press(proof, code=code) == 404
    with services.database.reading() as session:
        assert find_activation(session, code, services.now()) == lea  # it still serves
        acts = session.execute(
            select(SignInAct.account_id, SignInAct.beneficiary_id).where(
                SignInAct.kind == "child_added"
            )
        ).all()
        assert [tuple(one) for one in acts] == [(camille.account_id, lea)]


def test_anothers_card_code_proves_nothing_for_ones_own_child(
    browser: Browser, camille: Person, services: Services
) -> None:
    child(services)
    other = child(services, "Zoé", date(2013, 5, 1))
    with services.database.unit_of_work() as session:
        code = invite(session, other, services.now())
    family_id = start_family(services, browser, camille)
    browser.press(f"/espace/famille/{family_id}/enfants", **LEA)
    browser.open("/espace/famille")
    proof = f"/espace/famille/demandes/{requested(browser)}/preuve"
    for _ in range(5):
        assert browser.press(proof, code=code) == 422
    assert browser.press(proof, code=code) == 409  # and wrong ones are counted
    assert seen(services, camille) == []


def test_what_is_answered_does_not_tell_whether_a_child_is_known(
    browser: Browser, camille: Person, services: Services
) -> None:
    child(services)
    family_id = start_family(services, browser, camille)
    pages = set[str]()
    statements = list[list[str]]()

    def note(_c: Any, _cu: Any, text: str, *_: Any) -> None:
        statements[-1].append(text)

    event.listen(services.database.engine, "before_cursor_execute", note)
    for typed in (LEA | {"given_name": "Nobody"}, LEA, LEA | {"given_name": "Noone"}):
        statements.append([])
        assert browser.press(f"/espace/famille/{family_id}/enfants", **typed) == 200
        pages.add(browser.page)
        browser.open("/espace/famille")
    event.remove(services.database.engine, "before_cursor_execute", note)
    assert len(pages) == 1
    assert len(statements[1]) == len(statements[2])
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Beneficiary)) == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("given_name", "1"),
        ("birth_date", "x"),
        ("birth_date", "1/1/1990"),
        ("birth_date", "1/1/2999"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    browser: Browser, camille: Person, services: Services, field: str, typed: str
) -> None:
    family_id = start_family(services, browser, camille)
    path = f"/espace/famille/{family_id}/enfants"
    assert browser.press(path, **(LEA | {field: typed})) == 422
    assert f'id="{field}-{family_id}-problem"' in browser.page


def test_staff_see_only_whom_they_may_decide_for_and_decide(
    browser: Browser, camille: Person, operator: Person, services: Services, mailbox: Mailbox
) -> None:
    lea, zoe = child(services), child(services, "Zoé", date(2013, 5, 1))
    family_id = start_family(services, browser, camille)
    for typed in (LEA, LEA | {"given_name": "Zoé", "birth_date": "01/05/2013"}):
        browser.press(f"/espace/famille/{family_id}/enfants", **typed)
        browser.open("/espace/famille")
    now, by = services.now(), operator.account_id
    with services.database.unit_of_work() as session:
        (one,) = open_requests(session, select(Beneficiary.id).where(Beneficiary.id == lea))
        assert [found.beneficiary_id for found in one.candidates] == [lea]
        assert (one.asked_by, one.email) == ("Camille Durand", camille.email)
        first, second = open_requests(session)
        assert open_requests(session, after=(first.asked_at, first.request_id)) == [second]
        with pytest.raises(IdentityDiffers):
            approve_tie(session, one.request_id, zoe, by, now)
        with pytest.raises(NotYours):
            approve_tie(session, one.request_id, uuid4(), by, now)
        approve_tie(session, one.request_id, lea, by, now)
        with pytest.raises(RequestUnknown):
            refuse_tie(session, one.request_id, by, now)
        refuse_tie(session, second.request_id if second != one else first.request_id, by, now)
        assert open_requests(session) == []
    assert seen(services, camille) == [("Léa", "child")]
    said = sorted(one.text.split(" : ")[1].split(".")[0] for one in mailbox.empty())
    assert said[0].startswith("elle est acceptée")
    assert said[1].startswith("elle n’est pas acceptée")


def test_an_operator_records_a_child_nobody_knew(
    browser: Browser, camille: Person, operator: Person, services: Services
) -> None:
    family_id = start_family(services, browser, camille)
    browser.press(f"/espace/famille/{family_id}/enfants", **LEA)
    with services.database.unit_of_work() as session:
        (one,) = open_requests(session)
        assert one.candidates == ()
        made = approve_as_new(session, one.request_id, operator.account_id, services.now())
        assert check_mine(session, camille.account_id, made) is Relation.CHILD


def test_a_child_is_taken_off_with_who_did_it(
    browser: Browser, camille: Person, services: Services
) -> None:
    lea = child(services)
    family_id = family_of(services, camille, lea)
    enter(services, browser, camille.account_id)
    browser.open("/espace/famille")
    assert browser.press(f"/espace/famille/{family_id}/enfants/{lea}/fin") == 200
    assert seen(services, camille) == []
    with services.database.reading() as session:
        assert session.scalars(select(FamilyChild)).one().ended_by == camille.account_id


def test_who_comes_of_age_is_nobodys_child(camille: Person, services: Services, clock: Any) -> None:
    family_of(services, camille, child(services, "Léa", date(2008, 9, 2)))
    for day, ended in ((date(2026, 9, 1), 0), (date(2026, 9, 2), 1), (date(2026, 9, 3), 0)):
        with services.database.unit_of_work() as session:
            assert end_guardianships(session, day, services.now()) == ended
    assert seen(services, camille) == []


def test_a_family_page_asks_as_much_for_ten_children_as_for_one(
    browser: Browser, camille: Person, services: Services
) -> None:
    enter(services, browser, camille.account_id)
    one = child(services)
    family_id = family_of(services, camille, one)
    asked: list[str] = []
    event.listen(
        services.database.engine, "before_cursor_execute", lambda *a: asked.append(str(a[2]))
    )
    counts = []
    for _ in range(2):
        asked.clear()
        browser.open("/espace/famille")
        counts.append(len(asked))
        for number in range(9 if len(counts) == 1 else 0):
            born = date(2012, 1, 1 + number)
            new = child(services, "Zoé", born)
            with services.database.unit_of_work() as session:
                add_child(session, family_id, new, camille.account_id, services.now())
    assert counts[0] == counts[1]
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Tie)) == 0
