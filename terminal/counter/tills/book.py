"""What tills asked for, and whether they were told how it ended: a file of its own.

Promise: an exchange is on the disk, with the id of the sale or of the refund it is about, before
that is begun, so that a till which asks again after any failure is served from what happened, and
nothing happens twice. How it ended is not copied here: the journals of sales and of returns say
so.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from terminal.counter.tills.wish import Action, Wish
from terminal.journal_file import JournalFile, Row, open_journal

_SCHEMA = """
create table exchange (
    exchange_id text primary key,
    till text not null,
    action text not null check (action in ('0', '1', '2')),
    amount_cents integer not null check (amount_cents > 0),
    reference text,
    operation_id text not null unique,
    undoes text references exchange (exchange_id),
    opened_at text not null,
    delivered integer not null default 0
) strict;
create index exchange_by_till on exchange (till, opened_at);
create index exchange_by_reference on exchange (till, reference);
create trigger exchange_is_never_deleted before delete on exchange
begin
    select raise(abort, 'the book only grows');
end;
create trigger what_was_asked_is_never_changed
before update of exchange_id, till, action, amount_cents, reference, operation_id, undoes, opened_at
on exchange
begin
    select raise(abort, 'what was asked does not change');
end;
"""
LISTED_MAX = 20  # exchanges looked back on


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that moves money."""

    exchange_id: str
    till: str
    action: Action
    amount_cents: int
    reference: str | None
    operation_id: str  # of the sale, or of the refund or cancellation
    undoes: str | None  # the exchange whose payment is given back
    opened_at: datetime
    delivered: bool = False


class TillBook:
    """The exchanges of all tills of one counter."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def open(self, exchange: Exchange) -> None:
        """Write an exchange before anything of it is begun."""
        self._file.execute(
            "insert into exchange (exchange_id, till, action, amount_cents, reference,"
            " operation_id, undoes, opened_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                exchange.exchange_id,
                exchange.till,
                exchange.action,
                exchange.amount_cents,
                exchange.reference,
                exchange.operation_id,
                exchange.undoes,
                exchange.opened_at.astimezone(UTC).isoformat(timespec="microseconds"),
            ),
        )

    def note_delivered(self, exchange_id: str) -> None:
        """Write that the till has read how it ended."""
        self._file.execute(
            "update exchange set delivered = 1 where exchange_id = ?", (exchange_id,)
        )

    def find(self, exchange_id: str) -> Exchange | None:
        """Return one exchange."""
        return next(iter(self._list("exchange_id = ?", exchange_id)), None)

    def debits_of(self, till: str) -> list[Exchange]:
        """Return the payments this till asked for, newest first."""
        return self._list("till = ? and action = ?", till, Action.DEBIT)

    def debits_with(self, wish: Wish) -> list[Exchange]:
        """Return the payments that bear the reference of this wish, newest first."""
        assert wish.reference is not None, "there is nothing to look for"
        condition = "till = ? and action = ? and reference = ?"
        return self._list(condition, wish.till, Action.DEBIT, wish.reference)

    def exchanges_of(self, wish: Wish) -> list[Exchange]:
        """Return what the till asked for, newest first; only with its reference, if it has one."""
        if wish.reference is None:
            return self._list("till = ?", wish.till)
        return self._list("till = ? and reference = ?", wish.till, wish.reference)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _list(self, condition: str, *values: str) -> list[Exchange]:
        rows = self._file.rows(
            f"select * from exchange where {condition} order by rowid desc limit ?",  # noqa: S608 -- conditions are ours, values are bound
            (*values, LISTED_MAX),
        )
        return [_exchange(row) for row in rows]


def open_till_book(path: Path) -> TillBook:
    """Open the book at `path`, or make it; raises JournalError."""
    return TillBook(open_journal(path, _SCHEMA))


def _exchange(row: Row) -> Exchange:
    return Exchange(
        exchange_id=row["exchange_id"],
        till=row["till"],
        action=Action(row["action"]),
        amount_cents=row["amount_cents"],
        reference=row["reference"],
        operation_id=row["operation_id"],
        undoes=row["undoes"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
        delivered=bool(row["delivered"]),
    )
