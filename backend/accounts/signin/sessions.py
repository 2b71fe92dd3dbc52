"""A browser that is signed in: for half an hour without a click, and twelve hours at most.

Longer where somebody asked for it who can reach nothing but their own: two weeks without a click,
a month at most. Where new terms are in force, a session waits for them. A page asks once who is
there, and what they may there with it (`select_asking`). Not here: how one signs in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import FactorNeeded, NotSignedIn, TermsNeeded
from backend.accounts.signin.second_factors import has_second_factor
from backend.accounts.signin.tables import (
    BROWSER_CHARACTERS_MAX,
    Language,
    SignInAccount,
    SignInSession,
    SignInVisit,
    Stage,
)
from backend.accounts.signin.terms import is_outdated
from backend.accounts.signin.tokens import new_token, token_hash
from backend.expiry import sweep_expired

IDLE_MINUTES_MAX: Final = 30
HOURS_MAX: Final = 12
FACTOR_MINUTES_MAX: Final = 10
KEPT_IDLE_DAYS_MAX: Final = 14
KEPT_DAYS_MAX: Final = 30
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
    #: What they are written to in, and what some pages are written in.
    language: str = Language.FRENCH.value
    family_name: str = ""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of the list of somebody's sessions."""

    session_id: UUID
    browser: str
    created_at: datetime
    seen_at: datetime
    kept: bool


def open_session(
    session: Session,
    account_id: UUID,
    stage: Stage,
    browser: str,
    now: datetime,
    *,
    kept: bool = False,
    factor_at: datetime | None = None,
) -> str:
    """Open a session and return its token; whoever has new terms to accept comes no further.

    `factor_at` is when the second factor was shown for it.
    """
    sweep_expired(session, SignInSession, SignInSession.expires_at, now)
    if stage is Stage.FULL:
        account = session.get_one(SignInAccount, account_id)
        stage = Stage.TERMS if is_outdated(account, now) else Stage.FULL
        note_visit(session, account_id, now)
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
            expires_at=now + _life(stage, kept=kept),
            kept=kept,
            factor_at=factor_at,
        )
    )
    session.flush()
    return token


def _life(stage: Stage, *, kept: bool) -> timedelta:
    if stage is not Stage.FULL:
        return timedelta(minutes=FACTOR_MINUTES_MAX)
    return timedelta(days=KEPT_DAYS_MAX) if kept else timedelta(hours=HOURS_MAX)


def note_visit(session: Session, account_id: UUID, now: datetime) -> None:
    """Write down that somebody signed in, and keep when they did before."""
    visit = session.get(SignInVisit, account_id, with_for_update=True)
    if visit is None:
        session.add(SignInVisit(account_id=account_id, at=now, before_at=None))
    else:
        visit.before_at, visit.at = visit.at, now


def visit_before(session: Session, account_id: UUID) -> datetime | None:
    """Return when somebody had signed in before this time; None where they never had."""
    visit = session.get(SignInVisit, account_id)
    return None if visit is None else visit.before_at


def find_session(session: Session, token: str, now: datetime) -> SignInSession:
    """Return a session that is not over; raise NotSignedIn."""
    row = session.get(SignInSession, token_hash(token))
    if row is None or _is_over(row, now):
        raise NotSignedIn
    return row


@cache
def select_asking() -> Select[Any]:
    """Select whose session a token is, by `token_hash`.

    A room that asks more of them adds its columns and outer joins: one question for a page. Made
    once: making a statement takes longer than asking it.
    """
    account = SignInAccount
    columns: tuple[Any, ...] = (
        SignInSession.id.label("session_id"),
        SignInSession.stage,
        SignInSession.created_at.label("opened_at"),
        SignInSession.seen_at,
        SignInSession.expires_at,
        SignInSession.kept,
        SignInSession.factor_at,
        account.id.label("account_id"),
        account.given_name.label("asking_given_name"),
        account.family_name.label("asking_family_name"),
        account.email,
        account.language,
        account.factor_confirmed_at,
        account.passkeys,
        account.closed_at,
    )
    return (
        select(*columns)
        .join(account, account.id == SignInSession.account_id)
        .where(SignInSession.token_hash == bindparam("token_hash"))
    )


def ask(
    asked: Session | Connection, question: Select[Any], token: str, **bound: object
) -> Row[Any] | None:
    """Return what `select_asking`, or more than that, finds of a token."""
    found: Row[Any] | None = asked.execute(
        question, {"token_hash": token_hash(token), **bound}
    ).one_or_none()
    return found


def recognise(asked: Session | Connection, row: Row[Any] | None, now: datetime) -> SignedIn:
    """Return who is asking, and note that they did, at most once in SEEN_SECONDS.

    Raises NotSignedIn, FactorNeeded, TermsNeeded.
    """
    if row is None or _is_over(row, now) or row.closed_at is not None:
        raise NotSignedIn
    if row.stage == Stage.FACTOR.value:
        raise FactorNeeded
    if row.stage == Stage.TERMS.value:
        raise TermsNeeded
    if now >= row.seen_at + timedelta(seconds=SEEN_SECONDS):
        mine = SignInSession.id == row.session_id
        asked.execute(update(SignInSession).where(mine).values(seen_at=now))
    return SignedIn(
        account_id=row.account_id,
        session_id=row.session_id,
        given_name=row.asking_given_name,
        family_name=row.asking_family_name,
        email=row.email,
        has_factor=has_second_factor(row),
        kept=row.kept,
        language=row.language,
    )


def signed_in(asked: Session | Connection, token: str, now: datetime) -> SignedIn:
    """Return who is asking, as `recognise` does."""
    return recognise(asked, ask(asked, select_asking(), token), now)


def _is_over(row: SignInSession | Row[Any], now: datetime) -> bool:
    idle = timedelta(days=KEPT_IDLE_DAYS_MAX) if row.kept else timedelta(minutes=IDLE_MINUTES_MAX)
    return now >= row.expires_at or now >= row.seen_at + idle


def list_sessions(session: Session, account_id: UUID, now: datetime) -> list[OpenSession]:
    """Return somebody's open sessions, the newest first."""
    rows = session.scalars(
        select(SignInSession)
        .where(
            SignInSession.account_id == account_id,
            SignInSession.stage == Stage.FULL.value,
            SignInSession.expires_at > now,
            or_(
                SignInSession.seen_at > now - timedelta(minutes=IDLE_MINUTES_MAX),
                and_(
                    SignInSession.kept, SignInSession.seen_at > now - timedelta(KEPT_IDLE_DAYS_MAX)
                ),
            ),
        )
        .order_by(SignInSession.created_at.desc())
        .limit(LISTED_MAX)
    )
    return [OpenSession(row.id, row.browser, row.created_at, row.seen_at, row.kept) for row in rows]


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
