"""A local journal: one SQLite file that has the row on the disk before `commit` returns.

Promise: write-ahead log, `synchronous=FULL`, foreign keys on, file mode 0600, and every failure a
`JournalError` with its fault. One `JournalFile` may be shared by threads: a statement waits for the
transaction of another thread to end. It knows no table: rooms bring their schema. It does not hide
SQL, does not retry, and keeps nothing in memory.

    journal = open_journal(path, "create table sale (id text primary key, state text) strict;")
    with journal.transaction():
        journal.execute("insert into sale values (?, ?)", (sale_id, "started"))
    rows = journal.rows("select id, state from sale where state = ?", ("started",))
"""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from terminal.errors import JournalError, JournalFault

BUSY_SECONDS_MAX = 5.0
"""How long a statement waits for another program that writes to the same file."""
LOG_PIECE_BYTES = 1024 * 1024
"""So much of a log's room is taken at once: what a write may have to wait for."""

SqlValue = str | int | bytes | None
Row = sqlite3.Row
"""A row: `row["column"]` or `row[0]`."""

_PRIMARY_CODE_MASK = 0xFF  # extended result codes keep the primary one in the low byte
_FAULT_BY_CODE = {
    sqlite3.SQLITE_FULL: JournalFault.DISK_FULL,
    sqlite3.SQLITE_READONLY: JournalFault.READ_ONLY,
    sqlite3.SQLITE_PERM: JournalFault.READ_ONLY,
    sqlite3.SQLITE_BUSY: JournalFault.LOCKED,
    sqlite3.SQLITE_LOCKED: JournalFault.LOCKED,
    sqlite3.SQLITE_CORRUPT: JournalFault.DAMAGED,
    sqlite3.SQLITE_NOTADB: JournalFault.DAMAGED,
    sqlite3.SQLITE_CONSTRAINT: JournalFault.CONSTRAINT,
    sqlite3.SQLITE_ERROR: JournalFault.STATEMENT,
}


