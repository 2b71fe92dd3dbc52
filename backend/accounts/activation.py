"""The one-time link by which a person activates their account, or sets a new code.

The token is given out once and only its hash is kept. Not here: what the link lets one do.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import find_beneficiary
from backend.accounts.errors import ActivationExpired, ActivationUnknown, ActivationUsed
from backend.accounts.tables import Activation
from backend.expiry import sweep_expired

ACTIVATION_DAYS_MAX = 7
# A token stays known for a while after its time, so that its holder reads why it is refused.
ACTIVATION_KEPT_DAYS_MAX = 30
TOKEN_BYTES = 32


def invite(
    session: Session,
    beneficiary_id: UUID,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Return a new activation token (43 characters, URL-safe) that replaces any earlier one.

    Raises BeneficiaryUnknown.
    """
    find_beneficiary(session, beneficiary_id)
    sweep_expired(
        session, Activation, Activation.expires_at, now - timedelta(days=ACTIVATION_KEPT_DAYS_MAX)
    )
    earlier = (Activation.beneficiary_id == beneficiary_id) & Activation.used_at.is_(None)
    session.execute(delete(Activation).where(earlier))
    token = _text(random(TOKEN_BYTES))
    session.add(
        Activation(
            token_hash=_hash(token),
            beneficiary_id=beneficiary_id,
            expires_at=now + timedelta(days=ACTIVATION_DAYS_MAX),
            used_at=None,
        )
    )
    session.flush()
    return token


def find_activation(session: Session, token: str, now: datetime) -> UUID:
    """Return the beneficiary a token was given to.

    Raises ActivationUnknown, ActivationUsed, ActivationExpired.
    """
    return _usable(session, token, now).beneficiary_id


def use_activation(session: Session, token: str, now: datetime) -> UUID:
    """Let a token serve, once and for all; return its beneficiary. Raises like find_activation."""
    activation = _usable(session, token, now)
    activation.used_at = now
    session.flush()
    return activation.beneficiary_id


def _usable(session: Session, token: str, now: datetime) -> Activation:
    activation = session.get(Activation, _hash(token), with_for_update=True)
    if activation is None:
        raise ActivationUnknown
    if activation.used_at is not None:
        raise ActivationUsed
    if now >= activation.expires_at:
        raise ActivationExpired
    return activation


def _text(raw: bytes) -> str:
    # URL-safe base64 without padding, as secrets.token_urlsafe writes it.
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
