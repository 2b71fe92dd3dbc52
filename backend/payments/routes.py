"""Prove the card, pay, ask what happened, reverse, give back, close the day: what a counter asks.

The proof's route is here because its answer lists what the card may buy; the proof itself is made
by the cards' room.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from backend.http import ServicesDependency
from backend.ledger.money import Cents
from backend.partners.authentication import CurrentCounter
from backend.partners.quick_route import QuickRoute
from backend.payments.authorise import authorise
from backend.payments.find import find_by_receipt, find_payment
from backend.payments.give_back import refund, void
from backend.payments.orders import PaymentOrder
from backend.payments.proof import present_card
from backend.payments.return_shapes import (
    DayRequest,
    FoundBody,
    ReconciliationBody,
    RefundBody,
    RefundRequest,
    TotalsBody,
    VoidBody,
    VoidRequest,
    found_body,
    lines_of,
    reconciliation_body,
    refund_body,
    totals_body,
    void_body,
)
from backend.payments.reverse import reverse
from backend.payments.shapes import (
    AnyPaymentBody,
    ApprovedBody,
    BenefitBody,
    DecisionBody,
    DeclinedBody,
    PaymentBody,
    PaymentRequest,
    ProofBody,
    ProofRequest,
    ReversalRequest,
    ReversedBody,
    decision_body,
    payment_body,
    reversed_body,
)
from backend.payments.totals import day_totals, reconcile
from backend.pins.checking import EncryptedPinBlock, PinProfile
from backend.wire_types import Day

router = APIRouter(prefix="/v1", tags=["payments"])
quick = APIRouter(route_class=QuickRoute)


Counter = CurrentCounter


@quick.post("/card-challenges/{challenge_id}/proof", status_code=201)
def create_proof(
    challenge_id: UUID, body: ProofRequest, terminal: Counter, services: ServicesDependency
) -> ProofBody:
    """Check the chip's answer; a genuine card gives a proof for one payment, for two minutes."""
    presented = present_card(services, terminal, challenge_id, bytes.fromhex(body.card_answer))
    card = presented.card
    code_digits_min, code_digits_max = services.settings.code_lengths
    return ProofBody(
        proof_id=card.proof_id,
        card_number=card.card_number,
        display_name=card.display_name,
        expires_at=card.expires_at,
        benefits=[BenefitBody(benefit=one.code, label=one.label) for one in presented.benefits],
        code_digits_min=code_digits_min,
        code_digits_max=code_digits_max,
    )


@quick.post("/payments", response_model=DecisionBody)
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


router.include_router(quick)


@router.get("/payments")
def find_receipt(
    authorisation_number: Annotated[str, Query(pattern=r"^[0-9A-Za-z]{6}$")],
    day: Day,
    terminal: Counter,
    services: ServicesDependency,
) -> FoundBody:
    """Find a payment of this outlet by its receipt's number and day, to give it back."""
    return found_body(find_by_receipt(services, terminal, authorisation_number, day))


@router.get("/payments/{payment_id}", response_model=PaymentBody)
def read_payment(
    payment_id: UUID, terminal: Counter, services: ServicesDependency
) -> AnyPaymentBody:
    """Say what became of a payment of this terminal: its answer, and what came back since."""
    return payment_body(find_payment(services, terminal, payment_id))


@router.post("/payments/{payment_id}/reversal")
def reverse_payment(
    payment_id: UUID, _body: ReversalRequest, terminal: Counter, services: ServicesDependency
) -> ReversedBody:
    """Undo a payment whose answer was lost, arrived or not; repeat it until acknowledged."""
    return reversed_body(reverse(services, terminal, payment_id))


@router.post("/payments/{payment_id}/void")
def void_payment(
    payment_id: UUID, body: VoidRequest, terminal: Counter, services: ServicesDependency
) -> VoidBody:
    """Undo a payment of this outlet on its own day; the same request gets the same answer."""
    return void_body(void(services, terminal, payment_id, body.void_id))


@router.post("/payments/{payment_id}/refunds")
def refund_payment(
    payment_id: UUID, body: RefundRequest, terminal: Counter, services: ServicesDependency
) -> RefundBody:
    """Give back a part of a payment of this outlet; the same request gets the same answer."""
    amount = Cents(body.amount_cents)
    return refund_body(
        refund(services, terminal, payment_id, refund_id=body.refund_id, amount=amount)
    )


@router.get("/totals")
def read_totals(day: Day, terminal: Counter, services: ServicesDependency) -> TotalsBody:
    """Add up this terminal's day (Paris)."""
    with services.database.reading() as session:
        return totals_body(day_totals(session, terminal.terminal_id, day))


@router.post("/totals/{day}")
def reconcile_day(
    day: Day, body: DayRequest, terminal: Counter, services: ServicesDependency
) -> ReconciliationBody:
    """Compare this terminal's own lines of a day with ours, and name every difference."""
    with services.database.reading() as session:
        found = reconcile(session, terminal.terminal_id, day, lines_of(body))
    return reconciliation_body(found)
