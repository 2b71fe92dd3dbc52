"""Who runs the service: letting somebody in, changing what they may, taking it away.

Promise: somebody stays who can act, whoever is taken away and however many at once; each change is
written down with who made it, and told to the person by mail.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import NotYours
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.second_factors import has_second_factor
from backend.accounts.signin.sessions import end_all
from backend.accounts.signin.signing_in import find_by_email, invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import SignInNoticeKind
from backend.operators.entering import Acting
from backend.operators.errors import LastOperator, OperatorAlready
from backend.operators.tables import Operator, OperatorRole
from backend.services import Services

OPERATORS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """One of those who run the service."""

    account_id: UUID
    name: str
    email: str
    role: OperatorRole
    since: datetime
    has_password: bool
    has_factor: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be let in."""

    email: str
    given_name: str
    family_name: str


def let_in(
    services: Services,
    session: Session,
    new: Newcomer,
    role: OperatorRole,
    by: Acting | None,
) -> UUID:
    """Give somebody a role; who has no account is mailed a link. `by` None: the command line.

    Raises EmailInvalid, OperatorAlready, LastOperator.
    """
    now = services.now()
    known = find_by_email(session, normal_email(new.email))
    if known is None:
        account_id = invite_to_sign_in(
            services, session, new.email, new.given_name, new.family_name
        )
    else:
        account_id = known.id
    row = session.get(Operator, account_id, with_for_update=True)
    if row is not None and row.ended_at is None:
        raise OperatorAlready
    if row is None:
        session.add(Operator(account_id=account_id, role=role.value, since=now, ended_at=None))
    else:
        row.role, row.since, row.ended_at = role.value, now, None
    session.flush()
    _tell(session, ActKind.OPERATOR_INVITED, account_id, by, now, words=role.value)
    # A session that was kept for weeks, or lent, is not an operator's.
    end_all(session, account_id)
    return account_id


def change_role(
    session: Session, account_id: UUID, role: OperatorRole, by: Acting | None, now: datetime
) -> None:
    """Let somebody do more, or only look; raise NotYours, OperatorAlready, LastOperator."""
    row = _others_locked(session, account_id)
    if row.role == role.value:
        raise OperatorAlready
    if role is not OperatorRole.OPERATOR:
        _require_another(session, account_id)
    row.role = role.value
    session.flush()
    _tell(session, ActKind.OPERATOR_CHANGED, account_id, by, now, words=role.value)


def take_away(session: Session, account_id: UUID, by: Acting | None, now: datetime) -> None:
    """Take somebody's role away and end their sessions; raise NotYours, LastOperator."""
    row = _others_locked(session, account_id)
    if row.role == OperatorRole.OPERATOR.value:
        _require_another(session, account_id)
    row.ended_at = now
    session.flush()
    end_all(session, account_id)
    _tell(session, ActKind.OPERATOR_TAKEN_AWAY, account_id, by, now, words=row.role)


def list_operators(session: Session) -> list[OperatorLine]:
    """Return those who run the service, by address; at most OPERATORS_MAX."""
    rows = session.execute(
        select(Operator, SignInAccount)
        .join(SignInAccount, SignInAccount.id == Operator.account_id)
        .where(Operator.ended_at.is_(None))
        .order_by(SignInAccount.email)
        .limit(OPERATORS_MAX)
    )
    return [
        OperatorLine(
            account.id,
            f"{account.given_name} {account.family_name}",
            account.email,
            OperatorRole(row.role),
            row.since,
            has_password=account.password_hash is not None,
            has_factor=has_second_factor(account),
            closed=account.closed_at is not None,
        )
        for row, account in rows
    ]


def _others_locked(session: Session, account_id: UUID) -> Operator:
    """Lock everybody who runs the service, in one order, and return this one; raise NotYours."""
    query = (
        select(Operator)
        .where(Operator.ended_at.is_(None))
        .order_by(Operator.account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {row.account_id: row for row in session.scalars(query)}
    if account_id not in found:
        raise NotYours
    return found[account_id]


def _require_another(session: Session, account_id: UUID) -> None:
    """Raise LastOperator unless somebody else can sign in and act; the rows are locked."""
    other = (
        select(Operator.account_id)
        .join(SignInAccount, SignInAccount.id == Operator.account_id)
        .where(
            Operator.account_id != account_id,
            Operator.role == OperatorRole.OPERATOR.value,
            Operator.ended_at.is_(None),
            SignInAccount.closed_at.is_(None),
        )
        .limit(1)
    )
    if session.scalar(other) is None:
        raise LastOperator


def _tell(
    session: Session,
    kind: ActKind,
    account_id: UUID,
    by: Acting | None,
    now: datetime,
    *,
    words: str,
) -> None:
    """Write it down, and owe the person a mail."""
    who = account_id if by is None else by.account_id
    said = f"{words} (pass-backend)" if by is None else words
    session_id = None if by is None else by.session_id
    record_act(session, kind, who, account_id, now, session_id=session_id, words=said)
    owe_sign_in_notice(session, SignInNoticeKind.OPERATOR_CHANGED, account_id, now)
