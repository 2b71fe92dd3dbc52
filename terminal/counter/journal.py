"""The counter's journal: a row per sale, and every event it went through, append only.

Promise: when `open_sale` or `append` returns, it is on the disk; what raises JournalError was not
written. The row is the sum of its events, for reading. The journal never holds a whole card number,
a name, a PIN block, a digit or a key. It does not decide: states are chosen in `states.py`.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from terminal.counter.days import day_start
from terminal.counter.record import SaleRecord
from terminal.counter.states import FINAL, UNFINISHED, Event, State
from terminal.journal_file import JournalFile, Row, SqlValue, open_journal

SALES_LISTED_MAX = 500
# What a sale of many wrong codes writes, its book and a checkpoint beside it, several times over.
ROOM_BYTES_MIN = 256 * 1024
_SALE_LASTS_MAX = timedelta(hours=1)  # for the index: none goes on longer

_SCHEMA = """
create table sale (
    sale_id text primary key,
    amount_cents integer not null check (amount_cents between 1 and 100000),
    started_at text not null,
    updated_at text not null,
    state text not null,
    reason text,
    benefit text,
    benefit_label text,
    payment_id text unique,
    tries_left integer,
    authorisation_number text,
    remaining_cents integer,
    money_moved integer,
    masked_card_number text
) strict;
create index sale_by_start on sale (started_at);
create index sale_by_state on sale (state);
create table event (
    sequence integer primary key autoincrement,
    sale_id text not null references sale (sale_id),
    at text not null,
    event text not null,
    state text not null,
    reason text,
    payment_id text
) strict;
create trigger event_is_never_changed before update on event
begin
    select raise(abort, 'the journal only grows');
end;
create trigger event_is_never_deleted before delete on event
begin
    select raise(abort, 'the journal only grows');
end;
create trigger finished_sale_is_never_changed before update on sale
when old.state in ('approved', 'declined', 'cancelled', 'failed', 'reversed')
begin
    select raise(abort, 'this sale is finished');
