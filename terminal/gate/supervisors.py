"""Who may act at this gate: people paired with a tablet, by a code that serves once.

Promise: an administrator of this machine makes a code (8 digits, ten minutes, five tries); the
tablet that types it holds from then on a random token, of which only the hash is kept here. A name
stands behind each act. It works with the network down, and is ended here. A kitchen's pairing sees
numbers and may do nothing.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from terminal.gate.interventions import SUPERVISOR_CHARACTERS_MAX
from terminal.gate.passages import PassageJournal
from terminal.journal_file import Row

CODE_DIGITS: Final = 8
CODE_LIFETIME: Final = timedelta(minutes=10)
TRIES_MAX: Final = 5
TOKEN_BYTES: Final = 32
PAIRED_FOR: Final = timedelta(days=300)
"""A school year; then the tablet is paired again."""
PAIRED_MAX: Final = 50


class Role(StrEnum):
    """What a paired tablet may do."""

    SUPERVISOR = "supervisor"
    KITCHEN = "kitchen"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """A person at a paired tablet."""

    supervisor_id: UUID
    name: str
    role: Role
    paired_at: datetime


class SupervisorBook:
    """The pairings of one gate, in the file of its passages."""

    def __init__(
        self,
        journal: PassageJournal,
        *,
        now: Callable[[], datetime],
        random: Callable[[int], bytes] = secrets.token_bytes,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._file, self._names = journal.file, journal.names
        self._now = now
        self._random = random
        self._new_id = new_id

    def offer(self, name: str, role: Role) -> str:
        """Make a pairing code for a person, in place of any other; raises ValueError."""
        wanted = " ".join(name.split())
        if not 1 <= len(wanted) <= SUPERVISOR_CHARACTERS_MAX:
            raise ValueError("a name of 1 to 100 characters")
        code = f"{int.from_bytes(self._random(8)) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
        expires = self._now() + CODE_LIFETIME
        with self._file.transaction():
            self._file.execute("delete from pairing")
            self._file.execute(
                "insert into pairing values (?, ?, ?, ?, ?)",
                (_hash(code), self._names.close(wanted), role, expires.isoformat(), TRIES_MAX),
            )
        return code

    def pair(self, code: str) -> str | None:
        """Exchange a code for a token; None if it is wrong, used, or too old. Five tries in all."""
        typed = "".join(code.split())
        with self._file.transaction():
            offer = self._file.first_row("select * from pairing limit 1")
            if offer is None or datetime.fromisoformat(offer["expires_at"]) <= self._now():
                self._file.execute("delete from pairing")
                return None
            if not secrets.compare_digest(offer["code_hash"], _hash(typed)):
                self._file.execute("update pairing set tries_left = tries_left - 1")
                self._file.execute("delete from pairing where tries_left <= 0")
                return None
            self._file.execute("delete from pairing")
            token = self._random(TOKEN_BYTES).hex()
            self._file.execute(
                "insert into supervisor values (?, ?, ?, ?, ?, null)",
                (
                    str(self._new_id()),
                    # Sealed now, if whoever made the code could not.
                    self._names.close(self._names.open(offer["name"])),
                    offer["role"],
                    _hash(token),
                    self._now().isoformat(),
                ),
            )
        return token

    def who(self, token: str | None) -> Supervisor | None:
        """Return who holds this token, if the pairing still lasts."""
        if not token:
            return None
        row = self._file.first_row(
            "select * from supervisor where token_hash = ? and ended_at is null", (_hash(token),)
        )
        if row is None:
            return None
        paired_at = datetime.fromisoformat(row["paired_at"])
        if self._now() >= paired_at + PAIRED_FOR:
            return None
        return self._supervisor(row)

    def list_paired(self) -> list[Supervisor]:
        """Return the pairings that last, oldest first."""
        rows = self._file.rows(
            "select * from supervisor where ended_at is null order by paired_at limit ?",
            (PAIRED_MAX,),
        )
        return [self._supervisor(row) for row in rows]

    def _supervisor(self, row: Row) -> Supervisor:
        return Supervisor(
            UUID(row["supervisor_id"]),
            self._names.open(row["name"]),
            Role(row["role"]),
            datetime.fromisoformat(row["paired_at"]),
        )

    def end(self, supervisor_id: UUID) -> bool:
        """End a pairing; tell whether there was one."""
        changed = self._file.execute(
            "update supervisor set ended_at = ? where supervisor_id = ? and ended_at is null",
            (self._now().isoformat(), str(supervisor_id)),
        )
        return changed == 1


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
