"""Which payments of a card that is present may be given back here: by the card, not by a number.

Only this outlet's own payments, only what is still out of them, only lately. Only reads.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from backend.cards.proving import find_proof
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.find import FoundPayment, found_payment
from backend.payments.states import PaymentState
from backend.payments.tables import Payment
from backend.services import Services

LOOKED_BACK: Final = timedelta(days=60)
LISTED_MAX: Final = 10
_STILL_OUT: Final = (PaymentState.APPROVED, PaymentState.PARTLY_REFUNDED)


def payments_of_card(
    services: Services, terminal: AuthenticatedTerminal, proof_id: UUID
) -> list[FoundPayment]:
    """Return this outlet's latest payments of a proven card's holder, newest first.

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
            .limit(LISTED_MAX)
        )
        return [found_payment(session, row, now) for row in session.scalars(query)]
