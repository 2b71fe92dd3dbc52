"""Whose data somebody may see, on both engines; and the requests that staff look through."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.errors import NotYours
from backend.accounts.families.composition import add_child, make_family, read_families
from backend.accounts.families.own_tie import make_tie
from backend.accounts.families.requests import LISTED_MAX, Named, ask_tie, open_requests
from backend.accounts.families.rights import check_mine, find_mine, my_beneficiaries
from backend.accounts.families.tables import FamilyChild, Relation
from backend.accounts.tables import Beneficiary
from backend.services import Services
from tests.backend.web.people import make_person


def person(services: Services, given: str, born: date) -> UUID:
    with services.database.unit_of_work() as session:
        return create_beneficiary(
            session, given_name=given, family_name="Durand", birth_date=born, now=services.now()
        ).id


def test_ones_own_and_ones_childrens_and_nobody_elses(services: Services) -> None:
    camille, noe = (
        make_person(services, f"{name}@exemple.fr").account_id for name in ("camille", "noe")
    )
    zoe, own = (
        person(services, "Zoé", date(2012, 1, 1)),
        person(services, "Noé", date(2010, 1, 1)),
    )
    stranger = person(services, "Max", date(2012, 1, 1))
    now = services.now()
    with services.database.unit_of_work() as session:
        for name in ("Durand", "Martin"):  # two families of one parent, one child in both
            family_id = make_family(session, camille, name, now)
            add_child(session, family_id, zoe, camille, now)
        add_child(session, family_id, own, camille, now)
        make_tie(session, noe, own, noe, now)
    asked: list[str] = []
    event.listen(
        services.database.engine, "before_cursor_execute", lambda *a: asked.append(str(a[2]))
    )
    with services.database.reading() as session:
        mine = my_beneficiaries(session, camille)
        assert len([one for one in asked if "SELECT" in one]) == 1
        assert [(one.given_name, one.relation, one.may_choose_code) for one in mine] == [
            ("Noé", Relation.CHILD, False),
            ("Zoé", Relation.CHILD, True),
        ]
        assert [one.relation for one in my_beneficiaries(session, noe)] == [Relation.SELF]
        assert check_mine(session, noe, own) is Relation.SELF
        assert find_mine(session, noe, own).may_choose_code
        for account_id, beneficiary_id in ((noe, zoe), (camille, stranger), (zoe, zoe)):
            with pytest.raises(NotYours):
                check_mine(session, account_id, beneficiary_id)
        parts = read_families(session, camille, now)
        assert sorted(len(one.children) for one in parts) == [1, 2]


def test_the_database_itself_holds_one_of_each(services: Services) -> None:
    camille = make_person(services, "camille@exemple.fr").account_id
    zoe, now = person(services, "Zoé", date(2012, 1, 1)), services.now()
    with services.database.unit_of_work() as session:
        family_id = make_family(session, camille, "Durand", now)
        add_child(session, family_id, zoe, camille, now)
        add_child(session, family_id, zoe, camille, now)
    with services.database.unit_of_work() as session:
        row = session.scalars(select(FamilyChild)).one()
    with pytest.raises(IntegrityError), services.database.unit_of_work() as session:
        session.add(
            FamilyChild(
                id=UUID(int=5),
                family_id=row.family_id,
                beneficiary_id=row.beneficiary_id,
                since=now,
                added_by=camille,
                ended_at=None,
                ended_by=None,
            )
        )


def test_requests_are_paged_and_an_establishment_sees_its_own(services: Services) -> None:
    now, born = services.now(), date(2012, 1, 1)
    here = person(services, "JEAN-NOËL", born)
    person(services, "Jean Noel", born)  # a namesake, elsewhere
    for number in range(4):
        parent = make_person(services, f"p{number}@exemple.fr").account_id
        with services.database.unit_of_work() as session:
            family_id = make_family(session, parent, "Durand", now)
            for child in range(14):
                birth_date = born + timedelta(days=child)
                named = Named("Jean Noel", "durand", birth_date)
                asked = ask_tie(session, parent, named, family_id, now)
                assert ask_tie(session, parent, named, family_id, now) == asked
    with services.database.reading() as session:
        first = open_requests(session)
        rest = open_requests(session, after=(first[-1].asked_at, first[-1].request_id))
        assert (len(first), len(rest)) == (LISTED_MAX, 4 * 14 - LISTED_MAX)
        assert {one.request_id for one in first}.isdisjoint(one.request_id for one in rest)
        ours = open_requests(session, select(Beneficiary.id).where(Beneficiary.id == here))
        assert [[c.beneficiary_id for c in one.candidates] for one in ours] == [[here]] * 4
        nobody = select(Beneficiary.id).where(Beneficiary.given_name == "Nobody")
        assert open_requests(session, nobody) == []


ALIKE = (
    ("Élodie", "Durand", "ELODIE", "DURAND"),
    ("Elodie", "Émery", "Élodie", "Emery"),
    ("Anne-Laure", "d’Arcy", "anne laure", "D'ARCY"),
    ("Œdipe", "Łukasz", "Oedipe", "lukasz"),
)
OTHER = (("Élodie", "Durand", "Lodie", "Durand"), ("Léa", "Martin", "Léa", "Nartin"))


@pytest.mark.parametrize("names", ALIKE + OTHER)
def test_a_name_is_found_however_it_is_written(services: Services, names: tuple[str, ...]) -> None:
    given, family, known_given, known_family = names
    parent, born, now = make_person(services, "p@exemple.fr"), date(2012, 3, 14), services.now()
    with services.database.unit_of_work() as session:
        known = create_beneficiary(
            session, given_name=known_given, family_name=known_family, birth_date=born, now=now
        ).id
        family_id = make_family(session, parent.account_id, "Durand", now)
        ask_tie(session, parent.account_id, Named(given, family, born), family_id, now)
    meant = [known] if names in ALIKE else []
    with services.database.reading() as session:
        (one,) = open_requests(session)
        assert [each.beneficiary_id for each in one.candidates] == meant
        theirs = open_requests(session, select(Beneficiary.id))
        assert [[c.beneficiary_id for c in each.candidates] for each in theirs] == [meant][
            : len(meant)
        ]
