"""The journal file: durable settings, one version number, and a typed fault for each failure."""

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal import journal_file
from terminal.errors import JournalError, JournalFault
from terminal.journal_file import JournalFile, open_journal

SCHEMA = """
-- a comment; with a semicolon
create table sale (id text primary key, cents integer not null check (cents > 0)) strict;
create table step (sale_id text not null references sale (id), name text) strict;
create trigger sale_stays before delete on sale begin
  select raise(abort, 'a sale stays');
end;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[JournalFile]:
    with open_journal(path, SCHEMA) as opened:
        yield opened


def fault_of(error: pytest.ExceptionInfo[JournalError]) -> JournalFault:
    return error.value.fault


def count(journal: JournalFile) -> int:
    (row,) = journal.rows("select count(*) from sale")
    return int(row[0])


def test_it_is_durable_and_private(journal: JournalFile, path: Path) -> None:
    journal.execute("insert into sale values ('a', 1)")
    pragmas = {
        name: journal.rows(f"pragma {name}")[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "user_version")
    }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "user_version": 1,
    }
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert f"{path.name}-wal" in modes


def test_an_old_file_with_a_wide_mode_is_narrowed(path: Path) -> None:
    path.touch(0o644)
    open_journal(path, SCHEMA).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rows_come_back_by_name_after_reopening(path: Path) -> None:
    with open_journal(path, SCHEMA) as journal:
        assert journal.execute("insert into sale values (?, ?)", ("a", 1250)) == 1
    with open_journal(path, SCHEMA) as journal:
        row = journal.first_row("select id, cents from sale")
        assert row is not None
        assert (row["id"], row["cents"]) == ("a", 1250)
        assert journal.first_row("select id from sale where id = ?", ("b",)) is None


def test_a_transaction_is_all_or_nothing(journal: JournalFile) -> None:
    with journal.transaction():
        journal.execute("insert into sale values ('a', 1)")
        journal.execute("insert into step values ('a', 'started')")

    def fail_half_way() -> None:
        with journal.transaction():
            journal.execute("insert into sale values ('b', 1)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert count(journal) == 1
    journal.execute("insert into sale values ('c', 1)")
    assert count(journal) == 2


def test_a_process_killed_inside_a_transaction_leaves_nothing_of_it(path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from terminal.journal_file import open_journal
journal = open_journal(Path(sys.argv[1]), sys.argv[2])
journal.execute("insert into sale values ('kept', 1)")
with journal.transaction():
    journal.execute("insert into sale values ('lost', 1)")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script, str(path), SCHEMA], check=False)
    assert killed.returncode == -9
    with open_journal(path, SCHEMA) as journal:
        assert [row["id"] for row in journal.rows("select id from sale")] == ["kept"]


def test_another_thread_waits_for_the_transaction_to_end(journal: JournalFile) -> None:
    inside, has_read = threading.Event(), threading.Event()
    counts: list[int] = []

    def read() -> None:
        inside.wait(5)
        counts.append(count(journal))
        has_read.set()

    reader = threading.Thread(target=read)
    reader.start()
    with journal.transaction():
        journal.execute("insert into sale values ('a', 1)")
        inside.set()
        assert not has_read.wait(0.1)
        journal.execute("insert into sale values ('b', 1)")
    reader.join(5)
    assert counts == [2]


def test_upgrades_run_once_and_in_order(path: Path) -> None:
    add_label = "alter table sale add column label text;"
    fill_label = "update sale set label = 'old';"
    with open_journal(path, SCHEMA) as journal:
        journal.execute("insert into sale values ('a', 1)")
    for _ in range(2):
        with open_journal(path, SCHEMA, [add_label, fill_label]) as journal:
            assert journal.rows("select label from sale")[0]["label"] == "old"
            assert journal.rows("pragma user_version")[0][0] == 3
    with pytest.raises(JournalError) as refused:
        open_journal(path, SCHEMA)
    assert fault_of(refused) is JournalFault.SCHEMA_NEWER
    assert refused.value.path == str(path)


def test_an_upgrade_that_fails_changes_nothing(path: Path) -> None:
    open_journal(path, SCHEMA).close()
    with pytest.raises(JournalError) as refused:
        open_journal(path, SCHEMA, ["create table extra (id text);\nnot sql;"])
    assert fault_of(refused) is JournalFault.STATEMENT
    with open_journal(path, SCHEMA) as journal:
        assert journal.rows("select name from sqlite_master where name = 'extra'") == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        pytest.param("insert into sale values ('a', 0)", JournalFault.CONSTRAINT, id="check"),
        pytest.param("insert into step values ('x', 'y')", JournalFault.CONSTRAINT, id="foreign"),
        pytest.param("insert into sale values ('a', 'x')", JournalFault.CONSTRAINT, id="type"),
        pytest.param("delete from sale", JournalFault.CONSTRAINT, id="trigger"),
        pytest.param("select * from nowhere", JournalFault.STATEMENT, id="no table"),
    ],
)
def test_a_refused_statement_has_its_fault(
    journal: JournalFile, sql: str, fault: JournalFault
) -> None:
    journal.execute("insert into sale values ('kept', 1)")
    with pytest.raises(JournalError) as refused:
        journal.execute(sql)
    assert fault_of(refused) is fault


def test_a_full_disk_is_said_and_the_journal_survives(journal: JournalFile) -> None:
    journal.execute("insert into sale values ('kept', 1)")
    journal.execute("pragma max_page_count = 1")

    def fill() -> None:
        with journal.transaction():
            for serial in range(1000):
                journal.execute("insert into sale values (?, 1)", (f"{serial:0200d}",))

    with pytest.raises(JournalError) as full:
        fill()
    assert fault_of(full) is JournalFault.DISK_FULL
    assert count(journal) == 1


def test_a_read_only_file_is_said(journal: JournalFile) -> None:
    journal.execute("pragma query_only = on")
    with pytest.raises(JournalError) as refused:
        journal.execute("insert into sale values ('a', 1)")
    assert fault_of(refused) is JournalFault.READ_ONLY


def test_a_locked_file_is_said_within_the_limit(
    journal: JournalFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "BUSY_SECONDS_MAX", 0.05)
    with journal.transaction(), pytest.raises(JournalError) as refused:
        open_journal(path, SCHEMA)
    assert fault_of(refused) is JournalFault.LOCKED


def test_a_damaged_file_is_said(path: Path) -> None:
    path.write_bytes(b"not a database, and long enough to be read as a page" * 100)
    with pytest.raises(JournalError) as refused:
        open_journal(path, SCHEMA)
    assert fault_of(refused) is JournalFault.DAMAGED
    assert isinstance(refused.value.__cause__, sqlite3.DatabaseError)


def test_a_missing_folder_and_a_closed_journal_are_said(path: Path) -> None:
    with pytest.raises(JournalError) as refused:
        open_journal(path.parent / "absent" / "journal.sqlite", SCHEMA)
    assert fault_of(refused) is JournalFault.UNUSABLE
    journal = open_journal(path, SCHEMA)
    journal.close()
    journal.close()
    with pytest.raises(JournalError) as refused:
        journal.rows("select 1")
    assert fault_of(refused) is JournalFault.UNUSABLE
