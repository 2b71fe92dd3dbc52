"""One code for a whole class: the sixth is refused, the operator hears a figure, nobody sees it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.access.establishments import create_establishment, enrol_pupil
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.tables import Notice
from backend.commands import alarms, codes
from backend.pins.errors import CodeRefused
from backend.pins.setting import set_code
from backend.pins.shared_codes import look_at_tallies
from backend.pins.tables import CodeTally
from backend.vault.code_tally import SHARED_FROM
from backend.vault.errors import VaultUnavailable
from backend.vault.values import SecretCode

IMPOSED = "7391"


class School:
    """An establishment and its pupils."""

    def __init__(self, world: Any, name: str = "Lycée des Tilleuls") -> None:
        self.services = world.services
        self.world = world
        with self.services.database.unit_of_work() as session:
            self.id = create_establishment(session, name).id

    def pupils(self, count: int) -> list[UUID]:
        made = []
        with self.services.database.unit_of_work() as session:
            for _ in range(count):
                pupil = create_beneficiary(
                    session,
                    given_name="Léa",
                    family_name="Martin",
                    birth_date=date(2009, 5, 17),
                    now=self.services.now(),
                ).id
                enrol_pupil(session, self.id, pupil, [])
                made.append(pupil)
        return made

    def choose(self, pupil: UUID, digits: str = IMPOSED) -> str:
        try:
            set_code(self.services, pupil, SecretCode(digits))
        except CodeRefused as refusal:
            return str(refusal.details["why"])
        return "set"

    def tally(self) -> CodeTally:
        with self.services.database.reading() as session:
            row: CodeTally = session.get_one(CodeTally, self.id)
        return row


@pytest.fixture
def school(world: Any) -> School:
    return School(world)


def test_a_code_that_a_class_was_told_is_refused_from_the_sixth_on(school: School) -> None:
    answers = [school.choose(pupil) for pupil in school.pupils(SHARED_FROM + 3)]
    assert answers == ["set"] * SHARED_FROM + ["shared"] * 3
    (late,) = school.pupils(1)
    assert school.choose(late, "8264") == "set"
    assert codes.shared(school.services, as_json=False) == "Lycée des Tilleuls: 1 shared codes"


def test_another_school_has_a_tally_of_its_own(school: School, world: Any) -> None:
    for pupil in school.pupils(SHARED_FROM):
        school.choose(pupil)
    other = School(world, "Collège du Parc")
    (pupil,) = other.pupils(1)
    assert other.choose(pupil) == "set"
    figures = json.loads(codes.shared(school.services, as_json=True))
    assert figures == [
        {"establishment": "Collège du Parc", "shared_codes": 0},
        {"establishment": "Lycée des Tilleuls", "shared_codes": 1},
    ]


def test_who_belongs_nowhere_is_counted_nowhere(world: Any) -> None:
    world.set(IMPOSED)
    with world.services.database.reading() as session:
        assert session.scalars(select(CodeTally)).all() == []


def test_a_refused_choice_is_not_counted(school: School) -> None:
    (pupil,) = school.pupils(1)
    school.choose(pupil, "8264")
    before = school.tally()
    for digits in ("1234", "1705", "8264"):
        assert school.choose(pupil, digits) != "set"
    assert school.tally().version == before.version


def test_the_operator_is_told_a_figure_once_a_day_and_nothing_else(
    school: School, clock: Any
) -> None:
    for pupil in school.pupils(SHARED_FROM):
        school.choose(pupil)
    # Nothing in the database moved with the choice that was one too many.
    assert (school.tally().shared_codes, school.tally().looked_at) == (0, None)
    assert look_at_tallies(school.services) == 1
    assert look_at_tallies(school.services) == 0
    (alarm,) = json.loads(alarms.show(school.services, everything=False, as_json=True))
    assert (alarm["kind"], alarm["figure"]) == ("shared_code", 1)
    assert alarm["establishment_id"] == str(school.id)
    with school.services.database.reading() as session:
        facts = session.scalars(select(Notice.facts).where(Notice.kind == "alarm")).one()
    assert set(json.loads(facts)) == {"alarm", "kind", "where", "figure"}
    assert IMPOSED not in facts
    clock.advance(days=1)
    assert look_at_tallies(school.services) == 1
    # The same figure is no news.
    assert len(json.loads(alarms.show(school.services, everything=True, as_json=True))) == 1
    alarms.release(school.services, alarm["alarm_id"], "Anne")


def test_a_class_choosing_at_once_is_counted_whole(school: School) -> None:
    pupils = school.pupils(12)
    start = Barrier(len(pupils))

    def choose(pupil: UUID) -> str:
        start.wait(20)
        return school.choose(pupil)

    with ThreadPoolExecutor(len(pupils)) as pool:
        answers = list(pool.map(choose, pupils))
    assert school.tally().version == answers.count("set")
    assert answers.count("set") >= SHARED_FROM


def test_a_code_is_set_even_when_it_cannot_be_counted(school: School, world: Any) -> None:
    (pupil,) = school.pupils(1)

    def away(*_asked: Any) -> bytes:
        raise VaultUnavailable

    world.vault.vault.count_code = away
    assert school.choose(pupil) == "set"
