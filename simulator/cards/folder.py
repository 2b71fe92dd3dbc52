"""A folder of card files: one JSON per card, named after it.

Promise: a kill at any moment leaves each card as it was or as it is, never in between; files are
readable by their owner alone; one program at a time writes (`FolderBusy` for the second).
A running simulator holds the folder; reading needs no hold. Not done here: what a card is.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from simulator.cards.errors import CardFileBroken, CardNameRefused, FolderBusy, FolderError
from simulator.cards.record import CardRecord, checked_name, read_record, write_record

CARDS_MAX = 1000
FILE_BYTES_MAX = 512 * 1024
SUFFIX = ".json"
DRAFT_SUFFIX = ".draft"
LOCK_NAME = ".lock"
_MODE, _FOLDER_MODE = 0o600, 0o700


class CardFolder:
    """The folder at `path`, made if need be. `hold` it before writing; `with` lets it go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def hold(self) -> Self:
        """Become the one who writes, and sweep up drafts that a kill left; raise FolderBusy."""
        with self._translated():
            self.path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            lock = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise FolderBusy from None
        self._lock = lock
        with self._translated():
            for draft in self.path.glob(f".*{DRAFT_SUFFIX}"):
                draft.unlink()
        return self

    def close(self) -> None:
        """Let the folder go."""
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def load(self) -> list[CardRecord]:
        """Return all cards by name; raise CardFileBroken for the first that is none."""
        with self._translated():
            files = sorted(self.path.glob(f"*{SUFFIX}")) if self.path.exists() else []
        cards = [file for file in files if not file.name.startswith(".")]
        if len(cards) > CARDS_MAX:
            raise FolderError(f"{self.path}: more than {CARDS_MAX} cards")
        return [self._read(file) for file in cards]

    def save(self, record: CardRecord) -> None:
        """Keep this card, durably when this returns."""
        assert self._lock is not None, "hold the folder first"
        file = self._file(record.name)
        draft = file.with_name(f".{record.name}{DRAFT_SUFFIX}")
        with self._translated():
            _write_durably(draft, write_record(record))
            draft.replace(file)
            self._settle()

    def delete(self, name: str) -> None:
        """Forget this card; nothing if there is none."""
        assert self._lock is not None, "hold the folder first"
        with self._translated():
            self._file(name).unlink(missing_ok=True)
            self._settle()

    def _read(self, file: Path) -> CardRecord:
        try:
            name = checked_name(file.name.removesuffix(SUFFIX))
            with self._translated(), file.open("rb") as stream:
                # A file cut at the limit is no longer JSON, and refused as such.
                return read_record(stream.read(FILE_BYTES_MAX), name)
        except (CardNameRefused, CardFileBroken) as error:
            raise CardFileBroken(f"{file}: {error} Repair it or take it away.") from None

    def _file(self, name: str) -> Path:
        return self.path / f"{checked_name(name)}{SUFFIX}"

    def _settle(self) -> None:
        """Make a rename or a removal last."""
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            raise FolderError(f"{cause.filename or self.path}: {cause.strerror}") from cause


def _write_durably(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=_private) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, _MODE)
