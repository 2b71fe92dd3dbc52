"""Authorising a payment: at most one debit, whatever is repeated, lost, or happens at once.

    1. written down as pending (or found: then its answer, again),  one unit of work
       the rules that need no code, and a try taken
    2. the vault compares                                           no row is locked
    3. lock, write the verdict down, look again at everything,      one unit of work
       then debit or decline

A reversal, or another request of the same id, may come between 1 and 3: step 3 then finds the row
no longer pending, keeps the verdict on the code and drops the payment's. Order of the checks, and
why:
- Proof, card and benefit come before the code: they cost no try, and the terminal has already
  been told all three, so they teach nothing to whoever found the card.
- The balance comes after the right code only (see terms.py).
Rows are locked in this order, so that nothing deadlocks: payment, pad, terminal's guard, code,
wallet, holder, proof.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.benefits.wallets import alternatives
from backend.cards.errors import ProofUsed
from backend.cards.proving import use_proof
from backend.ledger.transfers import Movement, transfer_covered
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.advice import CHOICES_MAX, Advice, Choice
from backend.payments.errors import IdempotencyConflict, PaymentInProgress
from backend.payments.limits import check_day
from backend.payments.orders import Decision, PaymentOrder, fingerprint
from backend.payments.reasons import DeclineReason
from backend.payments.record import (
    approve,
    decision_of,
    decline,
    insert_once,
    is_abandoned,
    lock_known,
    lock_status,
    put_once,
)
from backend.payments.states import PaymentState
from backend.payments.tables import AUTHORISATION_CHARACTERS, Payment
from backend.payments.terms import Refusal, find_terms
from backend.payments.usual import Terms
from backend.payments.words import paid_at
from backend.pins.checking import (
    Compared,
    Try,
    TypedCode,
    Verdict,
    compare,
    renew_reference,
    settle,
    take_try,
)
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

    Raises IdempotencyConflict, PaymentInProgress (outcome not known yet: ask again or reverse),
    TerminalRevoked, VaultUnavailable.
    """
    opened = services.database.repeat(lambda session: _open(services, session, terminal, order))
    if not isinstance(opened, _Opened):
        return opened
    compared = compare(services, opened.typed, opened.taken, services.now())
    number = make_authorisation_number(random)
    asked = _Asked(terminal, order, opened.typed, compared, number)
    try:
        decision = services.database.repeat(lambda session: _conclude(session, asked, services.now))
    except SQLAlchemyError:
        _keep_right_code(services, asked)
        raise
    if compared.right:
        renew_reference(services, opened.typed, compared)
    return decision


def make_authorisation_number(random: Callable[[int], bytes]) -> str:
    """Return six characters that a terminal cannot make up."""
    return "".join(ALPHABET[byte % 32] for byte in random(AUTHORISATION_CHARACTERS))


