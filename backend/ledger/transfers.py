"""Moving money: one debit, one credit, one row, for ever.

The caller makes the transfer's id. The same id with the same content is the same transfer,
with other content a conflict. Both accounts are locked in id order, so two opposite transfers
wait for each other and never deadlock. A correction is another transfer.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.ledger.errors import (
    AccountUnknown,
    InsufficientFunds,
    TransferConflict,
    TransferUnacceptable,
    TransferUnknown,
)
from backend.ledger.money import Cents, NotMoney
from backend.ledger.tables import Account, Side, Transfer


@dataclass(frozen=True, slots=True)
class Movement:
    """What makes two transfers the same; the moment of recording is not part of it."""

    debit_account_id: UUID
    credit_account_id: UUID
    amount: Cents
    reason: str
    reference: str


def transfer(
    session: Session,
    *,
    transfer_id: UUID,
    debit_account_id: UUID,
    credit_account_id: UUID,
    amount_cents: int,
    reason: str,
    reference: str,
    now: datetime,
) -> Transfer:
    """Move `amount_cents` from one account's debit to the other's credit, once per id.

    Raises InsufficientFunds, TransferConflict, AccountUnknown, TransferUnacceptable; after
    any of them the caller's unit of work is unchanged and may go on.
    """
    movement = Movement(
        debit_account_id, credit_account_id, _at_least_one_cent(amount_cents), reason, reference
    )
    if debit_account_id == credit_account_id:
        raise TransferUnacceptable
    accounts = _lock_in_id_order(session, debit_account_id, credit_account_id)
    # Asked under the locks: whoever records the same movement holds the same two.
    known = _find(session, transfer_id)
    if known is not None:
        return _same_or_conflict(known, movement)
    _refuse_overdraft(accounts, movement)
    return _record(session, transfer_id, movement, now)


def find_transfer(session: Session, transfer_id: UUID) -> Transfer:
    """Return a recorded transfer; raise TransferUnknown."""
    known = _find(session, transfer_id)
    if known is None:
        raise TransferUnknown
    return known


def _at_least_one_cent(amount_cents: int) -> Cents:
    try:
        amount = Cents(amount_cents)
    except NotMoney as cause:
        raise TransferUnacceptable from cause
    if amount == Cents(0):
        raise TransferUnacceptable
    return amount


def _lock_in_id_order(session: Session, one: UUID, other: UUID) -> dict[UUID, Account]:
    query = (
        select(Account)
        .where(Account.id.in_((one, other)))
        .order_by(Account.id)
        # key_share: a new row elsewhere that merely names the account need not wait.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    accounts = {account.id: account for account in session.scalars(query)}
    if len(accounts) != 2:
        raise AccountUnknown
    return accounts


def _find(session: Session, transfer_id: UUID) -> Transfer | None:
    return session.scalars(select(Transfer).where(Transfer.id == transfer_id)).one_or_none()


def _same_or_conflict(known: Transfer, movement: Movement) -> Transfer:
    recorded = Movement(
        known.debit_account_id,
        known.credit_account_id,
        Cents(known.amount_cents),
        known.reason,
        known.reference,
    )
    if recorded != movement:
        raise TransferConflict
    return known


def _refuse_overdraft(accounts: dict[UUID, Account], movement: Movement) -> None:
    # The CHECK would refuse too; asked here, the answer is an answer and not a failure.
    for account_id, lowering in (
        (movement.debit_account_id, Side.CREDIT),
        (movement.credit_account_id, Side.DEBIT),
    ):
        account = accounts[account_id]
        lowered = account.limited and account.normal_side is lowering
        if lowered and account.balance < movement.amount.value:
            raise InsufficientFunds


def _record(session: Session, transfer_id: UUID, movement: Movement, now: datetime) -> Transfer:
    row = Transfer(
        id=transfer_id,
        debit_account_id=movement.debit_account_id,
        credit_account_id=movement.credit_account_id,
        amount_cents=movement.amount.value,
        reason=movement.reason,
        reference=movement.reference,
        recorded_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as cause:
        # Only another movement under this id, between other accounts, can still come between.
        known = _find(session, transfer_id)
        if known is None:
            raise
        raise TransferConflict from cause
    # The insert's trigger changed both accounts behind the session's back.
    for account_id in (movement.debit_account_id, movement.credit_account_id):
        session.expire(session.get_one(Account, account_id))
    return row
