"""Organisations: made by a form, looked after by several, accepted as a partner once and whole."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import backend.partners.organisations.letters  # noqa: F401 - the mails tested here
from backend.accounts.errors import NotYours
from backend.accounts.signin.act_tables import SignInAct
from backend.benefits.campaigns import (
    create_benefit,
    create_campaign,
    set_activities_of_benefit,
)
from backend.database import Base
from backend.operators.organisations import accept_organisation
from backend.partners.directory import name_commune
from backend.partners.organisations import asking, people
from backend.partners.organisations.errors import (
    OrganisationFixed,
    OrganisationInvalid,
    OrganisationTwice,
    OrganisationUnknown,
)
from backend.partners.organisations.kinds import KINDS, Numbering
from backend.partners.organisations.numbers import phone_of, rna_of, siret_of
from backend.partners.organisations.profile import Typed, change_organisation, make_organisation
from backend.partners.organisations.tables import Organisation, OrganisationState
from backend.partners.space import partners_of
from backend.partners.tables import Outlet, Partner, PartnerActivity, PartnerMember
from backend.privacy.accounts import empty_account
from backend.services import Services
from tests.backend.counting import statements
from tests.backend.web.conftest import Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.operator_desk import make_operator, routes_of_app, sit_down
from tests.backend.web.people import Person, enter, make_person

SIRET = "732 829 320 00074"
SHOP = Typed("Librairie du Port", SIRET, "", "1 quai du Port", "", "92160", "Antony", "0146000000")
HOME = "/espace/organisme"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine; what locks and is unique is the same on both."""
    return sqlite_url


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
def nadia(services: Services) -> Person:
    with services.database.unit_of_work() as session:
        name_commune(session, "92002", "Antony")
    return make_person(services, "nadia@port.example", "Nadia", "Bernard")


@pytest.fixture
def second(services: Services) -> Person:
    return make_person(services, "omar@port.example", "Omar", "Diallo")


@pytest.fixture
def mallory(services: Services) -> Person:
    return make_person(services, "mallory@autre.example", "Mallory", "Noir")


def made(services: Services, person: Person, typed: Typed = SHOP, *, asked: bool = False) -> UUID:
    with services.database.unit_of_work() as session:
        now = services.now()
        found = make_organisation(session, person.account_id, "librairie", typed, now)
        if asked:
            asking.ask(session, person.account_id, found, now)
    return found


def accepted(services: Services, organisation_id: UUID, by: Person) -> UUID:
    with services.database.unit_of_work() as session:
        return accept_organisation(session, organisation_id, by.account_id, services.now())


def state_of(services: Services, organisation_id: UUID) -> str:
    with services.database.reading() as session:
        return session.get_one(Organisation, organisation_id).state


def join(services: Services, organisation_id: UUID, host: Person, guest: Person) -> None:
    with services.database.unit_of_work() as session:
        now = services.now()
        asked = people.invite(session, host.account_id, organisation_id, guest.email, now)
        people.accept_invitation(session, guest.account_id, asked, now)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("W751234567", "W751234567"),
        (" w75 123 45 67 ", "W751234567"),
        ("W2A1234567", "W2A1234567"),
        ("W75123456", None),
        ("W7512345678", None),
        ("751234567", None),
        ("W7A1234567", None),
        ("W٣51234567", None),
        ("", None),
    ],
)
def test_an_rna_number_is_w_and_nine_digits(typed: str, number: str | None) -> None:
    assert rna_of(typed) == number


@pytest.mark.parametrize(
    ("typed", "good"),
    [
        ("732 829 320 00074", True),
        ("73282932000074", True),
        ("73282932000075", False),
        ("7328293200007", False),
        ("732829320000741", False),
        ("00000000000000", False),
        # The fourteen digits are right and the first nine are not.
        ("73282932100007", False),
        # La Poste: the digits add up to a multiple of five, the key is no matter.
        ("35600000000048", True),
        ("35600000009075", True),
        ("35600000049837", True),
        ("35600000049836", False),
        ("٣5600000009075", False),
    ],
)
def test_a_siret_has_a_right_key_or_is_of_la_poste(typed: str, good: bool) -> None:
    assert (siret_of(typed) is not None) is good


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("01 46 00 00 00", "0146000000"),
        ("+33 (1) 46.00.00.00", "+33146000000"),
        ("0046", None),
        ("01460000001", None),
        ("appelez-moi", None),
    ],
)
def test_a_telephone_is_read(typed: str, kept: str | None) -> None:
    assert phone_of(typed) == kept


