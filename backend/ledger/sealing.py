"""Sealing: what follows behind the payments, and is never in their way.

One run ends the holds whose time is over, then, a bounded number of transfers at a time, adds to
each chain one seal and rolls up the totals of the unlimited accounts, in one unit of work.

The trap: PostgreSQL gives numbers before it commits, so number 7 may appear after 8 was seen;
sealing up to 8 would skip 7 for ever. So a run first looks how far numbers are given, then which
transactions are writing transfers (each holds its lock on the table from before it is given a
number until it has ended), and seals up to there when all of those have ended. New ones may have
begun: their numbers are higher. No payment waits for this; this waits for the payments, not for
longer than ten seconds (OPEN_PAYMENTS_LOOKS_MAX), then leaves the work to the next run.

Two runs at once are harmless: both may read, the second to write finds the chains grown, and stops.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from backend.database import Database
from backend.ledger.chain import ENTRY_COLUMNS, Entry, Head, Span, chain_of, seal_hash
from backend.ledger.errors import HoldSettled
from backend.ledger.holds import EXPIRED_HOLDS_PER_SWEEP_MAX, expire_hold, expired_holds
from backend.ledger.tables import Account, AccountKind, Seal, Transfer

TRANSFERS_PER_ROUND_MAX: Final = 20_000
ROWS_AT_ONCE: Final = 1000
OPEN_PAYMENTS_LOOKS_MAX: Final = 200
OPEN_PAYMENTS_PAUSE_SECONDS: Final = 0.05
# Any number that nobody else locks: "passseal".
SEALING_LOCK: Final = int.from_bytes(b"passseal")

_OPEN_WRITERS: Final = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation'"
    " AND relation = 'ledger_transfer'::regclass AND mode = 'RowExclusiveLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class NewSeal:
    """A seal just made; kept elsewhere, it shows later whether the chain was made anew."""

    account_id: UUID
    number: int
    last_sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one run did."""

    transfers: int
    holds_expired: int
    #: The newest of each chain that grew.
    heads: tuple[NewSeal, ...]
    #: Whether it gave up waiting for a payment that stayed open; the next run seals the rest.
    held_up: bool


NOTHING_SEALED: Final = Sealed(transfers=0, holds_expired=0, heads=(), held_up=False)


@dataclass(slots=True)
class _Round:
    """Transfers gathered to be sealed together."""

    sealed_before: int
    last_sequence: int = 0
    transfers: int = 0
    spans: dict[UUID, Span] = field(default_factory=dict)
    debits: dict[UUID, int] = field(default_factory=dict)
    credits: dict[UUID, int] = field(default_factory=dict)
    heads: dict[UUID, Head] = field(default_factory=dict)

    def take(self, entry: Entry, debit: "_Party", credit: "_Party") -> None:
        chain = chain_of(
            (entry.debit_account_id, debit.kind), (entry.credit_account_id, credit.kind)
        )
        self.spans.setdefault(chain, Span()).add(entry)
        if not debit.limited:
            _add(self.debits, entry.debit_account_id, entry.amount_cents)
        if not credit.limited:
            _add(self.credits, entry.credit_account_id, entry.amount_cents)
        self.transfers += 1
        self.last_sequence = entry.sequence


@dataclass(frozen=True, slots=True)
class _Party:
    kind: AccountKind
    limited: bool


def seal(
    database: Database,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
) -> Sealed:
    """Expire, seal and roll up everything up to now; see the module for what it waits for."""
    expired = _expire(database, now)
    horizon = _horizon(database, sleep)
    transfers, heads = 0, dict[UUID, NewSeal]()
    while horizon is not None:
        gathered = _gather(database, horizon)
        made = _write(database, gathered, now()) if gathered.transfers else []
        if not made:
            break
        transfers += gathered.transfers
        heads |= {one.account_id: one for one in made}
    return Sealed(transfers, expired, tuple(heads.values()), held_up=horizon is None)


def _expire(database: Database, now: Callable[[], datetime]) -> int:
    ended = 0
    while True:
        with _reading(database) as session:
            over = expired_holds(session, now())
        for hold_id in over:
            try:
                with database.unit_of_work() as session:
                    expire_hold(session, hold_id, now())
            except HoldSettled:
                continue  # Somebody released it meanwhile.
            ended += 1
        if len(over) < EXPIRED_HOLDS_PER_SWEEP_MAX:
            return ended


