"""Opening accounts and reading them: balance and statement.

What a limited account holds stands in its row. An unlimited one's totals are rolled up behind
the payments; what came since is added here, so a reading costs what is not rolled up yet and
never the whole history. Each reading is one statement, hence of one moment.
Not here: moving money (transfers.py), rolling up, proving that it adds up (check.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Case,
    Label,
    ScalarSelect,
    Select,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from backend.ledger.errors import AccountUnknown
from backend.ledger.money import Cents
from backend.ledger.tables import Account, AccountKind, Side, Transfer

STATEMENT_LINES_MAX = 200


@dataclass(frozen=True, slots=True)
class Nature:
    """What follows from an account's kind."""

    normal_side: Side
    limited: bool


NATURE: Final[dict[AccountKind, Nature]] = {
    # What the Region has committed: grows by debits, as much as it decides.
    AccountKind.FUNDING: Nature(Side.DEBIT, limited=False),
    # What we owe a beneficiary: nobody spends what was not granted.
    AccountKind.WALLET: Nature(Side.CREDIT, limited=True),
    # What we owe a partner. A reversal after the partner was paid must still succeed.
    AccountKind.PAYABLE: Nature(Side.CREDIT, limited=False),
    # What a canteen owes who paid meals ahead. A meal taken while the line was down is owed, even
    # below zero: the gate holds the limit, not the book.
    AccountKind.MEALS: Nature(Side.CREDIT, limited=False),
}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement as its account saw it."""

    sequence: int
    transfer_id: UUID
    side: Side
    amount: Cents
    #: Cents after this movement, on the account's normal side.
    balance_after: int
    other_account_id: UUID
    reason: str
    reference: str
    recorded_at: datetime


_NOTHING_YET: Final = {
    "debits_posted": 0,
    "credits_posted": 0,
    "rolled_up_to": 0,
    "debits_held": 0,
    "credits_held": 0,
}


def open_account(
    session: Session, kind: AccountKind, *, now: datetime, make_id: Callable[[], UUID] = uuid4
) -> Account:
    """Open an empty account; its normal side and limit follow from its kind."""
    nature = NATURE[kind]
    account = Account(
        id=make_id(),
        kind=kind,
        normal_side=nature.normal_side,
        limited=nature.limited,
        **_NOTHING_YET,
        opened_at=now,
    )
    session.add(account)
    session.flush()
    return account


def open_accounts(
    session: Session, kind: AccountKind, account_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Open empty accounts of one kind, under ids of the caller's, in one statement."""
    nature = NATURE[kind]
    row = {"kind": kind, "normal_side": nature.normal_side, "limited": nature.limited}
    session.execute(
        insert(Account),
        [{"id": one, "opened_at": now, **row, **_NOTHING_YET} for one in account_ids],
    )


def balance(session: Session, account_id: UUID) -> int:
    """Return the cents posted on the account's normal side, as the database has them now."""
    found = session.scalar(_BALANCE, {"account_id": account_id})
    if found is None:
        raise AccountUnknown
    return int(found)


def balances(session: Session, account_ids: Select[UUID]) -> dict[UUID, int]:
    """Return the balance of every account that a query names, in one statement."""
    rows = session.execute(select(Account.id, _balance_cents()).where(Account.id.in_(account_ids)))
    return {account_id: int(cents) for account_id, cents in rows}


def available(session: Session, account_id: UUID) -> int:
    """Return the cents of a limited account that may be spent: posted minus held."""
    found = session.scalar(_AVAILABLE, {"account_id": account_id})
    if found is None:
        raise AccountUnknown
    return found


def available_cents() -> Case[int]:
    """Build what a limited account may spend; what is held against it counts as spent."""
    credit = Account.credits_posted - Account.debits_posted - Account.debits_held
    debit = Account.debits_posted - Account.credits_posted - Account.credits_held
    return case((Account.normal_side == Side.CREDIT, credit), else_=debit)


def statement(
    session: Session, account_id: UUID, *, lines_max: int = STATEMENT_LINES_MAX
) -> list[StatementLine]:
    """Return the latest movements of an account, newest first, at most `lines_max`."""
    lines_max = min(lines_max, STATEMENT_LINES_MAX)
    rows = session.execute(_MOVEMENTS, {"account_id": account_id, "lines_max": lines_max}).all()
    if not rows:
        balance(session, account_id)
        return []
    lines = list[StatementLine]()
    # From the balance backwards: what lies before the oldest line need not be read.
    after = int(rows[0].balance)
    for movement, normal_side, _ in rows:
        lines.append(_line(account_id, movement, after))
        increased = lines[-1].side is normal_side
        after -= movement.amount_cents if increased else -movement.amount_cents
    return lines


def _not_rolled_up(side: InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    return (
        select(func.coalesce(func.sum(Transfer.amount_cents), 0))
        .where(~Account.limited, side == Account.id, Transfer.sequence > Account.rolled_up_to)
        .correlate(Account)
        .scalar_subquery()
    )


def _balance_cents() -> Label[int]:
    debits = Account.debits_posted + _not_rolled_up(Transfer.debit_account_id)
    credits_ = Account.credits_posted + _not_rolled_up(Transfer.credit_account_id)
    signed = case((Account.normal_side == Side.CREDIT, credits_ - debits), else_=debits - credits_)
    # PostgreSQL sums BIGINT into NUMERIC, which would come back as Decimal.
    return cast(signed, BigInteger).label("balance")


def _balance() -> Select[int]:
    return select(_balance_cents()).where(Account.id == bindparam("account_id"))


def _movements() -> Select[Transfer, Side, int]:
    """Build the statement's query: each side by its index, then the latest of both."""
    latest = [
        select(Transfer)
        .where(side == bindparam("account_id"))
        .order_by(Transfer.sequence.desc())
        .limit(bindparam("lines_max"))
        .subquery()
        for side in (Transfer.debit_account_id, Transfer.credit_account_id)
    ]
    both = union_all(*(select(one) for one in latest)).subquery()
    movement = aliased(Transfer, both)
    return (
        select(movement, Account.normal_side, _balance().scalar_subquery().label("balance"))
        .join(Account, Account.id == bindparam("account_id"))
        .order_by(literal_column("sequence").desc())
        .limit(bindparam("lines_max"))
    )


_BALANCE: Final = _balance()
_AVAILABLE: Final = select(available_cents()).where(Account.id == bindparam("account_id"))
_MOVEMENTS: Final = _movements()


def _line(account_id: UUID, transfer: Transfer, after: int) -> StatementLine:
    debited = transfer.debit_account_id == account_id
    return StatementLine(
        sequence=transfer.sequence,
        transfer_id=transfer.id,
        side=Side.DEBIT if debited else Side.CREDIT,
        amount=Cents(transfer.amount_cents),
        balance_after=int(after),
        other_account_id=transfer.credit_account_id if debited else transfer.debit_account_id,
        reason=transfer.reason,
        reference=transfer.reference,
        recorded_at=transfer.recorded_at,
    )
