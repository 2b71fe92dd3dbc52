"""Which payments of a card that is present may be given back here: by the card, not by a number.

Only this outlet's own payments, only what is still out of them, only lately. Only reads.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from backend.cards.proving import find_proof
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.find import FoundPayment, found_payment
from backend.payments.states import PaymentState
from backend.payments.tables import Payment
from backend.services import Services

LOOKED_BACK: Final = timedelta(days=60)
LISTED_MAX: Final = 50
LISTED: Final = 10
_STILL_OUT: Final = (PaymentState.APPROVED, PaymentState.PARTLY_REFUNDED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: its last payment."""

    decided_at: datetime
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Some payments, and where the next page begins; None at the end."""

    payments: tuple[FoundPayment, ...]
    after: Place | None


def payments_of_card(
    services: Services,
    terminal: AuthenticatedTerminal,
    proof_id: UUID,
    *,
    limit: int = LISTED,
    after: Place | None = None,
) -> PaymentPage:
    """Return this outlet's latest payments of a proven card's holder, newest first.

    At most `limit` (1 to LISTED_MAX), after a place in the list.
    Raises ProofUnknown, ProofUsed, ProofExpired, CardBlocked, CardNotActive.
    """
    now = services.now()
    with services.database.reading() as session:
        proof = find_proof(session, proof_id, terminal.terminal_id, now)
        query = (
            select(Payment)
            .where(
                # Whichever card it was: the one that paid may have been replaced since.
                Payment.beneficiary_id == proof.beneficiary_id,
                Payment.outlet_id == terminal.outlet_id,
                Payment.transfer_id.is_not(None),
                Payment.decided_at >= now - LOOKED_BACK,
                Payment.status.in_(_STILL_OUT),
            )
            .order_by(Payment.decided_at.desc(), Payment.payment_id)
            .limit(limit + 1)
        )
        if after is not None:
            same = and_(
                Payment.decided_at == after.decided_at, Payment.payment_id > after.payment_id
            )
            query = query.where(or_(Payment.decided_at < after.decided_at, same))
        rows = session.scalars(query).all()
        found = tuple(found_payment(session, row, now) for row in rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    if last is None or last.decided_at is None:
        return PaymentPage(found, None)
    return PaymentPage(found, Place(last.decided_at, last.payment_id))
