"""Letting somebody in from the command line, whatever they are let into: an account, and a link.

Not here: what they are let into.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.signin.letters import PASSWORD_PATH
from backend.accounts.signin.links import give_link
from backend.accounts.signin.signing_in import find_by_email, invite_to_sign_in
from backend.accounts.signin.tables import SignInLinkKind
from backend.commands.refusal import CommandRefused
from backend.services import Services


@dataclass(frozen=True, slots=True)
class Name:
    """How a person is called."""

    given: str
    family: str


def account_for(services: Services, session: Session, email: str, name: Name) -> UUID:
    """Return somebody's account; who has none is invited, by mail too. Raises EmailInvalid."""
    account = find_by_email(session, normal_email(email))
    if account is not None:
        return account.id
    return invite_to_sign_in(services, session, email, name.given, name.family)


def link_for(services: Services, session: Session, account_id: UUID) -> str:
    """Return a link for choosing a password, to hand over."""
    token = give_link(session, account_id, SignInLinkKind.INVITATION, services.now())
    return f"{services.settings.public_url.rstrip('/')}{PASSWORD_PATH}/{token}"


def account_called(services: Services, email: str) -> UUID:
    """Return the account of an address; raise CommandRefused."""
    with services.database.reading() as session:
        account = find_by_email(session, normal_email(email))
    if account is None:
        raise CommandRefused("nobody signs in with this address")
    return account.id
