"""An operator accepts an organisation: from then on it is a partner, and can be paid.

Promise: the partner, its place, its people and the account of what it is owed are all there, or
nothing is. Not here: refusing, and what an organisation asks (partners/organisations).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.benefits.campaigns import contract_partner
from backend.partners.organisations.asking import accept


def accept_organisation(session: Session, organisation_id: UUID, by: UUID, now: datetime) -> UUID:
    """Make an organisation a partner, once; return the partner's id.

    Raises OrganisationUnknown, OrganisationTwice.
    """
    return accept(
        session,
        organisation_id,
        by,
        now,
        contract=lambda unit, partner_id: contract_partner(unit, partner_id, now=now),
    )
