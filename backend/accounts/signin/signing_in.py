"""Signing in: the address and password, then the second factor; and choosing a password.

Promise: what is answered, and how long it takes, does not tell whether an address has an account;
a try is counted before it is looked at; a password that changes ends every session. The hash is
computed while no row is held.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid
from backend.accounts.outbox import count_owed, owe_sign_in_notice
from backend.accounts.signin.errors import AccountExists, PasswordRefused, SignInRefused
from backend.accounts.signin.links import find_account, use_link
from backend.accounts.signin.passwords import Identity, find_weakness, hash_password, is_right
from backend.accounts.signin.second_factors import stage_after_first_factor
from backend.accounts.signin.sessions import end_all, end_by_token, find_session, open_session
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.signin.tries import door_of_email, door_of_factor, give_back, take_try
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services

LINKS_PER_HOUR_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Started:
    """A session that was opened: its token, shown to the browser alone, and what is still asked."""

    token: str = field(repr=False)
    stage: Stage


def invite_to_sign_in(
    services: Services, session: Session, email: str, given_name: str, family_name: str
) -> UUID:
    """Open an account and owe it an invitation; raise EmailInvalid, AccountExists."""
    address = normal_email(email)
    if find_by_email(session, address) is not None:
        raise AccountExists
    account = SignInAccount(
        id=uuid4(),
        email=address,
        given_name=given_name,
        family_name=family_name,
        password_hash=None,
        password_set_at=None,
        factor_generation=0,
        factor_key_version=0,
        factor_confirmed_at=None,
        factor_last_step=0,
        created_at=services.now(),
        closed_at=None,
    )
    session.add(account)
    session.flush()
    owe_sign_in_notice(session, SignInNoticeKind.INVITATION, account.id, services.now())
    return account.id


def find_by_email(session: Session, address: str) -> SignInAccount | None:
    """Return whose address it is, as `normal_email` writes it."""
    return session.scalar(select(SignInAccount).where(SignInAccount.email == address))


def sign_in(services: Services, email: str, password: str, browser: str) -> Started:
    """Open a session for an address and its password.

    Raises SignInRefused, TooManyTries.
    """
    try:
        address = normal_email(email)
    except EmailInvalid:
        raise SignInRefused from None
    door = door_of_email(address)
    with services.database.unit_of_work() as session:
        take_try(session, door, services.now())
    with services.database.reading() as session:
        account = find_by_email(session, address)
        usable = account is not None and account.closed_at is None
        stored = account.password_hash if account is not None and usable else None
    if not is_right(stored, password) or account is None:
        raise SignInRefused
    with services.database.unit_of_work() as session:
        now = services.now()
        current = session.get_one(SignInAccount, account.id, with_for_update=True)
        if current.password_hash != stored or current.closed_at is not None:
            raise SignInRefused
        give_back(session, door)
        stage = stage_after_first_factor(current)
        return Started(open_session(session, current.id, stage, browser, now), stage)


def confirm_factor(services: Services, token: str, typed: str) -> Started:
    """Finish signing in with a one-time password; the session gets another token.

    Raises NotSignedIn, SignInRefused, TooManyTries.
    """
    with services.database.unit_of_work() as session:
        row = find_session(session, token, services.now())
        account_id, browser = row.account_id, row.browser
        take_try(session, door_of_factor(account_id), services.now())
        begun_only = session.get_one(SignInAccount, account_id).factor_confirmed_at is None
    # One that was begun and never confirmed is nobody's: there may be a passkey instead.
    if begun_only or not serves(services, account_id, typed):
        raise SignInRefused
    with services.database.unit_of_work() as session:
        give_back(session, door_of_factor(account_id))
        find_session(session, token, services.now())
        end_by_token(session, token)
        opened = open_session(session, account_id, Stage.FULL, browser, services.now())
        return Started(opened, Stage.FULL)


def serves(services: Services, account_id: UUID, typed: str) -> bool:
    """Say whether a one-time password is right, and let its step serve no more."""
    with services.database.reading() as session:
        account = session.get_one(SignInAccount, account_id)
        generation, version = account.factor_generation, account.factor_key_version
    digits = "".join(typed.split())
    step = services.vault.verify_second_factor(account_id, generation, digits, key_version=version)
    if step is None:
        return False
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        if account.factor_generation != generation or step <= account.factor_last_step:
            return False
        account.factor_last_step = step
    return True


def ask_for_password_link(services: Services, email: str) -> None:
    """Owe a link to whoever has this address; nothing tells whether somebody does.

    Raises EmailInvalid, which depends on the form of what was typed alone.
    """
    address = normal_email(email)
    with services.database.unit_of_work() as session:
        account = find_by_email(session, address)
        if account is None or account.closed_at is not None:
            return
        kind, since = SignInNoticeKind.PASSWORD_LINK, services.now() - timedelta(hours=1)
        if count_owed(session, kind, account.id, since) < LINKS_PER_HOUR_MAX:
            owe_sign_in_notice(session, kind, account.id, services.now())


def choose_password(services: Services, link_token: str, password: str) -> None:
    """Set a password with a link; it serves once, and every session ends.

    Raises LinkGone, PasswordRefused.
    """
    with services.database.reading() as session:
        account = find_account(session, link_token, services.now())
        known = Identity(account.given_name, account.family_name, account.email)
    weakness = find_weakness(password, known)
    if weakness is not None:
        raise PasswordRefused(why=weakness.value)
    stored = hash_password(password)
    with services.database.unit_of_work() as session:
        now = services.now()
        account = use_link(session, link_token, now)
        account.password_hash, account.password_set_at = stored, now
        end_all(session, account.id)
        give_back(session, door_of_email(account.email))
        owe_sign_in_notice(session, SignInNoticeKind.PASSWORD_SET, account.id, now)
