"""The journal on a disk that disobeys: power cut in the middle of a write, full, not syncing."""

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.namespaces import LAUNCHERS, DaemonKind, namespace_works
from terminal.counter.controls import SaleControls
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.record import SaleRecord, advance
from terminal.counter.recovery import recover
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
from terminal.errors import JournalError, JournalFault
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import START
from tests.terminal.counter.without_sync import CALLS

ROOT = Path(__file__).parents[3]
SECONDS_MAX = 60
FRAME_HEADER, PAGE = 24, 4096  # sqlite.org/fileformat2.html §4


# --- the power goes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files as they are on the disk after one write, and what the journal then says."""

    main: bytes
    wal: bytes
    state: State


class Photographer:
    """Takes a snapshot at each change of a sale."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.taken: list[Snapshot] = []

    def __call__(self, record: SaleRecord, *_offered: object) -> None:
        wal = self.path.with_name(f"{self.path.name}-wal")
        self.taken.append(Snapshot(self.path.read_bytes(), wal.read_bytes(), record.state))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, list[Snapshot]]:
    """A sale that goes well, photographed from its first line to its last."""
    path = tmp_path_factory.mktemp("power") / "counter.db"
    journal = open_sale_journal(path)
    world, photographer = World(journal=journal), Photographer(path)
    record = advance(SaleRecord("sale-1", 1250, START, START), Event.STARTED, START)
    journal.open_sale(record)
    photographer(record)
    SaleRun(record, world.collaborators, SaleControls(), photographer).run()
    journal.close()
    return world, photographer.taken


def cuts(before: Snapshot, after: Snapshot) -> Iterator[bytes]:
    """Give what a power cut may leave of the last write: a part, then nothing, blanks or noise."""
    start, end = len(before.wal), len(after.wal)
    frame = FRAME_HEADER + PAGE
    ends = {start, start + 1, start + FRAME_HEADER, start + frame, end - PAGE, end - 1}
    for cut in sorted(each for each in ends if start <= each < end):
        yield after.wal[:cut]
        yield after.wal[:cut] + bytes(end - cut)
        yield after.wal[:cut] + b"\xa5" * (end - cut)


def opened(folder: Path, main: bytes, wal: bytes) -> SaleJournal:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "counter.db").write_bytes(main)
    (folder / "counter.db-wal").write_bytes(wal)
    return open_sale_journal(folder / "counter.db")


def test_a_power_cut_within_a_write_leaves_it_whole_or_not_at_all(
    story: tuple[World, list[Snapshot]], tmp_path: Path
) -> None:
    _, taken = story
    states = [each.state for each in taken]
    assert states[0] is State.CARD
    assert states[-2:] == [State.AUTHORISING, State.APPROVED]
    for before, after in pairwise(taken):
        assert len(after.wal) > len(before.wal), "every step is written"
        for wal in cuts(before, after):
            with_cut = opened(tmp_path / "cut", after.main, wal)
            found = with_cut.find("sale-1")
            with_cut.close()
            assert found is not None
            assert found.state is before.state


def test_after_a_power_cut_what_may_have_been_sent_is_taken_back(
    story: tuple[World, list[Snapshot]], tmp_path: Path
) -> None:
    world, taken = story
    for snapshot in taken:
        journal = opened(tmp_path / "cut", snapshot.main, snapshot.wal)
        world.journal = journal
        recover(world.collaborators)
        found = journal.find("sale-1")
        assert found is not None
        ended = {State.AUTHORISING: State.REVERSED, State.APPROVED: State.APPROVED}
        assert found.state is ended.get(snapshot.state, State.CANCELLED)
        journal.close()


@pytest.mark.skipif(platform.machine() not in CALLS, reason="no seccomp numbers for this machine")
def test_nothing_is_said_to_be_written_before_the_disk_has_it(tmp_path: Path) -> None:
    """Where syncing fails, so does the write: it is waited for."""
    module = "tests.terminal.counter.without_sync"
    said = run([sys.executable, "-m", module, str(tmp_path / "counter.db")])
    assert said == [{"fault": "unusable", "found": ["synced"]}]


# --- the disk is full -----------------------------------------------------------------------------


def run(command: list[str]) -> list[dict[str, object]]:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def launcher() -> tuple[str, ...] | None:
    kinds = (DaemonKind.USER_NAMESPACE, DaemonKind.ROOT_NAMESPACE)
    return next((LAUNCHERS[each] for each in kinds if namespace_works(LAUNCHERS[each], each)), None)


ENTER = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" -m "$3" "$1"'


def test_a_disk_that_fills_at_any_moment_of_a_sale(tmp_path: Path) -> None:
    """A real file system without room: the sale stops, no money is lost, and it sells again."""
    enter = launcher()
    if enter is None:
        pytest.skip("no mount namespace is possible here")
    module = "tests.terminal.counter.on_a_small_disk"
    told = run([*enter, "sh", "-c", ENTER, "sh", str(tmp_path), sys.executable, module])
    full = {"fault": "disk_full", "refused": "disk_full", "unfinished": 0, "then": None}
    fine = {"fault": None, "refused": None, "unfinished": 0, "then": None}
    assert told == [
        {"moment": "before", "state": None, "debited": [], **full},
        {"moment": "card", "state": "cancelled", "debited": [], **full},
        {"moment": "code", "state": "cancelled", "debited": [], **full},
        {"moment": "sent", "state": "reversed", "debited": [], **full},
        {"moment": "answered", "state": "reversed", "debited": [], **full},
        {"moment": "never", "state": "approved", "debited": [1250], **fine},
    ]


def test_a_sale_is_not_begun_without_room_for_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_sale_journal(tmp_path / "counter.db")
    monkeypatch.setattr("terminal.counter.journal.ROOM_BYTES_MIN", 1 << 60)
    record = advance(SaleRecord("sale-1", 1250, START, START), Event.STARTED, START)
    with pytest.raises(JournalError) as refused:
        journal.open_sale(record)
    assert refused.value.fault is JournalFault.DISK_FULL
    assert journal.list_unfinished() == []
    journal.close()
