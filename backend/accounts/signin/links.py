"""Links that are mailed: to choose the first password, or another. Each serves once.

A link opens a page; only its button uses it, so that a mail scanner that opens links takes nothing.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import LinkGone
from backend.accounts.signin.tables import SignInAccount, SignInLink, SignInLinkKind
from backend.accounts.signin.tokens import new_token, token_hash
from backend.expiry import sweep_expired

#: Whoever is invited may read it tomorrow; whoever forgot a password is waiting for it.
INVITATION_HOURS_MAX: Final = 24
PASSWORD_HOURS_MAX: Final = 1
HOURS_MAX: Final = {
    SignInLinkKind.INVITATION: INVITATION_HOURS_MAX,
    SignInLinkKind.PASSWORD: PASSWORD_HOURS_MAX,
}
KEPT: Final = timedelta(days=30)


def give_link(session: Session, account_id: UUID, kind: SignInLinkKind, now: datetime) -> str:
    """Return the token of a new link; earlier ones stay good for their time."""
    sweep_expired(session, SignInLink, SignInLink.expires_at, now - KEPT)
    token = new_token()
    session.add(
        SignInLink(
            token_hash=token_hash(token),
            account_id=account_id,
            kind=kind.value,
            created_at=now,
            expires_at=now + timedelta(hours=HOURS_MAX[kind]),
            used_at=None,
        )
    )
    session.flush()
    return token


def find_account(session: Session, token: str, now: datetime) -> SignInAccount:
    """Return whose link it is; raise LinkGone."""
    row = session.get(SignInLink, token_hash(token))
    if row is None or row.used_at is not None or now >= row.expires_at:
        raise LinkGone
    account = session.get_one(SignInAccount, row.account_id)
    if account.closed_at is not None:
        raise LinkGone
    return account


def use_link(session: Session, token: str, now: datetime) -> SignInAccount:
    """Let a link serve, once and for all, and take the others away; raise LinkGone."""
    row = session.get(SignInLink, token_hash(token), with_for_update=True)
    account = find_account(session, token, now)
    assert row is not None
    row.used_at = now
    session.flush()
    others = (SignInLink.account_id == account.id) & SignInLink.used_at.is_(None)
    session.execute(delete(SignInLink).where(others))
    return account
