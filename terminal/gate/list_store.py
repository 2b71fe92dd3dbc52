"""Where the gate keeps its list between two starts: a whole one, and the changes that followed it.

Promise: `keep` has a list, or changes to it, on the disk (mode 0600, written aside, fsync, renamed,
folder fsync) before it returns, sealed under the terminal's key (list_seal.py); `load` trusts the
files no more than the network, and follows the changes as far as each leads on from the one
before. When changes weigh as much as a whole list, it asks for one. The whole list's time of
change says when the backend last confirmed it.
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
    signed_payload,
)
from terminal.gate.list_changes import Followed, follow, follow_signed
from terminal.gate.list_seal import ListSeal, SealBroken

LIST_FILE: Final = "access-list.sealed"
CHANGES_FILES: Final = "access-list.*.changes"
SEALED_BYTES_MAX: Final = LIST_BYTES_MAX + 1024
CHANGES_MAX: Final = 1000
CHANGES_BYTES_MIN: Final = 256 * 1024
"""So many bytes of changes are kept beside even the smallest list."""
_PRIVATE_MODE: Final = 0o600


class ListNotKept(TerminalError):
    """The disk did not take the list: it serves until the gate stops, and no longer."""


class ListStore:
    """The stored list of one gate."""

    def __init__(self, folder: Path, key: Ed25519PublicKey, gate: str, seal: ListSeal) -> None:
        self.path = folder / LIST_FILE
        self._key = key
        self._gate = gate
        self.seal = seal

    def load(self) -> AccessList | None:
        """Return the stored list, None if there is none; raises ListRefused."""
        held = self._open(self.path, None)
        for path in self._changes() if held is not None else ():
            try:
                later = self._open(path, held)
            except ListRefused:
                continue  # of a whole list before this one, or spoilt: what follows shows which
            held = later or held
        return held

    def _open(self, path: Path, held: AccessList | None) -> AccessList | None:
        # One step after the other, each without what the one before held: lists are long.
        try:
            signed = signed_payload(self._read(path), self._key)
        except FileNotFoundError:
            return None
        except SealBroken:
            raise ListRefused(ListFault.TAMPERED) from None
        except (OSError, UnicodeDecodeError):
            raise ListRefused(ListFault.MALFORMED) from None
        return follow_signed(signed, self._gate, held).access_list

    def _read(self, path: Path) -> str:
        with path.open("rb") as file:
            return self.seal.open(file.read(SEALED_BYTES_MAX)).decode("ascii")

    def accept(self, jws: str, held: AccessList | None) -> Followed:
        """Verify what came, whole or changes, against the list held; raises ListRefused."""
        fresh = follow(jws, self._key, self._gate, held)
        check_supersedes(fresh.access_list, held)
        return fresh

    def keep(self, jws: str, now: datetime, changes_to: int | None = None) -> None:
        """Put what was accepted on the disk; raises ListNotKept, and what was there still is.

        `changes_to` is the version that changes lead to; None: it is a whole list.
        """
        try:
            if changes_to is not None:
                self._write(self._changes_path(changes_to), jws)
            else:
                self._write(self.path, jws)
                for path in self._changes():
                    path.unlink(missing_ok=True)
        except OSError as cause:
            raise ListNotKept(f"{self.path}: {cause.strerror}") from cause
        self.confirm(now)

    def wants_whole(self) -> bool:
        """Tell whether the changes weigh so much that a whole list is the lighter thing to keep."""
        try:
            weights = [path.stat().st_size for path in self._changes()]
            whole = self.path.stat().st_size
        except OSError:
            return True
        return len(weights) >= CHANGES_MAX or sum(weights) > max(whole, CHANGES_BYTES_MIN)

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

    def _changes_path(self, version: int) -> Path:
        return self.path.with_name(f"access-list.{version:018}.changes")

    def _changes(self) -> list[Path]:
        """Return the kept changes in the order of their versions."""
        return sorted(self.path.parent.glob(CHANGES_FILES))

    def _write(self, path: Path, jws: str) -> None:
        aside = path.with_suffix(".new")
        aside.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(aside, flags, _PRIVATE_MODE), "wb") as file:  # noqa: PTH123 - its mode is chosen at birth
            file.write(self.seal.close(jws.encode("ascii")))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
