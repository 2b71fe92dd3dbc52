"""Which account somebody is whom the provider identified, and how the two are tied.

    identified ──known──▶ the account: a first factor, as a password is
         └──unknown──▶ pending in this browser, for a day
                ├──signs in, presses a button──▶ tied to that account
                └──signs up, uses the mailed link in this browser──▶ an account without a password

Promise: only the issuer and the subject say who somebody is. An equal address or name ties nothing:
an account is tied by whoever is signed in to it, a moment ago, or is made with its identity. Each
tie is mailed and written down.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.federation.errors import AttemptGone, IdentityTaken, OnlyWayIn
from backend.accounts.signin.federation.tables import FederatedIdentity, FederationPending
from backend.accounts.signin.federation.tokens import Identity
from backend.accounts.signin.passkeys.keeping import check_fresh
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tokens import token_hash
from backend.accounts.tables import SignInNoticeKind
from backend.expiry import sweep_expired
from backend.services import Services

PENDING_HOURS_MAX: Final = 24


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody the provider identified, in this browser, without an account."""

    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    email: str | None = field(repr=False)
    sign_up_id: UUID | None


@dataclass(frozen=True, slots=True)
class Linked:
    """The identity an account is tied to."""

    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    linked_at: datetime
    used_at: datetime | None


def find_account(session: Session, issuer: str, subject: str, now: datetime) -> UUID | None:
    """Return whose account an identity is tied to, and note that it was used."""
    row = session.scalar(
        select(FederatedIdentity).where(
            FederatedIdentity.issuer == issuer, FederatedIdentity.subject == subject
        )
    )
    if row is None:
        return None
    row.used_at = now
    session.flush()
    return row.account_id


def find_linked(session: Session, issuer: str, account_id: UUID) -> Linked | None:
    """Return the identity somebody's account is tied to."""
    row = _of_account(session, issuer, account_id)
    if row is None:
        return None
    return Linked(row.given_name, row.family_name, row.birth_date, row.linked_at, row.used_at)


def keep_pending(
    session: Session, browser_token: str, issuer: str, identity: Identity, now: datetime
) -> None:
    """Keep who was identified in this browser until they choose an account; the last one counts."""
    sweep_expired(session, FederationPending, FederationPending.expires_at, now)
    session.merge(
        FederationPending(
            browser_hash=token_hash(browser_token),
            issuer=issuer,
            subject=identity.subject,
            given_name=identity.given_name,
            family_name=identity.family_name,
            birth_date=identity.birth_date,
            email=identity.email,
            sign_up_id=None,
            expires_at=now + timedelta(hours=PENDING_HOURS_MAX),
        )
    )
    session.flush()


def find_pending(session: Session, browser_token: str, now: datetime) -> Pending | None:
    """Return who was identified in this browser and has not chosen an account yet."""
    row = session.get(FederationPending, token_hash(browser_token))
    if row is None or now >= row.expires_at:
        return None
    return Pending(row.given_name, row.family_name, row.birth_date, row.email, row.sign_up_id)


def drop_pending(session: Session, browser_token: str) -> None:
    """Forget who was identified in this browser."""
    row = session.get(FederationPending, token_hash(browser_token), with_for_update=True)
    if row is not None:
        session.delete(row)
        session.flush()


def await_sign_up(
    session: Session, browser_token: str, sign_up_id: UUID | None, now: datetime
) -> None:
    """Note which sign-up this browser asked for; raise AttemptGone where nobody waits here."""
    row = session.get(FederationPending, token_hash(browser_token), with_for_update=True)
    if row is None or now >= row.expires_at:
        raise AttemptGone
    row.sign_up_id = sign_up_id
    session.flush()


def link_pending(services: Services, account_id: UUID, token: str, browser_token: str) -> None:
    """Tie who was identified in this browser to the account that is signed in to in it.

    Raises AttemptGone, IdentityTaken, NotSignedIn, SignedInTooLongAgo.
    """
    with services.database.unit_of_work() as session:
        now = services.now()
        check_fresh(session, token, now)
        tie_pending(session, account_id, browser_token, now)


def tie_pending(session: Session, account_id: UUID, browser_token: str, now: datetime) -> None:
    """Tie who was identified in this browser to an account; raise AttemptGone, IdentityTaken."""
    row = session.get(FederationPending, token_hash(browser_token), with_for_update=True)
    if row is None or now >= row.expires_at:
        raise AttemptGone
    who = Identity(row.subject, row.given_name, row.family_name, row.birth_date, row.email)
    issuer = row.issuer
    session.delete(row)
    session.flush()
    tie(session, account_id, issuer, who, now)


def link_identity(
    services: Services, account_id: UUID, token: str, issuer: str, identity: Identity
) -> None:
    """Tie an identity to the account whose owner went to the provider for that.

    Raises IdentityTaken, NotSignedIn, SignedInTooLongAgo.
    """
    with services.database.unit_of_work() as session:
        now = services.now()
        check_fresh(session, token, now)
        tie(session, account_id, issuer, identity, now)


def tie(session: Session, account_id: UUID, issuer: str, identity: Identity, now: datetime) -> None:
    """Write a tie down, mailed and recorded; raise IdentityTaken where one of the two has one."""
    row = FederatedIdentity(
        id=uuid4(),
        issuer=issuer,
        subject=identity.subject,
        account_id=account_id,
        given_name=identity.given_name,
        family_name=identity.family_name,
        birth_date=identity.birth_date,
        linked_at=now,
        used_at=None,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise IdentityTaken from None
    owe_sign_in_notice(session, SignInNoticeKind.IDENTITY_LINKED, account_id, now)
    record_act(session, ActKind.IDENTITY_LINKED, account_id, row.id, now)


def unlink(services: Services, issuer: str, account_id: UUID, token: str) -> None:
    """Untie an account from its identity, where something else opens it.

    Raises NotYours, OnlyWayIn, NotSignedIn, SignedInTooLongAgo.
    """
    with services.database.unit_of_work() as session:
        now = services.now()
        check_fresh(session, token, now)
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        row = _of_account(session, issuer, account_id)
        if row is None:
            raise NotYours
        if account.password_hash is None and account.passkeys == 0:
            raise OnlyWayIn
        session.delete(row)
        owe_sign_in_notice(session, SignInNoticeKind.IDENTITY_UNLINKED, account_id, now)
        record_act(session, ActKind.IDENTITY_UNLINKED, account_id, row.id, now)


def _of_account(session: Session, issuer: str, account_id: UUID) -> FederatedIdentity | None:
    return session.scalar(
        select(FederatedIdentity).where(
            FederatedIdentity.account_id == account_id, FederatedIdentity.issuer == issuer
        )
    )