def _horizon(database: Database, sleep: Callable[[float], None]) -> int | None:
    """Return a number that no transfer still to be committed can be at or below, or None."""
    with _reading(database) as session:
        # In this order: whoever was given a number up to this one is seen by the next line,
        # if not ended.
        given = session.scalar(select(func.coalesce(func.max(Transfer.sequence), 0)))
        writing = _open_writers(session)
    for _ in range(OPEN_PAYMENTS_LOOKS_MAX):
        if not writing:
            return given
        sleep(OPEN_PAYMENTS_PAUSE_SECONDS)
        with _reading(database) as session:
            writing &= _open_writers(session)
    return None if writing else given


def _open_writers(session: Session) -> set[str]:
    # SQLite has one writer at a time, and gives numbers in the order of commits.
    if session.get_bind().dialect.name == "sqlite":
        return set()
    return set(session.scalars(_OPEN_WRITERS))


@contextmanager
def _reading(database: Database) -> Iterator[Session]:
    # Not `database.reading()`, whose reports may one day come from a replica that lags behind.
    # On SQLite a plain BEGIN, so that no payment waits.
    with (
        database.engine.connect().execution_options(reading=True) as connection,
        Session(connection, expire_on_commit=False) as session,
    ):
        yield session


def _sealed_up_to(session: Session) -> int:
    return session.scalar(select(func.max(Seal.last_sequence))) or 0


def _gather(database: Database, horizon: int) -> _Round:
    """Read the next transfers up to `horizon`, and the heads of their chains."""
    with _reading(database) as session:
        gathered = _Round(_sealed_up_to(session))
        debit, credit = aliased(Account), aliased(Account)
        query = (
            select(*ENTRY_COLUMNS, debit.kind, debit.limited, credit.kind, credit.limited)
            .join(debit, debit.id == Transfer.debit_account_id)
            .join(credit, credit.id == Transfer.credit_account_id)
            .where(Transfer.sequence > gathered.sealed_before, Transfer.sequence <= horizon)
            .order_by(Transfer.sequence)
            .limit(TRANSFERS_PER_ROUND_MAX)
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        for row in session.execute(query):
            *columns, debit_kind, debit_limited, credit_kind, credit_limited = row
            gathered.take(
                Entry(*columns),
                _Party(debit_kind, debit_limited),
                _Party(credit_kind, credit_limited),
            )
        gathered.heads = {chain: _head(session, chain) for chain in gathered.spans}
    return gathered


def _add(totals: dict[UUID, int], account_id: UUID, amount_cents: int) -> None:
    totals[account_id] = totals.get(account_id, 0) + amount_cents


def _head(session: Session, account_id: UUID) -> Head:
    newest = (
        select(Seal.number, Seal.hash)
        .where(Seal.account_id == account_id)
        .order_by(Seal.number.desc())
        .limit(1)
    )
    found = session.execute(newest).one_or_none()
    return Head() if found is None else Head(found.number, found.hash)


def _write(database: Database, gathered: _Round, now: datetime) -> list[NewSeal]:
    """Write a round's seals and totals; write nothing when another run was first."""
    made = [
        NewSeal(
            account_id,
            gathered.heads[account_id].number + 1,
            span.last_sequence,
            seal_hash(account_id, gathered.heads[account_id], span, now),
        )
        for account_id, span in gathered.spans.items()
    ]
    with database.unit_of_work() as session:
        if session.get_bind().dialect.name != "sqlite":
            session.execute(select(func.pg_advisory_xact_lock(SEALING_LOCK)))
        if _sealed_up_to(session) != gathered.sealed_before:
            return []
        session.execute(insert(Seal), [_row(one, gathered, now) for one in made])
        _roll_up(session, gathered)
    return made


def _row(one: NewSeal, gathered: _Round, now: datetime) -> dict[str, object]:
    return {
        "account_id": one.account_id,
        "number": one.number,
        "previous_hash": gathered.heads[one.account_id].hash,
        "last_sequence": one.last_sequence,
        "transfers_count": gathered.spans[one.account_id].count,
        "sealed_at": now,
        "hash": one.hash,
    }


def _roll_up(session: Session, gathered: _Round) -> None:
    touched = sorted(gathered.debits.keys() | gathered.credits.keys())
    if not touched:
        return
    added = (
        update(Account.__table__)  # type: ignore[arg-type]
        .where(Account.id == bindparam("account"))
        .values(
            debits_posted=Account.debits_posted + bindparam("debits"),
            credits_posted=Account.credits_posted + bindparam("credits"),
            rolled_up_to=gathered.last_sequence,
        )
    )
    session.execute(
        added,
        [
            {
                "account": account_id,
                "debits": gathered.debits.get(account_id, 0),
                "credits": gathered.credits.get(account_id, 0),
            }
            for account_id in touched
        ],
    )