def test_an_organisation_has_no_children() -> None:
    """No key leads from one to a young person, and no table names one beside the other."""
    ours = {name for name in Base.metadata.tables if name.startswith("organisation")}
    assert len(ours) == 3
    for name, table in Base.metadata.tables.items():
        targets = {key.column.table.name for key in table.foreign_keys}
        if name in ours:
            assert targets <= {"sign_in_account", "partner", "commune", "organisation"}, name
        else:
            assert not targets & ours, name
        if "organisation_id" in table.c:
            assert not {"beneficiary_id", "family_id", "enrolment_id"} & set(table.c.keys()), name


def test_an_organisation_is_made_by_its_form(
    browser: Browser, nadia: Person, services: Services
) -> None:
    enter(services, browser, nadia.account_id)
    browser.open("/espace")
    assert HOME in browser.page
    browser.open(HOME)
    for kind in KINDS.values():
        assert f"{HOME}/nouveau/{kind.code}" in browser.page
    form = f"{HOME}/nouveau/association"
    assert browser.open(form) == 200
    assert "Numéro RNA" in browser.page
    assert browser.press(form, name="<b>", number="W12", postcode="9216é", phone="x") == 422
    for field in ("number", "address_1", "postcode", "commune", "phone"):
        assert f'id="{field}-problem"' in browser.page
    assert "&lt;b&gt;" in browser.page
    typed = {
        "name": "Les Amis du Livre",
        "number": "w921 234 567",
        "address_1": "3 rue des Écoles",
        "postcode": "92160",
        "commune": "antony",
        "phone": "01 46 00 00 00",
    }
    assert browser.press(form, **typed) == 200
    assert "Les Amis du Livre" in browser.page
    assert "W921234567" in browser.page
    assert browser.press(f"{HOME}/nouveau/banque", **typed) == 404


def test_a_public_facility_says_whose_it_is(
    browser: Browser, nadia: Person, services: Services
) -> None:
    enter(services, browser, nadia.account_id)
    form = f"{HOME}/nouveau/equipement-public"
    browser.open(form)
    assert "Propriétaire du lieu" in browser.page
    browser.press(form, number=SIRET)
    assert 'id="owner_name-problem"' in browser.page
    assert 'id="number-problem"' not in browser.page


def test_two_communes_of_one_name_are_told_apart_by_their_code(
    nadia: Person, services: Services
) -> None:
    with services.database.unit_of_work() as session:
        name_commune(session, "01014", "Antony")
    with pytest.raises(OrganisationInvalid) as refused:
        made(services, nadia)
    assert refused.value.problems == {"commune": "commune"}
    made(services, nadia, replace(SHOP, commune="92002"))


def test_asked_accepted_once_and_all_of_it(
    browser: Browser, nadia: Person, second: Person, services: Services, mailbox: Mailbox
) -> None:
    place = made(services, nadia)
    join(services, place, nadia, second)
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    assert browser.press(f"{HOME}/{place}/demande") == 200
    assert "demande en attente" in browser.page
    sit_down(services, browser, make_operator(services, "op@region.example"))
    assert browser.open("/exploitation/organismes") == 200
    assert "Librairie du Port" in browser.page
    assert second.email in browser.page
    way = f"/exploitation/organismes/{place}/accord"
    assert browser.press(way) == 200
    assert "Personne n’attend" in browser.page
    assert browser.press(way) == 404
    with services.database.reading() as session:
        partner = session.scalars(select(Partner)).one()
        outlet = session.scalars(select(Outlet)).one()
        activity = session.scalars(select(PartnerActivity.activity)).one()
        assert (partner.name, activity) == ("Librairie du Port", "librairie")
        assert (outlet.partner_id, outlet.commune_code) == (partner.id, "92002")
        assert (outlet.address_1, outlet.postcode) == ("1 quai du Port", "92160")
        for one in (nadia, second):
            assert [name for _, name in partners_of(session, one.account_id)] == [partner.name]
        acts = select(SignInAct.kind).where(SignInAct.subject == str(place))
        assert "organisation_accepted" in set(session.scalars(acts))
    told = [letter for letter in mailbox.empty() if "est partenaire" in letter.subject]
    assert {letter.recipient for letter in told} == {nadia.email, second.email}
    enter(services, browser, second.account_id)
    browser.open("/espace")
    assert f"/espace/partenaire/{partner.id}" in browser.page


