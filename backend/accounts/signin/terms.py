"""The terms of use: which version is in force, and who accepted which.

Their text is a page of the same number (web/templates/terms). A version is never changed: another
one follows it, and is asked for when somebody signs in the next time.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import TermsChanged
from backend.accounts.signin.sign_up_tables import TermsAcceptance
from backend.accounts.signin.tables import SignInAccount


class Terms(NamedTuple):
    """One version of the terms."""

    version: int
    in_force_from: datetime


#: Oldest first. The text of each is in the tree, for good.
TERMS: Final[tuple[Terms, ...]] = (Terms(1, datetime(2026, 1, 1, tzinfo=UTC)),)


def terms_in_force(now: datetime, versions: tuple[Terms, ...] | None = None) -> Terms:
    """Return the version that whoever comes now must accept."""
    known = TERMS if versions is None else versions
    return [one for one in known if one.in_force_from <= now or one is known[0]][-1]


def is_outdated(account: SignInAccount, now: datetime) -> bool:
    """Say whether somebody accepted terms that others have replaced.

    Who never accepted any was invited by the operator and acts under their employer's contract.
    """
    accepted = account.terms_version
    return accepted is not None and accepted < terms_in_force(now).version


def accept_terms(
    session: Session, account: SignInAccount, version: int, accepted_at: datetime, now: datetime
) -> None:
    """Write down that somebody accepted a version; raise TermsChanged where another is in force."""
    if version != terms_in_force(now).version:
        raise TermsChanged
    note_acceptance(session, account, version, accepted_at)


def note_acceptance(
    session: Session, account: SignInAccount, version: int, accepted_at: datetime
) -> None:
    """Write down an acceptance, whatever is in force by now; the same twice is once."""
    account.terms_version = max(version, account.terms_version or 0)
    if session.get(TermsAcceptance, (account.id, version)) is None:
        session.add(
            TermsAcceptance(account_id=account.id, version=version, accepted_at=accepted_at)
        )
    session.flush()


def acceptances_of(session: Session, account_id: UUID) -> list[tuple[int, datetime]]:
    """Return which versions somebody accepted, and when."""
    rows = session.scalars(
        select(TermsAcceptance)
        .where(TermsAcceptance.account_id == account_id)
        .order_by(TermsAcceptance.version)
    )
    return [(row.version, row.accepted_at) for row in rows]
