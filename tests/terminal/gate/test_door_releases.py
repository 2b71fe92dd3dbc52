"""The book of releases: each becomes a passage or nothing, once, whatever ends in between."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from terminal.errors import JournalError
from terminal.gate.decision import Answer, Detail
from terminal.gate.door.event_book import DoorNews
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)
LEA = "00000000-0000-4000-8000-000000000001"


def passage(number: int = 1) -> Passage:
    return Passage(
        passage_id=UUID(int=number),
        occurred_at=NOON,
        uid=b"\x04\x01",
        card_id=LEA,
        service="lunch",
        answer=Answer.OK,
        detail=None,
        list_version=7,
        milliseconds=40,
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[PassageJournal]:
    opened = open_passage_journal(tmp_path / "passages.db")
    yield opened
    opened.close()


@pytest.fixture
def book(journal: PassageJournal) -> ReleaseBook:
    return ReleaseBook(journal)


def test_a_release_is_no_passage_until_it_is_counted(
    journal: PassageJournal, book: ReleaseBook
) -> None:
    book.begin(passage())
    assert journal.list_last() == []
    counted = book.count(passage())
    assert counted is not None
    assert journal.list_last() == [counted]
    assert (counted.sequence, counted.detail, counted.passage_id) == (1, None, UUID(int=1))


def test_it_counts_once(journal: PassageJournal, book: ReleaseBook) -> None:
    book.begin(passage())
    book.count(passage())
    assert book.count(passage()) is None
    book.discount(passage(), NOON)
    assert len(journal.list_last()) == 1
    assert book.events.list_events() == []


def test_who_did_not_go_through_has_no_passage_and_an_event(
    journal: PassageJournal, book: ReleaseBook
) -> None:
    book.begin(passage())
    book.discount(passage(), NOON)
    assert journal.list_last() == []
    assert [(each.kind, each.card_id) for each in book.events.list_events()] == [
        (DoorNews.NOT_PASSED, LEA)
    ]
    assert book.count(passage()) is None


def test_a_release_left_behind_counts_in_doubt(journal: PassageJournal, book: ReleaseBook) -> None:
    book.begin(passage(1))
    book.begin(passage(2))
    assert book.count_left_behind(NOON) == 2
    assert [each.detail for each in journal.list_last()] == [Detail.IN_DOUBT] * 2
    assert book.count_left_behind(NOON) == 0


def test_nobody_is_released_twice_under_one_id(book: ReleaseBook) -> None:
    book.begin(passage())
    with pytest.raises(JournalError):
        book.begin(passage())


def test_a_failing_write_leaves_the_release_open(
    journal: PassageJournal, book: ReleaseBook, tmp_path: Path
) -> None:
    book.begin(passage())
    other = sqlite3.connect(tmp_path / "passages.db")
    other.execute(
        "create trigger no_room before insert on passage begin select raise(abort, 'no'); end"
    )
    with pytest.raises(JournalError):
        book.count(passage())
    other.execute("drop trigger no_room")
    other.close()
    assert book.count(passage()) is not None


def test_events_are_forgotten_with_the_passages(journal: PassageJournal, book: ReleaseBook) -> None:
    book.note(DoorNews.FORCED, NOON)
    journal.forget_before(NOON)
    assert len(book.events.list_events()) == 1
    journal.forget_before(NOON + timedelta(seconds=1))
    [waiting] = book.events.list_events()  # the backend has not heard of it
    book.events.settle([waiting.event_id], {})
    journal.forget_before(NOON + timedelta(seconds=1))
    assert book.events.list_events() == []