def test_the_directory_has_it_once_it_is_accepted(
    browser: Browser, nadia: Person, services: Services
) -> None:
    place, now = made(services, nadia, asked=True), services.now()
    with services.database.unit_of_work() as session:
        opens, closes = now.date(), date(now.year + 1, 6, 30)
        campaign = create_campaign(
            session, name="Pass", opens_on=opens, closes_on=closes, now=now
        ).id
        culture = create_benefit(session, code="culture", label="Culture", campaign_id=campaign)
        set_activities_of_benefit(session, culture.id, ["librairie"])
    browser.open("/annuaire")
    assert "Librairie du Port" not in browser.page
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open("/exploitation/organismes")
    assert browser.press(f"/exploitation/organismes/{place}/accord") == 200
    browser.open("/annuaire")
    assert "Librairie du Port" in browser.page
    assert "1 quai du Port, 92160 Antony" in browser.page


def test_half_an_acceptance_is_none(
    nadia: Person, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = made(services, nadia, asked=True)

    def fail(*_what: object, **_named: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("backend.operators.organisations.contract_partner", fail)
    with pytest.raises(RuntimeError), services.database.unit_of_work() as session:
        accept_organisation(session, place, nadia.account_id, services.now())
    with services.database.reading() as session:
        for table in (Partner, Outlet, PartnerActivity, PartnerMember):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert state_of(services, place) == "asked"


def test_a_refusal_has_a_reason_that_is_shown_and_mailed(
    browser: Browser, nadia: Person, services: Services, mailbox: Mailbox
) -> None:
    place = made(services, nadia, asked=True)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open("/exploitation/organismes")
    way = f"/exploitation/organismes/{place}/refus"
    assert browser.press(way, reason="  ") == 422
    assert state_of(services, place) == "asked"
    browser.open("/exploitation/organismes")
    reason = "Il manque l’agrément préfectoral à " + "é" * 160
    assert browser.press(way, reason=reason) == 200
    (told,) = [one for one in mailbox.empty() if "n’est pas devenu" in one.subject]
    assert reason in told.text
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    assert "agrément préfectoral" in browser.page
    assert browser.press(f"{HOME}/{place}/demande") == 200
    assert state_of(services, place) == "asked"
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Partner)) == 0


def test_nothing_changes_while_an_answer_is_awaited(
    browser: Browser, nadia: Person, services: Services
) -> None:
    place = made(services, nadia, asked=True)
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}/fiche")
    typed = {
        "name": "Autre nom",
        "number": SIRET,
        "address_1": "1 quai du Port",
        "postcode": "92160",
        "commune": "92002",
        "phone": "0146000000",
    }
    assert browser.press(f"{HOME}/{place}/fiche", **typed) == 409
    browser.open(f"{HOME}/{place}")
    assert browser.press(f"{HOME}/{place}/demande/fin") == 200
    browser.open(f"{HOME}/{place}/fiche")
    assert browser.press(f"{HOME}/{place}/fiche", **typed) == 200
    assert "Autre nom" in browser.page
    with services.database.unit_of_work() as session, pytest.raises(OrganisationFixed):
        asking.withdraw(session, nadia.account_id, place, services.now())


