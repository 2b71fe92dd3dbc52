"""What happens at door and reader stays at the gate until the backend has it, once and in order."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from terminal.errors import BackendGarbled, BackendRefused, BackendUnreachable
from terminal.gate.door.event_book import (
    READER_NEWS_SECONDS,
    DoorNews,
    EventBook,
    ReaderWatch,
    hand_over,
)
from terminal.gate.journal_schema import SCHEMA, UPGRADES
from terminal.gate.passages import PassageJournal, open_passage_journal
from terminal.gate_event_values import GateEventReceipt, GateEventReport, RefusedGateEvent
from terminal.journal_file import open_journal

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[PassageJournal]:
    opened = open_passage_journal(tmp_path / "passages.db")
    yield opened
    opened.close()


@pytest.fixture
def book(journal: PassageJournal) -> EventBook:
    return EventBook(journal.file)


class Backend:
    """Keeps what it is told; the next exchanges go as `faults` say."""

    def __init__(self, *faults: str, cannot_read: str = "") -> None:
        self.kept: dict[UUID, GateEventReport] = {}
        self.asked: list[list[int]] = []
        self._faults = list(faults)
        self._cannot_read = cannot_read

    def upload_gate_events(self, events: Sequence[GateEventReport]) -> GateEventReceipt:
        self.asked.append([each.sequence for each in events])
        fault = self._faults.pop(0) if self._faults else ""
        if fault == "request lost":
            raise BackendUnreachable("request")
        if any(each.kind == self._cannot_read for each in events):
            raise BackendRefused(422, "malformed_request", "unknown kind")
        known = [each.event_id for each in events if each.event_id in self.kept]
        fresh = [each.event_id for each in events if each.event_id not in self.kept]
        self.kept.update({each.event_id: each for each in events})
        if fault == "answer lost":
            raise BackendUnreachable("answer")
        if fault == "names none":
            return GateEventReceipt(recorded=(), already_recorded=(), refused=())
        if fault == "refused":
            refused = tuple(RefusedGateEvent(event_id=one, reason="reused") for one in fresh)
            return GateEventReceipt(recorded=(), already_recorded=(), refused=refused)
        return GateEventReceipt(recorded=tuple(fresh), already_recorded=tuple(known), refused=())


def test_events_go_in_order_once_and_name_nobody(book: EventBook) -> None:
    for number in range(103):
        book.note(DoorNews.FORCED, NOON + timedelta(seconds=number), "a card")
    backend = Backend("request lost", "answer lost")
    for _ in range(2):
        with pytest.raises(BackendUnreachable):
            hand_over(book, backend)
    hand_over(book, backend)
    assert [len(batch) for batch in backend.asked] == [100, 100, 100, 3]
    assert [each.sequence for each in backend.kept.values()] == list(range(1, 104))
    assert "a card" not in str([each.as_json() for each in backend.kept.values()])
    assert book.list_waiting() == []
    assert all(each.is_told for each in book.list_events())
    hand_over(book, backend)
    assert len(backend.asked) == 4, "nothing to tell, nothing asked"


def test_how_many_went_through_is_told_and_who_released_it_is_not(book: EventBook) -> None:
    book.note(DoorNews.EMERGENCY_BY_HAND, NOON, supervisor="Mme Roy")
    book.note(DoorNews.EMERGENCY_OVER, NOON, passages=17, supervisor="Mme Roy")
    backend = Backend()
    hand_over(book, backend)
    began, over = [each.as_json() for each in backend.kept.values()]
    assert ("passages" in began, over["passages"]) == (False, 17)
    assert "Mme Roy" not in str([began, over])


def test_an_event_the_backend_cannot_read_holds_no_other_up(book: EventBook) -> None:
    for kind in (DoorNews.FORCED, DoorNews.READER_LOST, DoorNews.ALARM_OVER):
        book.note(kind, NOON)
    backend = Backend(cannot_read="reader_lost")
    hand_over(book, backend)
    assert [each.kind for each in backend.kept.values()] == ["forced", "alarm_over"]
    assert book.list_waiting() == []
    book.note(DoorNews.FORCED, NOON)
    hand_over(book, Backend("refused"))
    assert book.list_waiting() == []


def test_a_receipt_that_names_nothing_is_none(book: EventBook) -> None:
    book.note(DoorNews.FORCED, NOON)
    with pytest.raises(BackendGarbled):
        hand_over(book, Backend("names none"))
    assert len(book.list_waiting()) == 1


def test_what_the_backend_has_not_is_kept_however_old(
    journal: PassageJournal, book: EventBook, tmp_path: Path
) -> None:
    book.note(DoorNews.HELD_OPEN, NOON)
    journal.forget_before(NOON + timedelta(days=400))
    assert len(book.list_waiting()) == 1
    with sqlite3.connect(tmp_path / "passages.db") as other:
        for change in ("delete from door_event", "update door_event set kind = 'alarm_over'"):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(change)
    other.close()


def test_a_reader_that_goes_is_noted_once_and_one_that_wobbles_seldom(book: EventBook) -> None:
    now = [100.0]
    watch = ReaderWatch(book, lambda: NOON, lambda: now[0])

    def noted() -> list[str]:
        return [each.kind for each in reversed(book.list_events())]

    watch.see(is_there=True)
    assert noted() == []
    for _ in range(5):
        watch.see(is_there=False)
    assert noted() == ["reader_lost"]
    for is_there in (True, False) * 20:
        now[0] += 0.5
        watch.see(is_there=is_there)
    assert noted() == ["reader_lost"]
    now[0] += READER_NEWS_SECONDS
    watch.see(is_there=True)
    assert noted() == ["reader_lost", "reader_back"]


def test_events_of_an_older_journal_are_handed_over_too(tmp_path: Path) -> None:
    older = open_journal(tmp_path / "old.db", SCHEMA, UPGRADES[:3])
    older.execute("insert into door_event (sequence, occurred_at, kind) values (7, 'x', 'forced')")
    older.execute("update door_event set occurred_at = ?", (NOON.isoformat(),))
    older.close()
    journal = open_passage_journal(tmp_path / "old.db")
    book = EventBook(journal.file)
    book.note(DoorNews.ALARM_OVER, NOON)
    backend = Backend()
    hand_over(book, backend)
    assert [(each.sequence, each.kind) for each in backend.kept.values()] == [
        (7, "forced"),
        (8, "alarm_over"),
    ]
    journal.close()
