"""Payments: a row for each wish to pay, from arrival to end; what came back of it; limits.

A row never holds a PIN block, nor anything that depends on one. The constraints say what must
never be seen: money out without approval, money out twice on one proof, a reversal that kept it,
more given back than was paid. No payment locks or changes a row that payments of other cards use.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base
from backend.payments.reasons import DeclineReason
from backend.payments.states import PaymentState

BENEFIT_CODE_CHARACTERS_MAX = 40
KSN_CHARACTERS_MAX = 24
FINGERPRINT_CHARACTERS = 64
AUTHORISATION_CHARACTERS = 6

_STATES = ", ".join(f"'{state}'" for state in PaymentState if state is not PaymentState.ABSENT)
_CONTENT = "proof_id IS NOT NULL AND benefit_code IS NOT NULL AND amount_cents IS NOT NULL"
_PAID = text("transfer_id IS NOT NULL")
_REFUSED = text("status = 'declined'")
_REVERSED = text("reversed_at IS NOT NULL")
_MONEY_STATES = "'approved', 'voided', 'partly_refunded', 'refunded'"
# Each state, and how much of the payment has come back in it.
_GIVEN_BACK = (
    "CASE status"
    " WHEN 'partly_refunded' THEN given_back_cents > 0 AND given_back_cents < amount_cents"
    " WHEN 'refunded' THEN given_back_cents = amount_cents"
    " WHEN 'voided' THEN given_back_cents = amount_cents"
    " WHEN 'reversed' THEN given_back_cents"
    " = CASE WHEN transfer_id IS NULL THEN 0 ELSE amount_cents END"
    " ELSE given_back_cents = 0 END"
)


class ReturnKind(StrEnum):
    """How a counter gave money back."""

    VOID = "void"
    REFUND = "refund"


def _words(enumeration: type[StrEnum], length: int) -> Enum:
    # The states are held by a CHECK of ours; a reason may be added without a migration.
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class Payment(Base):
    """A payment. Content is null only in a reversal whose payment has not come."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint(f"status in ({_STATES})", name="status"),
        CheckConstraint(f"status = 'reversed' OR ({_CONTENT})", name="content"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("status <> 'declined' OR reason IS NOT NULL", name="reason"),
        CheckConstraint(
            f"status NOT IN ({_MONEY_STATES}) OR transfer_id IS NOT NULL", name="approved"
        ),
        CheckConstraint(
            f"transfer_id IS NULL OR status in ({_MONEY_STATES}, 'reversed')", name="paid"
        ),
        CheckConstraint(
            "(reversal_transfer_id IS NOT NULL)"
            " = (status = 'reversed' AND transfer_id IS NOT NULL)",
            name="reversal_moved",
        ),
        CheckConstraint(_GIVEN_BACK, name="given_back"),
        CheckConstraint(
            "reversed_cents BETWEEN 0 AND given_back_cents"
            " AND (reversed_cents > 0) = (reversal_transfer_id IS NOT NULL)",
            name="reversed_cents",
        ),
        Index(
            "uq_payment_paid_proof",
            "proof_id",
            unique=True,
            sqlite_where=_PAID,
            postgresql_where=_PAID,
        ),
        # A terminal's day, its reversals of a day; a holder's day; a receipt's number.
        Index("ix_payment_terminal_id_created_at", "terminal_id", "created_at"),
        Index(
            "ix_payment_terminal_id_reversed_at",
            "terminal_id",
            "reversed_at",
            sqlite_where=_REVERSED,
            postgresql_where=_REVERSED,
        ),
        Index(
            "ix_payment_beneficiary_id_decided_at",
            "beneficiary_id",
            "decided_at",
            sqlite_where=_PAID,
            postgresql_where=_PAID,
        ),
        # What was refused to somebody: few, and nothing that a payment that goes through writes.
        Index(
            "ix_payment_beneficiary_id_refused",
            "beneficiary_id",
            "decided_at",
            sqlite_where=_REFUSED,
            postgresql_where=_REFUSED,
        ),
        Index(
            "ix_payment_authorisation_number",
            "authorisation_number",
            sqlite_where=_PAID,
            postgresql_where=_PAID,
        ),
    )

    #: Made by the terminal, and written down there before the request was sent.
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    #: Where the terminal stood. No foreign keys: each would lock a row that a busy partner's
    #: payments share, and neither row is ever removed.
    outlet_id: Mapped[UUID | None]
    partner_id: Mapped[UUID | None]
    #: Whose proof it was; null when the proof was none.
    beneficiary_id: Mapped[UUID | None] = mapped_column(ForeignKey("beneficiary.id"))
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("card.id"))
    #: No foreign key: a proof that nobody gave is declined, and proofs are swept away.
    proof_id: Mapped[UUID | None]
    benefit_code: Mapped[str | None] = mapped_column(String(BENEFIT_CODE_CHARACTERS_MAX))
    amount_cents: Mapped[int | None]
    #: Which key the pad used, in hex. The block itself is never kept.
    ksn: Mapped[str | None] = mapped_column(String(KSN_CHARACTERS_MAX))
    fingerprint: Mapped[str | None] = mapped_column(String(FINGERPRINT_CHARACTERS))
    status: Mapped[PaymentState] = mapped_column(_words(PaymentState, 16))
    reason: Mapped[DeclineReason | None] = mapped_column(_words(DeclineReason, 40))
    tries_left: Mapped[int | None]
    #: What the decline's sentence names, as JSON (see advice.py).
    advice: Mapped[str | None] = mapped_column(Text)
    authorisation_number: Mapped[str | None] = mapped_column(String(AUTHORISATION_CHARACTERS))
    #: What the wallet held after the debit.
    remaining_cents: Mapped[int | None]
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transfer.id"), unique=True)
    reversal_transfer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("ledger_transfer.id"), unique=True
    )
    #: By void, refunds and reversal together; the CHECK never lets it pass the amount.
    given_back_cents: Mapped[int] = mapped_column(default=0)
    #: By the reversal alone: what refunds had left.
    reversed_cents: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reversed_at: Mapped[datetime | None]


