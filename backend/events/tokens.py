"""The tokens that a partner's own system reads its events with: shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.events.errors import EventTokenInvalid, EventTokenUnknown, TooManyEventTokens
from backend.events.tables import NAME_CHARACTERS_MAX, EventToken

TOKEN_BYTES: Final = 32
#: So that whoever finds one knows what it is, and scanners of source code do.
TOKEN_PREFIX: Final = "passevt_"  # noqa: S105
TOKEN_CHARACTERS_MAX: Final = 200
TOKENS_PER_PARTNER_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as its partner sees it, once."""

    token_id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as it is listed."""

    token_id: UUID
    name: str
    created_at: datetime


def give_token(
    session: Session,
    partner_id: UUID,
    name: str,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> NewToken:
    """Make a token for a partner's own system; raise TooManyEventTokens."""
    query = select(func.count()).where(
        EventToken.partner_id == partner_id, EventToken.revoked_at.is_(None)
    )
    if (session.scalar(query) or 0) >= TOKENS_PER_PARTNER_MAX:
        raise TooManyEventTokens(tokens_max=TOKENS_PER_PARTNER_MAX)
    token, token_id = TOKEN_PREFIX + random(TOKEN_BYTES).hex(), uuid4()
    session.add(
        EventToken(
            token_hash=_hash(token),
            id=token_id,
            partner_id=partner_id,
            name=name[:NAME_CHARACTERS_MAX],
            created_at=now,
            revoked_at=None,
        )
    )
    session.flush()
    return NewToken(token_id, token)


def list_tokens(session: Session, partner_id: UUID) -> list[TokenLine]:
    """Return a partner's tokens that serve, oldest first."""
    query = (
        select(EventToken)
        .where(EventToken.partner_id == partner_id, EventToken.revoked_at.is_(None))
        .order_by(EventToken.created_at, EventToken.id)
    )
    return [TokenLine(one.id, one.name, one.created_at) for one in session.scalars(query)]


def revoke_token(session: Session, partner_id: UUID, token_id: UUID, now: datetime) -> None:
    """Let a token serve no more; a second time changes nothing. Raises EventTokenUnknown."""
    found = session.scalar(
        select(EventToken).where(EventToken.id == token_id, EventToken.partner_id == partner_id)
    )
    if found is None:
        raise EventTokenUnknown
    found.revoked_at = found.revoked_at or now


def partner_of(session: Session, token: str) -> UUID:
    """Return the partner whose token this is; raise EventTokenInvalid."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise EventTokenInvalid
    query = select(EventToken.partner_id).where(
        EventToken.token_hash == _hash(token), EventToken.revoked_at.is_(None)
    )
    partner_id = session.scalar(query)
    if partner_id is None:
        raise EventTokenInvalid
    return partner_id


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