class JournalFile:
    """An open journal. Make one with `open_journal`; close it, or use it in a `with`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ()) -> int:
        """Run one statement and return how many rows it changed.

        Outside `transaction()` it is on the disk when this returns.
        """
        with self._lock:
            cursor = self._run(sql, parameters)
            cursor.close()
            return cursor.rowcount

    def rows(self, sql: str, parameters: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query and return all its rows: give it a LIMIT where it could be long."""
        with self._lock:
            cursor = self._run(sql, parameters)
            try:
                return cursor.fetchall()
            except sqlite3.Error as cause:
                raise _typed(cause, self.path) from cause
            finally:
                cursor.close()

    def _run(self, sql: str, parameters: Sequence[SqlValue]) -> sqlite3.Cursor:
        # Written out, and no context of its own: somebody stands at a gate for two of these.
        try:
            return self._connection.execute(sql, parameters)
        except sqlite3.Error as cause:
            raise _typed(cause, self.path) from cause

    def first_row(self, sql: str, parameters: Sequence[SqlValue] = ()) -> Row | None:
        """Run one query and return its first row, or None."""
        rows = self.rows(sql, parameters)
        return rows[0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that the block writes, or nothing of it if it raises. Not nestable."""
        with self._lock:
            assert not self._holds_transaction(), "a transaction holds no other"
            self.execute("begin immediate")
            try:
                yield
                self.execute("commit")
            except BaseException:
                # A full disk may have rolled back already (sqlite.org/lang_transaction.html §3).
                if self._holds_transaction():
                    self.execute("rollback")
                raise

    def _holds_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def rows_written(self) -> int:
        """Return how many rows were written through here since the file was opened."""
        return self._connection.total_changes

    def keep_log(self, pages_max: int) -> None:
        """Let the log grow to so many pages before a write has to fold it into the file itself.

        For who folds it beside the writes (`fold_log`): folding costs two syncs more.
        """
        self.execute(f"pragma wal_autocheckpoint = {pages_max:d}")

    def take_log_room(self, log_bytes: int) -> bool:
        """Write one piece of zeros behind the log; True once it has `log_bytes`.

        A commit into a log that grows waits for the file system's journal too, and with it for what
        others write; in one that has its blocks it waits for its own few pages. SQLite reads a log
        up to the first frame that is none (sqlite.org/fileformat2.html §4.3): zeros are no harm,
        and what is there is used again after each fold. Raises JournalError; DISK_FULL while there
        is not twice the room.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        with self._typed_errors(), log.open("r+b", buffering=0) as file:
            # Nobody appends a frame meanwhile, so the end stays where it is.
            with self.transaction():
                size = os.fstat(file.fileno()).st_size
                if size >= log_bytes:
                    return True
                self.require_room(2 * (log_bytes - size))
                os.pwrite(file.fileno(), bytes(min(LOG_PIECE_BYTES, log_bytes - size)), size)
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size >= log_bytes

    def fold_log(self) -> bool:
        """Fold the log into the file and begin it anew; False if somebody still stands in it.

        The folding is done from a connection of its own: who writes does not wait. Beginning anew
        costs one small write here, so that the next one has a single sync.
        """
        with self._typed_errors(), closing(sqlite3.connect(self.path, timeout=0)) as apart:
            apart.execute("pragma synchronous = full")
            _, pages, folded = apart.execute("pragma wal_checkpoint(passive)").fetchone()
        if folded < pages or self._holds_transaction():
            return False
        with self.transaction():
            version = self.first_row("pragma user_version")
            assert version is not None, "every file has one"
            self.execute(f"pragma user_version = {version[0]:d}")
        return True

    def require_room(self, bytes_min: int) -> None:
        """Raise JournalError, DISK_FULL, unless this much may still be written to the disk."""
        with self._typed_errors():
            free = shutil.disk_usage(self.path.parent).free
        if free < bytes_min:
            raise JournalError(
                JournalFault.DISK_FULL, f"{self.path}: {free} bytes are left", path=str(self.path)
            )

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        with self._lock, self._typed_errors():
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _typed_errors(self) -> Iterator[None]:
        with _typed_errors(self.path):
            yield


def open_journal(path: Path, schema: str, upgrades: Sequence[str] = ()) -> JournalFile:
    """Open the journal at `path`, made with `schema` if new, brought up to date if old.

    `upgrades[n]` leads from version n + 1 to n + 2 (`PRAGMA user_version`); a shipped script never
    changes. A file of a later version is refused: JournalFault.SCHEMA_NEWER.
    """
    with _typed_errors(path):
        _make_private(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS_MAX, isolation_level=None, check_same_thread=False
        )
    connection.row_factory = sqlite3.Row
    journal = JournalFile(connection, path)
    try:
        journal.execute("pragma journal_mode = wal")
        journal.execute("pragma synchronous = full")
        journal.execute("pragma foreign_keys = on")
        with journal.transaction():
            _bring_up_to_date(journal, [schema, *upgrades])
    except BaseException:
        journal.close()
        raise
    return journal


def _make_private(path: Path) -> None:
    """Create the file with mode 0600 and its name on the disk; -wal and -shm take its mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _bring_up_to_date(journal: JournalFile, scripts: Sequence[str]) -> None:
    row = journal.first_row("pragma user_version")
    version = int(row[0]) if row else 0
    if version > len(scripts):
        raise JournalError(
            JournalFault.SCHEMA_NEWER,
            f"{journal.path} has version {version}, this program knows {len(scripts)}",
            path=str(journal.path),
        )
    for script in scripts[version:]:
        for statement in _statements(script):
            journal.execute(statement)
    journal.execute(f"pragma user_version = {len(scripts)}")


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says that a statement is complete (triggers hold semicolons)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


@contextmanager
def _typed_errors(path: Path) -> Iterator[None]:
    """Turn what sqlite3 and the file system raise into a JournalError that names no value."""
    try:
        yield
    except sqlite3.Error as cause:
        raise _typed(cause, path) from cause
    except OSError as cause:
        fault = JournalFault.UNUSABLE
        raise JournalError(fault, f"{path}: {cause.strerror}", path=str(path)) from cause


def _typed(cause: sqlite3.Error, path: Path) -> JournalError:
    code = getattr(cause, "sqlite_errorcode", -1) & _PRIMARY_CODE_MASK
    fault = _FAULT_BY_CODE.get(code, JournalFault.UNUSABLE)
    return JournalError(fault, f"{path}: {cause}", path=str(path))
