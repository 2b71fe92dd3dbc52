"""What somebody who is signed in changes of their own account: password, language, terms.

Promise: who merely sits at an open session changes no password; a password that changes ends every
other session, and this one goes on under another token.
"""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.errors import NotSignedIn, PasswordRefused, SignInRefused
from backend.accounts.signin.passwords import Identity, find_weakness, hash_password, is_right
from backend.accounts.signin.sessions import end_all, end_by_token, find_session, open_session
from backend.accounts.signin.signing_in import Started
from backend.accounts.signin.tables import Language, SignInAccount, SignInLink, Stage
from backend.accounts.signin.terms import accept_terms
from backend.accounts.signin.tries import door_of_email, give_back, take_try
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services


def change_password(services: Services, token: str, current: str, chosen: str) -> Started:
    """Change the password of whoever's session this is, who shows they know the present one.

    Raises NotSignedIn, SignInRefused, TooManyTries, PasswordRefused.
    """
    with services.database.unit_of_work() as session:
        row = find_session(session, token, services.now())
        account = session.get_one(SignInAccount, row.account_id)
        door = door_of_email(account.email)
        take_try(session, door, services.now())
        account_id, browser, kept, stored = account.id, row.browser, row.kept, account.password_hash
        factor_at = row.factor_at
        known = Identity(account.given_name, account.family_name, account.email, account.birth_date)
    if not is_right(stored, current):
        raise SignInRefused
    with services.database.unit_of_work() as session:
        give_back(session, door)
    weakness = find_weakness(chosen, known)
    if weakness is not None:
        raise PasswordRefused(why=weakness.value)
    hashed = hash_password(chosen)
    with services.database.unit_of_work() as session:
        now = services.now()
        changed = session.get_one(SignInAccount, account_id, with_for_update=True)
        if changed.password_hash != stored or changed.closed_at is not None:
            raise NotSignedIn
        changed.password_hash, changed.password_set_at = hashed, now
        end_all(session, account_id)
        unused = (SignInLink.account_id == account_id) & SignInLink.used_at.is_(None)
        session.execute(delete(SignInLink).where(unused))
        owe_sign_in_notice(session, SignInNoticeKind.PASSWORD_SET, account_id, now)
        opened = open_session(
            session, account_id, Stage.FULL, browser, now, kept=kept, factor_at=factor_at
        )
        return Started(opened, Stage.FULL)


def choose_language(session: Session, account_id: UUID, language: Language) -> None:
    """Write to somebody in another language from now on."""
    session.get_one(SignInAccount, account_id).language = language.value
    session.flush()


def accept_new_terms(services: Services, token: str, version: int) -> Started:
    """Accept the terms that a session waits for; it goes on under another token.

    Raises NotSignedIn, TermsChanged.
    """
    with services.database.unit_of_work() as session:
        now = services.now()
        row = find_session(session, token, now)
        account = session.get_one(SignInAccount, row.account_id)
        if row.stage != Stage.TERMS.value or account.closed_at is not None:
            raise NotSignedIn
        accept_terms(session, account, version, now, now)
        browser, kept, factor_at = row.browser, row.kept, row.factor_at
        end_by_token(session, token)
        opened = open_session(
            session, account.id, Stage.FULL, browser, now, kept=kept, factor_at=factor_at
        )
        return Started(opened, Stage.FULL)
