"""Authorising a payment: at most one debit, whatever is repeated, lost, or happens at once.

    1. written down as pending (or found: then its answer, again)   one unit of work
       and the rules that need no code
    2. the code                                                     its room's own units of work
    3. lock, look again at everything, then debit or decline        one unit of work

A reversal, or another request of the same id, may come between any two of them: step 3 finds the
row no longer pending and drops its verdict. Order of the checks, and why:
- Proof, card and benefit come before the code: they cost no try, and the terminal has already
  been told all three, so they teach nothing to whoever found the card.
- The balance comes after the right code only (see terms.py).
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.benefits.wallets import alternatives
from backend.cards.errors import ProofUsed
from backend.cards.proving import use_proof
from backend.ledger.accounts import available
from backend.ledger.errors import InsufficientFunds
from backend.ledger.transfers import transfer
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.advice import CHOICES_MAX, Advice, Choice
from backend.payments.errors import IdempotencyConflict, PaymentInProgress
from backend.payments.limits import check_day
from backend.payments.orders import Decision, PaymentOrder, fingerprint
from backend.payments.reasons import DeclineReason
from backend.payments.record import (
    decision_of,
    decline,
    insert_once,
    is_abandoned,
    lock_known,
    move,
)
from backend.payments.states import PaymentEvent, PaymentState
from backend.payments.tables import AUTHORISATION_CHARACTERS, Payment
from backend.payments.terms import Refusal, Terms, find_terms
from backend.payments.words import paid_at
from backend.pins.checking import CodeCheck, Verdict, check_code
from backend.services import Services

# Without I, L, O and U: it is read aloud over a telephone (Crockford's base 32).
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

REASONS: Final[dict[Verdict, DeclineReason]] = {
    Verdict.WRONG: DeclineReason.WRONG_PIN,
    Verdict.BLOCKED: DeclineReason.PIN_BLOCKED,
    Verdict.NOT_SET: DeclineReason.PIN_NOT_SET,
    Verdict.CHANGE_REQUIRED: DeclineReason.PIN_CHANGE_REQUIRED,
    Verdict.SUSPENDED: DeclineReason.PIN_CHECKS_SUSPENDED,
    Verdict.BLOCK_INVALID: DeclineReason.PIN_BLOCK_INVALID,
    Verdict.REPLAYED: DeclineReason.PIN_REPLAYED,
}


def authorise(
    services: Services,
    terminal: AuthenticatedTerminal,
    order: PaymentOrder,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Decision:
    """Debit the wallet if everything is right, and say so; else say why not.

    Raises IdempotencyConflict, PaymentInProgress (outcome not known yet: ask again or reverse).
    """
    with services.database.unit_of_work() as session:
        opened = _open(session, terminal, order, services.now())
    if not isinstance(opened, Terms):
        return opened
    check = check_code(
        services,
        terminal_id=terminal.terminal_id,
        payment_id=order.payment_id,
        beneficiary_id=opened.beneficiary_id,
        card_number=opened.card_number,
        encrypted_pin_block=order.pin,
        now=services.now(),
    )
    number = make_authorisation_number(random)
    try:
        with services.database.unit_of_work() as session:
            row = lock_known(session, order.payment_id)
            if row.status is not PaymentState.PENDING:
                return decision_of(row)
            return _conclude(
                session, terminal, order, row=row, check=check, number=number, now=services.now()
            )
    except ProofUsed:
        # Seen after the debit, which is undone with all the rest of that unit of work.
        return _decline_again(services, order.payment_id)


def make_authorisation_number(random: Callable[[int], bytes]) -> str:
    """Return six characters that a terminal cannot make up."""
    return "".join(ALPHABET[byte % 32] for byte in random(AUTHORISATION_CHARACTERS))


def debit_id(payment_id: UUID) -> UUID:
    """Return the id of a payment's transfer: one payment, at most one debit in the ledger."""
    return uuid5(payment_id, "debit")


def _open(
    session: Session, terminal: AuthenticatedTerminal, order: PaymentOrder, now: datetime
) -> Terms | Decision:
    terms = find_terms(session, terminal, order, now)
    row = _pending(terminal, order, terms, now)
    opened: Terms | Decision = (
        terms if isinstance(terms, Terms) else decline(row, terms.reason, now, advice=terms.advice)
    )
    if insert_once(session, row):
        return opened
    return _answer_again(lock_known(session, order.payment_id), terminal, order, now)


