"""Looking at the pages as somebody else sees them: a quarter of an hour, with a reason, read only.

Promise: the beginning, each page and the end are among the acts; nobody looks as another who runs
the service. That nothing can be done meanwhile is the pages' to see to (web/seen_as.py): what
makes somebody look is a cookie, and whatever carries it is refused anything but reading.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tokens import new_token, token_hash
from backend.operators.acting import reason_of
from backend.operators.entering import Acting, role_of
from backend.operators.errors import OperatorAccount, SeeingAsOver
from backend.operators.tables import Impersonation, OperatorRole, OperatorSession

MINUTES_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class LookingAs:
    """Whose pages are seen, and until when."""

    account_id: UUID
    given_name: str
    family_name: str
    email: str = field(repr=False)
    until: datetime
    #: What their pages are written in.
    language: str

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.given_name} {self.family_name}"


def begin_looking(
    session: Session, acting: Acting, account_id: UUID, reason: str, now: datetime
) -> str:
    """Let an operator look as somebody else, and return the token for the browser's cookie.

    What they looked as before in this session ends. Raises ReasonMissing, NotYours for nobody's
    account and a closed one, OperatorAccount.
    """
    said = reason_of(reason)
    account = session.get(SignInAccount, account_id)
    if account is None or account.closed_at is not None:
        raise NotYours
    if role_of(session, account_id) is not None:
        raise OperatorAccount
    for row in _open_in(session, acting.session_id):
        _end(session, row, now)
    token = new_token()
    session.add(
        Impersonation(
            id=uuid4(),
            token_hash=token_hash(token),
            session_id=acting.session_id,
            operator_id=acting.account_id,
            account_id=account_id,
            reason=said,
            began_at=now,
            expires_at=now + timedelta(minutes=MINUTES_MAX),
            ended_at=None,
        )
    )
    session.flush()
    record_act(
        session,
        ActKind.SEEN_AS_BEGUN,
        acting.account_id,
        account_id,
        now,
        session_id=acting.session_id,
        words=said,
    )
    return token


def look(session: Session, session_id: UUID, token: str, path: str, now: datetime) -> LookingAs:
    """Return as whom this session looks, and write down at which page; raise SeeingAsOver."""
    row = _found(session, session_id, token)
    if row is None or row.ended_at is not None or now >= row.expires_at:
        raise SeeingAsOver
    account = session.get_one(SignInAccount, row.account_id)
    still = role_of(session, row.operator_id) is OperatorRole.OPERATOR
    if not still or account.closed_at is not None:
        raise SeeingAsOver
    mine = session.get(OperatorSession, session_id)
    if mine is not None:
        mine.seen_at = now
    record_act(
        session,
        ActKind.SEEN_AS_PAGE,
        row.operator_id,
        account.id,
        now,
        session_id=session_id,
        words=path,
    )
    names = account.given_name, account.family_name
    return LookingAs(account.id, *names, account.email, row.expires_at, account.language)


def end_looking(session: Session, session_id: UUID, token: str, now: datetime) -> UUID | None:
    """Stop looking, and return as whom it was; None where it was nobody in this session."""
    row = _found(session, session_id, token)
    if row is None:
        return None
    if row.ended_at is None:
        _end(session, row, now)
    return row.account_id


def _found(session: Session, session_id: UUID, token: str) -> Impersonation | None:
    row = session.scalar(select(Impersonation).where(Impersonation.token_hash == token_hash(token)))
    return row if row is not None and row.session_id == session_id else None


def _open_in(session: Session, session_id: UUID) -> list[Impersonation]:
    query = select(Impersonation).where(
        Impersonation.session_id == session_id, Impersonation.ended_at.is_(None)
    )
    return list(session.scalars(query))


def _end(session: Session, row: Impersonation, now: datetime) -> None:
    row.ended_at = min(now, row.expires_at)
    session.flush()
    record_act(
        session,
        ActKind.SEEN_AS_ENDED,
        row.operator_id,
        row.account_id,
        row.ended_at,
        session_id=row.session_id,
    )