def debit_id(payment_id: UUID) -> UUID:
    """Return the id of a payment's transfer: one payment, at most one debit in the ledger."""
    return uuid5(payment_id, "debit")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A payment written down, and a try taken for its code."""

    typed: TypedCode
    taken: Try


@dataclass(frozen=True, slots=True)
class _Asked:
    """A payment whose code has been compared."""

    terminal: AuthenticatedTerminal
    order: PaymentOrder
    typed: TypedCode
    compared: Compared
    #: Its authorisation number, should it be approved.
    number: str


def _open(
    services: Services, session: Session, terminal: AuthenticatedTerminal, order: PaymentOrder
) -> _Opened | Decision:
    now = services.now()
    terms = find_terms(session, terminal, order, now)
    pending = _pending(terminal, order, terms, now)
    if isinstance(terms, Refusal):
        row = Payment(**pending)
        declined = decline(row, terms.reason, now, advice=terms.advice)
        if insert_once(session, row):
            return declined
    elif put_once(session, pending):
        typed = TypedCode(
            terminal.terminal_id,
            order.payment_id,
            terms.beneficiary_id,
            terms.card_number,
            order.pin,
        )
        return _take_try(services, session, typed, now)
    return _answer_again(lock_known(session, order.payment_id), terminal, order, now)


def _take_try(
    services: Services,
    session: Session,
    typed: TypedCode,
    now: datetime,
) -> _Opened | Decision:
    taken = take_try(services, session, typed, now)
    if isinstance(taken, Try):
        return _Opened(typed, taken)
    row = lock_known(session, typed.payment_id)
    return decline(row, REASONS[taken.verdict], now, tries_left=taken.tries_left)


def _pending(
    terminal: AuthenticatedTerminal, order: PaymentOrder, terms: Terms | Refusal, now: datetime
) -> dict[str, Any]:
    proof = terms if isinstance(terms, Terms) else terms.proof
    return {
        "payment_id": order.payment_id,
        "terminal_id": terminal.terminal_id,
        "outlet_id": terminal.outlet_id,
        "partner_id": terminal.partner_id,
        "beneficiary_id": proof.beneficiary_id if proof else None,
        "card_id": proof.card_id if proof else None,
        "proof_id": order.proof_id,
        "benefit_code": order.benefit_code,
        "amount_cents": order.amount.value,
        "ksn": order.pin.key_serial_number.hex().upper(),
        "fingerprint": fingerprint(order),
        "status": PaymentState.PENDING,
        "given_back_cents": 0,
        "reversed_cents": 0,
        "created_at": now,
    }


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


def _keep_right_code(services: Services, asked: _Asked) -> None:
    """Write a right code down without the payment that failed: its holder must not lose a try."""
    if not asked.compared.right:
        return
    with suppress(SQLAlchemyError), services.database.unit_of_work() as session:
        settle(session, asked.typed, asked.compared, services.now())


def _conclude(session: Session, asked: _Asked, clock: Callable[[], datetime]) -> Decision:
    order = asked.order
    status = lock_status(session, order.payment_id)
    now = clock()
    check = settle(session, asked.typed, asked.compared, now)
    if status is not PaymentState.PENDING:
        return decision_of(lock_known(session, order.payment_id))
    if check.verdict is not Verdict.RIGHT:
        row = lock_known(session, order.payment_id)
        return decline(row, REASONS[check.verdict], now, tries_left=check.tries_left)
    terms = find_terms(session, asked.terminal, order, now, hold=True)
    refusal = terms if isinstance(terms, Refusal) else _last_refusal(session, order, terms, now)
    if refusal is not None:
        row = lock_known(session, order.payment_id)
        return decline(row, refusal.reason, now, advice=refusal.advice)
    assert isinstance(terms, Terms)
    return _pay(session, asked, terms, now)


def _last_refusal(
    session: Session, order: PaymentOrder, terms: Terms, now: datetime
) -> Refusal | None:
    """Say what else refuses a payment whose code was right; uses the proof if nothing does."""
    reached = check_day(
        session,
        terms.place,
        terms.beneficiary_id,
        benefit_code=order.benefit_code,
        amount_cents=order.amount.value,
        now=now,
    )
    if reached is not None:
        return Refusal(reached.reason, Advice(left_cents=reached.left_cents))
    if terms.available_cents < order.amount.value:
        return Refusal(DeclineReason.INSUFFICIENT_FUNDS, _instead(session, order, terms, now))
    try:
        use_proof(session, order.proof_id, order.payment_id)
    except ProofUsed:
        return Refusal(DeclineReason.PROOF_USED)
    return None


def _pay(session: Session, asked: _Asked, terms: Terms, now: datetime) -> Decision:
    """Move the money; the wallet is held, and covers it."""
    payment_id, amount_cents = asked.order.payment_id, asked.order.amount.value
    # Usable here, so the partner has an account.
    assert terms.place.account_id is not None
    movement = Movement(
        terms.wallet_account_id,
        terms.place.account_id,
        amount_cents,
        reason=paid_at(terms.place.partner_name),
        reference=f"payment:{payment_id}",
    )
    transfer_covered(session, debit_id(payment_id), movement, now)
    return approve(
        session,
        payment_id,
        transfer_id=debit_id(payment_id),
        number=asked.number,
        remaining_cents=terms.available_cents - amount_cents,
        now=now,
    )


def _instead(session: Session, order: PaymentOrder, terms: Terms, now: datetime) -> Advice:
    """Say what the wallet holds and what else would pay here: the code was right."""
    amount = order.amount.value
    found = alternatives(session, terms.beneficiary_id, terms.place.partner_id, amount, now)
    return Advice(
        amount_cents=amount,
        benefit_label=terms.benefit_label,
        left_cents=terms.available_cents,
        choices=tuple(
            Choice(one.code, one.label, min(one.balance.value, amount))
            for one in found[:CHOICES_MAX]
        ),
    )
