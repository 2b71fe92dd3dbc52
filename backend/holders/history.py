"""What happened to a holder's wallets, newest first, page by page: three statements a page.

Each wallet's movements are read by its own indexes, so a page costs its lines and not the years
behind it. A page begins after a movement's number, so that nothing is shown twice or left out
while payments go on. Not here: the words, and what was refused at a counter: no money moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from backend.benefits.rules import PARIS
from backend.benefits.tables import GrantDecision, Wallet
from backend.holders.wallets import HeldWallet
from backend.ledger.money import Cents
from backend.ledger.tables import Transfer
from backend.partners.tables import Outlet, Partner
from backend.payments.states import PaymentState
from backend.payments.tables import Payment, PaymentReturn, ReturnKind

LINES_PER_PAGE: Final = 25
#: For paper: a year of it.
LINES_TO_PRINT_MAX: Final = 500
YEAR_MIN, YEAR_MAX = 2000, 2100


class MovementKind(StrEnum):
    """What a line of the history is."""

    GRANT = "grant"
    PAYMENT = "payment"
    #: A counter took a payment back on its day.
    VOID = "void"
    REFUND = "refund"
    #: A counter that never heard its answer took the payment back.
    REVERSAL = "reversal"
    EXPIRY = "expiry"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PaidAt:
    """A payment, as its receipt names it, and what has become of it."""

    partner: str
    outlet: str
    #: The label of what was paid with.
    benefit: str
    receipt_number: str
    state: PaymentState
    given_back: Cents


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One movement of one wallet."""

    sequence: int
    recorded_at: datetime
    wallet: HeldWallet
    kind: MovementKind
    received: bool
    amount: Cents
    #: The books' own words.
    words: str
    #: The payment, of a payment and of what came back of it.
    paid: PaidAt | None
    #: The receipt of this very movement; a void and a refund have their own.
    receipt_number: str | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some lines, and what the next page begins before; None at the end."""

    lines: tuple[HistoryLine, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class HistoryWish:
    """Which part of the history: of these wallets, of a year, before a movement's number."""

    wallets: Sequence[HeldWallet]
    year: int | None = None
    before: int | None = None
    lines_max: int = LINES_PER_PAGE
    zone: ZoneInfo = field(default=PARIS)


def read_history(session: Session, wish: HistoryWish) -> HistoryPage:
    """Return a page of the history; `lines_max` is at most LINES_TO_PRINT_MAX."""
    if not wish.wallets:
        return HistoryPage((), None)
    limit = min(wish.lines_max, LINES_TO_PRINT_MAX)
    rows = list(session.scalars(_movements(wish, limit + 1)))
    shown = rows[:limit]
    paid = _payments(session, [row.id for row in shown], wish.wallets)
    returns = _returns(session, [row.id for row in shown])
    wallets = {one.account_id: one for one in wish.wallets}
    given = _given(session, [row.reference for row in shown], wish.wallets)
    lines = tuple(_line(row, wallets, paid, returns, given) for row in shown)
    return HistoryPage(lines, shown[-1].sequence if len(rows) > limit else None)


@dataclass(frozen=True, slots=True)
class _Payments:
    """The payments of a page, by the transfers they made."""

    by_debit: dict[UUID, PaidAt]
    by_reversal: dict[UUID, PaidAt]


@dataclass(frozen=True, slots=True)
class _Return:
    kind: ReturnKind
    number: str
    payment_transfer_id: UUID


def _movements(wish: HistoryWish, limit: int) -> Select[Transfer]:
    """Select the latest movements of every wallet, each side by its own index."""
    asked = _asked(wish)
    parts = [
        select(Transfer)
        .where(side == one.account_id, *asked)
        .order_by(Transfer.sequence.desc())
        .limit(limit)
        .subquery()
        for one in wish.wallets
        for side in (Transfer.debit_account_id, Transfer.credit_account_id)
    ]
    every = union_all(*(select(part) for part in parts)).subquery()
    movement = aliased(Transfer, every)
    return select(movement).order_by(every.c.sequence.desc()).limit(limit)


