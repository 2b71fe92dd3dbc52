"""`check-ledger`: prove that everything adds up, while payments go on.

It asks one question in one statement, so every engine answers from one moment and no movement
is seen by half. It cannot see a forger who rewrites history and totals alike, with the
triggers removed: that takes an owner of the database, and belongs to its backups.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Subquery, case, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.ledger.tables import Account, Side, Transfer

PROBLEMS_MAX: Final = 100
ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and with which account (None: with the whole)."""

    account_id: UUID | None
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was counted, in cents and rows, and everything found wrong."""

    accounts: int
    transfers: int
    debits_cents: int
    credits_cents: int
    problems_count: int
    #: The first `PROBLEMS_MAX` of them.
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.problems_count == 0


@dataclass(slots=True)
class _Tally:
    accounts: int = 0
    transfers: int = 0
    debits: int = 0
    credits: int = 0
    problems_count: int = 0

    def add(self, line: "_Line") -> None:
        self.accounts += 1
        self.transfers += line.debits_count
        self.debits += line.debits_posted + line.debits_history - line.debits_due
        self.credits += line.credits_posted + line.credits_history - line.credits_due


@dataclass(frozen=True, slots=True)
class _Line:
    account_id: UUID
    normal_side: Side
    limited: bool
    debits_posted: int
    credits_posted: int
    #: What the totals should be: the history, up to where it is rolled up.
    debits_due: int
    debits_history: int
    debits_count: int
    credits_due: int
    credits_history: int


def check_ledger(session: Session) -> Report:
    """Check the trial balance, the limits, and every balance against its history."""
    tally, problems = _Tally(), list[Problem]()
    for line in _lines(session):
        tally.add(line)
        for problem in _problems_of(line):
            tally.problems_count += 1
            if len(problems) < PROBLEMS_MAX:
                problems.append(problem)
    if tally.debits != tally.credits:
        tally.problems_count += 1
        # First, even when the list is full: it is the gravest.
        problems.insert(0, Problem(None, f"debits {tally.debits}, credits {tally.credits}"))
    return Report(
        accounts=tally.accounts,
        transfers=tally.transfers,
        debits_cents=tally.debits,
        credits_cents=tally.credits,
        problems_count=tally.problems_count,
        problems=tuple(problems[:PROBLEMS_MAX]),
    )


def _problems_of(line: _Line) -> Iterator[Problem]:
    if line.debits_posted != line.debits_due:
        yield Problem(
            line.account_id, f"debits say {line.debits_posted}, history {line.debits_due}"
        )
    if line.credits_posted != line.credits_due:
        yield Problem(
            line.account_id, f"credits say {line.credits_posted}, history {line.credits_due}"
        )
    # From history, not from the totals: the totals are what is being doubted.
    balance = line.credits_history - line.debits_history
    if line.normal_side is Side.DEBIT:
        balance = -balance
    if line.limited and balance < 0:
        yield Problem(line.account_id, f"below zero: {balance}")


def _lines(session: Session) -> Iterator[_Line]:
    debits = _history(Transfer.debit_account_id)
    credits_ = _history(Transfer.credit_account_id)
    query = (
        select(
            Account.id,
            Account.normal_side,
            Account.limited,
            Account.debits_posted,
            Account.credits_posted,
            func.coalesce(debits.c.posted, 0),
            func.coalesce(debits.c.total, 0),
            func.coalesce(debits.c.number, 0),
            func.coalesce(credits_.c.posted, 0),
            func.coalesce(credits_.c.total, 0),
        )
        .outerjoin(debits, debits.c.account_id == Account.id)
        .outerjoin(credits_, credits_.c.account_id == Account.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    return (_Line(*row) for row in session.execute(query))


def _history(account_id: InstrumentedAttribute[UUID]) -> Subquery:
    due = or_(Account.limited, Transfer.sequence <= Account.rolled_up_to)
    posted = case((due, Transfer.amount_cents), else_=0)
    return (
        select(
            account_id.label("account_id"),
            # PostgreSQL sums BIGINT into NUMERIC, which would come back as Decimal.
            cast(func.sum(posted), BigInteger).label("posted"),
            cast(func.sum(Transfer.amount_cents), BigInteger).label("total"),
            func.count().label("number"),
        )
        .join(Account, Account.id == account_id)
        .group_by(account_id)
        .subquery()
    )
