"""`pass-backend ledger check`: prove that everything adds up, while payments go on.

All is read from one moment: on PostgreSQL one repeatable-read snapshot, on SQLite one read
transaction; neither makes a payment wait. Rows come `ROWS_AT_ONCE` at a time, and sums are the
database's work; what grows here is one entry for each unlimited account.

Checked: debits equal credits; each account's totals equal its history (an unlimited one's as far
as it is rolled up); nothing limited below zero, what is held counted; held sums equal the open
holds; each hold settled at most once, for at most its amount, by a transfer that says the same;
every row names rows that exist; the hash chains. It cannot see a forger who rewrites history,
totals and chains alike, unless given heads of chains that were kept elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Subquery, case, cast, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.ledger.check_chains import check_chains
from backend.ledger.check_holds import absent, check_holds, held_by
from backend.ledger.report import Progress, Report, Tally, Trouble
from backend.ledger.tables import Account, Side, Transfer
from backend.snapshot import hold_still

ROWS_AT_ONCE: Final = 1000
PROGRESS_ROWS: Final = 10_000
#: A sum over ten years of transfers takes longer than a payment's statement may.
STATEMENT_MINUTES_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class _Line:
    account_id: UUID
    normal_side: Side
    limited: bool
    debits_posted: int
    credits_posted: int
    debits_held: int
    credits_held: int
    #: What the totals should be: the history, up to where it is rolled up.
    debits_due: int
    debits_history: int
    credits_due: int
    credits_history: int
    debits_held_due: int
    credits_held_due: int


def check_ledger(
    session: Session,
    progress: Progress = lambda _part, _done, _all: None,
    known_heads: Mapping[tuple[UUID, int], bytes] | None = None,
) -> Report:
    """Check everything, from the moment of the first reading.

    The session must not have read before. `known_heads` are hashes of seals, by account and
    number, that were kept elsewhere.
    """
    hold_still(session, statement_minutes_max=STATEMENT_MINUTES_MAX)
    return examine(session, progress, known_heads)


def examine(
    session: Session,
    progress: Progress = lambda _part, _done, _all: None,
    known_heads: Mapping[tuple[UUID, int], bytes] | None = None,
) -> Report:
    """Check everything as the session sees it; only a session of one moment is told the truth."""
    tally = Tally()
    _check_accounts(session, tally, progress)
    _check_orphans(session, tally, progress)
    check_holds(session, tally, progress)
    check_chains(session, tally, progress, known_heads or {})
    return tally.report()


def _check_accounts(session: Session, tally: Tally, progress: Progress) -> None:
    accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    debits = credits_ = 0
    progress("accounts", 0, accounts)
    for line in _lines(session):
        tally.accounts += 1
        debits += line.debits_posted + line.debits_history - line.debits_due
        credits_ += line.credits_posted + line.credits_history - line.credits_due
        for trouble, words in _problems_of(line):
            tally.note(trouble, line.account_id, words)
        if tally.accounts % PROGRESS_ROWS == 0:
            progress("accounts", tally.accounts, accounts)
    progress("accounts", tally.accounts, accounts)
    tally.debits_cents, tally.credits_cents = debits, credits_
    if debits != credits_:
        # First, even when the list is full: it is the gravest.
        tally.note_first(Trouble.TRIAL_BALANCE, f"debits {debits}, credits {credits_}")


def _problems_of(line: _Line) -> Iterator[tuple[Trouble, str]]:
    for trouble, name, found, due in (
        (Trouble.TOTALS, "debits", line.debits_posted, line.debits_due),
        (Trouble.TOTALS, "credits", line.credits_posted, line.credits_due),
        (Trouble.HELD, "held debits", line.debits_held, line.debits_held_due),
        (Trouble.HELD, "held credits", line.credits_held, line.credits_held_due),
    ):
        if found != due:
            yield trouble, f"{name} say {found}, history {due}"
    # From history, not from the totals: the totals are what is being doubted.
    available = line.credits_history - line.debits_history - line.debits_held_due
    if line.normal_side is Side.DEBIT:
        available = line.debits_history - line.credits_history - line.credits_held_due
    if line.limited and available < 0:
        yield Trouble.BELOW_ZERO, f"below zero: {available}"


def _lines(session: Session) -> Iterator[_Line]:
    debits, credits_ = _history(Transfer.debit_account_id), _history(Transfer.credit_account_id)
    debits_held, credits_held = held_by("debit_account_id"), held_by("credit_account_id")
    query = select(
        Account.id,
        Account.normal_side,
        Account.limited,
        Account.debits_posted,
        Account.credits_posted,
        Account.debits_held,
        Account.credits_held,
        *(
            func.coalesce(sum_, 0)
            for sum_ in (
                debits.c.posted,
                debits.c.total,
                credits_.c.posted,
                credits_.c.total,
                debits_held.c.total,
                credits_held.c.total,
            )
        ),
    )
    for sums in (debits, credits_, debits_held, credits_held):
        query = query.outerjoin(sums, sums.c.account_id == Account.id)
    rows = session.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
    return (_Line(*row) for row in rows)


def _history(account_id: InstrumentedAttribute[UUID]) -> Subquery:
    due = or_(Account.limited, Transfer.sequence <= Account.rolled_up_to)
    return (
        select(
            account_id.label("account_id"),
            # PostgreSQL sums BIGINT into NUMERIC, which would come back as Decimal.
            cast(func.sum(case((due, Transfer.amount_cents), else_=0)), BigInteger).label("posted"),
            cast(func.sum(Transfer.amount_cents), BigInteger).label("total"),
        )
        .join(Account, Account.id == account_id)
        .group_by(account_id)
        .subquery()
    )


def _check_orphans(session: Session, tally: Tally, progress: Progress) -> None:
    progress("orphans", 0, 1)
    named = union(select(Transfer.debit_account_id), select(Transfer.credit_account_id)).subquery()
    account_id = named.c[0]
    unknown = select(account_id).where(absent(Account.id, account_id))
    for missing in session.scalars(unknown.execution_options(yield_per=ROWS_AT_ONCE)):
        tally.note(Trouble.ORPHAN, missing, "transfers name this account, which is not there")
    progress("orphans", 1, 1)