#: The states, and which acts each lets through.
ALLOWED = {
    "own": {"ask", "change"},
    "asked": {"withdraw", "accept", "refuse"},
    "accepted": set(),
    "refused": {"ask", "change"},
}


def in_state(services: Services, person: Person, state: str, number: int) -> UUID:
    """Make an organisation of its own number, and bring it into a state."""
    now, rna = services.now(), f"W75{number:07d}"
    with services.database.unit_of_work() as session:
        typed = replace(SHOP, number=rna)
        place = make_organisation(session, person.account_id, "association", typed, now)
        if state != "own":
            asking.ask(session, person.account_id, place, now)
        if state == "accepted":
            asking.accept(session, place, person.account_id, now)
        if state == "refused":
            asking.refuse(session, place, person.account_id, "non", now)
    return place


@pytest.mark.usefixtures("nadia")
def test_each_act_in_each_state(services: Services) -> None:
    now = services.now()
    other = replace(SHOP, number="W751111111")
    acts: dict[str, Callable[[Session, UUID, UUID], object]] = {
        "ask": lambda session, me, place: asking.ask(session, me, place, now),
        "change": lambda session, me, place: change_organisation(session, me, place, other, now),
        "withdraw": lambda session, me, place: asking.withdraw(session, me, place, now),
        "accept": lambda session, me, place: asking.accept(session, place, me, now),
        "refuse": lambda session, me, place: asking.refuse(session, place, me, "n", now),
    }
    done: dict[str, set[str]] = {}
    for number, state in enumerate(one.value for one in OrganisationState):
        person = make_person(services, f"{state}@port.example")
        done[state] = set()
        for step, (name, act) in enumerate(acts.items()):
            place = in_state(services, person, state, number * 10 + step)
            try:
                with services.database.unit_of_work() as session:
                    act(session, person.account_id, place)
                done[state].add(name)
            except (OrganisationFixed, OrganisationUnknown):
                assert state_of(services, place) == state
    assert done == ALLOWED


def test_a_number_is_one_partners(
    browser: Browser, nadia: Person, mallory: Person, services: Services
) -> None:
    place, other = made(services, nadia, asked=True), made(services, mallory, asked=True)
    accepted(services, place, nadia)
    with pytest.raises(OrganisationTwice):
        accepted(services, other, nadia)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open("/exploitation/organismes")
    assert "déjà partenaire" in browser.page
    assert browser.press(f"/exploitation/organismes/{other}/accord") == 409
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Partner)) == 1
        assert partners_of(session, mallory.account_id) == []


def test_a_second_person_joins_by_the_mailed_link(
    browsers: list[Browser],
    nadia: Person,
    second: Person,
    mallory: Person,
    services: Services,
    mailbox: Mailbox,
) -> None:
    place, (host, guest) = made(services, nadia), browsers
    enter(services, host, nadia.account_id)
    host.open(f"{HOME}/{place}")
    assert host.press(f"{HOME}/{place}/invitations", email="x@@y") == 422
    assert host.press(f"{HOME}/{place}/invitations", email=second.email.upper()) == 200
    (letter,) = [one for one in mailbox.empty() if one.recipient == second.email]
    assert "Librairie" not in letter.text  # nobody's own words reach a stranger
    (link,) = set(re.findall(r"(/invitation/organisme/[\w-]+)", letter.text))
    enter(services, guest, mallory.account_id)
    assert guest.open(link) == 200
    assert "une autre adresse" in guest.page
    enter(services, guest, second.account_id)
    for _ in range(2):  # opening changes nothing
        assert guest.open(link) == 200
    (accept,) = re.findall(r'action="(/espace/organisme/invitations/[^"]+)"', guest.page)
    form = guest.page
    assert guest.press(accept) == 200
    assert "Librairie du Port" in guest.page
    guest.page = form
    assert guest.press(accept) == 410
    assert guest.open(link) == 410
    assert [one for one in mailbox.empty() if "gestionnaires" in one.subject]
    host.open(f"{HOME}/{place}")
    assert host.press(f"{HOME}/{place}/membres/{second.account_id}/fin") == 200
    assert guest.open(f"{HOME}/{place}") == 404


