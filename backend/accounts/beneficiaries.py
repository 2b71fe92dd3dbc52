"""Who the beneficiaries are. Not here: their wallets, their cards, their code."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from backend.accounts.errors import BeneficiaryUnknown
from backend.accounts.tables import Beneficiary


def create_beneficiary(
    session: Session,
    *,
    given_name: str,
    family_name: str,
    birth_date: date,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> Beneficiary:
    """Record a person and return them."""
    person = Beneficiary(
        id=make_id(),
        given_name=given_name,
        family_name=family_name,
        birth_date=birth_date,
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person


def find_beneficiary(session: Session, beneficiary_id: UUID) -> Beneficiary:
    """Return a person; raise BeneficiaryUnknown."""
    person = session.get(Beneficiary, beneficiary_id)
    if person is None:
        raise BeneficiaryUnknown
    return person
