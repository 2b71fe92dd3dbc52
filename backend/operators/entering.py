"""Who is among the operator's pages: by role, with a second factor, for a shorter time.

Promise: whoever has no role does not learn that there is such a page. A session counts only once
the second factor was typed in it: one that was opened before there was a factor does not. It ends
after a quarter of an hour without a click, whatever was asked at sign-in, and a session that is
kept for weeks never serves. What is grave wants the factor within the last minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.errors import FactorDemanded, NotSignedIn, SignInRefused
from backend.accounts.signin.sessions import SignedIn, end_session, find_session, signed_in
from backend.accounts.signin.signing_in import serves
from backend.accounts.signin.tables import SignInAccount, SignInSession
from backend.accounts.signin.tries import door_of_factor, give_back, take_try
from backend.expiry import sweep_expired
from backend.operators.errors import FactorStale
from backend.operators.tables import (
    SEARCH_CHARACTERS_MAX,
    Operator,
    OperatorRole,
    OperatorSession,
)
from backend.services import Services

IDLE_MINUTES_MAX: Final = 15
HOURS_MAX: Final = 10
FRESH_MINUTES_MAX: Final = 5
#: A click is written down no oftener than this: a page is not a write.
SEEN_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Acting:
    """Who is asking, and what they may."""

    account_id: UUID
    session_id: UUID
    given_name: str
    email: str
    role: OperatorRole
    #: Whether the second factor was typed in this session, and within the last minutes.
    proved: bool
    fresh: bool
    #: What was last looked for.
    searched: str | None
    #: Whether they can type a one-time password; a passkey is shown by signing in again.
    types_digits: bool = True
    #: What their pages and mails are written in.
    language: str = "fr"

    @property
    def acts(self) -> bool:
        """Whether they may do anything."""
        return self.role is OperatorRole.OPERATOR

    @property
    def name(self) -> str:
        """What goes where a name is written beside what was done."""
        return self.email


def enter(services: Services, token: str) -> Acting:
    """Return who is asking.

    Raises NotSignedIn, FactorNeeded, TermsNeeded; NotYours without a role; FactorDemanded.
    """
    with services.database.unit_of_work() as session:
        now = services.now()
        who = signed_in(session, token, now)
        role = role_of(session, who.account_id)
        if role is None:
            raise NotYours
        if who.kept:
            raise NotSignedIn
        if not who.has_factor:
            raise FactorDemanded
        row = find_session(session, token, now)
        entered = _enter(session, row, who, role, now)
        if entered is None:
            end_session(session, who.account_id, who.session_id)
    if entered is None:
        raise NotSignedIn
    return entered


def require_proof(acting: Acting) -> None:
    """Raise FactorStale where this session never saw the second factor."""
    if not acting.proved:
        raise FactorStale


def prove_again(services: Services, acting: Acting, typed: str) -> None:
    """Take a one-time password for this session; raise SignInRefused, TooManyTries."""
    if not acting.types_digits:
        raise SignInRefused
    door = door_of_factor(acting.account_id)
    with services.database.unit_of_work() as session:
        take_try(session, door, services.now())
    if not serves(services, acting.account_id, typed):
        raise SignInRefused
    with services.database.unit_of_work() as session:
        give_back(session, door)
        chosen = update(SignInSession).where(SignInSession.id == acting.session_id)
        session.execute(chosen.values(factor_at=services.now()))


def remember_search(session: Session, acting: Acting, text: str) -> None:
    """Keep what is looked for with the session, so that no address holds it."""
    row = session.get_one(OperatorSession, acting.session_id, with_for_update=True)
    row.searched = text[:SEARCH_CHARACTERS_MAX]


def role_of(session: Session, account_id: UUID) -> OperatorRole | None:
    """Return somebody's role among those who run the service, or None."""
    row = session.get(Operator, account_id)
    return None if row is None or row.ended_at is not None else OperatorRole(row.role)


def _enter(
    session: Session, row: SignInSession, who: SignedIn, role: OperatorRole, now: datetime
) -> Acting | None:
    """Return who is asking, or None where their time is over."""
    mine = session.get(OperatorSession, row.id)
    if mine is None:
        mine = _first_click(session, row, now)
    elif now >= mine.expires_at or now >= mine.seen_at + timedelta(minutes=IDLE_MINUTES_MAX):
        return None
    elif now >= mine.seen_at + timedelta(seconds=SEEN_SECONDS):
        mine.seen_at = now
        session.flush()
    account = session.get_one(SignInAccount, row.account_id)
    proof = row.factor_at
    fresh = proof is not None and now < proof + timedelta(minutes=FRESH_MINUTES_MAX)
    return Acting(
        who.account_id,
        who.session_id,
        who.given_name,
        who.email,
        role,
        proved=proof is not None,
        fresh=fresh,
        searched=mine.searched,
        types_digits=account.factor_confirmed_at is not None,
        language=account.language,
    )


def _first_click(session: Session, row: SignInSession, now: datetime) -> OperatorSession:
    sweep_expired(session, OperatorSession, OperatorSession.expires_at, now)
    mine = OperatorSession(
        session_id=row.id,
        seen_at=now,
        searched=None,
        expires_at=row.created_at + timedelta(hours=HOURS_MAX),
    )
    session.add(mine)
    session.flush()
    return mine
