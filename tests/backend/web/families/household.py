"""What the tests of families share: a child, a family, who sees whom."""

import re
from datetime import date
from uuid import UUID

from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.families.composition import add_child, make_family
from backend.accounts.families.rights import (
    my_beneficiaries,
)
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.people import Person

LEA = {"given_name": "Léa", "family_name": "Durand", "birth_date": "14/03/2012"}


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