def _pending(
    terminal: AuthenticatedTerminal, order: PaymentOrder, terms: Terms | Refusal, now: datetime
) -> Payment:
    proof = terms if isinstance(terms, Terms) else terms.proof
    return Payment(
        payment_id=order.payment_id,
        terminal_id=terminal.terminal_id,
        outlet_id=terminal.outlet_id,
        partner_id=terminal.partner_id,
        beneficiary_id=proof.beneficiary_id if proof else None,
        card_id=proof.card_id if proof else None,
        proof_id=order.proof_id,
        benefit_code=order.benefit_code,
        amount_cents=order.amount.value,
        ksn=order.pin.key_serial_number.hex().upper(),
        fingerprint=fingerprint(order),
        status=PaymentState.PENDING,
        given_back_cents=0,
        reversed_cents=0,
        created_at=now,
    )


def _answer_again(
    row: Payment, terminal: AuthenticatedTerminal, order: PaymentOrder, now: datetime
) -> Decision:
    # Another terminal's id gets the same words as other content: it learns nothing of it.
    if row.terminal_id != terminal.terminal_id:
        raise IdempotencyConflict
    # A reversal that came first has no content to compare.
    if row.fingerprint is not None and row.fingerprint != fingerprint(order):
        raise IdempotencyConflict
    if is_abandoned(row, now):
        return decline(row, DeclineReason.INTERRUPTED, now)
    if row.status is PaymentState.PENDING:
        raise PaymentInProgress
    return decision_of(row)


def _decline_again(services: Services, payment_id: UUID) -> Decision:
    with services.database.unit_of_work() as session:
        row = lock_known(session, payment_id)
        if row.status is not PaymentState.PENDING:
            return decision_of(row)
        return decline(row, DeclineReason.PROOF_USED, services.now())


def _conclude(
    session: Session,
    terminal: AuthenticatedTerminal,
    order: PaymentOrder,
    *,
    row: Payment,
    check: CodeCheck,
    number: str,
    now: datetime,
) -> Decision:
    if check.verdict is not Verdict.RIGHT:
        return decline(row, REASONS[check.verdict], now, tries_left=check.tries_left)
    terms = find_terms(session, terminal, order, now)
    if isinstance(terms, Refusal):
        return decline(row, terms.reason, now, advice=terms.advice)
    return _decide(session, order, terms, row=row, number=number, now=now)


def _decide(
    session: Session,
    order: PaymentOrder,
    terms: Terms,
    *,
    row: Payment,
    number: str,
    now: datetime,
) -> Decision:
    reached = check_day(
        session,
        terms.place,
        terms.beneficiary_id,
        benefit_code=order.benefit_code,
        amount_cents=order.amount.value,
        now=now,
    )
    if reached is not None:
        advice = Advice(left_cents=reached.left_cents)
        return decline(row, reached.reason, now, advice=advice)
    try:
        transfer_id = _debit(session, order, terms, now)
    except InsufficientFunds:
        advice = _instead(session, order, terms, now)
        return decline(row, DeclineReason.INSUFFICIENT_FUNDS, now, advice=advice)
    use_proof(session, order.proof_id, order.payment_id)
    remaining_cents = available(session, terms.wallet_account_id)
    # Nothing is read between these lines: a half-approved row would be refused when flushed.
    move(row, PaymentEvent.APPROVED)
    row.transfer_id = transfer_id
    row.authorisation_number = number
    row.remaining_cents = remaining_cents
    row.decided_at = now
    return decision_of(row)


def _debit(session: Session, order: PaymentOrder, terms: Terms, now: datetime) -> UUID:
    # Usable here, so the partner has an account.
    assert terms.place.account_id is not None
    return transfer(
        session,
        transfer_id=debit_id(order.payment_id),
        debit_account_id=terms.wallet_account_id,
        credit_account_id=terms.place.account_id,
        amount_cents=order.amount.value,
        reason=paid_at(terms.place.partner_name),
        reference=f"payment:{order.payment_id}",
        now=now,
    ).id


def _instead(session: Session, order: PaymentOrder, terms: Terms, now: datetime) -> Advice:
    """Say what the wallet holds and what else would pay here: the code was right."""
    amount = order.amount.value
    found = alternatives(session, terms.beneficiary_id, terms.place.partner_id, amount, now)
    return Advice(
        amount_cents=amount,
        benefit_label=terms.benefit_label,
        left_cents=available(session, terms.wallet_account_id),
        choices=tuple(
            Choice(one.code, one.label, min(one.balance.value, amount))
            for one in found[:CHOICES_MAX]
        ),
    )