def _asked(wish: HistoryWish) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wish.before is not None:
        asked.append(Transfer.sequence < wish.before)
    if wish.year is not None:
        start, end = (datetime(year, 1, 1, tzinfo=wish.zone) for year in (wish.year, wish.year + 1))
        asked += [
            Transfer.recorded_at >= start.astimezone(UTC),
            Transfer.recorded_at < end.astimezone(UTC),
        ]
    return asked


def _payments(
    session: Session, transfer_ids: list[UUID], wallets: Sequence[HeldWallet]
) -> _Payments:
    labels = {purpose.code: purpose.label for one in wallets for purpose in one.purposes}
    # Three questions, each with its own index: one OR of them would read every payment there is.
    meant = union(
        select(Payment.payment_id).where(Payment.transfer_id.in_(transfer_ids)),
        select(Payment.payment_id).where(Payment.reversal_transfer_id.in_(transfer_ids)),
        select(PaymentReturn.payment_id).where(PaymentReturn.transfer_id.in_(transfer_ids)),
    )
    query = (
        select(Payment, Partner.name, Outlet.name)
        .outerjoin(Partner, Partner.id == Payment.partner_id)
        .outerjoin(Outlet, Outlet.id == Payment.outlet_id)
        .where(Payment.payment_id.in_(meant))
    )
    found = _Payments({}, {})
    for row, partner, outlet in session.execute(query):
        code = row.benefit_code or ""
        one = PaidAt(
            partner=partner or "",
            outlet=outlet or "",
            benefit=labels.get(code, code),
            receipt_number=row.authorisation_number or "",
            state=row.status,
            given_back=Cents(row.given_back_cents),
        )
        if row.transfer_id is not None:
            found.by_debit[row.transfer_id] = one
        if row.reversal_transfer_id is not None:
            found.by_reversal[row.reversal_transfer_id] = one
    return found


def _returns(session: Session, transfer_ids: list[UUID]) -> dict[UUID, _Return]:
    made = PaymentReturn
    transfer: InstrumentedAttribute[UUID | None] = Payment.transfer_id
    query = (
        select(made.transfer_id, made.kind, made.authorisation_number, transfer)
        .join(Payment, Payment.payment_id == made.payment_id)
        .where(made.transfer_id.in_(transfer_ids))
    )
    return {
        transfer_id: _Return(kind, number, of)
        for transfer_id, kind, number, of in session.execute(query)
        if of is not None
    }


def _given(
    session: Session, references: list[str], wallets: Sequence[HeldWallet]
) -> dict[str, str]:
    """Return what was typed as the reason of the amounts somebody gave by hand."""
    accounts = [one.account_id for one in wallets]
    whose = select(Wallet.beneficiary_id).where(Wallet.account_id.in_(accounts))
    query = select(GrantDecision.slot, GrantDecision.words).where(
        GrantDecision.beneficiary_id.in_(whose), GrantDecision.slot.in_(references)
    )
    return {row.slot: row.words for row in session.execute(query)}


_OF_RETURN: Final = {
    ReturnKind.VOID: MovementKind.VOID,
    ReturnKind.REFUND: MovementKind.REFUND,
}
_OF_REFERENCE: Final = {"grant": MovementKind.GRANT, "expiry": MovementKind.EXPIRY}


def _line(
    row: Transfer,
    wallets: dict[UUID, HeldWallet],
    payments: _Payments,
    returns: dict[UUID, _Return],
    given: dict[str, str],
) -> HistoryLine:
    received = row.credit_account_id in wallets
    wallet = wallets[row.credit_account_id if received else row.debit_account_id]
    number: str | None = None
    made = returns.get(row.id)
    if made is not None:
        kind, number = _OF_RETURN[made.kind], made.number
        paid = payments.by_debit.get(made.payment_transfer_id)
    elif (paid := payments.by_debit.get(row.id)) is not None:
        kind, number = MovementKind.PAYMENT, paid.receipt_number
    elif (paid := payments.by_reversal.get(row.id)) is not None:
        kind = MovementKind.REVERSAL
    else:
        kind = _OF_REFERENCE.get(row.reference.partition(":")[0], MovementKind.OTHER)
    return HistoryLine(
        sequence=row.sequence,
        recorded_at=row.recorded_at,
        wallet=wallet,
        kind=kind,
        received=received,
        amount=Cents(row.amount_cents),
        words=given.get(row.reference, row.reason),
        paid=paid,
        receipt_number=number,
    )
