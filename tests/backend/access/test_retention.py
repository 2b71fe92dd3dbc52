"""Passages become counts, all of them and once, and money and numbers stay."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access import retention
from backend.access.retention import count_passages, forget_passages
from backend.access.tables import Passage, PassageCount, QuarantinedPassage, RetentionRun
from tests.backend.access.conftest import School

LEA = "04AABBCCDDEE01"


def passage(
    school: School, card_id: UUID, sequence: int, *, days_ago: int, answer: str = "OK"
) -> dict[str, Any]:
    at = school.services.now() - timedelta(days=days_ago)
    return {
        "passage_id": str(uuid4()),
        "sequence": sequence,
        "occurred_at": at.isoformat(),
        "uid": LEA,
        "card_id": str(card_id),
        "service": None if answer == "HORS_HORAIRES" else "lunch",
        "answer": answer,
        "detail": None,
        "list_version": 1,
    }


@pytest.fixture
def old_school(school: School, monkeypatch: pytest.MonkeyPatch) -> School:
    """Five passages of 91 days ago at one gate, one of 90 and one of today; two a batch."""
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 2)
    card_id = school.add_pupil("Léa", LEA)
    answers = ["OK", "DEJA_PASSE", "DEJA_PASSE", "HORS_HORAIRES", "DEJA_PASSE"]
    old = [
        passage(school, card_id, number, days_ago=91, answer=answer)
        for number, answer in enumerate(answers, 1)
    ]
    young = [
        passage(school, card_id, 6, days_ago=90),
        passage(school, card_id, 7, days_ago=0),
    ]
    school.upload(*old, *young)
    school.upload(passage(school, card_id, 9, days_ago=200), gate_id=school.other_gate_id)
    return school


def counts(session: Session) -> dict[tuple[str, str], int]:
    rows = session.scalars(select(PassageCount))
    return {(row.service, row.answer): row.passages for row in rows}


def test_old_passages_become_counts_and_young_ones_stay(old_school: School) -> None:
    services = old_school.services
    with services.database.reading() as session:
        before = count_passages(session, old_school.establishment_id)
    gone = forget_passages(services)
    assert (gone.passages, gone.quarantined) == (5, 0)
    with services.database.reading() as session:
        assert counts(session) == {
            ("lunch", "OK"): 1,
            ("lunch", "DEJA_PASSE"): 3,
            ("", "HORS_HORAIRES"): 1,
        }
        # The other gate's last passage is as old, and stays: its number is still needed.
        kept = session.scalars(select(Passage.sequence).order_by(Passage.sequence)).all()
        assert kept == [6, 7, 9]
        assert count_passages(session, old_school.establishment_id) == before == 8
        [run] = session.scalars(select(RetentionRun))
        assert (run.passages, run.before_day) == (5, gone.before_day)


def test_a_second_run_finds_nothing_and_says_so(old_school: School) -> None:
    forget_passages(old_school.services)
    assert forget_passages(old_school.services).passages == 0
    with old_school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RetentionRun)) == 2
        assert counts(session)["lunch", "DEJA_PASSE"] == 3


def test_stopped_between_two_batches_nothing_is_lost_or_counted_twice(
    old_school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_batch = retention._count_batch
    calls = []

    def dies_at_the_second(session: Session, before: Any) -> int:
        calls.append(1)
        done = count_batch(session, before)
        if len(calls) == 2:
            raise KeyboardInterrupt  # after its rows were touched, before its commit
        return done

    monkeypatch.setattr(retention, "_count_batch", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        forget_passages(old_school.services)
    with old_school.services.database.reading() as session:
        assert count_passages(session, old_school.establishment_id) == 8
        assert sum(counts(session).values()) == 2
    assert forget_passages(old_school.services).passages == 3
    with old_school.services.database.reading() as session:
        assert sum(counts(session).values()) == 5


def test_what_was_put_aside_goes_too(old_school: School) -> None:
    card_id = old_school.add_pupil("Noah", "04AABBCCDDEE02")
    old_school.upload(passage(old_school, card_id, 7, days_ago=0))  # a number used twice
    clock: Any = old_school.services.now
    with old_school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(QuarantinedPassage)) == 1
    clock.advance(days=91)
    assert forget_passages(old_school.services).quarantined == 1


def test_the_lists_still_know_how_far_each_gate_is(old_school: School) -> None:
    before = old_school.fetch_list()["counted"]
    forget_passages(old_school.services)
    assert old_school.fetch_list()["counted"] == before
