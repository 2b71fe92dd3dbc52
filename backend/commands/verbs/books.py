"""`apply`, `statement`, `ledger …`: set a scheme up, read what happened to its money, seal it."""

import argparse
import logging
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from backend.commands import apply, ledger, statement
from backend.commands.refusal import CommandRefused
from backend.commands.verbs.invocation import Family, Invocation
from backend.ledger.sealing import NOTHING_SEALED, seal
from backend.schema import WrongSchemaError
from backend.services import utc_now

PAUSE_SECONDS_MAX: Final = 3600

log = logging.getLogger(__name__)


def add(root: Family) -> None:
    """Add the verbs of this family."""
    one = root.verb("apply", _apply, "bring the database to what a TOML file declares")
    one.add_argument("file", type=Path)
    one.add_argument("--json", action="store_true", help="print what was made as JSON")
    one.add_argument(
        "--pad-keys",
        type=Path,
        metavar="FOLDER",
        help="write new pads' keys in clear into this folder, for simulated pads; development only",
    )
    one = root.verb("statement", _statement, "print a wallet's statement")
    one.add_argument("--card-number", required=True)
    one.add_argument("--benefit", required=True, help="the benefit's code, such as culture")
    one.add_argument("--json", action="store_true")
    books = root.family("ledger", "the ledger")
    one = books.verb(
        "check", _check, "prove that the ledger adds up; status 1 if not, 2 if it cannot be read"
    )
    one.add_argument("--json", action="store_true", help="print everything found as JSON")
    one.add_argument("--heads", type=Path, help="what `ledger seal --json` printed, kept elsewhere")
    one = books.verb("seal", _seal, "seal what was paid, roll up totals, end holds that expired")
    one.add_argument("--every", type=_pause, metavar="SECONDS", help="again and again, until told")
    one.add_argument("--json", action="store_true", help="print the heads of the chains as JSON")


def _apply(asked: Invocation) -> None:
    applied = apply.apply_file(asked.services(), asked.options.file, asked.options.pad_keys)
    asked.say(applied.as_json() if asked.options.json else applied.as_text())


def _statement(asked: Invocation) -> None:
    chosen = asked.options.card_number, asked.options.benefit
    lines = statement.read_statement(asked.reports(), *chosen)
    asked.say(lines.as_json() if asked.options.json else lines.as_text())


def _check(asked: Invocation) -> int:
    try:
        with ledger.open_database(asked.settings) as database:
            report = ledger.check(database, ledger.show_progress, asked.options.heads)
            ledger.note_check(database, report, utc_now())
    except (CommandRefused, WrongSchemaError, SQLAlchemyError) as error:
        # Not 1: a script must not take a database that is away for a cent that is.
        log.error("the ledger was not checked: %s", error)  # noqa: TRY400
        return 2
    as_json = asked.options.json
    asked.say(ledger.report_as_json(report) if as_json else ledger.report_as_text(report))
    return 0 if report.sound else 1


def _seal(asked: Invocation) -> None:
    say = ledger.sealed_as_json if asked.options.json else ledger.sealed_as_text
    with ledger.open_database(asked.settings) as database:
        if asked.options.every is None:
            asked.say(say(seal(database, utc_now)))
            return
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        for done in ledger.seal_every(database, utc_now, asked.options.every, stop):
            if done != NOTHING_SEALED:
                asked.say(say(done))
                # Into a file, a line would otherwise wait for many others.
                sys.stdout.flush()


def _pause(text: str) -> int:
    seconds = int(text)
    if not 0 < seconds <= PAUSE_SECONDS_MAX:
        msg = f"between 1 and {PAUSE_SECONDS_MAX} seconds"
        raise argparse.ArgumentTypeError(msg)
    return seconds
