"""What the tests of organisations share: a shop, and the ways it goes."""

from uuid import UUID

from backend.operators.organisations import accept_organisation
from backend.partners.organisations import asking, people
from backend.partners.organisations.profile import Typed, make_organisation
from backend.services import Services
from tests.backend.web.people import Person

SIRET = "732 829 320 00074"
SHOP = Typed("Librairie du Port", SIRET, "", "1 quai du Port", "", "92160", "Antony", "0146000000")
HOME = "/espace/organisme"


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


def join(services: Services, organisation_id: UUID, host: Person, guest: Person) -> None:
    with services.database.unit_of_work() as session:
        now = services.now()
        asked = people.invite(session, host.account_id, organisation_id, guest.email, now)
        people.accept_invitation(session, guest.account_id, asked, now)
