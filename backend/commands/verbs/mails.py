"""`mail …`: messages that the mail server brings back."""

import os
import signal
import sys
from pathlib import Path
from threading import Event

from sqlalchemy.exc import InternalError, OperationalError

from backend.commands import bounces
from backend.commands.ledger import open_database
from backend.commands.verbs.invocation import Family, Invocation
from backend.services import utc_now


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("mail", "our mails that came back")
    one = family.verb("bounced", _bounced, "read one returned message from standard input")
    one.add_argument("--to", default="", help="whom it was for, where the server says it apart")
    one = family.verb("bounces", _bounces, "read the returned messages of a Maildir, and go on")
    one.add_argument("--maildir", type=Path, required=True)
    one.add_argument("--once", action="store_true", help="one round, for a timer")


def _bounced(asked: Invocation) -> int:
    """Read it; where the database is away, the mail server is told to come again."""
    try:
        with open_database(asked.settings) as database:
            words = bounces.take_one(database, utc_now(), sys.stdin.buffer, asked.options.to)
            asked.say(words)
    except (OperationalError, InternalError):
        return os.EX_TEMPFAIL
    return 0


def _bounces(asked: Invocation) -> None:
    maildir: Path = asked.options.maildir
    with open_database(asked.settings) as database:
        if asked.options.once:
            asked.say(bounces.take_folder(database, utc_now(), maildir).in_words())
            return
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopping.set())
        bounces.watch_folder(database, maildir, stopping)
