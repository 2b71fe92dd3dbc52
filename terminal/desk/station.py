"""The desk's commands, each from its settings to its last sentence: one card, or a batch of them.

Promise: whatever is asked, the trace if any is closed, the reader let go, and a batch's report
written, also after an error or Ctrl-C. Not here: the command line, and printing (`say`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from passcard.layout import CardNumber, mask_card_number, parse_card_number
from terminal.backend_client import BackendClient
from terminal.desk import words
from terminal.desk.batch import Batch, BatchClock, Notice, Progress
from terminal.desk.batch_record import BatchLine, BatchRecord, write_report
from terminal.desk.orders import fetch_orders, read_orders
from terminal.desk.personalise import FinishedCard, personalise_card, retire_card, with_next_card
from terminal.desk.relay import DeskReader
from terminal.desk.trace_file import TracedReader, TraceFile
from terminal.errors import SettingsError
from terminal.identity import load_identity
from terminal.reader.choice import WantedReader
from terminal.reader.pcsc import PcscReader
from terminal.settings import DeskSettings
from terminal.trace.recording import recorded

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """A reader, a backend, and somebody who listens."""

    reader: DeskReader
    client: BackendClient
    say: Say


@contextmanager
def open_desk(settings: DeskSettings, say: Say, trace: Path | None = None) -> Iterator[Desk]:
    """Open the desk's reader and its way to the backend; what cards say goes to `trace`.

    Raises IdentityError, SettingsError.
    """
    identity = load_identity(settings.state_dir, "desk")
    client = BackendClient(settings.backend_url, identity, ca_file=settings.backend_ca_file)
    wanted = WantedReader(settings.reader, settings.reader_usb_socket)
    with client, PcscReader(wanted) as plain:
        reader = recorded(plain, settings)
        if trace is None:
            yield Desk(reader, client, say)
            return
        with TraceFile(trace) as file:
            yield Desk(TracedReader(reader, file), client, say)


def make_card(desk: Desk, number: CardNumber) -> FinishedCard:
    """Make the next blank the card with this number."""
    desk.say(words.PRESENT_CARD)
    made = with_next_card(
        desk.reader,
        lambda card: personalise_card(card, desk.client, number),
        card_came=lambda: desk.say(words.CARD_CAME),
    )
    desk.say(words.done(_masked(made)))
    return made


def renew_card(desk: Desk) -> FinishedCard:
    """Give the next card, whichever it is, the keys of the current version."""
    desk.say(words.PRESENT_CARD_TO_RENEW)
    made = with_next_card(
        desk.reader,
        lambda card: personalise_card(card, desk.client, None),
        card_came=lambda: desk.say(words.RENEWING),
    )
    desk.say(words.renewed(_masked(made)))
    return made


def retire_next_card(desk: Desk) -> FinishedCard:
    """Take everything of ours off the next card, whichever it is."""
    desk.say(words.PRESENT_CARD_TO_RETIRE)
    gone = with_next_card(
        desk.reader,
        lambda card: retire_card(card, desk.client),
        card_came=lambda: desk.say(words.RETIRING),
    )
    desk.say(words.retired(_masked(gone)))
    return gone


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Which orders (a file, or None for all the backend has), and where the report goes.

    `record` ends in .jsonl; the report lies beside it, in .csv and .json.
    """

    orders: Path | None
    record: Path
    stopping: Callable[[], bool] = field(default=lambda: False)
    clock: BatchClock = field(default_factory=BatchClock)


def make_batch(desk: Desk, plan: BatchPlan) -> Progress:
    """Make the cards of a batch; return how far it came.

    Raises SettingsError, and what `Batch.run` raises.
    """
    if plan.orders is not None and plan.orders.with_suffix("") == plan.record.with_suffix(""):
        raise SettingsError("the report would take the place of the orders: name another")
    with BatchRecord(plan.record) as record:
        orders = fetch_orders(desk.client) if plan.orders is None else read_orders(plan.orders)
        batch = Batch(
            desk.reader,
            desk.client,
            record,
            _Spoken(desk.say),
            stopping=plan.stopping,
            clock=plan.clock,
        )
        try:
            batch.run(orders)
        finally:
            progress = batch.progress
            as_csv, _ = write_report(record, left=progress.left, per_hour=progress.per_hour)
            desk.say(words.batch_end(progress, str(as_csv)))
    return progress


class _Spoken:
    """A batch's screen, in sentences."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def notice(self, notice: Notice) -> None:
        self._say(words.NOTICES[notice])

    def recorded(self, line: BatchLine, progress: Progress) -> None:
        masked = mask_card_number(parse_card_number(line.card_number))
        self._say(words.batch_line(line, masked, progress))


def _masked(card: FinishedCard) -> str:
    return mask_card_number(parse_card_number(card.card_number))
