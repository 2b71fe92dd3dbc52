"""Families: children proved or approved, parents who join and leave, nobody else's child."""

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, select

from backend.accounts.activation import find_activation, invite
from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.errors import NotYours
from backend.accounts.families.coming_of_age import end_guardianships
from backend.accounts.families.composition import add_child, make_family
from backend.accounts.families.errors import IdentityDiffers, RequestUnknown, TieTaken
from backend.accounts.families.invitations import invite_young_person
from backend.accounts.families.own_tie import end_tie, make_tie
from backend.accounts.families.requests import (
    approve_as_new,
    approve_tie,
    open_requests,
    refuse_tie,
)
from backend.accounts.families.rights import (
    check_may_choose_code,
    check_mine,
    find_mine,
    my_beneficiaries,
)
from backend.accounts.families.tables import FamilyChild, FamilyMember, Relation, Tie
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary
from backend.cards.ordering import order_cards
from backend.cards.tables import Card
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, enter, make_person

LEA = {"given_name": "Léa", "family_name": "Durand", "birth_date": "14/03/2012"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine; test_family_rights.py asks both."""
    return sqlite_url


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
def camille(services: Services) -> Person:
    return make_person(services, "camille@exemple.fr")


@pytest.fixture
def mallory(services: Services) -> Person:
    return make_person(services, "mallory@exemple.fr", "Mallory", "Durand")


@pytest.fixture
def operator(services: Services) -> Person:
    return make_person(services, "olga@exemple.fr", "Olga", "Petit")


def child(
    services: Services, given: str = "Léa", born: date = date(2012, 3, 14), email: str | None = None
) -> UUID:
    with services.database.unit_of_work() as session:
        return create_beneficiary(
            session,
            given_name=given,
            family_name="DURAND",
            birth_date=born,
            now=services.now(),
            contact=Contact(email=email),
        ).id


def family_of(services: Services, person: Person, *children: UUID) -> UUID:
    with services.database.unit_of_work() as session:
        family_id = make_family(session, person.account_id, "Famille Durand", services.now())
        for one in children:
            add_child(session, family_id, one, person.account_id, services.now())
    return family_id


def seen(services: Services, person: Person) -> list[tuple[str, str]]:
    with services.database.reading() as session:
        mine = my_beneficiaries(session, person.account_id)
    return [(one.given_name, one.relation.value) for one in mine]


def requested(browser: Browser) -> str:
    (found,) = set(re.findall(r"/espace/famille/demandes/([0-9a-f-]{36})/preuve", browser.page))
    return str(found)


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


def test_a_second_parent_joins_by_mail_and_leaves(
    browsers: list[Browser], camille: Person, services: Services, mailbox: Mailbox
) -> None:
    here, there = browsers
    sacha = make_person(services, "sacha@exemple.fr", "Sacha", "Martin")
    lea = child(services)
    family_id = family_of(services, camille, lea)
    enter(services, here, camille.account_id)
    here.open("/espace/famille")
    assert here.press(f"/espace/famille/{family_id}/invitations", email="no") == 422
    invited = {"email": "Sacha@Exemple.fr"}
    assert here.press(f"/espace/famille/{family_id}/invitations", **invited) == 200
    link = mailbox.link("/invitation")
    assert "Camille Durand vous invite" in mailbox.letters[-1].text
    assert there.open(link) == 200  # a mail scanner opens links: nothing is used
    assert "Créer un compte" in there.page
    enter(services, there, sacha.account_id)
    there.open(link)
    (accept,) = re.findall(r'action="(/espace/famille/invitations/[^"]+)"', there.page)
    assert there.press(accept, form="guessed") == 403
    there.open(link)
    assert there.press(accept) == 200
    assert seen(services, sacha) == [("Léa", "child")]
    assert there.press(accept) == 410
    assert there.open(link) == 410
    assert "une personne l’a rejointe" in mailbox.empty()[-1].text
    there.open("/espace/famille")
    assert f"/espace/famille/{family_id}/membres/" not in there.page  # the founder stays
    assert there.press(f"/espace/famille/{family_id}/depart") == 200
    assert seen(services, sacha) == []
    with services.database.reading() as session:
        row = session.scalars(
            select(FamilyMember).where(FamilyMember.account_id == sacha.account_id)
        ).one()
        assert (row.invited_by, row.ended_by) == (camille.account_id, sacha.account_id)


def test_an_invitation_is_for_its_address_and_for_a_week(
    browsers: list[Browser],
    camille: Person,
    mallory: Person,
    services: Services,
    mailbox: Mailbox,
    clock: Any,
) -> None:
    here, there = browsers
    family_id = family_of(services, camille, child(services))
    for _ in range(2):
        enter(services, here, camille.account_id)
        here.open("/espace/famille")
        here.press(f"/espace/famille/{family_id}/invitations", email="sacha@exemple.fr")
        link = mailbox.link("/invitation")
        enter(services, there, mallory.account_id)
        there.open(link)
        assert "une autre adresse" in there.page
        clock.advance(days=7)
        assert there.open(link) == 410
    enter(services, here, camille.account_id)
    here.open("/espace/famille")
    here.press(f"/espace/famille/{family_id}/invitations", email="sacha@exemple.fr")
    here.open("/espace/famille")
    (back,) = re.findall(r'action="([^"]+/invitations/[^"]+/fin)"', here.page)
    link = mailbox.link("/invitation")
    sacha = make_person(services, "sacha@exemple.fr")
    enter(services, there, mallory.account_id)
    there.open("/espace/famille")
    taken = back.split("/")[-2]
    assert there.press(f"/espace/famille/invitations/{taken}/acceptation") == 403
    assert here.press(back) == 200
    assert there.open(link) == 410
    enter(services, there, sacha.account_id)
    there.open("/espace/famille")
    assert "Invitations reçues" not in there.page
    assert there.press(f"/espace/famille/invitations/{taken}/acceptation") == 410


def test_whoever_invited_may_put_out_and_nobody_else(
    browsers: list[Browser], camille: Person, services: Services
) -> None:
    here, there = browsers
    sacha = make_person(services, "sacha@exemple.fr", "Sacha", "Martin")
    family_id = family_of(services, camille, child(services))
    with services.database.unit_of_work() as session:
        member = session.scalars(select(FamilyMember)).one()
        session.add(
            FamilyMember(
                id=uuid4(),
                family_id=member.family_id,
                account_id=sacha.account_id,
                invited_by=camille.account_id,
                since=services.now(),
                ended_at=None,
                ended_by=None,
            )
        )
    enter(services, there, sacha.account_id)
    there.open("/espace/famille")
    base = f"/espace/famille/{family_id}/membres"
    assert there.press(f"{base}/{camille.account_id}/fin") == 404
    enter(services, here, camille.account_id)
    here.open("/espace/famille")
    assert here.press(f"{base}/{camille.account_id}/fin") == 404
    here.open("/espace/famille")
    assert here.press(f"{base}/{sacha.account_id}/fin") == 200
    assert seen(services, sacha) == []


def test_nobody_does_anything_to_anothers_family(
    browser: Browser, camille: Person, mallory: Person, services: Services
) -> None:
    """Each route, with another person's ids: the same answer as for what does not exist."""
    lea = child(services, born=date(2010, 3, 14))
    family_id = family_of(services, camille, lea)
    enter(services, browser, camille.account_id)
    browser.open("/espace/famille")
    browser.press(f"/espace/famille/{family_id}/enfants", **(LEA | {"given_name": "Zoé"}))
    browser.open("/espace/famille")
    browser.press(f"/espace/famille/{family_id}/invitations", email="x@exemple.fr")
    browser.open("/espace/famille")
    request_id = requested(browser)
    (invitation,) = re.findall(r"/invitations/([0-9a-f-]{36})/fin", browser.page)
    routes = [
        (f"/espace/famille/{{{0}}}/enfants", LEA),
        (f"/espace/famille/{{{0}}}/invitations", {"email": "y@exemple.fr"}),
        (f"/espace/famille/{{{0}}}/depart", {}),
        (f"/espace/famille/{{{0}}}/enfants/{{{1}}}/fin", {}),
        (f"/espace/famille/{{{0}}}/membres/{{{2}}}/fin", {}),
        (f"/espace/famille/{{{0}}}/invitations/{{{3}}}/fin", {}),
        (f"/espace/famille/enfants/{{{1}}}/compte", {"email": "y@exemple.fr"}),
        (f"/espace/famille/demandes/{{{4}}}/preuve", {"code": "x"}),
        (f"/espace/famille/demandes/{{{4}}}/fin", {}),
        (f"/espace/ma-carte/demande/{{{4}}}/fin", {}),
    ]
    there = [family_id, lea, camille.account_id, invitation, request_id]
    nowhere = [uuid4() for _ in there]
    enter(services, browser, mallory.account_id)
    own = family_of(services, mallory)
    for way, typed in routes:
        pages = set()
        for ids in (there, nowhere):
            browser.open("/espace/famille")
            assert browser.press(way.format(*ids), **typed) == 404, way
            pages.add(re.sub(r"[0-9a-f-]{36}", "", browser.page))
        assert len(pages) == 1, way
    browser.open("/espace/famille")
    assert browser.press(f"/espace/famille/{own}/enfants/{lea}/fin") == 404
    browser.open("/espace/famille")
    assert browser.press(f"/espace/famille/{own}/invitations/{invitation}/fin") == 404
    assert seen(services, camille) == [("Léa", "child")]
    assert seen(services, mallory) == []


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


def test_who_comes_of_age_is_nobodys_child(camille: Person, services: Services, clock: Any) -> None:
    family_of(services, camille, child(services, "Léa", date(2008, 9, 2)))
    for day, ended in ((date(2026, 9, 1), 0), (date(2026, 9, 2), 1), (date(2026, 9, 3), 0)):
        with services.database.unit_of_work() as session:
            assert end_guardianships(session, day, services.now()) == ended
    assert seen(services, camille) == []


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
