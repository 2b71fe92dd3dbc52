"""Where the gate keeps its list between two starts: one file, whole or not at all.

Promise: `keep` has the list on the disk (mode 0600, written aside, fsync, renamed, folder fsync)
before it returns, sealed under the terminal's key (list_seal.py); `load` trusts the file no more
than the network. The file's time of change says when the backend last confirmed it.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from terminal.errors import TerminalError
from terminal.gate.access_list import (
    LIST_BYTES_MAX,
    AccessList,
    ListFault,
    ListRefused,
    check_supersedes,
    read_access_list,
)
from terminal.gate.list_seal import ListSeal, SealBroken

LIST_FILE: Final = "access-list.sealed"
SEALED_BYTES_MAX: Final = LIST_BYTES_MAX + 1024
_PRIVATE_MODE: Final = 0o600


class ListNotKept(TerminalError):
    """The disk did not take the list: it serves until the gate stops, and no longer."""


class ListStore:
    """The stored list of one gate."""

    def __init__(self, folder: Path, key: Ed25519PublicKey, gate: str, seal: ListSeal) -> None:
        self.path = folder / LIST_FILE
        self._key = key
        self._gate = gate
        self._seal = seal

    def load(self) -> AccessList | None:
        """Return the stored list, None if there is none; raises ListRefused."""
        try:
            with self.path.open("rb") as file:
                sealed = file.read(SEALED_BYTES_MAX)
            return self.read(self._seal.open(sealed).decode("ascii"))
        except FileNotFoundError:
            return None
        except SealBroken:
            raise ListRefused(ListFault.TAMPERED) from None
        except (OSError, UnicodeDecodeError):
            raise ListRefused(ListFault.MALFORMED) from None

    def read(self, jws: str) -> AccessList:
        """Verify a list for this gate; raises ListRefused."""
        return read_access_list(jws, self._key, self._gate)

    def accept(self, jws: str, held: AccessList | None) -> AccessList:
        """Verify a list that has just come against the one held; raises ListRefused."""
        fresh = self.read(jws)
        check_supersedes(fresh, held)
        return fresh

    def keep(self, jws: str, now: datetime) -> None:
        """Put an accepted list on the disk; raises ListNotKept, and the old file is still there."""
        try:
            self._write(self._seal.close(jws.encode("ascii")))
        except OSError as cause:
            raise ListNotKept(f"{self.path}: {cause.strerror}") from cause
        self.confirm(now)

    def confirm(self, now: datetime) -> None:
        """Note that the backend still stands by the stored list at this moment."""
        with suppress(OSError):  # no more than the age on the screen hangs on it
            os.utime(self.path, (now.timestamp(), now.timestamp()))

    def confirmed_at(self, held: AccessList, now: datetime) -> datetime:
        """Return when the backend last stood by `held`: never before its issue, never later."""
        try:
            touched = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError:
            return held.issued_at
        return max(held.issued_at, min(touched, now))

    def _write(self, content: bytes) -> None:
        aside = self.path.with_suffix(".new")
        aside.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(aside, flags, _PRIVATE_MODE), "wb") as file:  # noqa: PTH123 - its mode is chosen at birth
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
