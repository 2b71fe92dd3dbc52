"""Forcing a holder to choose another code: all that anybody but the holder can do to one.

Nobody can see, choose or unblock a code for somebody else.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.errors import CardUnknown
from backend.cards.tables import Card
from backend.pins.errors import CodeNotSet
from backend.pins.records import record
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import CodeHappening, PinReferenceRow
from backend.settings import LostCardCode

TAKEN_AWAY: Final = ("lost", "stolen")


def force_change(
    session: Session, beneficiary_id: UUID, now: datetime, *, by: str, reason: str
) -> CodeState:
    """Let a code pay no more until its holder has chosen another; return its state.

    Who, when and why are written down for good, and the holder is told. Raises CodeNotSet.
    """
    row = session.get(PinReferenceRow, beneficiary_id, with_for_update=True, populate_existing=True)
    after = next_state(
        CodeState.UNSET if row is None else CodeState(row.state), CodeEvent.CHANGE_FORCED
    )
    if row is None or after is None:
        raise CodeNotSet
    row.state = after.value
    record(session, beneficiary_id, CodeHappening.CHANGE_FORCED, now, by=by, reason=reason)
    return after


def force_after_loss(
    session: Session,
    beneficiary_id: UUID,
    reason: str,
    choice: LostCardCode,
    now: datetime,
    *,
    by: str,
) -> bool:
    """Force a change where a card was lost or stolen and the choice says so; True if it was.

    Somebody else may hold the card, and may have seen its code typed.
    """
    if reason not in TAKEN_AWAY or choice is LostCardCode.KEEP:
        return False
    try:
        force_change(session, beneficiary_id, now, by=by, reason=f"card {reason}")
    except CodeNotSet:
        return False
    return True


def holder_of(session: Session, card_number: str) -> UUID:
    """Return whose card has this number (16 digits); raise CardUnknown."""
    holder = session.scalar(select(Card.beneficiary_id).where(Card.number == card_number))
    if holder is None:
        raise CardUnknown
    return holder
