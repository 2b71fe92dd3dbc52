"""A payment's row: put there once, found again under its lock, moved through its life.

Every change of a status is here and goes through `next_state`. Not here: money.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import BigInteger, String, Table, Uuid, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.database import UtcDateTime
from backend.payments.advice import NO_ADVICE, Advice, read_advice, write_advice
from backend.payments.errors import PaymentUnknown
from backend.payments.orders import (
    Answer,
    Approved,
    Decision,
    Declined,
    Pending,
    Refund,
    Reversed,
    Voided,
)
from backend.payments.reasons import DeclineReason
from backend.payments.states import APPROVED_ONCE, PaymentEvent, PaymentState, next_state
from backend.payments.tables import Payment, PaymentReturn, ReturnKind
from backend.statements import Statement

#: Longer than any decision takes. Whoever has not decided by then has died.
PENDING_SECONDS_MAX: Final = 30

_TABLE: Final = cast("Table", Payment.__table__)
_COLUMNS: Final = tuple(column.name for column in _TABLE.columns)
_INSERT: Final = Statement(
    postgresql.insert(_TABLE)
    .on_conflict_do_nothing(index_elements=["payment_id"])
    .returning(_TABLE.c.payment_id),
    on_sqlite=sqlite.insert(_TABLE)
    .on_conflict_do_nothing(index_elements=["payment_id"])
    .returning(_TABLE.c.payment_id),
    columns=_COLUMNS,
)
_NOTHING: Final[Mapping[str, object]] = {
    **dict.fromkeys(_COLUMNS),
    "given_back_cents": 0,
    "reversed_cents": 0,
}
_PAYMENT: Final = bindparam("payment", type_=Uuid())
_LOCK_STATUS: Final = Statement(
    select(Payment.status).where(Payment.payment_id == _PAYMENT).with_for_update()
)
_APPROVE: Final = Statement(
    update(_TABLE)
    .where(_TABLE.c.payment_id == _PAYMENT, _TABLE.c.status == PaymentState.PENDING)
    .values(
        status=PaymentState.APPROVED,
        authorisation_number=bindparam("number", type_=String()),
        remaining_cents=bindparam("remaining", type_=BigInteger()),
        transfer_id=bindparam("transfer", type_=Uuid()),
        decided_at=bindparam("now", type_=UtcDateTime()),
    )
    .returning(_TABLE.c.benefit_code, _TABLE.c.amount_cents)
)


def insert_once(session: Session, row: Payment) -> bool:
    """Record a new payment in one statement; False when its id is taken already.

    Waits for another unit of work that is recording the same id. The row itself never belongs to
    the session: `lock` it to change it.
    """
    return put_once(session, {name: getattr(row, name) for name in _COLUMNS})


def put_once(session: Session, values: Mapping[str, object]) -> bool:
    """Record a new payment of plain values, absent ones null; False when its id is taken."""
    return _INSERT.first(session, {**_NOTHING, **values}) is not None


def lock_status(session: Session, payment_id: UUID) -> PaymentState:
    """Lock a payment that is there and return its status alone."""
    row = _LOCK_STATUS.first(session, {"payment": payment_id})
    assert row is not None, "payments are never removed"
    return PaymentState(row[0])


def approve(
    session: Session,
    payment_id: UUID,
    *,
    transfer_id: UUID,
    number: str,
    remaining_cents: int,
    now: datetime,
) -> Approved:
    """Write an approval down in a locked, pending payment, and return it."""
    assert next_state(PaymentState.PENDING, PaymentEvent.APPROVED) is PaymentState.APPROVED
    decided = {
        "payment": payment_id,
        "number": number,
        "remaining": remaining_cents,
        "transfer": transfer_id,
        "now": now,
    }
    row = _APPROVE.first(session, decided)
    assert row is not None, "locked and pending"
    return Approved(
        payment_id=payment_id,
        authorisation_number=number,
        benefit_code=row[0],
        amount_cents=row[1],
        remaining_cents=remaining_cents,
        decided_at=now,
    )


def lock(session: Session, payment_id: UUID) -> Payment | None:
    """Return a payment, its row locked and freshly read."""
    return session.get(Payment, payment_id, with_for_update=True, populate_existing=True)


def lock_known(session: Session, payment_id: UUID) -> Payment:
    """Return a payment that is there, its row locked and freshly read."""
    row = lock(session, payment_id)
    assert row is not None, "payments are never removed"
    return row


def of_terminal(row: Payment | None, terminal_id: UUID) -> Payment:
    """Return the row if it is this terminal's; raise PaymentUnknown, whoever else's it is."""
    if row is None or row.terminal_id != terminal_id:
        raise PaymentUnknown
    return row


def move(row: Payment, event: PaymentEvent) -> None:
    """Let an event happen to a locked payment; refusing it would be our own mistake."""
    after = next_state(row.status, event)
    assert after is not None, f"{event} in {row.status}"
    row.status = after


def decline(
    row: Payment,
    reason: DeclineReason,
    now: datetime,
    *,
    tries_left: int | None = None,
    advice: Advice = NO_ADVICE,
) -> Declined:
    """Write a decline down and return it."""
    interrupted = reason is DeclineReason.INTERRUPTED
    move(row, PaymentEvent.INTERRUPTED if interrupted else PaymentEvent.DECLINED)
    row.reason = reason
    row.tries_left = tries_left
    row.advice = write_advice(advice)
    row.decided_at = now
    return Declined(
        payment_id=row.payment_id,
        reason=reason,
        tries_left=tries_left,
        decided_at=now,
        advice=advice,
    )


def is_abandoned(row: Payment, now: datetime) -> bool:
    """Tell whether a pending payment is too old for anybody to be deciding it still."""
    too_old = now - row.created_at >= timedelta(seconds=PENDING_SECONDS_MAX)
    return row.status is PaymentState.PENDING and too_old


def answer_of(session: Session, row: Payment) -> Answer:
    """Say what became of a payment: its answer, and what was given back since."""
    match row.status:
        case PaymentState.PENDING:
            return Pending(payment_id=row.payment_id)
        case PaymentState.REVERSED:
            return reversed_of(row)
        case PaymentState.VOIDED:
            (void,) = _returns_of(session, row, ReturnKind.VOID)
            return Voided(
                approved=_approved(row), void_id=void.return_id, voided_at=void.recorded_at
            )
        case PaymentState.PARTLY_REFUNDED | PaymentState.REFUNDED:
            returns = _returns_of(session, row, ReturnKind.REFUND)
            return _approved(row, tuple(_refund(one) for one in returns))
        case _:
            return decision_of(row)


def reversed_of(row: Payment) -> Reversed:
    """Say that a reversal was heard; also of a payment whose money was back already."""
    return Reversed(
        payment_id=row.payment_id,
        money_moved=row.transfer_id is not None,
        amount_cents=row.reversed_cents,
    )


def decision_of(row: Payment) -> Decision:
    """Say what a decided row answers to its order, the first time and every other.

    A reversed or voided payment is never approved again: a till that hears it late must not hand
    over the goods. A refunded one is: they were handed over.
    """
    if row.status in APPROVED_ONCE and row.status is not PaymentState.VOIDED:
        return _approved(row)
    assert row.decided_at is not None
    undone = (
        DeclineReason.VOIDED
        if row.status is PaymentState.VOIDED
        else DeclineReason.REVERSED_BEFORE_ARRIVAL
    )
    return Declined(
        payment_id=row.payment_id,
        reason=row.reason or undone,
        tries_left=row.tries_left,
        decided_at=row.decided_at,
        advice=read_advice(row.advice),
    )


def _approved(row: Payment, refunds: tuple[Refund, ...] = ()) -> Approved:
    # The table's constraints promise all five.
    assert row.decided_at is not None
    assert row.authorisation_number is not None
    assert row.benefit_code is not None
    assert row.amount_cents is not None
    assert row.remaining_cents is not None
    return Approved(
        payment_id=row.payment_id,
        authorisation_number=row.authorisation_number,
        benefit_code=row.benefit_code,
        amount_cents=row.amount_cents,
        remaining_cents=row.remaining_cents,
        decided_at=row.decided_at,
        refunds=refunds,
    )


def _returns_of(session: Session, row: Payment, kind: ReturnKind) -> list[PaymentReturn]:
    query = (
        select(PaymentReturn)
        .where(PaymentReturn.payment_id == row.payment_id, PaymentReturn.kind == kind)
        # Each leaves less than the one before it.
        .order_by(PaymentReturn.left_cents.desc())
    )
    return list(session.scalars(query))


def _refund(row: PaymentReturn) -> Refund:
    return Refund(
        refund_id=row.return_id,
        authorisation_number=row.authorisation_number,
        amount_cents=row.amount_cents,
        refunded_at=row.recorded_at,
    )
