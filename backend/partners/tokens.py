"""Access tokens: a terminal proves its key (private_key_jwt, RFC 7523), and gets one for a while.

A token is opaque and random; only its hash is kept. An assertion serves once. Revocation is
looked up at each request, by whoever trusts a token read a moment ago too. Not here: HTTP.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Insert, LargeBinary, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.database import Database
from backend.expiry import sweep_expired
from backend.partners.errors import (
    AssertionInvalid,
    AssertionReplayed,
    TerminalKindNotAllowed,
    TerminalRevoked,
    TokenExpired,
    TokenInvalid,
)
from backend.partners.tables import (
    JTI_CHARACTERS_MAX,
    AccessToken,
    Outlet,
    SeenAssertion,
    Terminal,
    TerminalHeard,
    TerminalKind,
)
from backend.statements import Statement

AUDIENCE = "pass-backend"
ASSERTION_SECONDS_MAX = 60
# A terminal's clock may be this much ahead of ours; its assertion is remembered as long.
CLOCK_SKEW_SECONDS_MAX = 30
ASSERTION_CHARACTERS_MAX = 2048
TOKEN_BYTES = 32
# An expired token stays known for a while, so that its terminal reads `token_expired`.
TOKEN_KEPT_HOURS_MAX = 1
#: A sale's three requests come within this.
TRUSTED_SECONDS_MAX = 15
RECENT_TERMINALS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class AuthenticatedTerminal:
    """A terminal that proved itself with this request; made here alone."""

    terminal_id: UUID
    kind: TerminalKind
    name: str
    outlet_id: UUID | None
    partner_id: UUID | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as its terminal sees it, once."""

    access_token: str = field(repr=False)
    expires_in_seconds: int


@dataclass(frozen=True, slots=True)
class _Claims:
    terminal_id: UUID
    jti: str
    expires_at: datetime


def issue_token(
    session: Session,
    assertion: str,
    *,
    now: datetime,
    token_seconds: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> IssuedToken:
    """Exchange a client assertion for an access token that lives `token_seconds`.

    Raises AssertionInvalid, AssertionReplayed, TerminalRevoked.
    """
    terminal = _claimed_terminal(session, assertion)
    claims = _verify(assertion, terminal, now)
    if terminal.revoked_at is not None:
        raise TerminalRevoked
    sweep_expired(session, SeenAssertion, SeenAssertion.expires_at, now)
    _remember(session, claims)
    forgotten = now - timedelta(hours=TOKEN_KEPT_HOURS_MAX)
    sweep_expired(session, AccessToken, AccessToken.expires_at, forgotten)
    token = random(TOKEN_BYTES).hex()
    session.add(
        AccessToken(
            token_hash=_hash(token),
            terminal_id=terminal.id,
            expires_at=now + timedelta(seconds=token_seconds),
        )
    )
    session.flush()
    _HEARD.all(session, {"terminal_id": terminal.id, "heard_at": now})
    return IssuedToken(token, token_seconds)


def authenticate_terminal(
    asked: Session | Connection, token: str, now: datetime
) -> AuthenticatedTerminal:
    """Return the terminal that holds this access token; one statement.

    Raises TokenInvalid, TokenExpired, TerminalRevoked.
    """
    return _holder(asked, _hash(token), now).terminal


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who holds a token, as it was read."""

    terminal: AuthenticatedTerminal
    expires_at: datetime
    read_at: datetime


class RecentTerminals:
    """Whom one process read lately: the three requests of a sale read a token once.

    What is asked here looks `Terminal.revoked_at` up itself, with what it reads anyway, and calls
    `require_trusted`: revocation is immediate.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, _Holder] = {}

    def authenticate(self, database: Database, token: str, now: datetime) -> AuthenticatedTerminal:
        """Return the terminal; raise what `authenticate_terminal` does."""
        token_hash = _hash(token)
        holder = self._known.get(token_hash)
        if holder is None or not _is_fresh(holder, now):
            with database.single_statements() as connection:
                holder = _holder(connection, token_hash, now)
            if len(self._known) >= RECENT_TERMINALS_MAX:
                self._known.clear()
            self._known[token_hash] = holder
        return holder.terminal


def _is_fresh(holder: _Holder, now: datetime) -> bool:
    trusted_until = holder.read_at + timedelta(seconds=TRUSTED_SECONDS_MAX)
    return holder.read_at <= now < min(trusted_until, holder.expires_at)


