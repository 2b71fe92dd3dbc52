"""What was given back, in a file of its own.

Promise: a return is on the disk, with the id it bears, before it is asked of the backend; so one
whose answer was lost is asked again with the same id, and money goes back once. What was asked
never changes. No card number and no name is here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from terminal.journal_file import JournalFile, Row, open_journal

LISTED_MAX = 200

_SCHEMA = """
create table money_back (
    return_id text primary key,
    payment_id text not null,
    sale_id text,
    kind text not null check (kind in ('void', 'refund')),
    amount_cents integer not null check (amount_cents > 0),
    asked_at text not null,
    state text not null default 'asked' check (state in ('asked', 'done', 'refused')),
    authorisation_number text,
    refusal text,
    settled_at text,
    check ((state = 'done') = (authorisation_number is not null)),
    check ((state = 'refused') = (refusal is not null)),
    check ((state = 'asked') = (settled_at is null))
) strict;
create index money_back_by_sale on money_back (sale_id);
create index money_back_by_state on money_back (state, asked_at);
create trigger money_back_is_kept before delete on money_back
begin
    select raise(abort, 'what was given back is never forgotten');
end;
create trigger what_was_asked_stays
before update of return_id, payment_id, sale_id, kind, amount_cents, asked_at on money_back
begin
    select raise(abort, 'what was asked does not change');
end;
create trigger money_back_is_settled_once before update of state on money_back
when old.state <> 'asked'
begin
    select raise(abort, 'this return is settled');
end;
"""


class Kind(StrEnum):
    """How money goes back: the whole sale on its own day, or a part of it, later too."""

    VOID = "void"
    REFUND = "refund"


class ReturnState(StrEnum):
    """Where a return is; `asked` until somebody knows."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBack:
    """One return. `refusal` is the backend's stable code."""

    return_id: UUID
    payment_id: UUID
    sale_id: str | None
    kind: Kind
    amount_cents: int
    asked_at: datetime
    state: ReturnState = ReturnState.ASKED
    authorisation_number: str | None = None
    refusal: str | None = None


class ReturnBook:
    """The returns of one counter; may be shared by threads. Its methods raise JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def open(self, asked: MoneyBack) -> None:
        """Write a return before it is asked of the backend."""
        self._file.execute(
            "insert into money_back (return_id, payment_id, sale_id, kind, amount_cents, asked_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                str(asked.return_id),
                str(asked.payment_id),
                asked.sale_id,
                asked.kind,
                asked.amount_cents,
                _text(asked.asked_at),
            ),
        )

    def settle_done(self, return_id: UUID, authorisation_number: str, now: datetime) -> None:
        """Write that the money is back."""
        self._file.execute(
            "update money_back set state = 'done', authorisation_number = ?, settled_at = ?"
            " where return_id = ? and state = 'asked'",
            (authorisation_number, _text(now), str(return_id)),
        )

    def settle_refused(self, return_id: UUID, refusal: str, now: datetime) -> None:
        """Write that nothing goes back, and why."""
        self._file.execute(
            "update money_back set state = 'refused', refusal = ?, settled_at = ?"
            " where return_id = ? and state = 'asked'",
            (refusal, _text(now), str(return_id)),
        )

    def find(self, return_id: UUID) -> MoneyBack | None:
        """Return one, or None."""
        sql = "select * from money_back where return_id = ?"
        row = self._file.first_row(sql, (str(return_id),))
        return None if row is None else _money_back(row)

    def list_open(self) -> list[MoneyBack]:
        """Return those that nobody knows the end of, oldest first."""
        sql = "select * from money_back where state = 'asked' order by asked_at limit ?"
        return [_money_back(row) for row in self._file.rows(sql, (LISTED_MAX,))]

    def list_of_sale(self, sale_id: str) -> list[MoneyBack]:
        """Return a sale's returns, oldest first."""
        sql = "select * from money_back where sale_id = ? order by asked_at limit ?"
        return [_money_back(row) for row in self._file.rows(sql, (sale_id, LISTED_MAX))]

    def list_since(self, start: datetime) -> list[MoneyBack]:
        """Return those asked for at or after `start`, newest first."""
        sql = "select * from money_back where asked_at >= ? order by asked_at desc limit ?"
        return [_money_back(row) for row in self._file.rows(sql, (_text(start), LISTED_MAX))]

    def returned_since(self, start: datetime) -> int:
        """Return the cents that went back of what was asked for at or after `start`."""
        row = self._file.first_row(
            "select coalesce(sum(amount_cents), 0) from money_back"
            " where state = 'done' and asked_at >= ?",
            (_text(start),),
        )
        assert row is not None, "an aggregate always has one row"
        return int(row[0])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_return_book(path: Path) -> ReturnBook:
    """Open the book at `path`, or make it (mode 0600); raises JournalError."""
    return ReturnBook(open_journal(path, _SCHEMA))


def _money_back(row: Row) -> MoneyBack:
    return MoneyBack(
        return_id=UUID(row["return_id"]),
        payment_id=UUID(row["payment_id"]),
        sale_id=row["sale_id"],
        kind=Kind(row["kind"]),
        amount_cents=row["amount_cents"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        state=ReturnState(row["state"]),
        authorisation_number=row["authorisation_number"],
        refusal=row["refusal"],
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