end;
"""

_INSERT_SALE = """insert into sale (sale_id, amount_cents, started_at, updated_at, state, benefit)
values (?, ?, ?, ?, ?, ?)"""
_UPDATE_SALE = """update sale set updated_at = ?, state = ?, reason = ?, benefit = ?,
benefit_label = ?,
payment_id = ?, tries_left = ?, authorisation_number = ?, remaining_cents = ?, money_moved = ?,
masked_card_number = ?
where sale_id = ? and state = ?"""
_INSERT_EVENT = """insert into event (sale_id, at, event, state, reason, payment_id)
values (?, ?, ?, ?, ?, ?)"""


class SaleJournal:
    """The sales of one counter, in one file."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def open_sale(self, record: SaleRecord) -> None:
        """Write a sale that has just started, before anything is asked of anybody.

        Nothing is begun without room for all that a sale writes.
        """
        self.require_room()
        with self._file.transaction():
            self._file.execute(
                _INSERT_SALE,
                (
                    record.sale_id,
                    record.amount_cents,
                    _text(record.started_at),
                    _text(record.updated_at),
                    record.state,
                    record.benefit,
                ),
            )
            self._insert_event(record, Event.STARTED)

    def require_room(self) -> None:
        """Raise JournalError unless the disk has room for a whole sale."""
        self._file.require_room(ROOM_BYTES_MIN)

    def append(self, before: SaleRecord, event: Event, after: SaleRecord) -> None:
        """Write one event and the row it leads to."""
        with self._file.transaction():
            changed = self._file.execute(_UPDATE_SALE, _update_values(before, after))
            # Two writers of one sale would be a fault of ours: the row must be where we left it.
            assert changed == 1, f"sale {before.sale_id} is no longer in state {before.state}"
            self._insert_event(after, event)

    def find(self, sale_id: str) -> SaleRecord | None:
        """Return one sale, or None."""
        row = self._file.first_row("select * from sale where sale_id = ?", (sale_id,))
        return None if row is None else _record(row)

    def list_unfinished(self, count_max: int = SALES_LISTED_MAX) -> list[SaleRecord]:
        """Return the oldest sales whose end is not written, at most `count_max`."""
        marks = ", ".join("?" * len(UNFINISHED))
        rows = self._file.rows(
            f"select * from sale where state in ({marks}) order by started_at, sale_id limit ?",  # noqa: S608 -- only question marks are put in
            (*sorted(UNFINISHED), count_max),
        )
        return [_record(row) for row in rows]

    def list_since(
        self, start: datetime, count_max: int = SALES_LISTED_MAX, before: str | None = None
    ) -> list[SaleRecord]:
        """Return the sales started at or after `start`, newest first, at most `count_max`.

        With `before`, a sale's id, only those that the list has after that one.
        """
        rows = self._file.rows(
            "select * from sale where started_at >= ? and (? is null or (started_at, rowid) <"
            " (select started_at, rowid from sale where sale_id = ?))"
            " order by started_at desc, rowid desc limit ?",
            (_text(start), before, before, count_max),
        )
        return [_record(row) for row in rows]

    def find_paid(self, authorisation_number: str, day: date) -> SaleRecord | None:
        """Return the paid sale that a receipt names by its number and its day in Paris."""
        row = self._file.first_row(
            "select * from sale where authorisation_number = ? and state = ?"
            " and started_at >= ? and updated_at >= ? and updated_at < ?"
            " order by started_at desc",
            (
                authorisation_number,
                State.APPROVED,
                _text(day_start(day) - _SALE_LASTS_MAX),
                _text(day_start(day)),
                _text(day_start(day + timedelta(days=1))),
            ),
        )
        return None if row is None else _record(row)

    def total_since(self, start: datetime) -> tuple[int, int]:
        """Return how many sales were approved since `start`, and their sum in cents."""
        row = self._file.first_row(
            "select count(*), coalesce(sum(amount_cents), 0) from sale"
            " where state = ? and started_at >= ?",
            (State.APPROVED, _text(start)),
        )
        assert row is not None, "an aggregate always has one row"
        return int(row[0]), int(row[1])

    def count_by_state_since(self, start: datetime) -> dict[str, int]:
        """Return how many sales begun at or after `start` are in each state."""
        rows = self._file.rows(
            "select state, count(*) from sale where started_at >= ? group by state", (_text(start),)
        )
        return {str(row[0]): int(row[1]) for row in rows}

    def count_open_reversals(self, besides: str | None = None) -> int:
        """Return how many sales wait for a reversal; `besides` leaves out the one in progress."""
        row = self._file.first_row(
            "select count(*) from sale where state in (?, ?) and sale_id is not ?",
            (State.REVERSING, State.AUTHORISING, besides),
        )
        assert row is not None, "an aggregate always has one row"
        return int(row[0])

    def events(self, sale_id: str) -> list[Event]:
        """Return what happened to one sale, in order."""
        rows = self._file.rows(
            "select event from event where sale_id = ? order by sequence limit ?",
            (sale_id, SALES_LISTED_MAX),
        )
        return [Event(row["event"]) for row in rows]

    def payment_ids(self, sale_id: str) -> list[str]:
        """Return every payment id made for one sale, in order."""
        rows = self._file.rows(
            "select payment_id from event where sale_id = ? and event = ?"
            " order by sequence limit ?",
            (sale_id, Event.CODE_TYPED, SALES_LISTED_MAX),
        )
        return [str(row["payment_id"]) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _insert_event(self, record: SaleRecord, event: Event) -> None:
        self._file.execute(
            _INSERT_EVENT,
            (
                record.sale_id,
                _text(record.updated_at),
                event,
                record.state,
                record.reason,
                record.payment_id,
            ),
        )


def open_sale_journal(path: Path) -> SaleJournal:
    """Open the journal at `path`, or make it; raises JournalError."""
    return SaleJournal(open_journal(path, _SCHEMA))


def _update_values(before: SaleRecord, after: SaleRecord) -> tuple[SqlValue, ...]:
    assert before.state not in FINAL, "a finished sale does not change"
    return (
        _text(after.updated_at),
        after.state,
        after.reason,
        after.benefit,
        after.benefit_label,
        after.payment_id,
        after.tries_left,
        after.authorisation_number,
        after.remaining_cents,
        None if after.money_moved is None else int(after.money_moved),
        after.masked_card_number,
        before.sale_id,
        before.state,
    )


def _record(row: Row) -> SaleRecord:
    moved = row["money_moved"]
    return SaleRecord(
        sale_id=row["sale_id"],
        amount_cents=row["amount_cents"],
        started_at=datetime.fromisoformat(row["started_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        state=State(row["state"]),
        reason=row["reason"],
        benefit=row["benefit"],
        benefit_label=row["benefit_label"],
        payment_id=row["payment_id"],
        tries_left=row["tries_left"],
        authorisation_number=row["authorisation_number"],
        remaining_cents=row["remaining_cents"],
        money_moved=None if moved is None else bool(moved),
        masked_card_number=row["masked_card_number"],
    )


def _text(moment: datetime) -> str:
    """Return a form whose order as text is the order in time: UTC, always six decimals."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
