"""Who looks after an organisation: invited, joined, gone."""

import re

import pytest

from backend.accounts.errors import NotYours
from backend.partners.organisations import asking, people
from backend.partners.organisations.tables import Organisation
from backend.partners.tables import PartnerMember
from backend.privacy.accounts import empty_account
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.organisations.shop import HOME, accepted, join, made
from tests.backend.web.people import Person, enter


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