def test_an_invitation_is_its_addresss_alone(
    browser: Browser, nadia: Person, second: Person, mallory: Person, services: Services
) -> None:
    place = made(services, nadia)
    with services.database.unit_of_work() as session:
        now = services.now()
        asked = people.invite(session, nadia.account_id, place, second.email, now)
    enter(services, browser, mallory.account_id)
    browser.open(f"{HOME}/nouveau/club")
    assert browser.press(f"{HOME}/invitations/{asked}/acceptation") == 403
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    assert browser.press(f"{HOME}/{place}/invitations/{asked}/fin") == 200
    enter(services, browser, second.account_id)
    browser.open(f"{HOME}/nouveau/club")
    assert browser.press(f"{HOME}/invitations/{asked}/acceptation") == 410


def test_who_comes_later_belongs_to_the_partner_and_who_goes_does_not(
    nadia: Person, second: Person, services: Services
) -> None:
    place = made(services, nadia, asked=True)
    partner = accepted(services, place, nadia)
    join(services, place, nadia, second)
    with services.database.unit_of_work() as session:
        assert session.get(PartnerMember, (second.account_id, partner)) is not None
        with pytest.raises(NotYours):  # invited nobody
            people.put_out(session, second.account_id, place, nadia.account_id, services.now())
        people.leave(session, nadia.account_id, place, services.now())
        assert session.get(PartnerMember, (nadia.account_id, partner)) is None
        assert session.get(PartnerMember, (second.account_id, partner)) is not None


def test_the_last_to_leave_takes_the_request_and_the_telephone(
    nadia: Person, services: Services
) -> None:
    place = made(services, nadia, asked=True)
    with services.database.unit_of_work() as session:
        empty_account(session, nadia.account_id, services.now())
        row = session.get_one(Organisation, place)
        assert (row.state, row.phone) == ("own", None)
        assert asking.list_asked(session) == []


def test_every_route_of_anothers_is_at_no_address(
    browser: Browser, nadia: Person, mallory: Person, services: Services
) -> None:
    place = made(services, nadia)
    with services.database.unit_of_work() as session:
        invitation = people.invite(session, nadia.account_id, place, "x@y.example", services.now())
    routes = [
        (method, one.path)
        for one in routes_of_app()
        for method in one.methods or ()
        if one.path.startswith(f"{HOME}/{{organisation_id}}")
    ]
    assert len(routes) >= 9
    enter(services, browser, mallory.account_id)
    browser.open(f"{HOME}/nouveau/club")
    form = browser.page
    ids = {"{member_id}": str(nadia.account_id), "{invitation_id}": str(invitation)}
    for method, path in routes:
        answers = []
        for organisation_id in (place, uuid4()):
            whole = path.replace("{organisation_id}", str(organisation_id))
            for name, value in ids.items():
                whole = whole.replace(name, value)
            browser.page = form
            status = browser.open(whole) if method == "GET" else browser.press(whole)
            answers.append((status, browser.page))
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path


@pytest.mark.parametrize("many", [1, 5])
def test_pages_ask_as_much_however_much_there_is(
    browser: Browser, nadia: Person, services: Services, many: int
) -> None:
    for number in range(many):
        place = made(services, nadia, asked=True)
        person = make_person(services, f"p{number}@port.example")
        join(services, place, nadia, person)
    enter(services, browser, nadia.account_id)
    counted = {}
    for path in (HOME, f"{HOME}/{place}"):
        counted[path] = statements(services.database, partial(browser.open, path))
    assert counted == {HOME: 6, f"{HOME}/{place}": 7}
    with services.database.reading() as session:
        assert len(asking.list_asked(session)) == many
        assert statements(services.database, lambda: asking.list_asked(session)) == 3


def test_each_kind_is_whole() -> None:
    for code, kind in KINDS.items():
        assert code == kind.code
        assert re.fullmatch(r"[a-z-]{3,40}", kind.activity)
        assert kind.numbering in Numbering
        assert kind.label
        assert kind.english
