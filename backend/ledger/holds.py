"""Holds: an amount reserved on a limited account, settled at most once.

    hold ──settle (for at most the amount)──▶ a transfer, and the rest is free again
      ├───release──▶ all is free again
      └───expire───▶ the same, by `pass-backend ledger seal`, when its time is over

What is held cannot be spent, and has not moved. A hold ends by a new row that names it, whose
trigger frees the amount and makes the transfer. The caller makes every id: the same id with the
same content is the same hold, or the same settlement; with other content it is a conflict.
After any refusal the caller's unit of work is unchanged and may go on.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.ledger.errors import (
    HoldConflict,
    HoldExpired,
    HoldSettled,
    HoldUnacceptable,
    HoldUnknown,
    InsufficientFunds,
)
from backend.ledger.tables import Hold, OpenHold, Outcome, Settlement, Transfer
from backend.ledger.transfers import Movement, covers, find_transfer, forget, lock_accounts

EXPIRED_HOLDS_PER_SWEEP_MAX: Final = 100
EXPIRED_REASON: Final = "Réservation expirée"


@dataclass(frozen=True, slots=True)
class _Ending:
    """What makes two settlements the same."""

    hold_id: UUID
    outcome: Outcome
    amount_cents: int
    reason: str
    reference: str


def hold(
    session: Session, *, hold_id: UUID, movement: Movement, expires_at: datetime, now: datetime
) -> Hold:
    """Reserve a movement between two accounts, one of them limited, for a time.

    Raises InsufficientFunds, HoldConflict, HoldUnacceptable, AccountUnknown.
    """
    accounts = lock_accounts(session, movement)
    known = session.get(Hold, hold_id)
    if known is not None:
        if (_movement(known), known.expires_at) != (movement, expires_at):
            raise HoldConflict
        return known
    if expires_at <= now or not any(account.limited for account in accounts):
        raise HoldUnacceptable
    if not covers(accounts, movement):
        raise InsufficientFunds
    row = Hold(id=hold_id, expires_at=expires_at, recorded_at=now, **asdict(movement))
    _add_once(session, row)
    forget(session, movement)
    return row


def settle_hold(
    session: Session,
    *,
    hold_id: UUID,
    transfer_id: UUID,
    amount_cents: int,
    reason: str,
    reference: str,
    now: datetime,
) -> Transfer:
    """End a hold with a transfer of at most its amount; what remains is free again.

    Raises HoldUnknown, HoldConflict, HoldSettled, HoldExpired, HoldUnacceptable.
    """
    ending = _Ending(hold_id, Outcome.SETTLED, amount_cents, reason, reference)
    _end(session, transfer_id, ending, now)
    return find_transfer(session, transfer_id)


def release_hold(
    session: Session,
    *,
    hold_id: UUID,
    settlement_id: UUID,
    reason: str,
    reference: str,
    now: datetime,
) -> Settlement:
    """End a hold without a transfer; raise HoldUnknown, HoldConflict, HoldSettled."""
    ending = _Ending(hold_id, Outcome.RELEASED, 0, reason, reference)
    return _end(session, settlement_id, ending, now)


def expired_holds(session: Session, now: datetime) -> list[UUID]:
    """Return at most EXPIRED_HOLDS_PER_SWEEP_MAX holds whose time is over, oldest first."""
    chosen = (
        select(OpenHold.hold_id)
        .where(OpenHold.expires_at <= now)
        .order_by(OpenHold.expires_at, OpenHold.hold_id)
        .limit(EXPIRED_HOLDS_PER_SWEEP_MAX)
    )
    return list(session.scalars(chosen))


def expire_hold(session: Session, hold_id: UUID, now: datetime) -> Settlement:
    """End a hold whose time is over; raise HoldUnknown, HoldUnacceptable, HoldSettled.

    One in a unit of work: several would lock their accounts in no common order.
    """
    ending = _Ending(hold_id, Outcome.EXPIRED, 0, EXPIRED_REASON, f"hold:{hold_id}")
    return _end(session, uuid5(hold_id, "expired"), ending, now)


def _end(session: Session, settlement_id: UUID, ending: _Ending, now: datetime) -> Settlement:
    held = session.get(Hold, ending.hold_id)
    if held is None:
        raise HoldUnknown
    # Whoever ends the same hold holds the same locks.
    lock_accounts(session, _movement(held))
    known = session.get(Settlement, ending.hold_id, populate_existing=True)
    if known is not None:
        return _same_or_refused(known, settlement_id, ending)
    _refuse(held, ending, now)
    row = Settlement(
        id=settlement_id,
        hold_id=ending.hold_id,
        outcome=ending.outcome,
        amount_cents=ending.amount_cents,
        reason=ending.reason,
        reference=ending.reference,
        recorded_at=now,
    )
    _add_once(session, row)
    forget(session, _movement(held))
    return row


def _refuse(held: Hold, ending: _Ending, now: datetime) -> None:
    over = now >= held.expires_at
    if ending.outcome is Outcome.SETTLED:
        if over:
            raise HoldExpired
        if not 0 < ending.amount_cents <= held.amount_cents:
            raise HoldUnacceptable
    if ending.outcome is Outcome.EXPIRED and not over:
        raise HoldUnacceptable


def _add_once(session: Session, row: Hold | Settlement) -> None:
    """Insert a row; raise HoldConflict when its id is taken, elsewhere or since."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as cause:
        raise HoldConflict from cause


def _same_or_refused(known: Settlement, settlement_id: UUID, ending: _Ending) -> Settlement:
    recorded = _Ending(
        known.hold_id, known.outcome, known.amount_cents, known.reason, known.reference
    )
    if known.id != settlement_id:
        raise HoldSettled
    if recorded != ending:
        raise HoldConflict
    return known


def _movement(held: Hold) -> Movement:
    return Movement(
        held.debit_account_id,
        held.credit_account_id,
        held.amount_cents,
        held.reason,
        held.reference,
    )
