"""An account of one’s own: from 15 on, by a code, a number or an invitation."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from backend.accounts.activation import invite
from backend.accounts.errors import NotYours
from backend.accounts.families.errors import TieTaken
from backend.accounts.families.invitations import invite_young_person
from backend.accounts.families.own_tie import end_tie, make_tie
from backend.accounts.families.requests import (
    approve_tie,
    open_requests,
)
from backend.accounts.families.rights import (
    check_may_choose_code,
    find_mine,
    my_beneficiaries,
)
from backend.accounts.families.tables import Relation
from backend.cards.ordering import order_cards
from backend.cards.tables import Card
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.families.household import child, family_of, seen
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, enter, make_person


def test_from_15_on_a_child_has_their_own_account_and_alone_chooses_the_code(
    browsers: list[Browser], camille: Person, services: Services, mailbox: Mailbox
) -> None:
    here, there = browsers
    young, old = child(services), child(services, "Noé", date(2011, 9, 1))
    family_of(services, camille, young, old)
    enter(services, here, camille.account_id)
    here.open("/espace/famille")
    invited = {"email": "noe@exemple.fr"}
    assert here.press(f"/espace/famille/enfants/{young}/compte", **invited) == 409
    here.open("/espace/famille")
    assert here.press(f"/espace/famille/enfants/{old}/compte", **invited) == 200
    with services.database.reading() as session:
        check_may_choose_code(session, camille.account_id, old)
    link = mailbox.link("/invitation")
    noe = make_person(services, "noe@exemple.fr", "Noé", "Durand", date(2011, 9, 1))
    enter(services, there, noe.account_id)
    there.open(link)
    (accept,) = re.findall(r'action="(/espace/famille/invitations/[^"]+)"', there.page)
    assert there.press(accept) == 200
    assert seen(services, noe) == [("Noé", "self")]
    assert "son propre compte" in mailbox.empty()[-1].text
    with services.database.unit_of_work() as session:
        mine = find_mine(session, camille.account_id, old)
        assert (mine.relation, mine.may_choose_code) == (Relation.CHILD, False)
        with pytest.raises(NotYours):
            check_may_choose_code(session, camille.account_id, old)
        check_may_choose_code(session, noe.account_id, old)
        check_may_choose_code(session, camille.account_id, young)
        with pytest.raises(TieTaken):
            invite_young_person(session, camille.account_id, old, "x@y.fr", services.now())
        end_tie(session, old, camille.account_id, services.now())
        assert my_beneficiaries(session, noe.account_id) == []


@pytest.mark.parametrize("record", ["noe@exemple.fr", "other@exemple.fr", None])
def test_ones_own_card_by_its_number_where_the_address_is_on_record(
    browser: Browser, services: Services, record: str | None
) -> None:
    born = date(2010, 9, 1)
    noe = make_person(services, "noe@exemple.fr", "Noé", "Durand", born)
    person = child(services, "Noé", born, record)
    with services.database.unit_of_work() as session:
        order_cards(session, [person], services.now())
        number = session.scalars(select(Card.number)).one()
    enter(services, browser, noe.account_id)
    browser.open("/espace/ma-carte")
    path = "/espace/ma-carte/numero"
    assert browser.press(path, card_number="1234", birth_date="01/09/2010") == 422
    wrong = browser.press(path, card_number=number, birth_date="02/09/2010")
    assert (wrong, "ce que nous savons" in browser.page) == (422, True)
    page = browser.page
    assert browser.press(path, card_number="9250000000000081", birth_date="01/09/2010") == 422
    answer = browser.press(path, card_number=number, birth_date="01/09/2010")
    if record == noe.email:
        assert (answer, seen(services, noe)) == (200, [("Noé", "self")])
    else:
        assert (answer, browser.page == page) == (422, True)


def test_a_parents_account_is_no_childs_own(
    browser: Browser, camille: Person, services: Services
) -> None:
    noe = child(services, "Noé", date(2010, 9, 1))
    with services.database.unit_of_work() as session:
        code = invite(session, noe, services.now())
    enter(services, browser, camille.account_id)
    browser.open("/espace/ma-carte")
    path = "/espace/ma-carte/code"
    assert browser.press(path, code=code, birth_date="01/09/2010") == 422
    assert browser.press(path, code=code, birth_date="01/02/1985") == 422
    assert browser.press(path, code=code, birth_date="x") == 422
    assert seen(services, camille) == []


def test_ones_own_card_by_the_code_handed_over_or_by_asking(
    browsers: list[Browser], operator: Person, services: Services
) -> None:
    here, there = browsers
    born = date(2010, 9, 1)
    person, other = child(services, "Noé", born), child(services, "Ada", born)
    noe = make_person(services, "noe@exemple.fr", "Noé", "Durand", born)
    ada = make_person(services, "ada@exemple.fr", "Ada", "Durand", born)
    with services.database.unit_of_work() as session:
        code = invite(session, person, services.now())
    enter(services, here, noe.account_id)
    here.open("/espace/ma-carte")
    assert here.press("/espace/ma-carte/code", code=code, birth_date="01/09/2010") == 200
    enter(services, there, ada.account_id)
    there.open("/espace/ma-carte")
    assert there.press("/espace/ma-carte/code", code=code, birth_date="01/09/2010") == 409
    there.open("/espace/ma-carte")
    assert there.press("/espace/ma-carte/demande") == 200
    with services.database.unit_of_work() as session:
        (asked,) = open_requests(session)
        with pytest.raises(TieTaken):
            make_tie(session, ada.account_id, person, operator.account_id, services.now())
        approve_tie(session, asked.request_id, other, operator.account_id, services.now())
    assert (seen(services, noe), seen(services, ada)) == ([("Noé", "self")], [("Ada", "self")])
    there.open("/espace/ma-carte")
    assert "Votre compte est relié" in there.page


def test_a_forgotten_identifier_is_told_by_mail_alone(
    browser: Browser, camille: Person, services: Services, mailbox: Mailbox
) -> None:
    lea = child(services)
    family_of(services, camille, lea)
    with services.database.unit_of_work() as session:
        order_cards(session, [lea], services.now())
        number = session.scalars(select(Card.number)).one()
    pages = set()
    for card, born in (
        ("9250000000000081", "14/03/2012"),
        (number, "15/03/2012"),
        (number, "14/03/2012"),
    ):
        assert browser.press("/identifiant-oublie", card_number=card, birth_date=born) == 200
        pages.add(browser.page)
    assert len(pages) == 1
    (letter,) = mailbox.empty()
    assert letter.recipient == camille.email
    assert camille.email not in letter.text
    for _ in range(3):
        browser.press("/identifiant-oublie", card_number=number, birth_date="14/03/2012")
    assert len(mailbox.empty()) == 1  # three an hour, with the wrong one
    assert browser.press("/identifiant-oublie", card_number="1", birth_date="x") == 422
