"""What a receipt prints, for a payment and for what came back of it. Only reads.

Not here: the paper. A receipt never holds a balance, a name or a whole card number.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.tables import Benefit, Campaign, Wallet
from backend.cards.tables import Card
from backend.ledger.tables import Transfer
from backend.partners.tables import Outlet, Partner, Terminal
from backend.payments.tables import Payment, PaymentReturn
from passcard.layout import mask_card_number, parse_card_number


class ReceiptKind(StrEnum):
    """What the paper is about."""

    PAYMENT = "payment"
    VOID = "void"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The fields to print; `payment_number` is the original's, on what came back of it."""

    kind: ReceiptKind
    partner_name: str
    outlet_name: str
    terminal_name: str
    benefit_label: str
    card_number_masked: str
    amount_cents: int
    authorisation_number: str
    payment_number: str
    recorded_at: datetime


def receipt_of_payment(session: Session, row: Payment) -> Receipt:
    """Return the receipt of a payment that was approved."""
    assert row.amount_cents is not None
    assert row.authorisation_number is not None
    assert row.decided_at is not None
    return _receipt(
        session,
        row,
        ReceiptKind.PAYMENT,
        terminal_id=row.terminal_id,
        amount_cents=row.amount_cents,
        number=row.authorisation_number,
        recorded_at=row.decided_at,
    )


def receipt_of_return(session: Session, row: Payment, made: PaymentReturn) -> Receipt:
    """Return the receipt of a void or a refund of a payment."""
    return _receipt(
        session,
        row,
        ReceiptKind(made.kind.value),
        terminal_id=made.terminal_id,
        amount_cents=made.amount_cents,
        number=made.authorisation_number,
        recorded_at=made.recorded_at,
    )


def _receipt(
    session: Session,
    row: Payment,
    kind: ReceiptKind,
    *,
    terminal_id: UUID,
    amount_cents: int,
    number: str,
    recorded_at: datetime,
) -> Receipt:
    assert row.authorisation_number is not None
    partner, outlet, terminal = session.execute(
        select(Partner.name, Outlet.name, Terminal.name)
        .select_from(Outlet)
        .join(Partner, Partner.id == Outlet.partner_id)
        .join(Terminal, Terminal.id == terminal_id)
        .where(Outlet.id == row.outlet_id)
    ).one()
    card_number = session.scalars(select(Card.number).where(Card.id == row.card_id)).one()
    return Receipt(
        kind=kind,
        partner_name=partner,
        outlet_name=outlet,
        terminal_name=terminal,
        benefit_label=_label_of(session, row),
        card_number_masked=mask_card_number(parse_card_number(card_number)),
        amount_cents=amount_cents,
        authorisation_number=number,
        payment_number=row.authorisation_number,
        recorded_at=recorded_at,
    )


def _label_of(session: Session, row: Payment) -> str:
    """Return the name the benefit has in the campaign that paid."""
    return session.scalars(
        select(Benefit.label)
        .join(Campaign, Campaign.id == Benefit.campaign_id)
        .join(Wallet, Wallet.campaign_id == Campaign.id)
        .join(Transfer, Transfer.debit_account_id == Wallet.account_id)
        .where(Transfer.id == row.transfer_id, Benefit.code == row.benefit_code)
    ).one()
