"""Passages come in exactly once; what contradicts is kept aside."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from backend.access.establishments import create_establishment
from backend.access.tables import Passage, QuarantinedPassage
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from tests.backend.access.conftest import School

LEA, NOAH = "04AABBCCDDEE01", "04AABBCCDDEE02"


def report(sequence: int, at: datetime, card_id: UUID | None, **changes: Any) -> dict[str, Any]:
    plain = {
        "passage_id": str(uuid4()),
        "sequence": sequence,
        "occurred_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "uid": LEA,
        "card_id": None if card_id is None else str(card_id),
        "service": "lunch",
        "answer": "OK",
        "detail": None,
        "list_version": 1,
    }
    return plain | changes


def receipt(answer: Response) -> tuple[list[str], list[str], dict[str, str]]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    aside = {each["passage_id"]: each["reason"] for each in body["quarantined"]}
    return body["recorded"], body["already_recorded"], aside


def count(school: School, table: type[Passage] | type[QuarantinedPassage]) -> int:
    with school.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def flags(school: School) -> list[bool]:
    with school.services.database.reading() as session:
        return list(session.scalars(select(Passage.over_maximum).order_by(Passage.received_at)))


@pytest.fixture
def lea(school: School) -> UUID:
    return school.add_pupil("Léa", LEA)


def test_the_same_passage_again_is_recorded_once(school: School, lea: UUID, noon: datetime) -> None:
    passage = report(1, noon, lea)
    assert receipt(school.upload(passage)) == ([passage["passage_id"]], [], {})
    assert receipt(school.upload(passage)) == ([], [passage["passage_id"]], {})
    # The same moment, said in another zone, is the same moment.
    paris = passage | {"occurred_at": "2026-09-01T12:04:00+02:00"}
    assert receipt(school.upload(paris)) == ([], [passage["passage_id"]], {})
    assert count(school, Passage) == 1


def test_the_same_passage_twice_in_a_batch_is_recorded_once(
    school: School, lea: UUID, noon: datetime
) -> None:
    passage = report(1, noon, lea)
    one = passage["passage_id"]
    assert receipt(school.upload(passage, passage)) == ([one], [one], {})


def test_the_same_id_with_other_content_is_put_aside_and_changes_nothing(
    school: School, lea: UUID, noon: datetime
) -> None:
    passage = report(1, noon, lea)
    school.upload(passage)
    other_contents: list[dict[str, Any]] = [
        {"answer": "NON_RESERVE"},
        {"occurred_at": "2026-09-01T10:05:00Z"},
        {"sequence": 2},
        {"uid": NOAH},
        {"card_id": None},
        {"service": "dinner"},
        {"detail": "closed"},
        {"list_version": 2},
    ]
    for change in other_contents:
        for _ in range(2):
            aside = {passage["passage_id"]: "passage_id_reused"}
            assert receipt(school.upload(passage | change)) == ([], [], aside), change
    assert (count(school, Passage), count(school, QuarantinedPassage)) == (1, len(other_contents))
    assert receipt(school.upload(passage))[1] == [passage["passage_id"]]


def test_the_id_of_another_gates_passage_is_put_aside(
    school: School, lea: UUID, noon: datetime
) -> None:
    passage = report(1, noon, lea)
    school.upload(passage)
    answer = school.upload(passage, gate_id=school.other_gate_id)
    assert receipt(answer)[2] == {passage["passage_id"]: "passage_id_reused"}


def test_a_number_used_twice_is_put_aside(school: School, lea: UUID, noon: datetime) -> None:
    first, second = report(1, noon, lea), report(1, noon, lea)
    assert receipt(school.upload(first, second)) == (
        [first["passage_id"]],
        [],
        {second["passage_id"]: "sequence_reused"},
    )
    # Each gate has its own numbers.
    assert receipt(school.upload(second, gate_id=school.other_gate_id))[0] == [second["passage_id"]]


def test_a_gate_cannot_report_the_card_of_another_establishment(
    school: School, lea: UUID, noon: datetime
) -> None:
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège Hugo").id
    gate_id = school.add_gate("Là-bas", elsewhere)
    passages = [report(1, noon, lea), report(2, noon, uuid4())]
    answer = school.upload(*passages, gate_id=gate_id)
    assert set(receipt(answer)[2].values()) == {"card_not_of_establishment"}
    assert count(school, QuarantinedPassage) == 2


def test_an_admission_names_its_card_and_service(school: School, lea: UUID, noon: datetime) -> None:
    passages = [report(1, noon, None), report(2, noon, lea, service=None)]
    assert set(receipt(school.upload(*passages))[2].values()) == {"admission_incomplete"}


def test_refusals_and_strangers_are_recorded_too(school: School, lea: UUID, noon: datetime) -> None:
    stranger = report(1, noon, None, answer="CARTE_INCONNUE", detail="not_listed", uid="01020304")
    closed = report(2, noon, lea, answer="HORS_HORAIRES", detail="closed", service=None)
    assert len(receipt(school.upload(stranger, closed))[0]) == 2
    assert flags(school) == [False, False]


def test_two_gates_that_both_admitted_are_flagged_and_both_kept(
    school: School, lea: UUID, noon: datetime, clock: Any
) -> None:
    school.upload(report(1, noon, lea))
    clock.advance(minutes=1)
    school.upload(report(1, noon + timedelta(minutes=9), lea), gate_id=school.other_gate_id)
    clock.advance(minutes=1)
    school.upload(report(2, noon + timedelta(days=1), lea))
    assert flags(school) == [False, True, False]


def test_a_day_is_the_establishments_own(school: School, lea: UUID) -> None:
    night = datetime.fromisoformat("2026-09-01T22:30:00+00:00")  # 00:30 in Paris, the next day
    school.upload(report(1, night, lea))
    with school.services.database.reading() as session:
        [day] = session.scalars(select(Passage.local_day))
    assert day.isoformat() == "2026-09-02"


def test_a_malformed_passage_is_refused_without_echo(
    school: School, lea: UUID, noon: datetime
) -> None:
    malformed: list[dict[str, Any]] = [
        {"passage_id": "1"},
        {"sequence": 0},
        {"sequence": 2**63},
        {"occurred_at": "2026-09-01T10:04:00"},
        {"uid": ""},
        {"uid": "04aa"},
        {"answer": "PEUT-ETRE"},
        {"service": "s" * 41},
        {"surprise": 1},
    ]
    for change in malformed:
        answer = school.upload(report(1, noon, lea) | change)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request"), change
        assert "PEUT-ETRE" not in answer.text
    assert count(school, Passage) == 0


def test_a_batch_has_a_size(school: School, lea: UUID, noon: datetime) -> None:
    batch = [report(n, noon, lea) for n in range(1, 102)]
    assert school.upload().status_code == 422
    assert school.upload(*batch).status_code == 422
    assert len(receipt(school.upload(*batch[:100]))[0]) == 100


def test_a_counter_reports_no_passage(school: School, lea: UUID, noon: datetime) -> None:
    with school.services.database.unit_of_work() as session:
        new = create_terminal(
            session, kind=TerminalKind.COUNTER, name="Caisse", now=school.services.now()
        )
    answer = school.upload(report(1, noon, lea), gate_id=new.terminal_id)
    assert answer.json()["code"] == "terminal_kind_not_allowed"


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6), max_size=5))
def test_however_often_and_in_whatever_order_each_counts_once(
    school: School, batches: list[list[int]]
) -> None:
    start = count(school, Passage)
    noon = datetime.fromisoformat("2026-09-01T10:04:00+00:00")
    offset = start * 10 + 1
    passages = [
        report(offset + n, noon, None, answer="CARTE_INCONNUE", detail="not_listed")
        for n in range(6)
    ]
    recorded: list[str] = []
    for batch in batches:
        fresh, known, aside = receipt(school.upload(*[passages[n] for n in batch]))
        assert not aside
        assert set(fresh) | set(known) == {passages[n]["passage_id"] for n in batch}
        recorded += fresh
    assert len(recorded) == len(set(recorded)) == count(school, Passage) - start
