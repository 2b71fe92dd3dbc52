"""Who belongs to a family: invited, joined, put out; a stranger does nothing there."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from backend.accounts.families.tables import FamilyMember
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.families.household import LEA, child, family_of, requested, seen
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import Person, enter, make_person


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
