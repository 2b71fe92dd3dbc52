"""The rules that need no code: may this place sell, is the card proven, is the benefit usable here.

Asked twice: before the code, so that a hopeless payment costs no try; and again when the money
moves, because a card can be blocked while its holder types. Each time one statement asks whether
all is well (usual.py), and only if it is not, the rules are asked one after the other for the
reason. The balance is not among them, nor what the holder spent today: told before the code, they
would let whoever found a card measure its wallets for nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.rules import NotUsable
from backend.benefits.wallets import why_not_usable
from backend.cards.errors import (
    CardBlocked,
    CardNotActive,
    ProofExpired,
    ProofUnknown,
    ProofUsed,
)
from backend.cards.proving import Proof, find_proof
from backend.cards.states import CardState
from backend.cards.tables import Card, CardProof
from backend.errors import BackendError
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.advice import NO_ADVICE, Advice
from backend.payments.orders import PaymentOrder
from backend.payments.place import Place, find_place
from backend.payments.reasons import DeclineReason
from backend.payments.usual import Terms, find_usual

REASONS: Final[dict[type[BackendError], DeclineReason]] = {
    ProofUnknown: DeclineReason.PROOF_UNKNOWN,
    ProofUsed: DeclineReason.PROOF_USED,
    ProofExpired: DeclineReason.PROOF_EXPIRED,
}
WHY_NOT_USABLE: Final[dict[NotUsable, DeclineReason]] = {
    NotUsable.BENEFIT_UNKNOWN: DeclineReason.BENEFIT_NOT_USABLE,
    NotUsable.NOT_TAKEN_HERE: DeclineReason.BENEFIT_NOT_USABLE,
    NotUsable.NO_WALLET: DeclineReason.NO_WALLET,
    NotUsable.CAMPAIGN_NOT_OPEN: DeclineReason.CAMPAIGN_NOT_OPEN,
    NotUsable.CAMPAIGN_OVER: DeclineReason.CAMPAIGN_OVER,
}
_BLOCKED_FOR: Final = {"lost": DeclineReason.CARD_LOST, "stolen": DeclineReason.CARD_STOLEN}
_BY_STATE: Final = {
    CardState.EXPIRED: DeclineReason.CARD_EXPIRED,
    CardState.REPLACED: DeclineReason.CARD_REPLACED,
    CardState.ORDERED: DeclineReason.CARD_NOT_ACTIVE,
    CardState.RETIRED: DeclineReason.CARD_NOT_ACTIVE,
    CardState.WITHDRAWN: DeclineReason.CARD_BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there are no terms; `proof` is there once it is known whose card it is."""

    reason: DeclineReason
    advice: Advice = NO_ADVICE
    proof: Proof | None = None


def find_terms(
    session: Session,
    terminal: AuthenticatedTerminal,
    order: PaymentOrder,
    now: datetime,
    *,
    hold: bool = False,
) -> Terms | Refusal:
    """Return the terms of a payment as they are now, or why there are none.

    `hold` locks the wallet. Raises TerminalRevoked.
    """
    terms = find_usual(session, terminal, order, now, hold=hold)
    if terms is None:
        return _find_reason(session, terminal, order, now)
    proof = Proof(order.proof_id, terms.card_id, terms.card_number, terms.beneficiary_id)
    return _above_limit(order, terms.place, proof) or terms


def _find_reason(
    session: Session, terminal: AuthenticatedTerminal, order: PaymentOrder, now: datetime
) -> Refusal:
    place = find_place(session, terminal.outlet_id, order.benefit_code, now)
    if place is not None and place.refusal is not None:
        return Refusal(place.refusal)
    proof = _find_proof(session, terminal, order, now)
    if isinstance(proof, DeclineReason):
        return Refusal(proof)
    if place is None:
        return Refusal(DeclineReason.BENEFIT_NOT_USABLE, proof=proof)
    refusal = _above_limit(order, place, proof)
    if refusal is not None:
        return refusal
    why = why_not_usable(session, proof.beneficiary_id, place.partner_id, order.benefit_code, now)
    # Between two statements it may have become usable: it was not.
    reason = WHY_NOT_USABLE[why] if why else DeclineReason.BENEFIT_NOT_USABLE
    return Refusal(reason, proof=proof)


def _above_limit(order: PaymentOrder, place: Place, proof: Proof) -> Refusal | None:
    limit = place.limits.per_payment_cents
    if limit is None or order.amount.value <= limit:
        return None
    return Refusal(DeclineReason.AMOUNT_LIMIT, Advice(limit_cents=limit), proof)


def _find_proof(
    session: Session, terminal: AuthenticatedTerminal, order: PaymentOrder, now: datetime
) -> Proof | DeclineReason:
    try:
        return find_proof(session, order.proof_id, terminal.terminal_id, now)
    except tuple(REASONS) as refusal:
        return REASONS[type(refusal)]
    except (CardBlocked, CardNotActive):
        return _why_card_is_refused(session, order.proof_id)


def card_refusal(state: CardState, state_reason: str | None) -> DeclineReason:
    """Return the word for a card that may not be used."""
    if state is CardState.BLOCKED:
        return _BLOCKED_FOR.get(state_reason or "", DeclineReason.CARD_BLOCKED)
    return _BY_STATE.get(state, DeclineReason.CARD_NOT_ACTIVE)


def _why_card_is_refused(session: Session, proof_id: UUID) -> DeclineReason:
    state, reason = session.execute(
        select(Card.state, Card.state_reason)
        .join(CardProof, CardProof.card_id == Card.id)
        .where(CardProof.id == proof_id)
    ).one()
    return card_refusal(CardState(state), reason)
