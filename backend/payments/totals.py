"""A terminal's day: what it took and gave back, and comparing that with what it wrote down itself.

A line belongs to the day (Paris) of the moment that its answer carried. A payment that was reversed
is a reversal and no payment: its terminal never counted it. What another terminal of the outlet
gave back is that terminal's. Nothing is written: asking again changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.partners.errors import TerminalUnknown
from backend.partners.tables import Terminal
from backend.payments.days import day_bounds
from backend.payments.errors import LinesRepeated
from backend.payments.states import APPROVED_ONCE, PaymentState
from backend.payments.tables import Payment, PaymentReturn

#: A till that takes one payment every ten seconds for a whole day.
LINES_MAX = 8_640


class LineKind(StrEnum):
    """What a line of the day is about; its id is the payment's, the void's or the refund's."""

    PAYMENT = "payment"
    VOID = "void"
    REFUND = "refund"
    REVERSAL = "reversal"


class Problem(StrEnum):
    """How two accounts of a day differ."""

    ONLY_AT_BACKEND = "only_at_backend"
    ONLY_AT_TERMINAL = "only_at_terminal"
    AMOUNT_DIFFERS = "amount_differs"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; a reversal's amount is what it gave back."""

    kind: LineKind
    line_id: UUID
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Total:
    """How many, and how much."""

    count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class DayTotals:
    """A terminal's day in four sums."""

    terminal_id: UUID
    day: date
    approved: Total
    voided: Total
    refunded: Total
    reversed: Total


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that is not the same on both sides; an amount is None where the line is missing."""

    kind: LineKind
    line_id: UUID
    problem: Problem
    backend_cents: int | None
    terminal_cents: int | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The backend's day, and every line on which the terminal says otherwise."""

    totals: DayTotals
    differences: tuple[Difference, ...]


def day_totals(session: Session, terminal_id: UUID, day: date) -> DayTotals:
    """Add up a terminal's day; raise TerminalUnknown."""
    if session.get(Terminal, terminal_id) is None:
        raise TerminalUnknown
    return _add_up(terminal_id, day, _lines_of(session, terminal_id, day))


def reconcile(
    session: Session, terminal_id: UUID, day: date, told: Iterable[Line]
) -> Reconciliation:
    """Compare a terminal's own lines of a day with ours; raise LinesRepeated."""
    here = _lines_of(session, terminal_id, day)
    totals = _add_up(terminal_id, day, here)
    return Reconciliation(totals, compare(here, list(told)))


def compare(here: list[Line], told: list[Line]) -> tuple[Difference, ...]:
    """Name every line that is not the same in both; raise LinesRepeated. Pure."""
    ours = {(line.kind, line.line_id): line.amount_cents for line in here}
    theirs = {(line.kind, line.line_id): line.amount_cents for line in told}
    if len(theirs) != len(told):
        raise LinesRepeated
    return tuple(
        Difference(*key, _problem(ours.get(key), theirs.get(key)), ours.get(key), theirs.get(key))
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    )


def _problem(backend_cents: int | None, terminal_cents: int | None) -> Problem:
    if terminal_cents is None:
        return Problem.ONLY_AT_BACKEND
    return Problem.ONLY_AT_TERMINAL if backend_cents is None else Problem.AMOUNT_DIFFERS


def _add_up(terminal_id: UUID, day: date, lines: list[Line]) -> DayTotals:
    def total(kind: LineKind) -> Total:
        amounts = [line.amount_cents for line in lines if line.kind is kind]
        return Total(len(amounts), sum(amounts))

    return DayTotals(
        terminal_id,
        day,
        approved=total(LineKind.PAYMENT),
        voided=total(LineKind.VOID),
        refunded=total(LineKind.REFUND),
        reversed=total(LineKind.REVERSAL),
    )


def _lines_of(session: Session, terminal_id: UUID, day: date) -> list[Line]:
    return [
        *_payments(session, terminal_id, day),
        *_returns(session, terminal_id, day),
        *_reversals(session, terminal_id, day),
    ]


def _payments(session: Session, terminal_id: UUID, day: date) -> Iterable[Line]:
    start, end = day_bounds(day)
    query = select(Payment.payment_id, Payment.amount_cents).where(
        Payment.terminal_id == terminal_id,
        # For the index: nobody decides for longer than a day.
        Payment.created_at >= start - timedelta(days=1),
        Payment.created_at < end,
        Payment.decided_at >= start,
        Payment.decided_at < end,
        Payment.status.in_(APPROVED_ONCE),
    )
    return [Line(LineKind.PAYMENT, one, cents or 0) for one, cents in session.execute(query)]


def _returns(session: Session, terminal_id: UUID, day: date) -> Iterable[Line]:
    start, end = day_bounds(day)
    columns = PaymentReturn.kind, PaymentReturn.return_id, PaymentReturn.amount_cents
    query = select(*columns).where(
        PaymentReturn.terminal_id == terminal_id,
        PaymentReturn.recorded_at >= start,
        PaymentReturn.recorded_at < end,
    )
    return [Line(LineKind(kind.value), one, cents) for kind, one, cents in session.execute(query)]


def _reversals(session: Session, terminal_id: UUID, day: date) -> Iterable[Line]:
    start, end = day_bounds(day)
    query = select(Payment.payment_id, Payment.reversed_cents).where(
        Payment.terminal_id == terminal_id,
        Payment.status == PaymentState.REVERSED,
        Payment.reversed_at >= start,
        Payment.reversed_at < end,
    )
    return [Line(LineKind.REVERSAL, one, cents) for one, cents in session.execute(query)]
