"""Signing up: what somebody types, a link in their mailbox, and the password they choose then.

Promise: nobody is an account, nor has a password, before the link was used, so nobody can prepare
one in another's name; what is answered, and the work done, does not tell whether an address is
known: the mail does, to its owner alone. Not here: the mail's words, and the pages.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.names import normal_name
from backend.accounts.outbox import owe_address_notice, owe_sign_in_notice
from backend.accounts.signin.address_links import find_address_link, use_address_link
from backend.accounts.signin.errors import (
    BirthDateUnlikely,
    LinkGone,
    PasswordRefused,
    TermsChanged,
    TooYoung,
)
from backend.accounts.signin.passwords import Identity, find_weakness, hash_password
from backend.accounts.signin.quota import Quota, door_of, has_use, take_use
from backend.accounts.signin.sign_up_tables import AddressLinkKind, SignUp
from backend.accounts.signin.tables import Language, SignInAccount
from backend.accounts.signin.terms import note_acceptance, terms_in_force
from backend.accounts.tables import AddressNoticeKind, SignInNoticeKind
from backend.expiry import sweep_expired
from backend.services import Services

#: A link in the mail is good for a day; what was typed waits longer, for another link.
LINK_HOURS_MAX: Final = 24
SIGN_UP_DAYS_MAX: Final = 7
YEARS_MIN: Final = 15
YEARS_MAX: Final = 120
MAILS_TO_ADDRESS: Final = Quota(3, timedelta(hours=1))
#: A school's computer rooms are behind one address, and a town's telephones may be.
FROM_NETWORK: Final = Quota(600, timedelta(hours=1))
#: Three times what the opening in September brings; above it is no crowd of pupils.
FROM_ALL: Final = Quota(600, timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed; never printed."""

    email: str = field(repr=False)
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    language: Language
    terms_version: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who chooses a password by a link."""

    email: str = field(repr=False)
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    language: str


def age_on(birth_date: date, day: date) -> int:
    """Return how many birthdays somebody has had."""
    had = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had else 1)


def check_birth_date(birth_date: date, today: date) -> None:
    """Refuse who cannot open an account; raise BirthDateUnlikely, TooYoung."""
    years = age_on(birth_date, today)
    if not 0 <= years <= YEARS_MAX:
        raise BirthDateUnlikely
    if years < YEARS_MIN:
        raise TooYoung


def ask_to_sign_up(services: Services, asked: Asked, network: str) -> UUID | None:
    """Write down that somebody would have an account, and owe their address a mail.

    Returns what was written down; None where the address has had mails enough. Whether the
    address is known is looked at when the mail is written. Raises EmailInvalid,
    NameInvalid, BirthDateUnlikely, TooYoung, TermsChanged, TooManyRequests.
    """
    now = services.now()
    address = normal_email(asked.email)
    names = normal_name(asked.given_name), normal_name(asked.family_name)
    check_birth_date(asked.birth_date, now.date())
    if asked.terms_version != terms_in_force(now).version:
        raise TermsChanged
    with services.database.unit_of_work() as session:
        _count(session, network, now)
        if not has_use(session, door_of("mail", address), MAILS_TO_ADDRESS, now):
            return None
        sweep_expired(session, SignUp, SignUp.expires_at, now)
        row = SignUp(
            id=uuid4(),
            email=address,
            given_name=names[0],
            family_name=names[1],
            birth_date=asked.birth_date,
            language=asked.language.value,
            terms_version=asked.terms_version,
            created_at=now,
            expires_at=now + timedelta(days=SIGN_UP_DAYS_MAX),
        )
        session.add(row)
        session.flush()
        owe_address_notice(session, AddressNoticeKind.SIGN_UP, row.id, now)
        return row.id


def ask_for_another_link(services: Services, email: str, network: str) -> None:
    """Owe an address the mail of its last sign-up again, where it has one that waits.

    Nothing tells whether it has. Raises EmailInvalid, TooManyRequests.
    """
    now, address = services.now(), normal_email(email)
    with services.database.unit_of_work() as session:
        _count(session, network, now)
        if not has_use(session, door_of("mail", address), MAILS_TO_ADDRESS, now):
            return
        last = session.scalar(
            select(SignUp.id)
            .where(SignUp.email == address, SignUp.expires_at > now)
            .order_by(SignUp.created_at.desc())
            .limit(1)
        )
        if last is not None:
            owe_address_notice(session, AddressNoticeKind.SIGN_UP, last, now)


def find_waiting(session: Session, token: str, now: datetime) -> Waiting:
    """Return who a link was mailed to; raise LinkGone. Looking changes nothing."""
    row = _sign_up(session, find_address_link(session, AddressLinkKind.SIGN_UP, token, now))
    return Waiting(row.email, row.given_name, row.family_name, row.language)


def open_account(services: Services, token: str, password: str) -> UUID:
    """Make the account with the password that was chosen; the link serves once.

    Raises LinkGone, PasswordRefused.
    """
    with services.database.reading() as session:
        about = find_address_link(session, AddressLinkKind.SIGN_UP, token, services.now())
        row = _sign_up(session, about)
        known = Identity(row.given_name, row.family_name, row.email, row.birth_date)
    weakness = find_weakness(password, known)
    if weakness is not None:
        raise PasswordRefused(why=weakness.value)
    stored = hash_password(password)
    try:
        with services.database.unit_of_work() as session:
            return open_by_link(session, token, stored, services.now())
    except IntegrityError:
        # Another link for the same address was used at the same moment.
        raise LinkGone from None


def open_by_link(session: Session, token: str, password_hash: str | None, now: datetime) -> UUID:
    """Make the account that a link is for; without a password, something else opens it.

    The link serves once. Raises LinkGone.
    """
    row = _sign_up(session, use_address_link(session, AddressLinkKind.SIGN_UP, token, now))
    taken = select(SignInAccount.id).where(SignInAccount.email == row.email)
    if session.scalar(taken) is not None:
        raise LinkGone
    account = SignInAccount(
        id=uuid4(),
        email=row.email,
        given_name=row.given_name,
        family_name=row.family_name,
        password_hash=password_hash,
        password_set_at=None if password_hash is None else now,
        factor_generation=0,
        factor_key_version=0,
        factor_confirmed_at=None,
        factor_last_step=0,
        created_at=now,
        closed_at=None,
        birth_date=row.birth_date,
        language=row.language,
    )
    session.add(account)
    session.flush()
    note_acceptance(session, account, row.terms_version, row.created_at)
    session.execute(delete(SignUp).where(SignUp.email == account.email))
    if password_hash is not None:
        owe_sign_in_notice(session, SignInNoticeKind.PASSWORD_SET, account.id, now)
    return account.id


def _sign_up(session: Session, sign_up_id: UUID) -> SignUp:
    row = session.get(SignUp, sign_up_id)
    if row is None:
        raise LinkGone
    return row


def _count(session: Session, network: str, now: datetime) -> None:
    take_use(session, door_of("sign-up", ""), FROM_ALL, now)
    if network:
        take_use(session, door_of("sign-up", network), FROM_NETWORK, now)
