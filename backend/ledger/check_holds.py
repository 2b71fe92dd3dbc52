"""The part of the check that is about holds: each ended at most once, and as its rows say."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ColumnExpressionArgument,
    Select,
    Subquery,
    and_,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.ledger.report import Progress, Tally, Trouble
from backend.ledger.tables import Account, Hold, OpenHold, Outcome, Settlement, Transfer

ROWS_AT_ONCE: Final = 1000


def held_by(side: str) -> Subquery:
    """Build what the holds without a settlement hold of each limited account, on one side."""
    account_id = Hold.__table__.c[side]
    return (
        select(
            account_id.label("account_id"),
            cast(func.sum(Hold.amount_cents), BigInteger).label("total"),
        )
        .join(Account, and_(Account.id == account_id, Account.limited))
        .where(_unsettled())
        .group_by(account_id)
        .subquery()
    )


def check_holds(session: Session, tally: Tally, progress: Progress) -> None:
    """Check every hold and every settlement."""
    progress("holds", 0, 1)
    tally.holds_open = session.scalar(select(func.count()).select_from(OpenHold)) or 0
    for query, trouble, words in _questions():
        for subject in session.scalars(query.execution_options(yield_per=ROWS_AT_ONCE)):
            tally.note(trouble, None, f"hold {subject}: {words}")
    progress("holds", 1, 1)


def absent(
    column: InstrumentedAttribute[UUID], named: ColumnExpressionArgument[UUID]
) -> ColumnElement[bool]:
    """Build the question whether no row has this id.

    Not as NOT IN, for which PostgreSQL would compare each with each.
    """
    return ~select(column).where(column == named).exists()


def _unsettled() -> ColumnElement[bool]:
    return absent(Settlement.hold_id, Hold.id)


def _questions() -> Iterator[tuple[Select[Any], Trouble, str]]:
    """Give questions whose every answer is a hold in trouble."""
    settled = Settlement.outcome == Outcome.SETTLED
    yield (
        select(Settlement.hold_id).group_by(Settlement.hold_id).having(func.count() > 1),
        Trouble.SETTLED_TWICE,
        "settled more than once",
    )
    yield (
        select(Settlement.hold_id).where(absent(Hold.id, Settlement.hold_id)),
        Trouble.ORPHAN,
        "a settlement names it, and it is not there",
    )
    yield (
        select(Hold.id)
        .join(Settlement, Settlement.hold_id == Hold.id)
        .where(Settlement.amount_cents > Hold.amount_cents),
        Trouble.SETTLEMENT,
        "settled for more than it holds",
    )
    yield (
        select(Hold.id)
        .join(Settlement, Settlement.hold_id == Hold.id)
        .outerjoin(Transfer, Transfer.id == Settlement.id)
        .where(settled, Transfer.id.is_(None)),
        Trouble.ORPHAN,
        "settled by a transfer that is not there",
    )
    yield (
        select(Hold.id)
        .join(Settlement, Settlement.hold_id == Hold.id)
        .join(Transfer, Transfer.id == Settlement.id)
        .where(
            or_(
                ~settled,
                Transfer.amount_cents != Settlement.amount_cents,
                Transfer.debit_account_id != Hold.debit_account_id,
                Transfer.credit_account_id != Hold.credit_account_id,
            )
        ),
        Trouble.SETTLEMENT,
        "its transfer says something else",
    )
    yield (
        select(Hold.id).where(_unsettled(), absent(OpenHold.hold_id, Hold.id)),
        Trouble.OPEN_HOLDS,
        "open, but not in the list of open holds",
    )
    yield (
        select(OpenHold.hold_id).where(
            or_(
                ~absent(Settlement.hold_id, OpenHold.hold_id),
                absent(Hold.id, OpenHold.hold_id),
            )
        ),
        Trouble.OPEN_HOLDS,
        "in the list of open holds, but not open",
    )
    for side in (Hold.debit_account_id, Hold.credit_account_id):
        yield (
            select(Hold.id).where(absent(Account.id, side)),
            Trouble.ORPHAN,
            "names an account that is not there",
        )
