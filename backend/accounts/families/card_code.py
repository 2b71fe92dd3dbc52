"""The code handed over with a card, as a proof of who holds it; it still serves afterwards."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.accounts.activation import find_link
from backend.accounts.errors import (
    ActivationExhausted,
    ActivationExpired,
    ActivationUnknown,
    ActivationUsed,
)
from backend.accounts.families.errors import ProofRefused
from backend.accounts.tables import Beneficiary, LinkKind


def holder_of_code(session: Session, code: str, now: datetime) -> Beneficiary:
    """Return who a code was handed over to with their card; raise ProofRefused."""
    token = code.strip().rpartition("/")[2]
    try:
        link = find_link(session, token, now)
    except (ActivationExhausted, ActivationExpired, ActivationUnknown, ActivationUsed):
        raise ProofRefused from None
    if link.kind is not LinkKind.ACTIVATION:
        raise ProofRefused
    return session.get_one(Beneficiary, link.beneficiary_id)
