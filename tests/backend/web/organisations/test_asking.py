"""An organisation asks to be a partner, and is one once and whole, or is told why not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.accounts.signin.act_tables import SignInAct
from backend.benefits.campaigns import (
    create_benefit,
    create_campaign,
    set_activities_of_benefit,
)
from backend.operators.organisations import accept_organisation
from backend.partners.organisations import asking
from backend.partners.organisations.errors import (
    OrganisationFixed,
    OrganisationTwice,
    OrganisationUnknown,
)
from backend.partners.organisations.profile import change_organisation, make_organisation
from backend.partners.organisations.tables import Organisation, OrganisationState
from backend.partners.space import partners_of
from backend.partners.tables import Outlet, Partner, PartnerActivity, PartnerMember
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.operator_desk import make_operator, sit_down
from tests.backend.web.organisations.shop import HOME, SHOP, SIRET, accepted, join, made
from tests.backend.web.people import Person, enter, make_person


def state_of(services: Services, organisation_id: UUID) -> str:
    with services.database.reading() as session:
        return session.get_one(Organisation, organisation_id).state


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
            accept_organisation(session, place, person.account_id, now)
        if state == "refused":
            asking.refuse(session, place, person.account_id, "non", now)
    return place


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


@pytest.mark.usefixtures("nadia")
def test_each_act_in_each_state(services: Services) -> None:
    now = services.now()
    other = replace(SHOP, number="W751111111")
    acts: dict[str, Callable[[Session, UUID, UUID], object]] = {
        "ask": lambda session, me, place: asking.ask(session, me, place, now),
        "change": lambda session, me, place: change_organisation(session, me, place, other, now),
        "withdraw": lambda session, me, place: asking.withdraw(session, me, place, now),
        "accept": lambda session, me, place: accept_organisation(session, place, me, now),
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