def _hearing(insert: postgresql.Insert | sqlite.Insert) -> Insert:
    """Note when a terminal was heard; it may be the first time."""
    return insert.on_conflict_do_update(
        index_elements=["terminal_id"], set_={"heard_at": insert.excluded.heard_at}
    )


_HEARD: Final = Statement(
    _hearing(postgresql.insert(TerminalHeard)),
    on_sqlite=_hearing(sqlite.insert(TerminalHeard)),
    columns=["terminal_id", "heard_at"],
)
_HOLDER: Final = Statement(
    select(
        AccessToken.expires_at,
        Terminal.id,
        Terminal.kind,
        Terminal.name,
        Terminal.outlet_id,
        Terminal.revoked_at,
        Outlet.partner_id,
    )
    .join(Terminal, Terminal.id == AccessToken.terminal_id)
    .outerjoin(Outlet, Outlet.id == Terminal.outlet_id)
    .where(AccessToken.token_hash == bindparam("token_hash", type_=LargeBinary()))
)


def _holder(asked: Session | Connection, token_hash: bytes, now: datetime) -> _Holder:
    row = _HOLDER.first(asked, {"token_hash": token_hash})
    if row is None:
        raise TokenInvalid
    expires_at, terminal_id, kind, name, outlet_id, revoked_at, partner_id = row
    if revoked_at is not None:
        raise TerminalRevoked
    if now >= expires_at:
        raise TokenExpired
    terminal = AuthenticatedTerminal(
        terminal_id=terminal_id,
        kind=TerminalKind(kind),
        name=name,
        outlet_id=outlet_id,
        partner_id=partner_id,
    )
    return _Holder(terminal, expires_at, now)


def require_trusted(revoked_at: datetime | None) -> None:
    """Refuse a terminal that was revoked since its token was read; raise TerminalRevoked."""
    if revoked_at is not None:
        raise TerminalRevoked


def require_kind(terminal: AuthenticatedTerminal, *kinds: TerminalKind) -> None:
    """Refuse a terminal of any other kind; raise TerminalKindNotAllowed."""
    if terminal.kind not in kinds:
        raise TerminalKindNotAllowed(kind=terminal.kind.value)


def _claimed_terminal(session: Session, assertion: str) -> Terminal:
    """Find whom the assertion claims to come from; nothing in it is proven yet."""
    if len(assertion) > ASSERTION_CHARACTERS_MAX:
        raise AssertionInvalid
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        terminal_id = UUID(claims["sub"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        raise AssertionInvalid from None
    terminal = session.get(Terminal, terminal_id)
    if terminal is None or terminal.public_key is None:
        raise AssertionInvalid
    return terminal


def _verify(assertion: str, terminal: Terminal, now: datetime) -> _Claims:
    assert terminal.public_key is not None
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            Ed25519PublicKey.from_public_bytes(terminal.public_key),
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            issuer=str(terminal.id),
            subject=str(terminal.id),
            options={
                "require": ["exp", "jti", "iss", "sub", "aud"],
                "strict_aud": True,
                # The time is ours to say, below: the library would read the machine's clock.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError:
        raise AssertionInvalid from None
    return _check_claims(claims, terminal.id, now)


def _check_claims(claims: dict[str, Any], terminal_id: UUID, now: datetime) -> _Claims:
    jti, expires = claims["jti"], claims["exp"]
    if not (isinstance(jti, str) and 1 <= len(jti) <= JTI_CHARACTERS_MAX and jti.isprintable()):
        raise AssertionInvalid
    if not isinstance(expires, int):
        raise AssertionInvalid
    # Compared, never subtracted: a whole number as long as one likes fits no float.
    latest = now.timestamp() + ASSERTION_SECONDS_MAX + CLOCK_SKEW_SECONDS_MAX
    if not now.timestamp() < expires <= latest:
        raise AssertionInvalid(seconds_max=ASSERTION_SECONDS_MAX)
    return _Claims(terminal_id, jti, datetime.fromtimestamp(expires, UTC))


def _remember(session: Session, claims: _Claims) -> None:
    """Write down that this assertion served; the key refuses the second of two, however close."""
    seen = SeenAssertion(
        terminal_id=claims.terminal_id, jti=claims.jti, expires_at=claims.expires_at
    )
    try:
        with session.begin_nested():
            session.add(seen)
    except IntegrityError:
        raise AssertionReplayed from None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