class PaymentReturn(Base):
    """A void or a refund: money of a payment that a counter gave back, once per id."""

    __tablename__ = "payment_return"
    __table_args__ = (
        CheckConstraint("kind in ('void', 'refund')", name="kind"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("left_cents >= 0", name="left"),
        CheckConstraint("kind <> 'void' OR left_cents = 0", name="void_is_whole"),
        Index(
            "uq_payment_return_void",
            "payment_id",
            unique=True,
            sqlite_where=text("kind = 'void'"),
            postgresql_where=text("kind = 'void'"),
        ),
        # A terminal's day.
        Index("ix_payment_return_terminal_id_recorded_at", "terminal_id", "recorded_at"),
    )

    #: Made by the terminal, and written down there before the request was sent.
    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.payment_id"), index=True)
    kind: Mapped[ReturnKind] = mapped_column(_words(ReturnKind, 6))
    #: Who gave it back: not always who took it.
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    amount_cents: Mapped[int]
    #: What of the payment was still out after it.
    left_cents: Mapped[int]
    authorisation_number: Mapped[str] = mapped_column(String(AUTHORISATION_CHARACTERS))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_transfer.id"), unique=True)
    recorded_at: Mapped[datetime]


class PaymentLimit(Base):
    """How much may be paid of one benefit, or at one partner. Days are days in Paris.

    Each sum by day is one holder's: a limit that holders shared would be a row they all wait for.
    """

    __tablename__ = "payment_limit"
    __table_args__ = (
        CheckConstraint("(benefit_code IS NULL) <> (partner_id IS NULL)", name="scope"),
        CheckConstraint("per_payment_cents > 0", name="per_payment"),
        CheckConstraint("per_day_cents > 0", name="per_day"),
        CheckConstraint(
            "per_partner_day_cents IS NULL"
            " OR (per_partner_day_cents > 0 AND benefit_code IS NOT NULL)",
            name="per_partner_day",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    benefit_code: Mapped[str | None] = mapped_column(
        String(BENEFIT_CODE_CHARACTERS_MAX), unique=True
    )
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"), unique=True)
    per_payment_cents: Mapped[int | None]
    per_day_cents: Mapped[int | None]
    #: Of this benefit, at any one partner, in a day.
    per_partner_day_cents: Mapped[int | None]
