"""Whether somebody acts for others here: then no session of theirs outlives the day."""

from uuid import UUID

from sqlalchemy.orm import Session

from backend.access.staff import establishments_of
from backend.operators.entering import role_of
from backend.partners.space import partners_of


def acts_for_others(session: Session, account_id: UUID) -> bool:
    """Say whether somebody belongs to a partner, an establishment or those who run the Pass."""
    if role_of(session, account_id) is not None or partners_of(session, account_id):
        return True
    return bool(establishments_of(session, account_id))


def may_stay(session: Session, account_id: UUID) -> bool:
    """Say whether somebody may ask for a session that lasts for weeks."""
    return not acts_for_others(session, account_id)
