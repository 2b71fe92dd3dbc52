"""Telling holders what their benefits hold, once they have typed their code at a counter.

    1. written down as pending (or found: then its answer, again)   one unit of work
       and the proof, which costs no try
    2. the code                                                     its room's own units of work
    3. lock, look again at the proof, then read the balances        one unit of work

A wrong code uses a try exactly as in a payment, and the same request gets the same answer. Only the
benefits that can be spent at this partner are told: a shop learns nothing it would not have learnt
by selling. No money moves, and the proof still serves for a payment.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.benefits.wallets import usable_benefits, wallets_of
from backend.cards.errors import CardBlocked, CardNotActive
from backend.cards.proving import Proof, find_proof
from backend.cards.states import CardState
from backend.cards.tables import Card, CardProof
from backend.ledger.accounts import available
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.authorise import REASONS as REASONS_OF_CODE
from backend.payments.enquiry_tables import BalanceEnquiry, EnquiryState
from backend.payments.errors import IdempotencyConflict, PaymentInProgress
from backend.payments.place import standing_of
from backend.payments.reasons import DeclineReason
from backend.payments.record import PENDING_SECONDS_MAX
from backend.payments.terms import REASONS as REASONS_OF_PROOF
from backend.payments.terms import card_refusal
from backend.pins.checking import CodeCheck, EncryptedPinBlock, Verdict, check_code
from backend.services import Services

KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EnquiryOrder:
    """One wish to know; `enquiry_id` was made by the terminal."""

    enquiry_id: UUID
    proof_id: UUID
    pin: EncryptedPinBlock

    @property
    def fingerprint(self) -> str:
        """What makes two orders the same, never the PIN block: see `orders.fingerprint`."""
        serial = self.pin.key_serial_number.hex()
        content = ["enquiry", str(self.enquiry_id), str(self.proof_id), self.pin.profile, serial]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class HeldBenefit:
    """A wallet that can be spent here, and what it has left to spend."""

    code: str
    label: str
    available_cents: int


@dataclass(frozen=True, slots=True)
class Told:
    """The code was right."""

    enquiry_id: UUID
    balances: tuple[HeldBenefit, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class NotTold:
    """The answer is no."""

    enquiry_id: UUID
    reason: DeclineReason
    tries_left: int | None
    decided_at: datetime


def enquire(
    services: Services, terminal: AuthenticatedTerminal, order: EnquiryOrder
) -> Told | NotTold:
    """Tell the balances to who typed the right code; say why not otherwise.

    Raises IdempotencyConflict, PaymentInProgress (the same enquiry is being answered).
    """
    opened = _open(services, terminal, order)
    if not isinstance(opened, Proof):
        return opened
    check = check_code(
        services,
        terminal_id=terminal.terminal_id,
        payment_id=order.enquiry_id,
        beneficiary_id=opened.beneficiary_id,
        card_number=opened.card_number,
        encrypted_pin_block=order.pin,
        now=services.now(),
    )
    with services.database.unit_of_work() as session:
        row = _lock(session, order.enquiry_id)
        if row.status is not EnquiryState.PENDING:
            return _answer_of(row)
        return _conclude(session, terminal, order, row=row, check=check, now=services.now())


def _open(
    services: Services, terminal: AuthenticatedTerminal, order: EnquiryOrder
) -> Proof | Told | NotTold:
    now = services.now()
    row = BalanceEnquiry(
        enquiry_id=order.enquiry_id,
        terminal_id=terminal.terminal_id,
        fingerprint=order.fingerprint,
        status=EnquiryState.PENDING,
        created_at=now,
    )
    try:
        with services.database.unit_of_work() as session:
            session.execute(delete(BalanceEnquiry).where(BalanceEnquiry.created_at < now - KEPT))
            session.add(row)
            session.flush()
            found = _find_proof(session, terminal, order.proof_id, now)
            return found if isinstance(found, Proof) else _decline(row, found, now)
    except IntegrityError:
        with services.database.unit_of_work() as session:
            return _answer_again(_lock(session, order.enquiry_id), terminal, order, now)


def _find_proof(
    session: Session, terminal: AuthenticatedTerminal, proof_id: UUID, now: datetime
) -> Proof | DeclineReason:
    standing = standing_of(session, terminal.outlet_id, now)
    if standing is not None:
        return standing
    try:
        return find_proof(session, proof_id, terminal.terminal_id, now)
    except tuple(REASONS_OF_PROOF) as refusal:
        return REASONS_OF_PROOF[type(refusal)]
    except (CardBlocked, CardNotActive):
        state, reason = session.execute(
            select(Card.state, Card.state_reason)
            .join(CardProof, CardProof.card_id == Card.id)
            .where(CardProof.id == proof_id)
        ).one()
        return card_refusal(CardState(state), reason)


def _conclude(
    session: Session,
    terminal: AuthenticatedTerminal,
    order: EnquiryOrder,
    *,
    row: BalanceEnquiry,
    check: CodeCheck,
    now: datetime,
) -> Told | NotTold:
    if check.verdict is not Verdict.RIGHT:
        return _decline(row, REASONS_OF_CODE[check.verdict], now, check.tries_left)
    proof = _find_proof(session, terminal, order.proof_id, now)
    if not isinstance(proof, Proof):
        return _decline(row, proof, now)
    balances = balances_here(session, proof.beneficiary_id, terminal.partner_id, now)
    row.status = EnquiryState.ANSWERED
    row.balances = json.dumps(
        [[one.code, one.label, one.available_cents] for one in balances], ensure_ascii=False
    )
    row.decided_at = now
    return _answer_of(row)


def balances_here(
    session: Session, beneficiary_id: UUID, partner_id: UUID | None, now: datetime
) -> list[HeldBenefit]:
    """Return each wallet that can be spent at this partner, once, and what it has left."""
    spendable = {
        one.account_id for one in usable_benefits(session, beneficiary_id, partner_id, now)
    }
    return [
        HeldBenefit(wallet.code, wallet.label, available(session, wallet.account_id))
        for wallet in wallets_of(session, beneficiary_id, now)
        if wallet.account_id in spendable
    ]


def _decline(
    row: BalanceEnquiry, reason: DeclineReason, now: datetime, tries_left: int | None = None
) -> NotTold:
    row.status = EnquiryState.DECLINED
    row.reason = reason
    row.tries_left = tries_left
    row.decided_at = now
    return NotTold(row.enquiry_id, reason, tries_left, now)


def _answer_again(
    row: BalanceEnquiry, terminal: AuthenticatedTerminal, order: EnquiryOrder, now: datetime
) -> Told | NotTold:
    # Another terminal's id gets the same words as other content: it learns nothing of it.
    if row.terminal_id != terminal.terminal_id or row.fingerprint != order.fingerprint:
        raise IdempotencyConflict
    if row.status is not EnquiryState.PENDING:
        return _answer_of(row)
    if now - row.created_at < timedelta(seconds=PENDING_SECONDS_MAX):
        raise PaymentInProgress
    return _decline(row, DeclineReason.INTERRUPTED, now)


def _answer_of(row: BalanceEnquiry) -> Told | NotTold:
    assert row.decided_at is not None
    if row.balances is not None:
        balances = tuple(HeldBenefit(*one) for one in json.loads(row.balances))
        return Told(row.enquiry_id, balances, row.decided_at)
    assert row.reason is not None
    return NotTold(row.enquiry_id, row.reason, row.tries_left, row.decided_at)


def _lock(session: Session, enquiry_id: UUID) -> BalanceEnquiry:
    return session.get_one(BalanceEnquiry, enquiry_id, with_for_update=True, populate_existing=True)
