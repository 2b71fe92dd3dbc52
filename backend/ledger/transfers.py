"""Moving money: one debit, one credit, one row, for ever.

The caller makes the transfer's id. The same id with the same content is the same transfer,
with other content a conflict. Limited accounts are locked in id order, so two opposite transfers
wait for each other and never deadlock; an unlimited account is not locked at all, so the
payments at one partner never wait for each other. A correction is another transfer.
A transfer is two statements: lock and read the accounts, then insert; a trigger posts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, Uuid, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.ledger.accounts import available_cents
from backend.ledger.errors import (
    AccountUnknown,
    InsufficientFunds,
    TransferConflict,
    TransferUnacceptable,
    TransferUnknown,
)
from backend.ledger.money import Cents, NotMoney
from backend.ledger.tables import Account, Side, Transfer
from backend.statements import Statement

#: An account's id, whether it is limited, its normal side, its available cents.
AccountRow = Row[UUID, bool, Side, int]


@dataclass(frozen=True, slots=True)
class Movement:
    """What makes two transfers the same; the moment of recording is not part of it.

    Raises TransferUnacceptable for an amount that is none, and for one account on both sides.
    """

    debit_account_id: UUID
    credit_account_id: UUID
    amount_cents: int
    reason: str
    reference: str

    def __post_init__(self) -> None:
        try:
            amount = Cents(self.amount_cents)
        except NotMoney as cause:
            raise TransferUnacceptable from cause
        if amount == Cents(0) or self.debit_account_id == self.credit_account_id:
            raise TransferUnacceptable


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
    movement = Movement(debit_account_id, credit_account_id, amount_cents, reason, reference)
    accounts = lock_accounts(session, movement)
    made = None
    if covers(accounts, movement):
        made = _record(session, transfer_id, movement, now)
    if made is not None:
        return made
    # Recorded before, perhaps with the money that is missing now.
    known = _find(session, transfer_id)
    if known is None:
        raise InsufficientFunds
    return _same_or_conflict(known, movement)


def transfer_covered(
    session: Session, transfer_id: UUID, movement: Movement, now: datetime
) -> None:
    """Record a movement whose limited accounts the caller holds locked, and has found to cover it.

    One statement; the database refuses it all the same if they do not. For a new id: a known one
    is answered as `transfer` does. Raises TransferConflict.
    """
    row = {"id": transfer_id, "recorded_at": now, **_values(movement)}
    if _RECORD.first(session, row) is None:
        known = _find(session, transfer_id)
        assert known is not None, "somebody has recorded it"
        _same_or_conflict(known, movement)
    forget(session, movement)


def transfer_all_covered(
    session: Session, movements: Mapping[UUID, Movement], now: datetime
) -> None:
    """Record many movements by their ids, as `transfer_covered` does: in one statement.

    A known id with the same content changes nothing. Raises TransferConflict.
    """
    rows = [
        {"id": transfer_id, "recorded_at": now, **_values(movement)}
        for transfer_id, movement in movements.items()
    ]
    if session.get_bind().dialect.name == "sqlite":
        # Its trigger refuses a known id before ON CONFLICT is thought of.
        known = set(session.scalars(select(Transfer.id).where(Transfer.id.in_(movements))))
        fresh = [row for row in rows if row["id"] not in known]
        made = {row["id"] for row in fresh}
        if fresh:
            session.execute(sqlite.insert(Transfer), fresh)
    else:
        insert = postgresql.insert(Transfer).on_conflict_do_nothing(index_elements=["id"])
        made = set(session.scalars(insert.returning(Transfer.id), rows))
    for transfer_id in movements.keys() - made:
        _same_or_conflict(find_transfer(session, transfer_id), movements[transfer_id])
    for movement in movements.values():
        forget(session, movement)


def find_transfer(session: Session, transfer_id: UUID) -> Transfer:
    """Return a recorded transfer; raise TransferUnknown."""
    known = _find(session, transfer_id)
    if known is None:
        raise TransferUnknown
    return known


def lock_accounts(session: Session, movement: Movement) -> list[AccountRow]:
    """Lock the limited ones of a movement's accounts in id order, and read both."""
    ids = {"one": movement.debit_account_id, "other": movement.credit_account_id}
    accounts = session.execute(_LOCK, ids).all()
    if len(accounts) != 2:
        raise AccountUnknown
    return list(accounts)


def covers(accounts: list[AccountRow], movement: Movement) -> bool:
    """Tell whether what is available, what is held aside, allows the movement.

    The CHECK would refuse too; asked here, the answer is an answer and not a failure.
    """
    for account_id, limited, normal_side, available in accounts:
        debited = account_id == movement.debit_account_id
        lowered = debited is (normal_side is Side.CREDIT)
        if limited and lowered and available < movement.amount_cents:
            return False
    return True


def forget(session: Session, movement: Movement) -> None:
    """Let the session read anew the accounts that a trigger has just changed behind its back."""
    for account_id in (movement.debit_account_id, movement.credit_account_id):
        known = session.identity_map.get(session.identity_key(Account, account_id))
        if known is not None:
            session.expire(known)


def _values(movement: Movement) -> dict[str, object]:
    # `asdict` would copy each value deeply.
    return {name: getattr(movement, name) for name in _FIELDS}


def _find(session: Session, transfer_id: UUID) -> Transfer | None:
    return session.scalars(select(Transfer).where(Transfer.id == transfer_id)).one_or_none()


def _same_or_conflict(known: Transfer, movement: Movement) -> Transfer:
    recorded = Movement(
        known.debit_account_id,
        known.credit_account_id,
        known.amount_cents,
        known.reason,
        known.reference,
    )
    if recorded != movement:
        raise TransferConflict
    return known


def _record(
    session: Session, transfer_id: UUID, movement: Movement, now: datetime
) -> Transfer | None:
    """Insert the transfer; return None when its id is taken."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    # SQLite writes one unit of work at a time, and its trigger refuses a known id before
    # ON CONFLICT is thought of.
    if on_sqlite and _find(session, transfer_id) is not None:
        return None
    row = {"id": transfer_id, "recorded_at": now, **_values(movement)}
    insert = _INSERT_SQLITE if on_sqlite else _INSERT_POSTGRESQL
    made = session.scalars(insert, row).one_or_none()
    forget(session, movement)
    return made


def _lock() -> CompoundSelect[UUID, bool, Side, int]:
    columns = (Account.id, Account.limited, Account.normal_side, available_cents())
    ids = (bindparam("one", type_=Uuid()), bindparam("other", type_=Uuid()))
    both = select(*columns).where(Account.id.in_(ids))
    limited = both.where(Account.limited).order_by(Account.id)
    # key_share: a new row elsewhere that merely names the account need not wait.
    locked = limited.with_for_update(key_share=True).cte("locked")
    return select(locked).union_all(both.where(~Account.limited))


_LOCK: Final = _lock()
_INSERT_POSTGRESQL: Final = (
    postgresql.insert(Transfer).on_conflict_do_nothing(index_elements=["id"]).returning(Transfer)
)
_INSERT_SQLITE: Final = sqlite.insert(Transfer).returning(Transfer)
_FIELDS: Final = tuple(field.name for field in fields(Movement))
_RECORD: Final = Statement(
    postgresql.insert(Transfer)
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(Transfer.sequence),
    on_sqlite=sqlite.insert(Transfer).returning(Transfer.sequence),
    columns=("id", "recorded_at", *_FIELDS),
)
