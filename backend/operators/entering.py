"""Who is among the operator's pages: by role, with a second factor, for a shorter time.

Promise: whoever has no role does not learn that there is such a page. A session counts only once
the second factor was typed in it: one that was opened before there was a factor does not. It ends
after a quarter of an hour without a click, whatever was asked at sign-in, and a session that is
kept for weeks never serves. What is grave wants the factor within the last minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, update
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.errors import FactorDemanded, NotSignedIn, SignInRefused
from backend.accounts.signin.sessions import (
    SignedIn,
    ask,
    end_session,
    recognise,
    select_asking,
)
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
    now = services.now()
    with services.database.single_statements() as asked:
        row = ask(asked, _select_entering(), token)
        who = recognise(asked, row, now)
        if row is None or row.role is None:
            raise NotYours
        if who.kept:
            raise NotSignedIn
        if not who.has_factor:
            raise FactorDemanded
        if row.entered_at is not None and not _is_idle(row, now):
            if now >= row.entered_at + timedelta(seconds=SEEN_SECONDS):
                _note_click(asked, who, now)
            return _acting(row, who, now)
    if row.entered_at is not None:
        with services.database.unit_of_work() as session:
            end_session(session, who.account_id, who.session_id)
        raise NotSignedIn
    with services.database.unit_of_work() as session:
        _first_click(session, row, now)
    return _acting(row, who, now)


@cache
def _select_entering() -> Select[Any]:
    """Select who is asking (`select_asking`) with their role and this session's time."""
    mine, role = OperatorSession, Operator
    has_role = and_(role.account_id == SignInAccount.id, role.ended_at.is_(None))
    return (
        select_asking()
        .add_columns(
            role.role,
            mine.seen_at.label("entered_at"),
            mine.expires_at.label("leaves_at"),
            mine.searched,
        )
        .outerjoin(role, has_role)
        .outerjoin(mine, mine.session_id == SignInSession.id)
    )


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


def _is_idle(row: Row[Any], now: datetime) -> bool:
    idle = timedelta(minutes=IDLE_MINUTES_MAX)
    return bool(now >= row.leaves_at or now >= row.entered_at + idle)


def _note_click(asked: Connection, who: SignedIn, now: datetime) -> None:
    mine = OperatorSession.session_id == who.session_id
    asked.execute(update(OperatorSession).where(mine).values(seen_at=now))


def _acting(row: Row[Any], who: SignedIn, now: datetime) -> Acting:
    proof = row.factor_at
    fresh = proof is not None and now < proof + timedelta(minutes=FRESH_MINUTES_MAX)
    return Acting(
        who.account_id,
        who.session_id,
        who.given_name,
        who.email,
        OperatorRole(row.role),
        proved=proof is not None,
        fresh=fresh,
        searched=row.searched,
        types_digits=row.factor_confirmed_at is not None,
        language=who.language,
    )


def _first_click(session: Session, row: Row[Any], now: datetime) -> None:
    sweep_expired(session, OperatorSession, OperatorSession.expires_at, now)
    if session.get(OperatorSession, row.session_id) is None:
        mine = OperatorSession(
            session_id=row.session_id,
            seen_at=now,
            searched=None,
            expires_at=row.opened_at + timedelta(hours=HOURS_MAX),
        )
        session.add(mine)
        session.flush()
