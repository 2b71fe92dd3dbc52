"""Prove the card, pay, ask what happened, reverse: what a counter asks.

The proof's route is here because its answer lists what the card may buy; the proof itself is made
by the cards' room.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from backend.benefits.wallets import usable_benefits
from backend.cards.proving import prove_card
from backend.http import ServicesDependency
from backend.ledger.money import Cents
from backend.partners.authentication import (
    AuthenticatedTerminal,
    CurrentTerminal,
    TerminalKind,
    require_kind,
)
from backend.payments.authorise import authorise
from backend.payments.find import find_payment
from backend.payments.orders import PaymentOrder
from backend.payments.reverse import reverse
from backend.payments.shapes import (
    ApprovedBody,
    BenefitBody,
    DecisionBody,
    DeclinedBody,
    PaymentBody,
    PaymentRequest,
    PendingBody,
    ProofBody,
    ProofRequest,
    ReversalRequest,
    ReversedBody,
    decision_body,
    payment_body,
    reversed_body,
)
from backend.pins.checking import EncryptedPinBlock, PinProfile

router = APIRouter(prefix="/v1", tags=["payments"])


def _counter(terminal: CurrentTerminal) -> AuthenticatedTerminal:
    require_kind(terminal, TerminalKind.COUNTER)
    return terminal


Counter = Annotated[AuthenticatedTerminal, Depends(_counter)]


@router.post("/card-challenges/{challenge_id}/proof", status_code=201)
def create_proof(
    challenge_id: UUID, body: ProofRequest, terminal: Counter, services: ServicesDependency
) -> ProofBody:
    """Check the chip's answer; a genuine card gives a proof for one payment, for two minutes."""
    card = prove_card(services, challenge_id, terminal, bytes.fromhex(body.card_answer))
    with services.database.reading() as session:
        usable = usable_benefits(session, card.beneficiary_id, terminal.partner_id, services.now())
    return ProofBody(
        proof_id=card.proof_id,
        card_number=card.card_number,
        display_name=card.display_name,
        expires_at=card.expires_at,
        benefits=[BenefitBody(benefit=one.code, label=one.label) for one in usable],
    )


@router.post("/payments", response_model=DecisionBody)
def create_payment(
    body: PaymentRequest, terminal: Counter, services: ServicesDependency
) -> ApprovedBody | DeclinedBody:
    """Pay. Approved and declined are both answers; the same request gets the same answer."""
    order = PaymentOrder(
        payment_id=body.payment_id,
        proof_id=body.proof_id,
        benefit_code=body.benefit,
        amount=Cents(body.amount_cents),
        pin=EncryptedPinBlock(
            profile=PinProfile(body.pin.profile),
            key_serial_number=bytes.fromhex(body.pin.ksn),
            block=bytes.fromhex(body.pin.block.get_secret_value()),
        ),
    )
    return decision_body(authorise(services, terminal, order))


@router.get("/payments/{payment_id}", response_model=PaymentBody)
def read_payment(
    payment_id: UUID, terminal: Counter, services: ServicesDependency
) -> PendingBody | ApprovedBody | DeclinedBody | ReversedBody:
    """Say what became of a payment of this terminal."""
    return payment_body(find_payment(services, terminal, payment_id))


@router.post("/payments/{payment_id}/reversal")
def reverse_payment(
    payment_id: UUID, _body: ReversalRequest, terminal: Counter, services: ServicesDependency
) -> ReversedBody:
    """Undo a payment whose answer was lost, arrived or not; repeat it until acknowledged."""
    return reversed_body(reverse(services, terminal, payment_id))
