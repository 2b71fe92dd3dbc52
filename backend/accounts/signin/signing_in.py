"""Signing in: the address and password, then the second factor; and choosing a password.

Promise: what is answered, and how long it takes, does not tell whether an address has an account;
a try is counted before it is looked at; a password that changes ends every session. The hash is
computed while no row is held.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.errors import AccountExists, PasswordRefused, SignInRefused
from backend.accounts.signin.links import find_account, use_link
from backend.accounts.signin.passwords import Identity, find_weakness, hash_password, is_right
from backend.accounts.signin.quota import Quota, door_of, give_use_back, has_use, take_use
from backend.accounts.signin.second_factors import stage_after_first_factor
from backend.accounts.signin.sessions import end_all, end_by_token, find_session, open_session
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.signin.tries import door_of_email, door_of_factor, give_back, take_try
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services

#: Wrong passwords from one network: far above what a school's pupils mistype in an hour.
WRONG_FROM_NETWORK: Final = Quota(300, timedelta(hours=1))
LINKS_TO_ADDRESS: Final = Quota(3, timedelta(hours=1))
LINKS_FROM_NETWORK: Final = Quota(120, timedelta(hours=1))
#: Says, for somebody who just signed in, whether their session may outlive the day.
MayStay = Callable[[Session, UUID], bool]


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


def sign_in(
    services: Services,
    email: str,
    password: str,
    browser: str,
    *,
    network: str = "",
    may_stay: MayStay | None = None,
) -> Started:
    """Open a session for an address and its password; a long one where that was asked and may be.

    Raises SignInRefused, TooManyTries, TooManyRequests.
    """
    try:
        address = normal_email(email)
    except EmailInvalid:
        raise SignInRefused from None
    door, crowd = door_of_email(address), door_of("password", network)
    with services.database.unit_of_work() as session:
        take_try(session, door, services.now())
        if network:
            take_use(session, crowd, WRONG_FROM_NETWORK, services.now())
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
        give_use_back(session, crowd)
        kept = may_stay is not None and may_stay(session, current.id)
        stage = stage_after_first_factor(current)
        opened = open_session(session, current.id, stage, browser, now, kept=kept)
        return Started(opened, stage)


def confirm_factor(services: Services, token: str, typed: str) -> Started:
    """Finish signing in with a one-time password; the session gets another token.

    Raises NotSignedIn, SignInRefused, TooManyTries.
    """
    with services.database.unit_of_work() as session:
        row = find_session(session, token, services.now())
        account_id, browser, kept = row.account_id, row.browser, row.kept
        take_try(session, door_of_factor(account_id), services.now())
        begun_only = session.get_one(SignInAccount, account_id).factor_confirmed_at is None
    # One that was begun and never confirmed is nobody's: there may be a passkey instead.
    if begun_only or not serves(services, account_id, typed):
        raise SignInRefused
    with services.database.unit_of_work() as session:
        give_back(session, door_of_factor(account_id))
        find_session(session, token, services.now())
        end_by_token(session, token)
        now = services.now()
        opened = open_session(
            session, account_id, Stage.FULL, browser, now, kept=kept, factor_at=now
        )
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


def ask_for_password_link(services: Services, email: str, network: str = "") -> None:
    """Owe a link to whoever has this address; nothing tells whether somebody does.

    Raises EmailInvalid, which depends on the form of what was typed alone, and TooManyRequests.
    """
    address, now = normal_email(email), services.now()
    with services.database.unit_of_work() as session:
        if network:
            take_use(session, door_of("link", network), LINKS_FROM_NETWORK, now)
        if not has_use(session, door_of("mail", address), LINKS_TO_ADDRESS, now):
            return
        account = find_by_email(session, address)
        if account is not None and account.closed_at is None:
            owe_sign_in_notice(session, SignInNoticeKind.PASSWORD_LINK, account.id, now)


def choose_password(services: Services, link_token: str, password: str) -> None:
    """Set a password with a link; it serves once, and every session ends.

    Raises LinkGone, PasswordRefused.
    """
    with services.database.reading() as session:
        account = find_account(session, link_token, services.now())
        known = Identity(account.given_name, account.family_name, account.email, account.birth_date)
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
