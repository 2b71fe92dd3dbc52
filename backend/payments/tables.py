"""Payments: one row for each wish to pay, from its arrival to its end.

A row never holds a PIN block, nor anything that depends on one. The constraints say what must
never be seen: money out without approval, money out twice on one proof, a reversal that kept it.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, text
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
        CheckConstraint("status <> 'approved' OR transfer_id IS NOT NULL", name="approved"),
        CheckConstraint("transfer_id IS NULL OR status in ('approved', 'reversed')", name="paid"),
        CheckConstraint(
            "(reversal_transfer_id IS NOT NULL)"
            " = (status = 'reversed' AND transfer_id IS NOT NULL)",
            name="given_back",
        ),
        Index(
            "uq_payment_paid_proof",
            "proof_id",
            unique=True,
            sqlite_where=_PAID,
            postgresql_where=_PAID,
        ),
    )

    #: Made by the terminal, and written down there before the request was sent.
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), index=True)
    #: No foreign key: a proof that nobody gave is declined, and proofs are swept away.
    proof_id: Mapped[UUID | None]
    benefit_code: Mapped[str | None] = mapped_column(String(BENEFIT_CODE_CHARACTERS_MAX))
    amount_cents: Mapped[int | None]
    #: Which key the pad used, in hex. The block itself is never kept.
    ksn: Mapped[str | None] = mapped_column(String(KSN_CHARACTERS_MAX))
    fingerprint: Mapped[str | None] = mapped_column(String(FINGERPRINT_CHARACTERS))
    status: Mapped[PaymentState] = mapped_column(_words(PaymentState, 8))
    reason: Mapped[DeclineReason | None] = mapped_column(_words(DeclineReason, 40))
    tries_left: Mapped[int | None]
    authorisation_number: Mapped[str | None] = mapped_column(String(AUTHORISATION_CHARACTERS))
    #: What the wallet held after the debit.
    remaining_cents: Mapped[int | None]
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transfer.id"), unique=True)
    reversal_transfer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("ledger_transfer.id"), unique=True
    )
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reversed_at: Mapped[datetime | None]
