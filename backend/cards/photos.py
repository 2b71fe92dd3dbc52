"""The photo printed on a person's card: kept once drawn anew, one a person, forgotten on demand.

Not here: photos on gates, which a family agrees to besides (the access room).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import find_beneficiary
from backend.cards.order_tables import CardPhoto


def keep_card_photo(
    session: Session, beneficiary_id: UUID, drawn: bytes, now: datetime, account_id: UUID | None
) -> CardPhoto:
    """Keep a photo that `draw_anew` made, in place of an older one; raise BeneficiaryUnknown."""
    find_beneficiary(session, beneficiary_id)
    photo = session.get(CardPhoto, beneficiary_id, with_for_update=True)
    if photo is None:
        photo = CardPhoto(beneficiary_id=beneficiary_id)
        session.add(photo)
    photo.image, photo.given_at, photo.account_id = drawn, now, account_id
    session.flush()
    return photo


def find_card_photo(session: Session, beneficiary_id: UUID) -> CardPhoto | None:
    """Return a person's photo, if one was given."""
    return session.get(CardPhoto, beneficiary_id)


def drop_card_photo(session: Session, beneficiary_id: UUID) -> None:
    """Forget a person's photo; without one nothing changes."""
    session.execute(delete(CardPhoto).where(CardPhoto.beneficiary_id == beneficiary_id))
