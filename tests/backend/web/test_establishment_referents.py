"""An establishment's referents: added by its staff, with cards and rights of their own."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.access.establishments import assign_gate
from backend.access.list_content import read_content
from backend.access.tables import Enrolment
from backend.accounts.families.composition import make_family
from backend.accounts.families.errors import GrownUp
from backend.accounts.families.own_tie import own_tie, tie_by_record
from backend.accounts.families.requests import Named, ask_tie
from backend.accounts.holder_kinds import HolderKind
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary
from backend.benefits.eligibility import Conditions, Person, Rule, decide
from backend.benefits.granting import person_of, select_people
from backend.cards.tables import Card
from backend.ledger.money import Cents
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.pins.setting import set_code
from backend.services import Services
from backend.vault.values import SecretCode
from tests.backend.web.conftest import Browser
from tests.backend.web.people import make_person
from tests.backend.web.school import School, make_school

TYPED = {
    "given_name": "Nadia",
    "family_name": "Bernard",
    "birth_date": "01/02/1979",
    "email": "nadia@lycee.example",
    "services": "lunch",
    "card": "oui",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def school(services: Services, browser: Browser) -> School:
    school = make_school(services)
    school.add("Léa", "Martin")
    school.sign_in(browser)
    return school


def nadia(services: Services) -> tuple[Beneficiary, Enrolment]:
    with services.database.reading() as session:
        person = session.scalars(select(Beneficiary).filter_by(family_name="Bernard")).one()
        return person, session.scalars(select(Enrolment).filter_by(beneficiary_id=person.id)).one()


def test_a_referent_is_added_with_a_card_and_rights_of_their_own(
    browser: Browser, school: School, services: Services
) -> None:
    way = f"{school.path}/referents"
    browser.open(way)
    assert "Aucun référent" in browser.page
    assert browser.press(way, **TYPED) == 200
    person, enrolment = nadia(services)
    assert (person.kind, person.email) == ("referent", "nadia@lycee.example")
    assert enrolment.category == "referent"
    assert "Bernard Nadia" in browser.page
    assert "Déjeuner" in browser.page
    assert "commandée" in browser.page.lower()
    with services.database.reading() as session:
        card = session.scalars(select(Card).filter_by(beneficiary_id=person.id)).one()
        kinds = list(session.scalars(select(SignInAct.kind).order_by(SignInAct.at)))
    assert {"referent_added", "cards_ordered"} <= set(kinds)
    # What is done about any card is done about theirs, on a page that says what they are.
    browser.open(f"{school.path}/eleves/{enrolment.id}")
    assert "référent" in browser.page
    assert card.number[-4:] in browser.page
    set_code(services, person.id, SecretCode("7391"))


def test_a_gate_tells_a_referent_from_the_pupils(
    browser: Browser, school: School, services: Services
) -> None:
    browser.open(f"{school.path}/referents")
    browser.press(f"{school.path}/referents", **TYPED)
    person, _ = nadia(services)
    with services.database.unit_of_work() as session:
        card = session.scalars(select(Card).filter_by(beneficiary_id=person.id)).one()
        card.uid, card.state = b"\x04" + uuid4().bytes[:6], "active"
        now = services.now()
        made = create_terminal(session, kind=TerminalKind.GATE, name="Portique", now=now)
        gate = assign_gate(session, made.terminal_id, school.id)
        (listed,) = read_content(session, gate, now.date()).cards.values()
    assert listed["display_name"] == "Nadia (référent)"
    assert [right["service"] for right in listed["rights"]] == ["lunch"]  # type: ignore[attr-defined]


def test_what_the_young_are_given_is_no_referents_and_the_other_way_round(
    browser: Browser, school: School, services: Services
) -> None:
    browser.open(f"{school.path}/referents")
    browser.press(f"{school.path}/referents", **TYPED)
    with services.database.reading() as session:
        (row,) = session.execute(select_people()).all()
    referent = person_of(*row[2:])
    young = Person(date(2010, 3, 4))
    opens = date(2026, 9, 1)

    def amount(person: Person, *holders: HolderKind) -> int:
        conditions = Conditions(holders=holders) if holders else Conditions()
        rule = Rule("one", "Livres", Cents(5_000), top_up=False, conditions=conditions)
        (decision,) = decide(person, [rule], opens)
        assert decision.granted or "réservé aux" in decision.words
        return decision.amount.value

    assert (amount(young), amount(referent)) == (5_000, 0)
    only = HolderKind.REFERENT
    assert (amount(young, only), amount(referent, only)) == (0, 5_000)
    both = tuple(HolderKind)
    assert (amount(young, *both), amount(referent, *both)) == (5_000, 5_000)
    assert Conditions.from_json(Conditions(holders=both).as_json()).holders == both
    assert Conditions.from_json("{}").holders == (HolderKind.YOUNG,)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_name": "<b>"}, "given_name"),
        ({"family_name": ""}, "family_name"),
        ({"birth_date": "01/02/2012"}, "birth_date"),
        ({"birth_date": "hier"}, "birth_date"),
        ({"email": "nadia"}, "email"),
        ({"services": "gym"}, "services"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(
    browser: Browser, school: School, services: Services, wrong: dict[str, str], field: str
) -> None:
    browser.open(f"{school.path}/referents")
    assert browser.press(f"{school.path}/referents", **{**TYPED, **wrong}) == 422
    assert f'id="{field}-problem"' in browser.page
    assert 'value="01/02/1979"' in browser.page or field == "birth_date"
    with services.database.reading() as session:
        assert session.scalars(select(Beneficiary.kind)).all() == ["young"]


def test_who_is_taken_away_passes_no_more_and_a_pupil_is_no_referent(
    browser: Browser, school: School, services: Services
) -> None:
    way = f"{school.path}/referents"
    browser.open(way)
    browser.press(way, **TYPED)
    _, enrolment = nadia(services)
    assert browser.press(f"{way}/{school.pupils['Léa']}/fin") == 404
    browser.open(way)
    assert browser.press(f"{way}/{enrolment.id}/fin") == 200
    assert "Aucun référent" in browser.page
    assert nadia(services)[1].ended_at is not None
    assert browser.press(f"{way}/{UUID(int=7)}/fin") == 404


def test_a_referent_ties_their_own_account_and_nobody_looks_after_them(
    browser: Browser, school: School, services: Services
) -> None:
    browser.open(f"{school.path}/referents")
    browser.press(f"{school.path}/referents", **TYPED)
    person, _ = nadia(services)
    born = date(1979, 2, 1)
    account = make_person(services, TYPED["email"], "Nadia", "Bernard", born).account_id
    named = Named("Nadia", "Bernard", born)
    with services.database.unit_of_work() as session:
        # The school may grant it to whoever does not have the card's number at hand.
        ask_tie(session, account, named, None, services.now())
        family = make_family(session, account, "Famille Bernard", services.now())
        with pytest.raises(GrownUp):
            ask_tie(
                session,
                account,
                replace(named, birth_date=date(2000, 1, 1)),
                family,
                services.now(),
            )
    tie_by_record(services, account, person.id, born)
    with services.database.reading() as session:
        own = own_tie(session, account)
        assert own is not None
        assert own.id == person.id
