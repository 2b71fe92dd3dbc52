"""Opening accounts and reading them: balance and statement.

Not here: moving money (transfers.py), proving that it adds up (check.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

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
        debits_posted=0,
        credits_posted=0,
        opened_at=now,
    )
    session.add(account)
    session.flush()
    return account


def balance(session: Session, account_id: UUID) -> int:
    """Return the cents on the account's normal side, as the database has them now."""
    account = session.get(Account, account_id, populate_existing=True)
    if account is None:
        raise AccountUnknown
    return account.balance


def statement(
    session: Session, account_id: UUID, *, lines_max: int = STATEMENT_LINES_MAX
) -> list[StatementLine]:
    """Return the latest movements of an account, newest first, at most `lines_max`."""
    account = session.get(Account, account_id)
    if account is None:
        raise AccountUnknown
    rows = _movements(session, account, min(lines_max, STATEMENT_LINES_MAX))
    return [_line(account_id, transfer, after) for transfer, after in rows]


def _movements(session: Session, account: Account, lines_max: int) -> list[tuple[Transfer, int]]:
    increases = (
        Transfer.credit_account_id == account.id
        if account.normal_side is Side.CREDIT
        else Transfer.debit_account_id == account.id
    )
    signed = case((increases, Transfer.amount_cents), else_=-Transfer.amount_cents)
    after = func.sum(signed).over(order_by=Transfer.sequence)
    mine = or_(Transfer.debit_account_id == account.id, Transfer.credit_account_id == account.id)
    query = select(Transfer, after).where(mine).order_by(Transfer.sequence.desc())
    return [(movement, sum_) for movement, sum_ in session.execute(query.limit(lines_max))]


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
