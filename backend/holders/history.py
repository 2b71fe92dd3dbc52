"""What happened to a holder's wallets, newest first, page by page: four statements a page at most.

Each wallet's movements are read by its own indexes, so a page costs its lines and not the years
behind it; a movement's reference names its payment. A page begins after a movement's number, so
that nothing is shown twice or left out while payments go on. Not here: the words, and what was
refused at a counter: no money moved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, Row, Select, bindparam, select, union_all
from sqlalchemy.orm import Session

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
    rows = session.execute(*_movements(wish, limit + 1)).all()
    shown = rows[:limit]
    paid = _payments(session, shown, wish.wallets)
    wallets = {one.account_id: one for one in wish.wallets}
    returns = _returns(session, [one for one in shown if one.credit_account_id in wallets], paid)
    given = _given(session, [one.reference for one in shown], wish.wallets)
    lines = tuple(_line(row, wallets, paid, returns, given) for row in shown)
    return HistoryPage(lines, shown[-1].sequence if len(rows) > limit else None)


@dataclass(frozen=True, slots=True)
class _Payments:
    """The payments of a page, by the transfers they made."""

    by_debit: dict[UUID, PaidAt]
    by_reversal: dict[UUID, PaidAt]
    by_id: dict[UUID, PaidAt]


@dataclass(frozen=True, slots=True)
class _Return:
    kind: ReturnKind
    number: str
    payment_id: UUID


def _movements(wish: HistoryWish, limit: int) -> tuple[Select[Any], dict[str, object]]:
    """Return what selects the latest movements of every wallet, and what is bound in it."""
    bound: dict[str, object] = {"lines": limit}
    bound |= {f"wallet_{place}": one.account_id for place, one in enumerate(wish.wallets)}
    if wish.before is not None:
        bound["before"] = wish.before
    if wish.year is not None:
        start, end = (datetime(year, 1, 1, tzinfo=wish.zone) for year in (wish.year, wish.year + 1))
        bound |= {"start": start.astimezone(UTC), "end": end.astimezone(UTC)}
    begun, of_a_year = wish.before is not None, wish.year is not None
    return _of_wallets(len(wish.wallets), begun=begun, of_a_year=of_a_year), bound


@cache
def _of_wallets(wallets: int, *, begun: bool, of_a_year: bool) -> Select[Any]:
    """Select the latest movements of so many wallets, each side by its own index."""
    lines: BindParameter[int] = bindparam("lines")
    asked = _asked(begun=begun, of_a_year=of_a_year)
    parts = [
        select(*_MOVEMENT)
        .where(side == bindparam(f"wallet_{place}"), *asked)
        .order_by(Transfer.sequence.desc())
        .limit(lines)
        .subquery()
        for place in range(wallets)
        for side in (Transfer.debit_account_id, Transfer.credit_account_id)
    ]
    every = union_all(*(select(part) for part in parts)).subquery()
    return select(every).order_by(every.c.sequence.desc()).limit(lines)


_MOVEMENT: Final[tuple[Any, ...]] = (
    Transfer.sequence,
    Transfer.id,
    Transfer.debit_account_id,
    Transfer.credit_account_id,
    Transfer.amount_cents,
    Transfer.reason,
    Transfer.reference,
    Transfer.recorded_at,
)


def _asked(*, begun: bool, of_a_year: bool) -> list[ColumnElement[bool]]:
    since: BindParameter[datetime] = bindparam("start")
    until: BindParameter[datetime] = bindparam("end")
    return [
        *([Transfer.sequence < bindparam("before")] if begun else []),
        *([Transfer.recorded_at >= since, Transfer.recorded_at < until] if of_a_year else []),
    ]


def _payments(
    session: Session, rows: Sequence[Row[Any]], wallets: Sequence[HeldWallet]
) -> _Payments:
    found = _Payments({}, {}, {})
    ids = _ids(_OF_PAYMENT, (row.reference for row in rows))
    if not ids:
        return found
    labels = {purpose.code: purpose.label for one in wallets for purpose in one.purposes}
    for row in session.execute(_select_payments(), {"ids": ids}):
        code = row.benefit_code or ""
        found.by_id[row.payment_id] = one = PaidAt(
            partner=row.partner or "",
            outlet=row.outlet or "",
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


@cache
def _select_payments() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Payment.payment_id,
        Payment.benefit_code,
        Payment.authorisation_number,
        Payment.status,
        Payment.given_back_cents,
        Payment.transfer_id,
        Payment.reversal_transfer_id,
        Partner.name.label("partner"),
        Outlet.name.label("outlet"),
    )
    return (
        select(*columns)
        .outerjoin(Partner, Partner.id == Payment.partner_id)
        .outerjoin(Outlet, Outlet.id == Payment.outlet_id)
        .where(Payment.payment_id.in_(bindparam("ids", expanding=True)))
    )


def _ids(kind: str, references: Iterable[str]) -> list[UUID]:
    """Return what references of a kind name, each once."""
    named = (text.removeprefix(kind) for text in references if text.startswith(kind))
    return list(dict.fromkeys(UUID(one) for one in named))


def _returns(
    session: Session, received: Sequence[Row[Any]], paid: _Payments
) -> dict[UUID, _Return]:
    """Return the voids and refunds among what a wallet received."""
    ids = [
        row.id
        for row in received
        if row.reference.startswith(_OF_PAYMENT) and row.id not in paid.by_reversal
    ]
    if not ids:
        return {}
    return {
        row.transfer_id: _Return(row.kind, row.authorisation_number, row.payment_id)
        for row in session.execute(_select_returns(), {"ids": ids})
    }


@cache
def _select_returns() -> Select[Any]:
    made = PaymentReturn
    columns: tuple[Any, ...] = (
        made.transfer_id,
        made.kind,
        made.authorisation_number,
        made.payment_id,
    )
    return select(*columns).where(made.transfer_id.in_(bindparam("ids", expanding=True)))


def _given(
    session: Session, references: list[str], wallets: Sequence[HeldWallet]
) -> dict[str, str]:
    """Return what was typed as the reason of the amounts somebody gave by hand."""
    slots = [one for one in references if one.startswith(_OF_GRANT)]
    if not slots:
        return {}
    accounts = [one.account_id for one in wallets]
    bound = {"accounts": accounts, "slots": slots}
    return {row.slot: row.words for row in session.execute(_select_given(), bound)}


@cache
def _select_given() -> Select[str, str]:
    accounts: BindParameter[UUID] = bindparam("accounts", expanding=True)
    whose = select(Wallet.beneficiary_id).where(Wallet.account_id.in_(accounts))
    return select(GrantDecision.slot, GrantDecision.words).where(
        GrantDecision.beneficiary_id.in_(whose),
        GrantDecision.slot.in_(bindparam("slots", expanding=True)),
    )


_OF_PAYMENT: Final = "payment:"
_OF_GRANT: Final = "grant:"
_OF_RETURN: Final = {
    ReturnKind.VOID: MovementKind.VOID,
    ReturnKind.REFUND: MovementKind.REFUND,
}
_OF_REFERENCE: Final = {"grant": MovementKind.GRANT, "expiry": MovementKind.EXPIRY}


def _line(
    row: Row[Any],
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
        paid = payments.by_id.get(made.payment_id)
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
