"""Several at once, on both engines: a passage counts once, a version has one content."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier, Event
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.access import access_list, list_content
from backend.access.access_list import issue_access_list
from backend.access.list_content import ListContent
from backend.access.passages import PassageReport, Receipt, record_passages
from backend.access.tables import Gate, GateAnswer, Passage
from backend.accounts.tables import Beneficiary
from tests.backend.access.conftest import School

LEA = "04AABBCCDDEE01"
AT_ONCE = 6

T = TypeVar("T")


def all_at_once(works: list[Callable[[], T]]) -> list[T]:
    barrier = Barrier(len(works))

    def begin(work: Callable[[], T]) -> T:
        barrier.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def report(sequence: int, at: datetime, card_id: UUID) -> PassageReport:
    return PassageReport(
        passage_id=uuid4(),
        sequence=sequence,
        occurred_at=at,
        uid=bytes.fromhex(LEA),
        card_id=card_id,
        service="lunch",
        answer=GateAnswer.OK,
        detail=None,
        list_version=1,
    )


def test_the_same_batch_sent_again_while_it_is_being_recorded(
    school: School, noon: datetime
) -> None:
    card_id = school.add_pupil("Léa", LEA)
    batch = [report(n, noon, card_id) for n in range(1, 6)]

    def send() -> Receipt:
        with school.services.database.unit_of_work() as session:
            return record_passages(session, school.gate_id, batch, school.services.now())

    receipts = all_at_once([send] * AT_ONCE)
    assert sorted(len(receipt.recorded) for receipt in receipts) == [0] * (AT_ONCE - 1) + [5]
    assert all(not receipt.quarantined for receipt in receipts)


def test_two_gates_at_once_flag_all_but_one_admission(school: School, noon: datetime) -> None:
    card_id = school.add_pupil("Léa", LEA)
    gates = [school.gate_id, school.other_gate_id]

    def sender(gate_id: UUID) -> Callable[[], Receipt]:
        def send() -> Receipt:
            with school.services.database.unit_of_work() as session:
                one = [report(1, noon, card_id)]
                return record_passages(session, gate_id, one, school.services.now())

        return send

    all_at_once([sender(gate_id) for gate_id in gates])
    with school.services.database.reading() as session:
        assert sorted(session.scalars(select(Passage.over_maximum))) == [False, True]


def test_a_change_seen_by_many_at_once_is_one_version(school: School) -> None:
    school.add_pupil("Léa", LEA)

    def fetch() -> str:
        issued = issue_access_list(school.services, school.gate_id)
        assert issued is not None
        return issued.jws

    payloads = [school.open(jws) for jws in all_at_once([fetch] * AT_ONCE)]
    assert {payload["version"] for payload in payloads} == {1}


def test_a_change_that_arrives_while_a_version_is_given_gets_the_next_one(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.add_pupil("Léa", LEA)
    read, reading, finished = list_content.read_content, Event(), Event()
    calls: list[int] = []

    def dawdling(session: Session, gate: Gate, today: date) -> ListContent:
        content = read(session, gate, today)
        calls.append(1)
        if len(calls) == 1:  # the first gate's look, under its lock
            reading.set()
            # Whoever takes no lock gets through meanwhile; whoever does waits for us.
            finished.wait(0.5)
        return content

    monkeypatch.setattr(access_list, "read_content", dawdling)

    def slow() -> str:
        return issue(school)

    def quick() -> str:
        assert reading.wait(10)
        rename_pupil(school)
        jws = issue(school)
        finished.set()
        return jws

    payloads = [school.open(jws) for jws in all_at_once([slow, quick])]
    by_version = {payload["version"]: payload["cards"][0]["display_name"] for payload in payloads}
    for payload in payloads:
        assert by_version[payload["version"]] == payload["cards"][0]["display_name"]


def issue(school: School) -> str:
    issued = issue_access_list(school.services, school.gate_id)
    assert issued is not None
    return issued.jws


def rename_pupil(school: School) -> None:
    """Change the content; on SQLite the writer before us holds the one write lock, so we wait."""
    with school.services.database.unit_of_work() as session:
        session.execute(update(Beneficiary).values(given_name="Lea"))
