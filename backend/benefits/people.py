"""What the grant rules know of one person. Many at once: importing.py."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.benefits.eligibility import Person
from backend.benefits.tables import Eligibility


def set_eligibility(
    session: Session,
    beneficiary_id: UUID,
    person: Person,
    *,
    reference: str | None = None,
    now: datetime,
) -> None:
    """Write down what rules may ask of a person; the birth date stays with the account.

    `reference` is what the authority's files call the person; None leaves it as it is.
    """
    known = session.get(Eligibility, beneficiary_id)
    if known is None:
        known = Eligibility(beneficiary_id=beneficiary_id, reference=None)
        session.add(known)
    known.reference = reference or known.reference
    known.commune = person.commune
    known.postcode = person.postcode
    known.department = person.department
    known.track = None if person.track is None else person.track.value
    known.level = None if person.level is None else person.level.lower()
    known.scholarship = person.scholarship
    known.scholarship_proof = person.scholarship_proof
    known.updated_at = now
    session.flush()
