"""Giving money back at the counter: a void on the day of the payment, refunds until it is all back.

Promise: each id gives back once and is answered the same each time; the sum never passes the
payment (its row is locked, and the table refuses more); the money goes back to the wallet it came
from by a transfer of its own. Any counter of the payment's outlet may do it.
Not here: the reversal of an unknown outcome, which nothing refuses (reverse.py).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.benefits.rules import Phase
from backend.benefits.wallets import phase_of
from backend.errors import BackendError
from backend.ledger.money import Cents
from backend.ledger.tables import Transfer
from backend.ledger.transfers import find_transfer, transfer
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.authorise import make_authorisation_number
from backend.payments.days import day_of
from backend.payments.errors import (
    IdempotencyConflict,
    PartnerSuspended,
    PaymentInProgress,
    PaymentNotApproved,
    PaymentPartlyRefunded,
    PaymentRefunded,
    PaymentReversed,
    PaymentUnknown,
    PaymentVoided,
    RefundTooLarge,
    RefundTooLate,
    VoidTooLate,
)
from backend.payments.place import standing_of
from backend.payments.reasons import DeclineReason
from backend.payments.receipts import Receipt, receipt_of_return
from backend.payments.record import is_abandoned, lock, move
from backend.payments.states import PaymentEvent, PaymentState, next_state
from backend.payments.tables import Payment, PaymentReturn, ReturnKind
from backend.payments.words import given_back, refunded
from backend.services import Services

#: What a payment that has no money out answers to whoever wants some back.
_NOTHING_OUT: Final[dict[PaymentState, type[BackendError]]] = {
    PaymentState.PENDING: PaymentInProgress,
    PaymentState.DECLINED: PaymentNotApproved,
    PaymentState.REVERSED: PaymentReversed,
    PaymentState.VOIDED: PaymentVoided,
    PaymentState.REFUNDED: PaymentRefunded,
}


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A void or a refund; `left_cents` is what of the payment was still out after it."""

    return_id: UUID
    payment_id: UUID
    kind: ReturnKind
    amount_cents: int
    left_cents: int
    authorisation_number: str
    recorded_at: datetime
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked; a void is of all that is out."""

    return_id: UUID
    kind: ReturnKind
    amount: Cents | None


def void(
    services: Services,
    terminal: AuthenticatedTerminal,
    payment_id: UUID,
    void_id: UUID | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> GivenBack:
    """Undo a payment on its own day (Paris); without an id of its own, a payment has one void.

    Raises PaymentUnknown, VoidTooLate, PaymentPartlyRefunded, IdempotencyConflict,
    PartnerSuspended, and one for each state without money out.
    """
    wish = _Wish(void_id or uuid5(payment_id, "void"), ReturnKind.VOID, None)
    return _give_back(services, terminal, payment_id, wish, random)


def refund(
    services: Services,
    terminal: AuthenticatedTerminal,
    payment_id: UUID,
    *,
    refund_id: UUID,
    amount: Cents,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> GivenBack:
    """Give back a part of a payment, or all that is left, until the partners' last day.

    Raises PaymentUnknown, RefundTooLarge, RefundTooLate, IdempotencyConflict, PartnerSuspended,
    and one for each state without money out.
    """
    wish = _Wish(refund_id, ReturnKind.REFUND, amount)
    return _give_back(services, terminal, payment_id, wish, random)


def of_outlet(row: Payment | None, terminal: AuthenticatedTerminal) -> Payment:
    """Return the row if it was paid at this terminal's outlet; raise PaymentUnknown."""
    if row is None or row.outlet_id is None or row.outlet_id != terminal.outlet_id:
        raise PaymentUnknown
    return row


