"""Pupils as an office looks for them, on both engines."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import insert

from backend.access.establishments import create_establishment, end_enrolment, enrol_pupil
from backend.accounts.beneficiaries import create_beneficiary
from backend.cards.history import Actor
from backend.cards.life import block_card
from backend.cards.order_tables import Delivery
from backend.cards.ordering import Wish
from backend.cards.requests import cancel_order, order_for
from backend.pupils.listing import (
    find_pupil,
    list_classes,
    list_pupils,
    people_without_card,
)
from backend.pupils.tables import Pupil, SchoolClass
from backend.services import Services

PEOPLE: list[tuple[str, str, str | None]] = [
    ("Léa", "Martin", "2A"),
    ("Élie", "d’Arcy", "2A"),
    ("Jean-Loup", "Le Goff", "2B"),
    ("Zoë", "Œuvrard", None),
    ("Ana", "Martín", "2A"),
]


@pytest.fixture
def lycee(services: Services) -> tuple[UUID, dict[str, UUID]]:
    people = dict[str, UUID]()
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée du Parc").id
        for code in ("2A", "2B"):
            known = {"establishment_id": place, "code": code, "label": f"Seconde {code}"}
            session.execute(insert(SchoolClass).values(**known))
        for given, family, class_code in PEOPLE:
            now, born = services.now(), date(2010, 1, 2)
            person = create_beneficiary(
                session, given_name=given, family_name=family, birth_date=born, now=now
            ).id
            enrolment = enrol_pupil(session, place, person, []).id
            if class_code is not None:
                row = {"enrolment_id": enrolment, "class_code": class_code, "updated_at": now}
                session.execute(insert(Pupil).values(**row))
            people[given] = person
    return place, people


def names(services: Services, place: UUID, **asked: str) -> list[str]:
    with services.database.reading() as session:
        found = list_pupils(session, place, **asked)  # type: ignore[arg-type]
    return [one.given_name for one in found.pupils]


def pages(services: Services, place: UUID, limit: int) -> Iterator[list[str]]:
    after: UUID | None = None
    while True:
        with services.database.reading() as session:
            page = list_pupils(session, place, after=after, limit=limit)
        yield [one.given_name for one in page.pupils]
        after = page.next_after
        if after is None:
            return


def test_found_by_the_beginning_of_any_word(
    services: Services, lycee: tuple[UUID, dict[str, UUID]]
) -> None:
    place, people = lycee
    in_order = ["Élie", "Jean-Loup", "Ana", "Léa", "Zoë"]
    assert names(services, place) == in_order
    for typed, found in {
        "MARTIN": ["Ana", "Léa"],
        "lea mar": ["Léa"],
        "loup": ["Jean-Loup"],
        "goff": ["Jean-Loup"],
        "oeuv": ["Zoë"],
        "artin": [],
        "%": in_order,
        "_ea": [],
        "d'arcy": ["Élie"],
    }.items():
        assert names(services, place, search=typed) == found, typed
    assert names(services, place, class_code="2A") == ["Élie", "Ana", "Léa"]
    assert list(pages(services, place, 2)) == [in_order[:2], in_order[2:4], in_order[4:]]
    with services.database.unit_of_work() as session:
        end_enrolment(session, place, people["Léa"], services.now())
    assert names(services, place, search="martin") == ["Ana"]


def test_the_card_that_matters_is_the_one_shown(
    services: Services, lycee: tuple[UUID, dict[str, UUID]]
) -> None:
    place, people = lycee
    wish = Wish(delivery=Delivery.ESTABLISHMENT, establishment_id=place)
    by, now = Actor.typed("anne"), services.now()

    def shown() -> str | None:
        with services.database.reading() as session:
            (line,) = list_pupils(session, place, search="léa").pupils
            again = find_pupil(session, line.enrolment_id)
        assert again == line
        return None if line.card_state is None else line.card_state.value

    def order() -> UUID:
        with services.database.unit_of_work() as session:
            return order_for(session, [people["Léa"]], wish, now, by=by).card_ids[0]

    assert shown() is None
    first = order()
    assert shown() == "ordered"
    with services.database.unit_of_work() as session:
        cancel_order(session, first, now, by=by)
    assert shown() is None
    second = order()
    with services.database.unit_of_work() as session:
        block_card(session, second, "lost", now)
    assert shown() == "blocked"
    order()
    assert shown() == "ordered"
    with services.database.reading() as session:
        classes = list_classes(session, place)
        assert [(one.code, one.pupils, one.without_card) for one in classes] == [
            ("2A", 3, 2),
            ("2B", 1, 1),
            (None, 1, 1),
        ]
        assert len(people_without_card(session, place)) == 4
        assert len(people_without_card(session, place, "2A")) == 2
