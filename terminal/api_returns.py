"""What the backend answers about money that goes back and about a terminal's day, checked.

One class for each body of `docs/api/openapi.json` that a counter reads. It sends nothing.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter

from terminal.api_values import Approved, Cents, Text, Voided

Positive = Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The fields to print; `payment_number` is the original's, on what came back of it."""

    kind: Literal["payment", "void", "refund"]
    partner_name: str
    outlet_name: str
    terminal_name: str
    benefit_label: str
    card_number_masked: str = field(repr=False)
    amount_cents: Positive
    authorisation_number: Text
    payment_number: Text
    recorded_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """The whole payment is back in its wallet."""

    void_id: UUID
    payment_id: UUID
    status: Literal["voided"]
    authorisation_number: Text
    amount_cents: Positive
    voided_at: AwareDatetime
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """`amount_cents` is back in its wallet; `left_cents` was still out after it."""

    refund_id: UUID
    payment_id: UUID
    status: Literal["refunded"]
    authorisation_number: Text
    amount_cents: Positive
    left_cents: Cents
    refunded_at: AwareDatetime
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPayment:
    """A payment of this outlet that a receipt names, and what may be done with it now."""

    payment: Annotated[Approved | Voided, Field(discriminator="status")]
    receipt: Receipt
    left_cents: Cents
    may_be_voided: bool


class LineKind(StrEnum):
    """What a line of the day is about."""

    PAYMENT = "payment"
    VOID = "void"
    REFUND = "refund"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A line of the terminal's own day: the payment's, void's or refund's id, and its cents.

    Its day is that of the moment in the backend's answer (Paris). A reversal's amount is that of
    its acknowledgement.
    """

    kind: LineKind
    id: UUID
    amount_cents: int

    def as_json(self) -> dict[str, object]:
        """Return the value that the request carries."""
        return {"kind": self.kind.value, "id": str(self.id), "amount_cents": self.amount_cents}


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many, and how much."""

    count: Annotated[int, Field(ge=0)]
    amount_cents: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """A terminal's day. What was reversed is not among what was approved."""

    day: date
    approved: Total
    voided: Total
    refunded: Total
    reversed: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A line that is not the same on both sides; an amount is None where the line is missing."""

    kind: LineKind
    id: UUID
    problem: Literal["only_at_backend", "only_at_terminal", "amount_differs"]
    backend_cents: Cents | None
    terminal_cents: Cents | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Reconciled to the cent, or every difference by name."""

    reconciled: bool
    totals: DayTotals
    differences: tuple[Difference, ...]


VOID = TypeAdapter(Void)
REFUND = TypeAdapter(Refund)
FOUND_PAYMENT = TypeAdapter(FoundPayment)
DAY_TOTALS = TypeAdapter(DayTotals)
RECONCILIATION = TypeAdapter(Reconciliation)