def _give_back(
    services: Services,
    terminal: AuthenticatedTerminal,
    payment_id: UUID,
    wish: _Wish,
    random: Callable[[int], bytes],
) -> GivenBack:
    now, number = services.now(), make_authorisation_number(random)
    with services.database.unit_of_work() as session:
        row = of_outlet(lock(session, payment_id), terminal)
        known = _done_before(session, row, wish)
        if known is not None:
            return _answer(session, row, known)
        _refuse_state(row, now)
        amount = _amount_of(row, wish, now)
        assert row.transfer_id is not None
        debit = find_transfer(session, row.transfer_id)
        _refuse_place(session, terminal, debit, wish, now)
        made = _record(session, terminal, row, wish, debit, amount=amount, number=number, now=now)
        return _answer(session, row, made)


def _done_before(session: Session, row: Payment, wish: _Wish) -> PaymentReturn | None:
    """Return what this id did already; raise IdempotencyConflict if it did anything else."""
    known = session.get(PaymentReturn, wish.return_id)
    if known is None:
        return None
    same = known.payment_id == row.payment_id and known.kind is wish.kind
    if not same or (wish.amount is not None and known.amount_cents != wish.amount.value):
        raise IdempotencyConflict
    return known


def _refuse_state(row: Payment, now: datetime) -> None:
    refusal = _NOTHING_OUT.get(row.status)
    if refusal is PaymentInProgress and is_abandoned(row, now):
        refusal = PaymentNotApproved
    if refusal is not None:
        raise refusal


def _amount_of(row: Payment, wish: _Wish, now: datetime) -> int:
    """Return the cents that go back; raise what the payment's own state refuses."""
    assert row.amount_cents is not None
    assert row.decided_at is not None
    left_cents = row.amount_cents - row.given_back_cents
    if wish.amount is None:
        if next_state(row.status, PaymentEvent.VOIDED) is None:
            raise PaymentPartlyRefunded(left_cents)
        if day_of(row.decided_at) != day_of(now):
            raise VoidTooLate
        return left_cents
    if wish.amount.value > left_cents:
        raise RefundTooLarge(left_cents)
    return wish.amount.value


def _refuse_place(
    session: Session, terminal: AuthenticatedTerminal, debit: Transfer, wish: _Wish, now: datetime
) -> None:
    # A closed outlet may still give back what it took.
    if standing_of(session, terminal.outlet_id, now) is DeclineReason.PARTNER_SUSPENDED:
        raise PartnerSuspended
    # A void is of today's payment, which was in time.
    late = wish.kind is ReturnKind.REFUND and (
        phase_of(session, debit.debit_account_id, now) is Phase.OVER
    )
    if late:
        raise RefundTooLate


def _record(
    session: Session,
    terminal: AuthenticatedTerminal,
    row: Payment,
    wish: _Wish,
    debit: Transfer,
    *,
    amount: int,
    number: str,
    now: datetime,
) -> PaymentReturn:
    words = given_back if wish.kind is ReturnKind.VOID else refunded
    moved = transfer(
        session,
        transfer_id=uuid5(wish.return_id, wish.kind),
        debit_account_id=debit.credit_account_id,
        credit_account_id=debit.debit_account_id,
        amount_cents=amount,
        reason=words(debit.reason),
        reference=debit.reference,
        now=now,
    )
    assert row.amount_cents is not None
    left_cents = row.amount_cents - row.given_back_cents - amount
    move(row, _event(wish.kind, left_cents))
    row.given_back_cents += amount
    made = PaymentReturn(
        return_id=wish.return_id,
        payment_id=row.payment_id,
        kind=wish.kind,
        terminal_id=terminal.terminal_id,
        amount_cents=amount,
        left_cents=left_cents,
        authorisation_number=number,
        transfer_id=moved.id,
        recorded_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _event(kind: ReturnKind, left_cents: int) -> PaymentEvent:
    if kind is ReturnKind.VOID:
        return PaymentEvent.VOIDED
    return PaymentEvent.REFUNDED_IN_PART if left_cents else PaymentEvent.REFUNDED


def _answer(session: Session, row: Payment, made: PaymentReturn) -> GivenBack:
    return GivenBack(
        made.return_id,
        row.payment_id,
        made.kind,
        made.amount_cents,
        made.left_cents,
        made.authorisation_number,
        made.recorded_at,
        receipt_of_return(session, row, made),
    )
