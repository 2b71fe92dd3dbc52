"""`pass-backend mail …`: messages that came back, from the mail server's pipe or from a Maildir.

Promise: whatever is in a message, it is read within its limits and never stops the others. What was
one of our mails is dealt with and deleted, for it quotes the mail; anything else is left in `cur`
for a person. Needs no vault. Not here: what a report means.
"""

import logging
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import BinaryIO, Final

from sqlalchemy.exc import OperationalError

from backend.accounts.bounce_reports import MESSAGE_BYTES_MAX, read_report
from backend.accounts.bounces import Outcome, take_report
from backend.commands.refusal import CommandRefused
from backend.database import Database
from backend.services import utc_now

LOG = logging.getLogger(__name__)
MESSAGES_PER_ROUND_MAX: Final = 200
PAUSE_SECONDS: Final = 30.0
#: RFC 5321's longest address in angle brackets, and some.
ENVELOPE_CHARACTERS_MAX: Final = 320
_WORDS: Final = {
    Outcome.MARKED: "came back: the address is marked",
    Outcome.BOUNCED: "came back: not for its address",
    Outcome.NOTHING: "came back for now, or once more: nothing changes",
    Outcome.UNKNOWN: "none of our mails, or one that is forgotten",
    None: "no report of a mail that came back",
}


@dataclass(frozen=True, slots=True)
class Round:
    """How many messages of a Maildir were dealt with at once, and what became of them."""

    read: int
    marked: int
    left: int

    def in_words(self) -> str:
        """Say it in one line."""
        return f"{self.read} read, {self.marked} addresses marked, {self.left} left in cur"


def take_one(database: Database, now: datetime, stream: BinaryIO, envelope_to: str = "") -> str:
    """Read one message from a stream; return in one line what became of it."""
    raw = stream.read(MESSAGE_BYTES_MAX)
    return _WORDS[_take(database, now, raw, envelope_to[:ENVELOPE_CHARACTERS_MAX])]


def take_folder(database: Database, now: datetime, maildir: Path) -> Round:
    """Read the new messages of a Maildir, some at a time; return what there was.

    Raises CommandRefused where it is none.
    """
    new, cur = maildir / "new", maildir / "cur"
    if not (new.is_dir() and cur.is_dir()):
        raise CommandRefused(f"{maildir} is no Maildir: it has no folders new and cur")
    seen = Counter[str]()
    for message in sorted(new.iterdir())[:MESSAGES_PER_ROUND_MAX]:
        raw = _read(message)
        outcome = None if raw is None else _take(database, now, raw, "")
        if outcome in {None, Outcome.UNKNOWN}:
            message.rename(cur / f"{message.name}:2,")
            seen["left"] += 1
        else:
            message.unlink(missing_ok=True)
            seen["read"] += 1
            seen["marked"] += outcome is Outcome.MARKED
    return Round(seen["read"], seen["marked"], seen["left"])


def watch_folder(
    database: Database, maildir: Path, stopping: Event, *, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """Read a Maildir again and again until told to stop; a database that is away is waited for."""
    while not stopping.is_set():
        try:
            done = take_folder(database, utc_now(), maildir)
            if done.read or done.left:
                LOG.info("returned mails: %s", done.in_words())
        except OperationalError:
            LOG.warning("the database is away: returned mails wait")
        stopping.wait(pause_seconds)


def _take(database: Database, now: datetime, raw: bytes, envelope_to: str) -> Outcome | None:
    returned = read_report(raw, envelope_to)
    if returned is None:
        return None
    with database.unit_of_work() as session:
        return take_report(session, returned, now)


def _read(path: Path) -> bytes | None:
    """Return a message's beginning; None for what is no plain file of the folder."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(MESSAGE_BYTES_MAX)
        except OSError:
            return None
