"""What families pay ahead for meals, as the office's receipts say it.

Promise: a receipt's reference credits a meal account once; the same receipt again changes nothing,
and another payment under the same reference is refused loudly. No bank and no card here: somebody
at the office received the money and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import EnrolmentUnknown, PaymentConflict, PaymentInvalid
from backend.access.meals import pay_in
from backend.access.office_tables import REFERENCE_CHARACTERS_MAX, MealPayment, PaymentMeans
from backend.access.tables import Enrolment, Establishment, MealAccount
from backend.ledger.accounts import StatementLine, balance, statement

CENTS_MAX: Final = 200_000
_PAYMENTS: Final = uuid5(NAMESPACE_URL, "urn:pass:meal-payment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment as the office wrote it down; `reference` is the establishment's own number."""

    reference: str
    amount_cents: int
    means: PaymentMeans
    received_by: str


@dataclass(frozen=True, slots=True)
class MealStatement:
    """A meal account: what is left, in cents, and its lines, newest first."""

    balance_cents: int
    lines: tuple[StatementLine, ...]


def record_payment(
    session: Session,
    enrolment_id: UUID,
    receipt: Receipt,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> MealPayment:
    """Credit what a family paid, once per reference of the establishment.

    Raises EnrolmentUnknown, PaymentInvalid, PaymentConflict.
    """
    reference = receipt.reference.strip()
    if not 1 <= len(reference) <= REFERENCE_CHARACTERS_MAX:
        raise PaymentInvalid
    if not 1 <= receipt.amount_cents <= CENTS_MAX or not receipt.received_by.strip():
        raise PaymentInvalid
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None:
        raise EnrolmentUnknown
    place_id = enrolment.establishment_id
    session.get_one(Establishment, place_id, with_for_update=True)
    known = session.scalar(
        select(MealPayment).where(
            MealPayment.establishment_id == place_id, MealPayment.reference == reference
        )
    )
    if known is not None:
        return _same_or_conflict(known, enrolment_id, receipt)
    transfer_id = uuid5(_PAYMENTS, f"{place_id}:{reference}")
    pay_in(
        session,
        enrolment_id,
        amount_cents=receipt.amount_cents,
        transfer_id=transfer_id,
        now=now,
    )
    payment = MealPayment(
        id=make_id(),
        establishment_id=place_id,
        enrolment_id=enrolment_id,
        reference=reference,
        means=receipt.means.value,
        amount_cents=receipt.amount_cents,
        received_by=receipt.received_by.strip(),
        received_at=now,
        transfer_id=transfer_id,
    )
    session.add(payment)
    session.flush()
    return payment


def read_meal_statement(session: Session, enrolment_id: UUID) -> MealStatement:
    """Return what is left of what was paid ahead, and every line; raise EnrolmentUnknown."""
    if session.get(Enrolment, enrolment_id) is None:
        raise EnrolmentUnknown
    account = session.get(MealAccount, enrolment_id)
    if account is None:
        return MealStatement(0, ())
    lines = tuple(statement(session, account.account_id))
    return MealStatement(balance(session, account.account_id), lines)


def _same_or_conflict(known: MealPayment, enrolment_id: UUID, receipt: Receipt) -> MealPayment:
    same = (
        known.enrolment_id == enrolment_id
        and known.amount_cents == receipt.amount_cents
        and known.means == receipt.means.value
    )
    if not same:
        raise PaymentConflict
    return known
