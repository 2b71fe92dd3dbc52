"""Giving a receipt to who asks: as text, as PDF, on paper; original once, then duplicata.

Promise: only a sale at rest and money that is back have one, the journals are only read, and a
paper counts as given once the printer had taken it all; which were is kept in a file of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from uuid import UUID

from terminal.api_enquiries import Balance
from terminal.counter.receipts.printer import Printer, open_printer
from terminal.counter.receipts.receipt import (
    Receipt,
    ReceiptPlace,
    ReturnedMoney,
    receipt_of,
    receipt_of_balances,
    receipt_of_return,
)
from terminal.counter.receipts.text import receipt_text
from terminal.counter.record import SaleRecord
from terminal.errors import PrinterAbsent
from terminal.journal_file import JournalFile, open_journal
from terminal.settings import CounterSettings
from terminal.till_settings import PrinterSettings

PRINTED_FILE = "printed.db"
_SCHEMA = """
create table printed (
    sequence integer primary key autoincrement,
    proven_id text not null,
    at text not null
) strict;
create index printed_by_proven on printed (proven_id);
"""


@dataclass(frozen=True, slots=True)
class Practised:
    """A sale that is worth nothing; its paper says so, and counts nowhere."""

    record: SaleRecord


@dataclass(frozen=True, slots=True)
class HeldBalances:
    """What the holder is being shown, and wants on paper."""

    errand_id: UUID
    at: datetime
    balances: tuple[Balance, ...]
    training: bool = False


Proven = SaleRecord | ReturnedMoney | Practised | HeldBalances
"""What a receipt is about."""


class PrintedBook:
    """Which receipts went out on paper, by the id of the sale or the return they prove."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def has(self, proven_id: str) -> bool:
        """Return whether this receipt was printed before."""
        return (
            self._file.first_row("select 1 from printed where proven_id = ?", (proven_id,))
            is not None
        )

    def note(self, proven_id: str, at: datetime) -> None:
        """Write that it was printed."""
        written = at.astimezone(UTC).isoformat(timespec="seconds")
        self._file.execute(
            "insert into printed (proven_id, at) values (?, ?)", (proven_id, written)
        )


@dataclass(frozen=True, slots=True)
class PrinterPlace:
    """A printer and the roll in it."""

    printer: Printer
    settings: PrinterSettings


class ReceiptOffice:
    """The receipts of one counter; its methods may be called from several threads."""

    def __init__(
        self,
        place: ReceiptPlace,
        printed: PrintedBook,
        now: Callable[[], datetime],
        printer: PrinterPlace | None = None,
    ) -> None:
        self._place = place
        self._printed = printed
        self._now = now
        self._printer = printer
        self._lock = Lock()

    @property
    def can_print(self) -> bool:
        """True when a printer is configured."""
        return self._printer is not None

    def text(self, proven: Proven, *, with_balance: bool = False) -> str:
        """Return the receipt for a screen; raises NoReceipt."""
        return receipt_text(self._receipt(proven, with_balance=with_balance))

    def pdf(self, proven: Proven, *, with_balance: bool = False) -> bytes:
        """Return the receipt as PDF; raises NoReceipt."""
        from terminal.counter.receipts.pdf import receipt_pdf  # noqa: PLC0415 -- 4 MB, when wanted

        return receipt_pdf(self._receipt(proven, with_balance=with_balance))

    def put_on_paper(self, proven: Proven, *, with_balance: bool = False) -> bool:
        """Print it; return whether it was a duplicata. Raises NoReceipt, PrinterError."""
        from terminal.counter.receipts.paper import receipt_bytes  # noqa: PLC0415 -- 10 MB, idem

        if self._printer is None:
            raise PrinterAbsent("no printer is configured")
        with self._lock:  # one roll, one ticket at a time
            receipt = self._receipt(proven, with_balance=with_balance)
            settings = self._printer.settings
            ticket = receipt_bytes(receipt, settings.columns, settings.profile)
            self._printer.printer.print_ticket(ticket)
            if isinstance(proven, SaleRecord | ReturnedMoney):
                self._printed.note(_id_of(proven), self._now())
        return receipt.duplicate

    def _receipt(self, proven: Proven, *, with_balance: bool) -> Receipt:
        if isinstance(proven, Practised):
            return receipt_of(proven.record, self._place, with_balance=with_balance, training=True)
        if isinstance(proven, HeldBalances):
            return receipt_of_balances(
                proven.balances,
                self._place,
                proven.errand_id,
                at=proven.at,
                training=proven.training,
            )
        again = self._printed.has(_id_of(proven))
        if isinstance(proven, ReturnedMoney):
            return receipt_of_return(proven, self._place, duplicate=again)
        return receipt_of(proven, self._place, with_balance=with_balance, duplicate=again)


def _id_of(proven: SaleRecord | ReturnedMoney) -> str:
    if isinstance(proven, ReturnedMoney):
        return str(proven.returned.return_id)
    return proven.sale_id


@contextmanager
def open_office(
    settings: CounterSettings, place: ReceiptPlace, now: Callable[[], datetime]
) -> Iterator[ReceiptOffice]:
    """Give receipts while the block runs; raises JournalError when it cannot begin."""
    with open_journal(settings.state_dir / PRINTED_FILE, _SCHEMA) as file:
        printer = None
        if settings.printer is not None:
            printer = PrinterPlace(open_printer(settings.printer), settings.printer)
        yield ReceiptOffice(place, PrintedBook(file), now, printer)
