"""Reversing a payment whose answer was lost: before it, after it, or without it.

The terminal sends it until acknowledged, so every repetition gives the same acknowledgement.
"""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.ledger.transfers import find_transfer, transfer
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.orders import Reversed
from backend.payments.reasons import DeclineReason
from backend.payments.record import insert_once, lock_known, move, of_terminal, reversed_of
from backend.payments.states import PaymentEvent, PaymentState, next_state
from backend.payments.tables import Payment
from backend.payments.words import given_back
from backend.services import Services


def reverse(services: Services, terminal: AuthenticatedTerminal, payment_id: UUID) -> Reversed:
    """Undo a payment, whatever became of it; unknown, it is refused if it comes late.

    Raises PaymentUnknown when the id is another terminal's.
    """
    now = services.now()
    with services.database.unit_of_work() as session:
        overtaking = _overtaking(terminal, payment_id, now)
        if insert_once(session, overtaking):
            return reversed_of(overtaking)
        row = of_terminal(lock_known(session, payment_id), terminal.terminal_id)
        _reverse_known(session, row, now)
        return reversed_of(row)


def reversal_id(payment_id: UUID) -> UUID:
    """Return the id of the transfer that gives a payment's money back, once."""
    return uuid5(payment_id, "reversal")


def _overtaking(terminal: AuthenticatedTerminal, payment_id: UUID, now: datetime) -> Payment:
    """Make the row of a reversal that came before its payment."""
    return Payment(
        payment_id=payment_id,
        terminal_id=terminal.terminal_id,
        outlet_id=terminal.outlet_id,
        partner_id=terminal.partner_id,
        given_back_cents=0,
        reversed_cents=0,
        status=PaymentState.REVERSED,
        reason=DeclineReason.REVERSED_BEFORE_ARRIVAL,
        created_at=now,
        decided_at=now,
        reversed_at=now,
    )


def _reverse_known(session: Session, row: Payment, now: datetime) -> None:
    if next_state(row.status, PaymentEvent.REVERSED) is row.status:
        # Heard before, or all of its money was given back at the counter.
        return
    left_cents = 0
    if row.transfer_id is not None:
        left_cents = (row.amount_cents or 0) - row.given_back_cents
        row.reversal_transfer_id = _give_back(session, row, row.transfer_id, left_cents, now)
    move(row, PaymentEvent.REVERSED)
    row.reversed_cents = left_cents
    row.given_back_cents += left_cents
    row.reversed_at = now
    row.reason = row.reason or DeclineReason.REVERSED_BEFORE_ARRIVAL
    row.decided_at = row.decided_at or now


def _give_back(
    session: Session, row: Payment, debit_id: UUID, amount_cents: int, now: datetime
) -> UUID:
    debit = find_transfer(session, debit_id)
    # Back where it came from, whatever has become of the partner, the benefit or the card.
    return transfer(
        session,
        transfer_id=reversal_id(row.payment_id),
        debit_account_id=debit.credit_account_id,
        credit_account_id=debit.debit_account_id,
        amount_cents=amount_cents,
        reason=given_back(debit.reason),
        reference=debit.reference,
        now=now,
    ).id
