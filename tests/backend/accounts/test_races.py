"""Two at one moment: what serves once serves once, on both engines, whoever is first."""

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.accounts.activation import invite, use_activation
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.composition import make_family, members_of
from backend.accounts.families.invitations import accept_invitation, invite_parent
from backend.accounts.signin.links import give_link, use_link
from backend.accounts.signin.tables import SignInLinkKind
from backend.operators.organisations import accept_organisation
from backend.partners.directory import name_commune
from backend.partners.organisations import asking, people
from backend.partners.organisations.documents import DOCUMENTS_MAX, give_document
from backend.partners.organisations.papers import PDF, Paper
from backend.partners.organisations.profile import Typed, make_organisation
from backend.partners.organisations.suggesting import TypedSuggestion, suggest
from backend.partners.organisations.tables import (
    DocumentKind,
    OrganisationDocument,
    PartnerSuggestion,
)
from backend.partners.tables import Partner
from backend.services import Services
from tests.backend.together import at_once, kinds
from tests.backend.web.people import Person, make_person

SHOP = Typed(
    "Librairie", "73282932000074", "", "1 quai du Port", "", "92160", "92002", "0146000000"
)


def alone(services: Services, act: Callable[[Session], object]) -> object:
    """Do one thing in a unit of work of its own."""
    with services.database.unit_of_work() as session:
        return act(session)


def together(services: Services, *acts: Callable[[Session], object]) -> list[str]:
    """Do all of it at one moment; name what became of each."""
    return kinds(at_once([partial(alone, services, act) for act in acts]))


def count(services: Services, table: type) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def organisation(services: Services, person: Person, *, asked: bool = False) -> UUID:
    with services.database.unit_of_work() as session:
        now = services.now()
        name_commune(session, "92002", "Antony")
        place = make_organisation(session, person.account_id, "librairie", SHOP, now)
        if asked:
            asking.ask(session, person.account_id, place, now)
    return place


def test_one_invitation_lets_one_parent_in_once(services: Services) -> None:
    """Its own address twice, and another parent who has the page open too."""
    host, guest, other = (make_person(services, f"p{n}@exemple.fr") for n in range(3))
    now = services.now()
    with services.database.unit_of_work() as session:
        family = make_family(session, host.account_id, "Durand", now)
        asked = invite_parent(session, host.account_id, family, guest.email, now)

    def take(account_id: UUID, session: Session) -> None:
        accept_invitation(session, account_id, asked, now)

    results = together(services, *(partial(take, one.account_id) for one in (guest, other, guest)))
    assert results.count("NoneType") == 1
    assert set(results) <= {"NoneType", "LinkGone", "AddressDiffers"}
    with services.database.reading() as session:
        assert members_of(session, family) == {host.account_id, guest.account_id}


def test_one_invitation_makes_one_keeper_of_an_organisation(services: Services) -> None:
    host, guest = (make_person(services, f"p{n}@exemple.fr") for n in range(2))
    place, now = organisation(services, host), services.now()
    with services.database.unit_of_work() as session:
        asked = people.invite(session, host.account_id, place, guest.email, now)

    def take(session: Session) -> None:
        people.accept_invitation(session, guest.account_id, asked, now)

    assert together(services, take, take) == ["LinkGone", "NoneType"]
    with services.database.reading() as session:
        assert len(people.members_of(session, place)) == 2


def test_one_link_of_a_card_is_used_once(services: Services) -> None:
    now = services.now()
    with services.database.unit_of_work() as session:
        who = create_beneficiary(
            session, given_name="Léa", family_name="Durand", birth_date=date(2010, 1, 1), now=now
        ).id
        token = invite(session, who, now)

    def use(session: Session) -> UUID:
        return use_activation(session, token, now)

    assert together(services, use, use, use) == ["ActivationUsed", "ActivationUsed", "UUID"]


def test_one_link_of_a_password_is_used_once(services: Services) -> None:
    camille, now = make_person(services, "camille@exemple.fr"), services.now()
    with services.database.unit_of_work() as session:
        token = give_link(session, camille.account_id, SignInLinkKind.PASSWORD, now)

    def use(session: Session) -> None:
        use_link(session, token, now)

    assert together(services, use, use, use) == ["LinkGone", "LinkGone", "NoneType"]


def test_two_operators_who_accept_make_one_partner(services: Services) -> None:
    nadia, omar = (make_person(services, f"p{n}@exemple.fr") for n in range(2))
    now = services.now()
    first, second = (
        organisation(services, nadia, asked=True),
        organisation(services, omar, asked=True),
    )

    def accept(place: UUID, session: Session) -> UUID:
        return accept_organisation(session, place, nadia.account_id, now)

    # One organisation twice, and another of the same number.
    results = together(services, *(partial(accept, one) for one in (first, first, second)))
    assert results.count("UUID") == 1
    assert count(services, Partner) == 1


def test_what_is_bounded_stays_bounded(services: Services) -> None:
    nadia, now = make_person(services, "nadia@exemple.fr"), services.now()
    place = organisation(services, nadia)

    def give(session: Session) -> UUID:
        kind, paper = DocumentKind.OTHER, Paper(PDF, b"%PDF-")
        me = nadia.account_id
        return give_document(session, me, place, kind=kind, paper=paper, now=now)

    results = together(services, *[give] * (DOCUMENTS_MAX + 2))
    assert results == ["TooManyOfOrganisation"] * 2 + ["UUID"] * DOCUMENTS_MAX
    assert count(services, OrganisationDocument) == DOCUMENTS_MAX

    def say(session: Session) -> UUID:
        typed = TypedSuggestion("Le Select", "8 rue Haute", "92160", "Antony")
        return suggest(session, nadia.account_id, typed, now)

    assert together(services, say, say, say) == ["UUID"] * 3
    assert count(services, PartnerSuggestion) == 1
