"""A partner's events, read from the sealed books: each is a transfer of the partner's account.

Promise: no payment writes anything for this. An event is there once its transfer is sealed (record
0017): from then on no transfer with a lower number can appear, so whoever goes on from a number
misses none, and the order never changes. Only reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from backend.benefits.tables import PartnerAccount
from backend.events.content import Event, EventKind
from backend.ledger.tables import Seal, Transfer
from backend.payments.tables import Payment, PaymentReturn, ReturnKind

EVENTS_PER_PAGE_MAX: Final = 200

_PAID: Final = aliased(Payment)
_TAKEN_BACK: Final = aliased(Payment)
_GIVEN: Final = aliased(Payment)
_COLUMNS: Final = (Transfer.sequence, Transfer.id, Transfer.amount_cents, Transfer.recorded_at)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, how far was looked, and whether there is more by now."""

    events: tuple[Event, ...]
    reached: int
    has_more: bool


def sealed_up_to(session: Session) -> int:
    """Return the number up to which every transfer is sealed."""
    return session.scalar(select(func.max(Seal.last_sequence))) or 0


def read_events(session: Session, partner_id: UUID, after: int, limit: int) -> EventPage:
    """Return at most `limit` (1 to EVENTS_PER_PAGE_MAX) events of a partner after a number."""
    assert 1 <= limit <= EVENTS_PER_PAGE_MAX, "the caller checks it"
    account_id = session.scalar(
        select(PartnerAccount.account_id).where(PartnerAccount.partner_id == partner_id)
    )
    sealed = sealed_up_to(session)
    if account_id is None or after >= sealed:
        return EventPage((), after, has_more=False)
    moved = _moved(session, account_id, after, sealed, limit + 1)
    shown = moved[:limit]
    has_more = len(moved) > limit
    reached = shown[-1].sequence if has_more else sealed
    return EventPage(tuple(_events(session, shown)), reached, has_more)


def _moved(
    session: Session, account_id: UUID, after: int, sealed: int, limit: int
) -> Sequence[Row[Any]]:
    """Return the account's next transfers, either way, in order: two descents of an index."""

    def side(column: Any) -> Any:
        return (
            select(*_COLUMNS)
            .where(column == account_id, Transfer.sequence > after, Transfer.sequence <= sealed)
            .order_by(Transfer.sequence)
            .limit(limit)
        )

    both = [
        row
        for column in (Transfer.credit_account_id, Transfer.debit_account_id)
        for row in session.execute(side(column))
    ]
    return sorted(both, key=lambda row: int(row.sequence))[:limit]


def _events(session: Session, moved: Sequence[Row[Any]]) -> list[Event]:
    """Say what each transfer was; one that is no payment's is none of a partner's events."""
    ids = [row.id for row in moved]
    if not ids:
        return []
    paid = {one.transfer_id: one for one in session.scalars(_of(_PAID.transfer_id, _PAID, ids))}
    back = {
        one.reversal_transfer_id: one
        for one in session.scalars(_of(_TAKEN_BACK.reversal_transfer_id, _TAKEN_BACK, ids))
    }
    given = {
        one.transfer_id: (one, payment)
        for one, payment in session.execute(
            select(PaymentReturn, _GIVEN)
            .join(_GIVEN, _GIVEN.payment_id == PaymentReturn.payment_id)
            .where(PaymentReturn.transfer_id.in_(ids))
        )
    }
    events = []
    for row in moved:
        if row.id in paid:
            events.append(_approved(row, paid[row.id]))
        elif row.id in back:
            events.append(_reversed(row, back[row.id]))
        elif row.id in given:
            events.append(_given_back(row, *given[row.id]))
    return events


def _of(column: Any, payment: Any, ids: list[UUID]) -> Select[Any]:
    return select(payment).where(column.in_(ids))


def _approved(row: Row[Any], payment: Payment) -> Event:
    return _event(row, EventKind.APPROVED, payment, left_cents=row.amount_cents)


def _reversed(row: Row[Any], payment: Payment) -> Event:
    return _event(row, EventKind.REVERSED, payment, left_cents=0)


def _event(row: Row[Any], kind: EventKind, payment: Payment, *, left_cents: int) -> Event:
    return Event(
        sequence=row.sequence,
        event_id=row.id,
        kind=kind,
        at=row.recorded_at,
        payment_id=payment.payment_id,
        return_id=None,
        outlet_id=payment.outlet_id,
        terminal_id=payment.terminal_id,
        benefit=payment.benefit_code,
        amount_cents=row.amount_cents,
        left_cents=left_cents,
        authorisation_number=payment.authorisation_number,
    )


def _given_back(row: Row[Any], given: PaymentReturn, payment: Payment) -> Event:
    is_void = given.kind is ReturnKind.VOID
    return Event(
        sequence=row.sequence,
        event_id=row.id,
        kind=EventKind.VOIDED if is_void else EventKind.REFUNDED,
        at=row.recorded_at,
        payment_id=payment.payment_id,
        return_id=given.return_id,
        outlet_id=payment.outlet_id,
        terminal_id=given.terminal_id,
        benefit=payment.benefit_code,
        amount_cents=row.amount_cents,
        left_cents=given.left_cents,
        authorisation_number=given.authorisation_number,
    )
