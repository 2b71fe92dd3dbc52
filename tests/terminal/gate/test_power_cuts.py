"""Power cut within any write, and a disk without room: no passage lost, none doubled."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from simulator.namespaces import LAUNCHERS, DaemonKind, namespace_works
from terminal.gate.decision import Answer
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal

ROOT = Path(__file__).parents[3]
SECONDS_MAX = 60
FRAME_HEADER, PAGE = 24, 4096  # sqlite.org/fileformat2.html §4
ROOM = 256 * 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files after one write; who counts then, and who stands between release and rotation."""

    main: bytes
    wal: bytes
    counted: tuple[int, ...]
    released: tuple[int, ...]


class Photographer:
    """Takes a snapshot after each write of a gate's noon."""

    def __init__(self, journal: PassageJournal) -> None:
        self._journal = journal
        self.taken: list[Snapshot] = []

    def __call__(self, counted: Sequence[int], released: Sequence[int] = ()) -> None:
        path = self._journal.file.path
        wal = path.with_name(f"{path.name}-wal")
        self.taken.append(
            Snapshot(path.read_bytes(), wal.read_bytes(), tuple(counted), tuple(released))
        )


def passage(number: int) -> Passage:
    return Passage(
        passage_id=UUID(int=number),
        occurred_at=datetime.fromisoformat("2026-11-17T11:04:00+00:00"),
        uid=bytes([number]),
        card_id=str(UUID(int=1000 + number)),
        service="lunch",
        answer=Answer.OK,
        detail=None,
        list_version=7,
        milliseconds=40,
    )


def use(journal: PassageJournal) -> None:
    """Leave what was before all over a log that has its room, and begin it anew."""
    while not journal.file.take_log_room(ROOM):
        pass
    for _ in range(3):
        journal.note_cancelled([UUID(int=99)], passage(1).occurred_at)
        journal.forget_before(passage(1).occurred_at + timedelta(days=1))
    assert journal.file.fold_log()


@pytest.fixture(params=["a log that grows", "a log used again"])
def noon(request: pytest.FixtureRequest, tmp_path: Path) -> list[Snapshot]:
    """A tap without a door, two through a turnstile, one who did not go, a fold, an upload."""
    (tmp_path / "noon").mkdir()
    journal = open_passage_journal(tmp_path / "noon" / "passages.db")
    if request.param == "a log used again":
        use(journal)
    book, photograph = ReleaseBook(journal), Photographer(journal)
    photograph(())
    journal.append(passage(1))
    photograph((1,))
    book.begin(passage(2))
    photograph((1,), (2,))
    book.count(passage(2))
    photograph((1, 2))
    book.begin(passage(3))
    photograph((1, 2), (3,))
    book.discount(passage(3), passage(3).occurred_at)
    photograph((1, 2))
    assert journal.file.fold_log()
    photograph((1, 2))
    journal.settle([UUID(int=1), UUID(int=2)], {})
    photograph((1, 2))
    book.begin(passage(4))
    photograph((1, 2), (4,))
    book.count(passage(4))
    photograph((1, 2, 4))
    journal.close()
    return photograph.taken


def cuts(before: Snapshot, after: Snapshot) -> Iterator[tuple[bytes, bytes]]:
    """Give the files as a power cut may leave them within a write, before it is whole.

    The first pages and not the last, the last and not the first, noise in place of the rest; and
    of a fold, first some of the file itself, with the log as it was.
    """
    for main in torn(before.main, after.main):
        yield main, before.wal
    for wal in torn(before.wal, after.wal):
        yield after.main, wal


def torn(before: bytes, after: bytes) -> Iterator[bytes]:
    if before == after:
        return
    size = max(len(before), len(after))
    old, new = before.ljust(size, b"\0"), after.ljust(size, b"\0")
    differ = [at for at in range(size) if old[at] != new[at]]
    start, end = differ[0], differ[-1] + 1
    middle = min(start + FRAME_HEADER + PAGE, end - 1)
    for cut in sorted({start + 1, middle, end - 1} - {end}):
        yield new[:cut] + old[cut:]
    yield old[:middle] + new[middle:]
    if not before.startswith(b"SQLite format"):  # the log makes good what a page loses
        yield new[:middle] + b"\xa5" * (end - middle) + old[end:]


def started_again(folder: Path, main: bytes, wal: bytes) -> tuple[list[int], list[int], list[int]]:
    """Start on these files: who counts, in what order, and what a backend then gets."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "passages.db").write_bytes(main)
    (folder / "passages.db-wal").write_bytes(wal)
    journal = open_passage_journal(folder / "passages.db")
    ReleaseBook(journal).count_left_behind(passage(1).occurred_at)
    rows = list(reversed(journal.list_last()))
    waiting = [row.passage_id.int for row in journal.list_waiting()]
    journal.close()
    return [row.passage_id.int for row in rows], [row.sequence for row in rows], waiting


def test_a_power_cut_within_any_write_loses_and_doubles_nobody(
    noon: list[Snapshot], tmp_path: Path
) -> None:
    tried = 0
    for before, after in pairwise(noon):
        assert after.wal != before.wal, "every step is written"
        # Who was on the way counts, in doubt; who had been counted stays; nobody else.
        expected = [*before.counted, *before.released]
        for main, wal in cuts(before, after):
            counted, sequences, waiting = started_again(tmp_path / "cut", main, wal)
            assert counted == expected
            assert sequences == list(range(1, len(expected) + 1))
            assert set(waiting) <= set(expected)
            tried += 1
    assert tried > 40
    final, _, waiting = started_again(tmp_path / "cut", noon[-1].main, noon[-1].wal)
    assert (final, waiting) == ([1, 2, 4], [4])


def launcher() -> tuple[str, ...] | None:
    kinds = (DaemonKind.USER_NAMESPACE, DaemonKind.ROOT_NAMESPACE)
    return next((LAUNCHERS[each] for each in kinds if namespace_works(LAUNCHERS[each], each)), None)


ENTER = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" -m "$3" "$1"'


def test_a_disk_that_is_full_opens_nothing_unwritten_and_owes_what_was_open(
    tmp_path: Path,
) -> None:
    """A real file system without room."""
    enter = launcher()
    if enter is None:
        pytest.skip("no mount namespace is possible here")
    module = "tests.terminal.gate.on_a_small_disk"
    command = [*enter, "sh", "-c", ENTER, "sh", str(tmp_path), sys.executable, module]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, done.stderr
    full, owed, through = "disk_full", "unusable", "released"
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"moment": "never", "said": [through, through], "counted": [1, 2], "ready": True},
        {"moment": "before the tap", "said": [full, full], "counted": [], "ready": True},
        {"moment": "on the way", "said": [through, owed], "counted": [1], "ready": True},
        {"moment": "before a second tap", "said": [through, full], "counted": [1], "ready": True},
    ]
