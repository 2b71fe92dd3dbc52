"""The part of the check that is about holds: each ended at most once, and as its rows say."""

from collections.abc import Iterator
from typing import Final
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

#: Which holds are in trouble, in which, and in words.
Question = tuple[Select[UUID], Trouble, str]


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


def _questions() -> Iterator[Question]:
    """Give questions whose every answer is a hold in trouble."""
    yield from _about_settlements()
    yield from _about_their_transfers()
    yield from _about_open_holds()
    for side in (Hold.debit_account_id, Hold.credit_account_id):
        nowhere = select(Hold.id).where(absent(Account.id, side))
        yield nowhere, Trouble.ORPHAN, "names an account that is not there"


def _about_settlements() -> Iterator[Question]:
    twice = select(Settlement.hold_id).group_by(Settlement.hold_id).having(func.count() > 1)
    yield twice, Trouble.SETTLED_TWICE, "settled more than once"
    alone = select(Settlement.hold_id).where(absent(Hold.id, Settlement.hold_id))
    yield alone, Trouble.ORPHAN, "a settlement names it, and it is not there"
    above = _ended_holds().where(Settlement.amount_cents > Hold.amount_cents)
    yield above, Trouble.SETTLEMENT, "settled for more than it holds"


def _about_their_transfers() -> Iterator[Question]:
    settled = Settlement.outcome == Outcome.SETTLED
    lost = _ended_holds().where(settled, absent(Transfer.id, Settlement.id))
    yield lost, Trouble.ORPHAN, "settled by a transfer that is not there"
    # Of settled ones only: a release may bear the id of a transfer it has nothing to do with.
    differs = or_(
        Transfer.amount_cents != Settlement.amount_cents,
        Transfer.debit_account_id != Hold.debit_account_id,
        Transfer.credit_account_id != Hold.credit_account_id,
    )
    other = _ended_holds().join(Transfer, Transfer.id == Settlement.id).where(settled, differs)
    yield other, Trouble.SETTLEMENT, "its transfer says something else"


def _about_open_holds() -> Iterator[Question]:
    forgotten = select(Hold.id).where(_unsettled(), absent(OpenHold.hold_id, Hold.id))
    yield forgotten, Trouble.OPEN_HOLDS, "open, but not in the list of open holds"
    ended = ~absent(Settlement.hold_id, OpenHold.hold_id)
    listed = select(OpenHold.hold_id).where(or_(ended, absent(Hold.id, OpenHold.hold_id)))
    yield listed, Trouble.OPEN_HOLDS, "in the list of open holds, but not open"


def _ended_holds() -> Select[UUID]:
    return select(Hold.id).join(Settlement, Settlement.hold_id == Hold.id)
