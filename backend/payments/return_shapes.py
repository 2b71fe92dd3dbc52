"""Voids, refunds, receipts and a terminal's day as JSON."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from backend.payments.find import FoundPayment
from backend.payments.give_back import GivenBack
from backend.payments.orders import AMOUNT_CENTS_MAX
from backend.payments.receipts import Receipt, ReceiptKind
from backend.payments.shapes import Moment, PaymentBody, Request, payment_body
from backend.payments.totals import (
    LINES_MAX,
    DayTotals,
    Difference,
    Line,
    LineKind,
    Problem,
    Reconciliation,
    Total,
)
from backend.wire_types import WHOLE


class VoidRequest(Request):
    """A payment has one void; its id is the terminal's, or derived from the payment's."""

    void_id: UUID | None = None


class RefundRequest(Request):
    """A wish to give back; the id was written down by the terminal before it was sent."""

    refund_id: UUID
    amount_cents: Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX, strict=True), WHOLE]


class ReceiptBody(BaseModel):
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
    recorded_at: Moment


class VoidBody(BaseModel):
    """The whole payment is back in its wallet."""

    void_id: UUID
    payment_id: UUID
    status: Literal["voided"] = "voided"
    authorisation_number: str
    amount_cents: int
    voided_at: Moment
    receipt: ReceiptBody


class RefundBody(BaseModel):
    """`amount_cents` is back in its wallet; `left_cents` was still out after it."""

    refund_id: UUID
    payment_id: UUID
    status: Literal["refunded"] = "refunded"
    authorisation_number: str
    amount_cents: int
    left_cents: int
    refunded_at: Moment
    receipt: ReceiptBody


class FoundBody(BaseModel):
    """A payment that a receipt names, and what may be done with it now."""

    payment: PaymentBody
    receipt: ReceiptBody
    left_cents: int
    may_be_voided: bool


class TotalBody(BaseModel):
    """How many, and how much."""

    count: int
    amount_cents: int


class TotalsBody(BaseModel):
    """A terminal's day. What was reversed is not among what was approved."""

    terminal_id: UUID
    day: date
    approved: TotalBody
    voided: TotalBody
    refunded: TotalBody
    reversed: TotalBody


class LineBody(Request):
    """A line that the terminal wrote down: the id is the payment's, the void's or the refund's.

    Its day is that of the moment in the answer. A reversal's amount is the one of its answer.
    """

    kind: LineKind
    id: UUID
    amount_cents: Annotated[int, Field(ge=0, le=AMOUNT_CENTS_MAX, strict=True), WHOLE]


class DayRequest(Request):
    """All that the terminal wrote down of a day."""

    lines: Annotated[list[LineBody], Field(max_length=LINES_MAX)]


class DifferenceBody(BaseModel):
    """A line that is not the same on both sides; an amount is null where the line is missing."""

    kind: LineKind
    id: UUID
    problem: Problem
    backend_cents: int | None
    terminal_cents: int | None


class ReconciliationBody(BaseModel):
    """Reconciled to the cent, or every difference by name."""

    reconciled: bool
    totals: TotalsBody
    differences: list[DifferenceBody]


def void_body(made: GivenBack) -> VoidBody:
    """Write a void."""
    return VoidBody(
        void_id=made.return_id,
        payment_id=made.payment_id,
        authorisation_number=made.authorisation_number,
        amount_cents=made.amount_cents,
        voided_at=made.recorded_at,
        receipt=_receipt_body(made.receipt),
    )


def refund_body(made: GivenBack) -> RefundBody:
    """Write a refund."""
    return RefundBody(
        refund_id=made.return_id,
        payment_id=made.payment_id,
        authorisation_number=made.authorisation_number,
        amount_cents=made.amount_cents,
        left_cents=made.left_cents,
        refunded_at=made.recorded_at,
        receipt=_receipt_body(made.receipt),
    )


def found_body(found: FoundPayment) -> FoundBody:
    """Write a payment that was found by its receipt."""
    return FoundBody(
        payment=payment_body(found.answer),
        receipt=_receipt_body(found.receipt),
        left_cents=found.left_cents,
        may_be_voided=found.may_be_voided,
    )


def totals_body(totals: DayTotals) -> TotalsBody:
    """Write a terminal's day."""
    return TotalsBody(
        terminal_id=totals.terminal_id,
        day=totals.day,
        approved=_total_body(totals.approved),
        voided=_total_body(totals.voided),
        refunded=_total_body(totals.refunded),
        reversed=_total_body(totals.reversed),
    )


def lines_of(body: DayRequest) -> list[Line]:
    """Read what the terminal wrote down."""
    return [Line(line.kind, line.id, line.amount_cents) for line in body.lines]


def reconciliation_body(found: Reconciliation) -> ReconciliationBody:
    """Write what a comparison found."""
    return ReconciliationBody(
        reconciled=not found.differences,
        totals=totals_body(found.totals),
        differences=[_difference_body(one) for one in found.differences],
    )


def _receipt_body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody.model_validate(receipt, from_attributes=True)


def _total_body(total: Total) -> TotalBody:
    return TotalBody(count=total.count, amount_cents=total.amount_cents)


def _difference_body(one: Difference) -> DifferenceBody:
    return DifferenceBody(
        kind=one.kind,
        id=one.line_id,
        problem=one.problem,
        backend_cents=one.backend_cents,
        terminal_cents=one.terminal_cents,
    )
