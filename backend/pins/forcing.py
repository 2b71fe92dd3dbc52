"""Forcing a holder to choose another code: all that anybody but the holder can do to one.

Nobody can see, choose or unblock a code for somebody else.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cards.errors import CardUnknown
from backend.cards.tables import Card
from backend.pins.errors import CodeNotSet
from backend.pins.records import record
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import CodeHappening, PinReferenceRow


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


def holder_of(session: Session, card_number: str) -> UUID:
    """Return whose card has this number (16 digits); raise CardUnknown."""
    holder = session.scalar(select(Card.beneficiary_id).where(Card.number == card_number))
    if holder is None:
        raise CardUnknown
    return holder
