"""A browser that is signed in: for half an hour without a click, and twelve hours at most.

Not here: how one signs in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import FactorNeeded, NotSignedIn, TermsNeeded
from backend.accounts.signin.second_factors import has_second_factor
from backend.accounts.signin.tables import (
    BROWSER_CHARACTERS_MAX,
    SignInAccount,
    SignInSession,
    Stage,
)
from backend.accounts.signin.tokens import new_token, token_hash
from backend.expiry import sweep_expired

IDLE_MINUTES_MAX: Final = 30
HOURS_MAX: Final = 12
FACTOR_MINUTES_MAX: Final = 10
#: A click is written down no oftener than this: a page is not a write.
SEEN_SECONDS: Final = 60
LISTED_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking."""

    account_id: UUID
    session_id: UUID
    given_name: str
    email: str
    #: Whether a second factor is in place, whichever session this is.
    has_factor: bool = False
    #: Whether the session outlives an hour without a click.
    kept: bool = False


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of the list of somebody's sessions."""

    session_id: UUID
    browser: str
    created_at: datetime
    seen_at: datetime


def open_session(
    session: Session, account_id: UUID, stage: Stage, browser: str, now: datetime
) -> str:
    """Open a session and return its token."""
    sweep_expired(session, SignInSession, SignInSession.expires_at, now)
    life = timedelta(hours=HOURS_MAX)
    if stage is Stage.FACTOR:
        life = timedelta(minutes=FACTOR_MINUTES_MAX)
    token = new_token()
    session.add(
        SignInSession(
            token_hash=token_hash(token),
            id=uuid4(),
            account_id=account_id,
            stage=stage.value,
            browser=browser[:BROWSER_CHARACTERS_MAX],
            created_at=now,
            seen_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str, now: datetime) -> SignInSession:
    """Return a session that is not over; raise NotSignedIn."""
    row = session.get(SignInSession, token_hash(token))
    if row is None or now >= row.expires_at:
        raise NotSignedIn
    if now >= row.seen_at + timedelta(minutes=IDLE_MINUTES_MAX):
        raise NotSignedIn
    return row


def signed_in(session: Session, token: str, now: datetime) -> SignedIn:
    """Return who is asking, and note that they did.

    Raises NotSignedIn, FactorNeeded, TermsNeeded.
    """
    row = find_session(session, token, now)
    account = session.get_one(SignInAccount, row.account_id)
    if account.closed_at is not None:
        raise NotSignedIn
    if row.stage == Stage.FACTOR.value:
        raise FactorNeeded
    if row.stage == Stage.TERMS.value:
        raise TermsNeeded
    if now >= row.seen_at + timedelta(seconds=SEEN_SECONDS):
        row.seen_at = now
        session.flush()
    has_factor = has_second_factor(account)
    return SignedIn(account.id, row.id, account.given_name, account.email, has_factor, row.kept)


def list_sessions(session: Session, account_id: UUID, now: datetime) -> list[OpenSession]:
    """Return somebody's open sessions, the newest first."""
    rows = session.scalars(
        select(SignInSession)
        .where(
            SignInSession.account_id == account_id,
            SignInSession.stage == Stage.FULL.value,
            SignInSession.expires_at > now,
            SignInSession.seen_at > now - timedelta(minutes=IDLE_MINUTES_MAX),
        )
        .order_by(SignInSession.created_at.desc())
        .limit(LISTED_MAX)
    )
    return [OpenSession(row.id, row.browser, row.created_at, row.seen_at) for row in rows]


def end_session(session: Session, account_id: UUID, session_id: UUID) -> None:
    """End one of somebody's sessions; one that is not theirs, or is over, is left alone."""
    session.execute(
        delete(SignInSession).where(
            SignInSession.id == session_id, SignInSession.account_id == account_id
        )
    )


def end_by_token(session: Session, token: str) -> None:
    """End the session of a token, if there is one."""
    session.execute(delete(SignInSession).where(SignInSession.token_hash == token_hash(token)))


def end_all(session: Session, account_id: UUID) -> None:
    """End every session of somebody."""
    session.execute(delete(SignInSession).where(SignInSession.account_id == account_id))
