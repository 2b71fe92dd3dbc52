"""Recording a batch asks the database as often for twenty passages as for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, func, select, update

from backend.access.meals import pay_in, set_price
from backend.access.passages import PassageReport, record_passages
from backend.access.tables import (
    Enrolment,
    EnrolmentService,
    GateAnswer,
    HolderCategory,
    MealCharge,
    Passage,
    Service,
)
from backend.ledger.check import check_ledger
from backend.ledger.tables import Transfer
from tests.backend.access.conftest import School

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def counted(engine: Engine, verbs: tuple[str, ...] = ("SELECT",)) -> Iterator[list[str]]:
    """Note every statement that reads, or that begins with one of these verbs."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if statement.startswith(verbs):
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


@pytest.mark.parametrize("opened", [False, True])
def test_twenty_meals_that_are_paid_take_as_many_statements_as_one(
    school: School, noon: datetime, opened: bool
) -> None:
    """With their transfers, and with accounts that nobody has paid anything into yet."""
    cards = [school.add_pupil("Léa", f"{number:014X}") for number in range(1, 23)]
    engine = school.services.database.engine
    with school.services.database.unit_of_work() as session:
        service = session.scalars(select(Service.id)).one()
        set_price(session, service, HolderCategory.PUPIL, price_cents=420)
        session.execute(update(EnrolmentService).values(prepaid=True))
        if opened:
            for enrolment in session.scalars(select(Enrolment.id)).all():
                pay_in(session, enrolment, amount_cents=4200, transfer_id=uuid4(), now=noon)
        first = record_passages(session, school.gate_id, reports(cards[:1], 1, noon), noon)
        assert len(first.recorded) == 1
    asked = []
    for some, number in ((cards[1:2], 2), (cards[2:], 3)):
        with (
            counted(engine, ("SELECT", "INSERT", "UPDATE", "WITH")) as seen,
            school.services.database.unit_of_work() as session,
        ):
            record_passages(session, school.gate_id, reports(some, number, noon), noon)
        asked.append(len(seen))
    assert asked[0] == asked[1] <= (10 if opened else 14), asked
    with school.services.database.reading() as session:
        charged = session.scalar(select(func.count()).select_from(MealCharge))
        moved = session.scalar(
            select(func.count()).where(Transfer.reference.startswith("passage:"))
        )
        assert (charged, moved) == (22, 22)
        assert check_ledger(session).problems == ()


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
