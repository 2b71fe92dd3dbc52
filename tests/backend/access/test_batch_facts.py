"""Recording a batch asks the database as often for twenty passages as for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event

from backend.access.passages import PassageReport, record_passages
from backend.access.tables import GateAnswer, Passage
from tests.backend.access.conftest import School

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Note every statement that reads."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def reports(cards: list[UUID], first: int, noon: datetime) -> list[PassageReport]:
    return [
        PassageReport(
            passage_id=uuid4(),
            sequence=first + place,
            occurred_at=noon + timedelta(seconds=place),
            uid=bytes(7),
            card_id=card,
            service="lunch",
            answer=GateAnswer.OK,
            detail=None,
            list_version=1,
        )
        for place, card in enumerate(cards)
    ]


def test_twenty_passages_take_as_many_questions_as_one(school: School, noon: datetime) -> None:
    cards = [school.add_pupil("Léa", f"{number:014X}") for number in range(1, 22)]
    asked = []
    for some, first in ((cards[:1], 1), (cards[1:], 2)):
        with (
            counted(school.services.database.engine) as seen,
            school.services.database.unit_of_work() as session,
        ):
            receipt = record_passages(session, school.gate_id, reports(some, first, noon), noon)
        assert len(receipt.recorded) == len(some)
        asked.append(len(seen))
    assert asked[0] == asked[1] <= 8


def test_a_batch_knows_what_it_has_just_recorded(school: School, noon: datetime) -> None:
    card = school.add_pupil("Léa", f"{1:014X}")
    one, again = reports([card, card], 1, noon)
    with school.services.database.unit_of_work() as session:
        receipt = record_passages(session, school.gate_id, [one, again, one], noon)
        assert receipt.recorded == [one.passage_id, again.passage_id]
        assert receipt.already_recorded == [one.passage_id]
        flags = [session.get_one(Passage, id_).over_maximum for id_ in receipt.recorded]
        assert flags == [False, True]
    with school.services.database.unit_of_work() as session:
        reused = reports([card], 2, noon)
        receipt = record_passages(session, school.gate_id, reused, noon)
        assert list(receipt.quarantined.values()) == ["sequence_reused"]
