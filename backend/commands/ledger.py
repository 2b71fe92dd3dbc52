"""`pass-backend ledger …`: check the books on a live database, and seal behind the payments."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from backend import schema
from backend.commands.refusal import CommandRefused
from backend.database import Database
from backend.ledger.check import check_ledger
from backend.ledger.report import Progress, Report
from backend.ledger.sealing import Sealed, seal
from backend.operators.watching import note_run
from backend.settings import Settings

HEADS_LINES_MAX: Final = 1_000_000

log = logging.getLogger(__name__)


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database without the vault, which no book needs; raise WrongSchemaError."""
    database = Database(settings.database_url, settings.database_limits)
    try:
        schema.require_current(database)
        yield database
    finally:
        database.close()


def check(
    database: Database,
    progress: Progress = lambda _part, _done, _all: None,
    heads: Path | None = None,
) -> Report:
    """Check the ledger in one snapshot; raise CommandRefused for heads that cannot be read."""
    known = {} if heads is None else read_heads(heads)
    with database.reading() as session:
        return check_ledger(session, progress, known)


def note_check(database: Database, report: Report, now: datetime) -> None:
    """Write down what a check said, for those who look in the morning; a replica keeps nothing."""
    words = f"{report.transfers} mouvements, {report.problems_count} problèmes"
    try:
        with database.unit_of_work() as session:
            note_run(session, "ledger check", words, now, good=report.sound)
    except SQLAlchemyError as error:
        log.warning("what the check said is not kept: %s", type(error).__name__)


def show_progress(part: str, done: int, all_: int) -> None:
    """Write how far a check is on standard error, one line for each step."""
    sys.stderr.write(f"{part}: {done}/{all_}\n")
    sys.stderr.flush()


def report_as_text(report: Report) -> str:
    """Return what a person reads."""
    counted = (
        f"{report.accounts} accounts, {report.transfers} transfers ({report.sealed} in"
        f" {report.seals} seals), {report.holds_open} open holds"
    )
    if report.sound:
        return f"Ledger sound: {counted}, debits equal credits."
    lines = [f"Ledger NOT sound: {counted}, {report.problems_count} problems."]
    lines += [
        f"  {problem.trouble.value} {problem.account_id or 'whole'}: {problem.words}"
        for problem in report.problems
    ]
    return "\n".join(lines)


def report_as_json(report: Report) -> str:
    """Return what programs read."""
    return json.dumps(report.as_json(), indent=2)


def read_heads(path: Path) -> Mapping[tuple[UUID, int], bytes]:
    """Read the heads that `ledger seal --json` printed, one run a line."""
    try:
        with path.open(encoding="utf-8") as lines:
            return dict(_heads(lines))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise CommandRefused(f"{path}: not the lines that `ledger seal --json` prints") from cause


def _heads(lines: Iterator[str]) -> Iterator[tuple[tuple[UUID, int], bytes]]:
    for _, line in zip(range(HEADS_LINES_MAX), lines, strict=False):
        for head in json.loads(line)["heads"]:
            yield (UUID(head["account_id"]), int(head["number"])), bytes.fromhex(head["hash"])


def seal_every(
    database: Database, now: Callable[[], datetime], seconds: int, stop: Event
) -> Iterator[Sealed]:
    """Seal again and again until told to stop; a database that is away is tried again."""
    while not stop.is_set():
        try:
            yield seal(database, now)
        except SQLAlchemyError:
            log.exception("not sealed; tried again in %s s", seconds)
        stop.wait(seconds)


def sealed_as_text(done: Sealed) -> str:
    """Return what a person reads."""
    words = f"{done.transfers} transfers sealed in {len(done.heads)} chains"
    if done.holds_expired:
        words += f", {done.holds_expired} holds expired"
    if done.held_up:
        words += "; a payment stayed open: the rest is for the next run"
    return words + "."


def sealed_as_json(done: Sealed) -> str:
    """Return one line to keep elsewhere, so that a chain made anew is told by `check --heads`."""
    heads = [
        {
            "account_id": str(head.account_id),
            "number": head.number,
            "last_sequence": head.last_sequence,
            "hash": head.hash.hex(),
        }
        for head in done.heads
    ]
    counted = {
        "transfers": done.transfers,
        "holds_expired": done.holds_expired,
        "held_up": done.held_up,
    }
    return json.dumps({**counted, "heads": heads})
