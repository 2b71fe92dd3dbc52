"""A browser on its way to the provider and back: bound to it, minutes long, and once.

Not here: what the provider says.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.signin.federation.errors import AttemptGone
from backend.accounts.signin.federation.provider import Question
from backend.accounts.signin.federation.tables import FederatedVisit, FederationAttempt
from backend.accounts.signin.sessions import HOURS_MAX
from backend.accounts.signin.tokens import new_token, token_hash
from backend.expiry import sweep_expired

ATTEMPT_MINUTES_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser that is back was sent with."""

    question: Question
    account_id: UUID | None


def begin_attempt(
    session: Session, browser_token: str, account_id: UUID | None, now: datetime
) -> Question:
    """Return what to send this browser with: 256 random bits each, 43 characters."""
    sweep_expired(session, FederationAttempt, FederationAttempt.expires_at, now)
    question = Question(new_token(), new_token(), new_token())
    session.add(
        FederationAttempt(
            state_hash=token_hash(question.state),
            browser_hash=token_hash(browser_token),
            nonce=question.nonce,
            verifier=question.verifier,
            account_id=account_id,
            expires_at=now + timedelta(minutes=ATTEMPT_MINUTES_MAX),
        )
    )
    session.flush()
    return question


def use_attempt(session: Session, browser_token: str, state: str, now: datetime) -> Attempt:
    """Let an attempt serve, once and for all; commit before asking anybody. Raises AttemptGone."""
    row = session.get(FederationAttempt, token_hash(state), with_for_update=True)
    if row is None or now >= row.expires_at:
        raise AttemptGone
    if not hmac.compare_digest(row.browser_hash, token_hash(browser_token)):
        raise AttemptGone
    question = Question(state, row.nonce, row.verifier)
    attempt = Attempt(question, row.account_id)
    session.delete(row)
    session.flush()
    return attempt


def remember_visit(session: Session, browser_token: str, id_token: str, now: datetime) -> None:
    """Remember that the provider has a session in this browser, to end with ours."""
    sweep_expired(session, FederatedVisit, FederatedVisit.expires_at, now)
    session.merge(
        FederatedVisit(
            browser_hash=token_hash(browser_token),
            id_token=id_token,
            state_hash=None,
            expires_at=now + timedelta(hours=HOURS_MAX),
        )
    )
    session.flush()


def begin_goodbye(session: Session, browser_token: str, now: datetime) -> tuple[str, str] | None:
    """Return the token to end the provider's session with, and a state; None without a visit."""
    row = session.get(FederatedVisit, token_hash(browser_token), with_for_update=True)
    if row is None or now >= row.expires_at:
        return None
    state = new_token()
    row.state_hash = token_hash(state)
    session.flush()
    return row.id_token, state


def finish_goodbye(session: Session, browser_token: str, state: str) -> bool:
    """Forget a visit that the provider says is over; False for a state that is not its own."""
    row = session.get(FederatedVisit, token_hash(browser_token), with_for_update=True)
    if row is None or row.state_hash is None:
        return False
    if not hmac.compare_digest(row.state_hash, token_hash(state)):
        return False
    session.delete(row)
    session.flush()
    return True
