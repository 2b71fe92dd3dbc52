"""Emptying the account of somebody who signs in: what they did stays, under nobody's name.

Promise: nobody signs in to it again, and no table says who it was. Not here: whether it may go.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import DeclarativeBase, Session

from backend.accounts.families.tables import FamilyInvitation, FamilyMember, Tie, TieRequest
from backend.accounts.signin.federation.tables import FederatedIdentity, FederationAttempt
from backend.accounts.signin.passkeys.tables import Passkey
from backend.accounts.signin.sign_up_tables import EmailChange, SignUp
from backend.accounts.signin.tables import (
    SignInAccount,
    SignInBrowser,
    SignInLink,
    SignInSession,
    SignInVisit,
)
from backend.accounts.tables import Notice
from backend.partners.organisations.people import leave_all
from backend.partners.organisations.tables import (
    OrganisationDocument,
    OrganisationInvitation,
    PartnerSuggestion,
)
from backend.privacy.free_texts import empty_texts_of_account

NO_GIVEN_NAME: Final = "Personne"
NO_FAMILY_NAME: Final = "effacée"
#: Nobody's: the true day would still tell people apart.
NO_BIRTH_DATE: Final = date(1900, 1, 1)
#: RFC 2606 section 2: a name that never exists, so that no mail ever goes there.
NOBODYS_DOMAIN: Final = "erased.invalid"
#: What belongs to an account and to nothing else.
OWNED: Final[tuple[tuple[type[DeclarativeBase], Any], ...]] = (
    (SignInSession, SignInSession.account_id),
    (SignInLink, SignInLink.account_id),
    (SignInBrowser, SignInBrowser.account_id),
    (SignInVisit, SignInVisit.account_id),
    (Passkey, Passkey.account_id),
    (FederatedIdentity, FederatedIdentity.account_id),
    (FederationAttempt, FederationAttempt.account_id),
    (EmailChange, EmailChange.account_id),
    (TieRequest, TieRequest.account_id),
    (FamilyInvitation, FamilyInvitation.invited_by),
    (OrganisationInvitation, OrganisationInvitation.invited_by),
    (OrganisationDocument, OrganisationDocument.given_by),
    (PartnerSuggestion, PartnerSuggestion.account_id),
    (Notice, Notice.account_id),
)


def empty_account(session: Session, account_id: UUID, now: datetime) -> None:
    """Close an account for good and take everything that says whose it was; again is harmless."""
    account = session.get_one(SignInAccount, account_id, with_for_update=True)
    email = account.email
    for table, owner in OWNED:
        session.execute(delete(table).where(owner == account_id))
    session.execute(delete(SignUp).where(SignUp.email == email))
    session.execute(delete(FamilyInvitation).where(FamilyInvitation.email == email))
    session.execute(delete(OrganisationInvitation).where(OrganisationInvitation.email == email))
    session.execute(delete(EmailChange).where(_mentions(email)))
    for ended in (Tie, FamilyMember):
        mine = (ended.account_id == account_id) & ended.ended_at.is_(None)
        session.execute(update(ended).where(mine).values(ended_at=now))
    leave_all(session, account_id, now)
    session.flush()
    empty_texts_of_account(session, account_id)
    account.email = f"{account_id}@{NOBODYS_DOMAIN}"
    account.given_name, account.family_name = NO_GIVEN_NAME, NO_FAMILY_NAME
    account.birth_date = None
    account.password_hash = account.password_set_at = account.factor_confirmed_at = None
    account.passkeys = 0
    account.closed_at = account.closed_at or now
    session.flush()


def _mentions(email: str) -> Any:
    return or_(EmailChange.old_email == email, EmailChange.new_email == email)
