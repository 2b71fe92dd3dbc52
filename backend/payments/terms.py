"""The rules that need no code: is the card proven and usable, is the benefit usable here.

Asked twice: before the code, so that a hopeless payment costs no try; and again when the money
moves, because a card can be blocked while its holder types. The balance is not among them: told
before the code, it would let whoever found a card measure its wallets for nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from backend.benefits.wallets import usable_benefits
from backend.cards.errors import (
    CardBlocked,
    CardNotActive,
    ProofExpired,
    ProofUnknown,
    ProofUsed,
)
from backend.cards.proving import find_proof
from backend.errors import BackendError
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.orders import PaymentOrder
from backend.payments.reasons import DeclineReason

REASONS: Final[dict[type[BackendError], DeclineReason]] = {
    ProofUnknown: DeclineReason.PROOF_UNKNOWN,
    ProofUsed: DeclineReason.PROOF_USED,
    ProofExpired: DeclineReason.PROOF_EXPIRED,
    CardBlocked: DeclineReason.CARD_BLOCKED,
    CardNotActive: DeclineReason.CARD_BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose card it is, and the wallet that would be debited."""

    beneficiary_id: UUID
    card_number: str = field(repr=False)
    wallet_account_id: UUID


def find_terms(
    session: Session, terminal: AuthenticatedTerminal, order: PaymentOrder, now: datetime
) -> Terms | DeclineReason:
    """Return the terms of a payment as they are now, or why there are none."""
    try:
        proof = find_proof(session, order.proof_id, terminal.terminal_id, now)
    except tuple(REASONS) as refusal:
        return REASONS[type(refusal)]
    usable = usable_benefits(session, proof.beneficiary_id, terminal.partner_id, now)
    for benefit in usable:
        if benefit.code == order.benefit_code:
            return Terms(proof.beneficiary_id, proof.card_number, benefit.account_id)
    return DeclineReason.BENEFIT_NOT_USABLE
