"""The journal's log: its room taken before, folded between taps; a tap costs one sync of it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from terminal.errors import JournalError, JournalFault
from terminal.gate import folding
from terminal.gate.decision import Answer
from terminal.gate.folding import IDLE_SECONDS, LOG_BYTES, ROWS_MAX, Folder, Lull
from terminal.gate.passages import (
    Passage,
    PassageJournal,
    PassageState,
    open_passage_journal,
)

ROOM = 2 * 1024 * 1024
FRAME_BYTES = 24 + 4096  # sqlite.org/fileformat2.html §4.1


class Seconds:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def passage(number: int) -> Passage:
    return Passage(
        passage_id=UUID(int=number * 2654435761 % 2**128),
        occurred_at=datetime(2026, 11, 17, 11, 4, tzinfo=UTC),
        uid=bytes(7),
        card_id=str(UUID(int=number * 40503 % 2**128)),
        service="lunch",
        answer=Answer.OK,
        detail=None,
        list_version=7,
        milliseconds=4,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "passages.db"


@pytest.fixture
def journal(path: Path) -> Iterator[PassageJournal]:
    with closing(open_passage_journal(path)) as opened:
        yield opened


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def lull(seconds: Seconds) -> Lull:
    return Lull(seconds)


@pytest.fixture
def folder(
    journal: PassageJournal, lull: Lull, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> Folder:
    monkeypatch.setattr(folding, "LOG_BYTES", ROOM)
    return Folder(journal.file, lull, seconds)


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def count(path: Path) -> int:
    with closing(open_passage_journal(path)) as again:
        return again.count(PassageState.WAITING)


def seen(path: Path) -> tuple[int, bytes, bytes]:
    """Return what a tap must leave as it is: the log's size and its head, and the whole file."""
    log = log_of(path)
    with log.open("rb") as file:
        return log.stat().st_size, file.read(32), path.read_bytes()


def take_room(folder: Folder, seconds: Seconds) -> None:
    seconds.now += folding.SETTLED_SECONDS
    while folder.look() == folding.PIECE_SECONDS:
        pass


def test_a_tap_overwrites_what_is_there_and_never_folds(
    path: Path, journal: PassageJournal, folder: Folder, seconds: Seconds
) -> None:
    """One commit is one sync of the log where neither its head, nor its size, nor the file moves.

    A head that is written is a second sync, a fold two more; both are the lull's.
    """
    take_room(folder, seconds)
    assert log_of(path).stat().st_size == ROOM
    for turn in range(3):
        seconds.now += IDLE_SECONDS
        folder.look()
        before = seen(path)
        for number in range(20):
            journal.append(passage(20 * turn + number))
            assert seen(path) == before
    journal.close()
    assert count(path) == 60


def test_a_fold_begins_the_log_anew_and_goes_beside_who_writes(
    path: Path, journal: PassageJournal
) -> None:
    journal.append(passage(1))
    head, held = seen(path)[1], threading.Event()
    done = threading.Event()

    def write() -> None:
        with journal.file.transaction():
            journal.append(passage(2))
            held.set()
            assert done.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert held.wait(20)
    assert not journal.file.fold_log(), "it is folded, and begun anew when nobody writes"
    assert seen(path)[1] == head
    done.set()
    writer.join(20)
    assert journal.file.fold_log()
    assert seen(path)[1] != head
    journal.close()
    assert count(path) == 2


def test_what_is_read_meanwhile_keeps_the_log_as_it_is(path: Path, journal: PassageJournal) -> None:
    journal.append(passage(1))
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("begin")
        reader.execute("select * from passage").fetchall()
        journal.append(passage(2))
        assert not journal.file.fold_log()
    assert journal.file.fold_log()
    journal.close()
    assert count(path) == 2


def test_it_is_folded_in_a_lull_and_never_with_a_card_in_the_field(
    journal: PassageJournal, folder: Folder, lull: Lull, seconds: Seconds
) -> None:
    take_room(folder, seconds)
    assert not folder.is_due(), "somebody may be about to tap"
    seconds.now += IDLE_SECONDS
    assert folder.is_due(), "what made the tables"
    folder.look()
    assert not folder.is_due(), "nothing was written since"
    with lull.broken():
        journal.append(passage(1))
        seconds.now += 10 * IDLE_SECONDS
        assert not folder.is_due(), "a card held in front is no lull"
    assert not folder.is_due()
    seconds.now += IDLE_SECONDS
    assert folder.is_due()


def test_a_queue_without_a_lull_is_folded_between_two_taps(
    path: Path, journal: PassageJournal, folder: Folder, lull: Lull, seconds: Seconds
) -> None:
    take_room(folder, seconds)
    seconds.now += IDLE_SECONDS
    folder.look()
    with lull.broken(), journal.file.transaction():
        for number in range(ROWS_MAX):
            journal.append(passage(number))
        assert not folder.is_due()
    assert folder.is_due()
    head = seen(path)[1]
    folder.look()
    assert seen(path)[1] != head


@pytest.mark.parametrize("receipts", [True, False], ids=["online", "offline"])
def test_so_many_rows_have_room_in_the_log(
    path: Path, journal: PassageJournal, receipts: bool
) -> None:
    journal.file.keep_log(folding.PAGES_MAX)
    journal.file.execute("pragma synchronous = off")  # only pages are counted here
    journal.file.fold_log()
    rows = journal.file.rows_written
    for number in range(300):
        journal.append(passage(number))
        if receipts:
            journal.settle([passage(number).passage_id], {})
    rows = journal.file.rows_written - rows
    with closing(sqlite3.connect(path)) as other:
        _, pages, _ = other.execute("pragma wal_checkpoint(passive)").fetchone()
    assert pages * FRAME_BYTES * ROWS_MAX / rows < LOG_BYTES


def test_room_is_taken_while_nobody_taps_and_a_tap_between_two_pieces_is_kept(
    path: Path, journal: PassageJournal, folder: Folder, lull: Lull, seconds: Seconds
) -> None:
    small = log_of(path).stat().st_size
    folder.look()
    assert log_of(path).stat().st_size == small, "a start has enough to do"
    with lull.broken():
        seconds.now += 10 * folding.SETTLED_SECONDS
        folder.look()
        assert log_of(path).stat().st_size == small
    seconds.now += folding.SETTLED_SECONDS
    assert folder.look() == folding.PIECE_SECONDS
    journal.append(passage(1))
    take_room(folder, seconds)
    journal.append(passage(2))
    journal.close()
    assert count(path) == 2


def test_a_disk_without_room_is_asked_again_and_the_log_is_folded_all_the_same(
    path: Path,
    journal: PassageJournal,
    folder: Folder,
    seconds: Seconds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def refuse(bytes_min: int) -> None:
        asked.append(bytes_min)
        raise JournalError(JournalFault.DISK_FULL, "no room", path=str(path))

    with monkeypatch.context() as full:
        full.setattr(journal.file, "require_room", refuse)
        seconds.now += folding.SETTLED_SECONDS
        folder.look()
        folder.look()
        assert len(asked) == 1
        head = seen(path)[1]
        seconds.now += IDLE_SECONDS
        folder.look()
        assert seen(path)[1] != head
    seconds.now += folding.RETRY_SECONDS
    take_room(folder, seconds)
    assert log_of(path).stat().st_size == ROOM


def test_the_thread_ends_when_it_is_told(folder: Folder, path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=folder.run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
