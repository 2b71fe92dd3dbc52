"""Links mailed to an address that belongs to no account yet, or is about to belong to none.

A link opens a page; only its button uses it. It serves once, and is good for as long as it says.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import LinkGone
from backend.accounts.signin.sign_up_tables import AddressLink, AddressLinkKind
from backend.accounts.signin.tokens import new_token, token_hash
from backend.expiry import sweep_expired

KEPT: Final = timedelta(days=30)


def give_address_link(
    session: Session, kind: AddressLinkKind, about_id: UUID, expires_at: datetime, now: datetime
) -> str:
    """Return the token of a new link for a row; earlier ones stay good for their time."""
    sweep_expired(session, AddressLink, AddressLink.expires_at, now - KEPT)
    token = new_token()
    session.add(
        AddressLink(
            token_hash=token_hash(token),
            kind=kind.value,
            about_id=about_id,
            expires_at=expires_at,
            used_at=None,
        )
    )
    session.flush()
    return token


def find_address_link(session: Session, kind: AddressLinkKind, token: str, now: datetime) -> UUID:
    """Return the row that a link is for; raise LinkGone."""
    row = session.get(AddressLink, token_hash(token))
    if row is None or row.kind != kind.value or row.used_at is not None or now >= row.expires_at:
        raise LinkGone
    return row.about_id


def use_address_link(session: Session, kind: AddressLinkKind, token: str, now: datetime) -> UUID:
    """Let a link serve, once and for all, and take the row's others away; raise LinkGone."""
    row = session.get(AddressLink, token_hash(token), with_for_update=True)
    about_id = find_address_link(session, kind, token, now)
    assert row is not None
    row.used_at = now
    session.flush()
    drop_address_links(session, kind, about_id)
    return about_id


def drop_address_links(session: Session, kind: AddressLinkKind, about_id: UUID) -> None:
    """Take away every link for a row that has not served."""
    session.execute(
        delete(AddressLink).where(
            AddressLink.about_id == about_id,
            AddressLink.kind == kind.value,
            AddressLink.used_at.is_(None),
        )
    )
