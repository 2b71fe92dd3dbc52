"""What is written stays, in order, and is handed over once."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from terminal.errors import JournalError, JournalFault
from terminal.gate import journal_schema
from terminal.gate.decision import Admission, Answer, Detail
from terminal.gate.passages import (
    Passage,
    PassageJournal,
    PassageState,
    SiblingPassage,
    open_passage_journal,
)
from terminal.journal_file import open_journal

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)
LEA = "00000000-0000-4000-8000-000000000001"


def passage(at: datetime = NOON, answer: Answer = Answer.OK, **changes: object) -> Passage:
    plain = Passage(
        passage_id=uuid4(),
        occurred_at=at,
        uid=bytes.fromhex("04AABBCCDDEE01"),
        card_id=LEA,
        service="lunch",
        answer=answer,
        detail=None if answer is Answer.OK else Detail.CLOSED,
        list_version=7,
        milliseconds=42,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[PassageJournal]:
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    yield journal
    journal.close()


def test_rows_are_numbered_in_order_and_come_back_whole(journal: PassageJournal) -> None:
    made = [journal.append(passage()), journal.append(passage(answer=Answer.HORS_HORAIRES))]
    assert [each.sequence for each in made] == [1, 2]
    assert journal.list_waiting() == made
    assert journal.list_last(1) == made[1:]


def test_the_uid_is_in_no_repr() -> None:
    assert "AABB" not in repr(passage()).upper()


def test_admissions_are_those_of_the_card_and_the_week(journal: PassageJournal) -> None:
    journal.append(passage(NOON - timedelta(days=9)))
    journal.append(passage(answer=Answer.DEJA_PASSE))
    journal.append(passage(card_id="00000000-0000-4000-8000-000000000002"))
    journal.append(passage(NOON - timedelta(hours=1)))
    # The clock was set back: this one seems to come from the future, and still counts.
    journal.append(passage(NOON + timedelta(hours=1)))
    assert journal.list_admissions(LEA, NOON, "here", {"here": 4}) == [
        Admission("lunch", NOON + timedelta(hours=1)),
        Admission("lunch", NOON - timedelta(hours=1), counted=True),
    ]


def test_what_the_list_does_not_count_yet_is_found_however_old(journal: PassageJournal) -> None:
    old = NOON - timedelta(days=40)
    journal.append(passage(old))
    assert journal.list_admissions(LEA, NOON, "here", {"here": 1}) == []
    assert journal.list_admissions(LEA, NOON, "here", {}) == [Admission("lunch", old)]


def sibling(sequence: int, at: datetime = NOON, gate: str = "there") -> SiblingPassage:
    return SiblingPassage(
        passage_id=uuid5(NAMESPACE_OID, f"{gate} {sequence}"),
        gate=gate,
        sequence=sequence,
        card_id=LEA,
        service="lunch",
        occurred_at=at,
    )


def test_what_sibling_gates_admitted_counts_once(journal: PassageJournal) -> None:
    news = [sibling(7), sibling(8, NOON + timedelta(minutes=1)), sibling(2, gate="elsewhere")]
    assert journal.note_siblings(news) == 3
    assert journal.note_siblings(news) == 0
    journal.append(passage(NOON - timedelta(minutes=1)))
    found = journal.list_admissions(LEA, NOON, "here", {"there": 7, "elsewhere": 9})
    assert found == [
        Admission("lunch", NOON + timedelta(minutes=1)),
        Admission("lunch", NOON, counted=True),
        Admission("lunch", NOON, counted=True),
        Admission("lunch", NOON - timedelta(minutes=1)),
    ]
    assert journal.count(PassageState.WAITING) == 1, "they are not ours to hand over"
    journal.forget_before(NOON + timedelta(days=1))
    assert len(journal.list_admissions(LEA, NOON, "here", {})) == 1


def test_a_journal_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite3"
    old = open_journal(path, journal_schema.SCHEMA)
    old.execute(
        "insert into passage (passage_id, occurred_at, uid, card_id, service, answer, list_version,"
        " milliseconds) values (?, ?, x'04', ?, 'lunch', 'OK', 1, 1)",
        (str(uuid4()), NOON.isoformat(timespec="microseconds"), LEA),
    )
    old.close()
    with closing(open_passage_journal(path)) as journal:
        assert journal.list_admissions(LEA, NOON) == [Admission("lunch", NOON)]
        assert journal.note_siblings([sibling(1)]) == 1


def test_marks_are_set_once_and_a_receipt_may_come_twice(journal: PassageJournal) -> None:
    first, second, third = (journal.append(passage()) for _ in range(3))
    receipt = ([first.passage_id], {second.passage_id: "sequence_reused"})
    assert journal.settle(*receipt) == 2
    assert journal.settle(*receipt) == 0
    # The other way round changes nothing: what is settled is settled.
    assert journal.settle([second.passage_id, uuid4()], {first.passage_id: "other"}) == 0
    assert [each.sequence for each in journal.list_waiting()] == [third.sequence]
    [aside] = journal.list_quarantined()
    assert (aside.sequence, aside.reason) == (second.sequence, "sequence_reused")


def test_only_what_the_backend_has_is_forgotten_and_numbers_go_on(journal: PassageJournal) -> None:
    recorded, aside, waiting, young = (
        journal.append(passage(NOON - timedelta(days=91))),
        journal.append(passage(NOON - timedelta(days=91))),
        journal.append(passage(NOON - timedelta(days=91))),
        journal.append(passage()),
    )
    journal.settle([recorded.passage_id, young.passage_id], {aside.passage_id: "card_unknown"})
    assert journal.forget_before(NOON - timedelta(days=90)) == 1
    assert [each.sequence for each in journal.list_last()] == [
        young.sequence,
        waiting.sequence,
        aside.sequence,
    ]
    journal.forget_before(NOON + timedelta(days=1))
    assert journal.append(passage()).sequence == 5


def test_the_file_itself_refuses_a_change_and_a_loss(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite3"
    with_rows = open_passage_journal(path)
    row = with_rows.append(passage())
    with_rows.settle([], {row.passage_id: "odd"})
    with_rows.close()
    file = open_journal(path, "", [""] * 9)
    for sql in (
        "update passage set answer = 'NON_RESERVE'",
        "update passage set occurred_at = 'yesterday'",
        "update passage set state = 'waiting', reason = null",
        "delete from passage",
    ):
        with pytest.raises(JournalError) as caught:
            file.execute(sql)
        assert caught.value.fault is JournalFault.CONSTRAINT
    file.close()


def test_an_admission_without_a_service_is_no_row(journal: PassageJournal) -> None:
    with pytest.raises(JournalError):
        journal.append(passage(service=None))
    assert journal.count(PassageState.WAITING) == 0


def test_a_row_in_a_form_nobody_wrote_is_named_damaged(tmp_path: Path) -> None:
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    journal._file.execute(
        "insert into passage (passage_id, occurred_at, uid, answer, list_version, milliseconds)"
        " values ('x', 'y', x'04', 'PEUT-ETRE', 1, 1)"
    )
    with pytest.raises(JournalError) as caught:
        journal.list_waiting()
    assert caught.value.fault is JournalFault.DAMAGED
    journal.close()


def test_a_killed_gate_starts_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite3"
    before = open_passage_journal(path)
    first = before.append(passage())
    # Nobody closed the file: a second opening is what a restart after a kill does.
    after = open_passage_journal(path)
    assert after.list_waiting() == [first]
    assert after.append(passage()).sequence == 2
    after.close()
    before.close()


class Outbox(RuleBasedStateMachine):
    """Any mixture of taps, receipts and restarts: nothing is lost, nothing is taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[UUID, int] = {}
        self.settled: dict[UUID, PassageState] = {}

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.journal = open_passage_journal(Path(self.folder.name) / "passages.sqlite3")

    @rule(answer=st.sampled_from(Answer))
    def tap(self, answer: Answer) -> None:
        row = self.journal.append(passage(answer=answer))
        self.written[row.passage_id] = row.sequence

    @rule(count=st.integers(0, 3), aside=st.booleans())
    def receipt(self, count: int, aside: bool) -> None:
        batch = [each.passage_id for each in self.journal.list_waiting(count)]
        if aside:
            self.journal.settle([], dict.fromkeys(batch, "odd"))
        else:
            self.journal.settle(batch, {})
        state = PassageState.QUARANTINED if aside else PassageState.RECORDED
        self.settled.update(dict.fromkeys(batch, state))

    @invariant()
    def every_tap_is_somewhere(self) -> None:
        waiting = {each.passage_id: each.sequence for each in self.journal.list_waiting(500)}
        assert waiting == {i: n for i, n in self.written.items() if i not in self.settled}
        assert list(waiting.values()) == sorted(waiting.values())
        for state in (PassageState.RECORDED, PassageState.QUARANTINED):
            assert self.journal.count(state) == list(self.settled.values()).count(state)

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            self.folder.cleanup()


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=20, stateful_step_count=20)
