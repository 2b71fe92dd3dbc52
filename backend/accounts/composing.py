"""From a notice that is due to the mail: who gets it, what it says, and the link it carries.

Promise: a link is made here, in the clear, for one mail alone; what nobody is to be told any more
is not written. Not here: the words, and how a mail travels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backend.accounts.activation import offer_new_code
from backend.accounts.errors import TooManyLinks
from backend.accounts.families.tables import FamilyInvitation
from backend.accounts.letters import Occasion, compose_letter, write_alarm
from backend.accounts.outbox import Claimed
from backend.accounts.signin.address_letters import (
    INVITATION_PATH,
    SIGN_UP_PATH,
    AddressLetter,
    compose_address_letter,
)
from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.letters import (
    EMAIL_CHANGE_PATH,
    PASSWORD_PATH,
    compose_sign_in_letter,
)
from backend.accounts.signin.links import give_link
from backend.accounts.signin.sign_up import LINK_HOURS_MAX
from backend.accounts.signin.sign_up_tables import AddressLinkKind, EmailChange, SignUp
from backend.accounts.signin.signing_in import find_by_email
from backend.accounts.signin.tables import SignInAccount, SignInLinkKind
from backend.accounts.tables import AddressNoticeKind, Beneficiary, NoticeKind, SignInNoticeKind
from backend.accounts.written import Part, Written
from backend.mail import Letter
from backend.services import Services
from backend.support import Support

_PASSWORD_LINKS: Final = {
    SignInNoticeKind.INVITATION: SignInLinkKind.INVITATION,
    SignInNoticeKind.PASSWORD_LINK: SignInLinkKind.PASSWORD,
}

#: What is told to an account that is closed: that it is.
_TO_CLOSED: Final = frozenset({SignInNoticeKind.ACCOUNT_CLOSED})


@dataclass(frozen=True, slots=True)
class Addressed:
    """An address that is nobody's account, which letter it gets, and what stands in it."""

    email: str
    language: str
    letter: AddressLetter
    link: str = ""
    about: str = ""


def compose(services: Services, notice: Claimed) -> Letter | None:
    """Write a mail; None when there is nobody to send it to, or nothing to send any more."""
    settings = services.settings
    zone = ZoneInfo(settings.time_zone)
    occasion = Occasion(settings.public_url.rstrip("/"), notice.created_at, zone)
    if isinstance(notice.kind, AddressNoticeKind):
        return _to_address(services, notice, notice.kind, occasion)
    if isinstance(notice.kind, SignInNoticeKind):
        return _to_account(services, notice, notice.kind, occasion)
    if notice.beneficiary_id is None:
        if settings.operator_email is None:
            return None
        subject, text = write_alarm(notice.facts, occasion)
        return Letter(settings.operator_email, subject, text, str(notice.id), notice.created_at)
    return _to_beneficiary(services, notice, notice.kind, occasion)


def _letter(services: Services, recipient: str, written: Written, notice: Claimed) -> Letter:
    name, written = str(notice.id), _with_support(written, Support.of(services.settings))
    return Letter(recipient, written.subject, written.text, name, notice.created_at, written.html)


def _with_support(written: Written, support: Support | None) -> Written:
    """Let a mail end with whom to ask, once in each of its languages."""
    if support is None:
        return written
    languages = dict.fromkeys(part.language for part in written.parts)
    foot = tuple(Part(language, support.in_words(language)) for language in languages)
    return replace(written, parts=written.parts + foot)


def _to_beneficiary(
    services: Services, notice: Claimed, kind: NoticeKind, occasion: Occasion
) -> Letter | None:
    with services.database.unit_of_work() as session:
        person = session.get(Beneficiary, notice.beneficiary_id)
        if person is None or person.email is None:
            return None
        recipient, given_name, link = person.email, person.given_name, ""
        if kind is NoticeKind.NEW_CODE_LINK:
            try:
                token = offer_new_code(session, person.id, services.now())
            except TooManyLinks:
                return None
            link = f"{occasion.public_url}/activation/{token}"
    occasion = replace(occasion, given_name=given_name, link=link)
    return _letter(services, recipient, compose_letter(kind, occasion), notice)


def _to_account(
    services: Services, notice: Claimed, kind: SignInNoticeKind, occasion: Occasion
) -> Letter | None:
    now, about = services.now(), str(notice.facts.get("about", ""))
    with services.database.unit_of_work() as session:
        account = session.get(SignInAccount, notice.account_id)
        if account is None or (account.closed_at is not None and kind not in _TO_CLOSED):
            return None
        recipient, link = account.email, ""
        if kind in _PASSWORD_LINKS:
            token = give_link(session, account.id, _PASSWORD_LINKS[kind], now)
            link = f"{occasion.public_url}{PASSWORD_PATH}/{token}"
        if kind is SignInNoticeKind.EMAIL_CHANGE_ASKED:
            change = _open_change(session, notice.about_id, now)
            if change is None:
                return None
            about = masked(change.new_email)
            link = _link(session, AddressLinkKind.OLD_ADDRESS, change, now)
            link = f"{occasion.public_url}{EMAIL_CHANGE_PATH}/{link}"
        occasion = replace(occasion, given_name=account.given_name, language=account.language)
    written = compose_sign_in_letter(kind, replace(occasion, link=link, about=about))
    return _letter(services, recipient, written, notice)


def _to_address(
    services: Services, notice: Claimed, kind: AddressNoticeKind, occasion: Occasion
) -> Letter | None:
    assert notice.about_id is not None, "the table demands it"
    with services.database.unit_of_work() as session:
        found = _FINDERS[kind](session, notice.about_id, services.now())
    if found is None:
        return None
    link = f"{occasion.public_url}{found.link}" if found.link else ""
    occasion = replace(occasion, language=found.language, link=link, about=found.about)
    written = compose_address_letter(found.letter, occasion)
    return _letter(services, found.email, written, notice)


def _sign_up(session: Session, about_id: UUID, now: datetime) -> Addressed | None:
    row = session.get(SignUp, about_id)
    if row is None or now >= row.expires_at:
        return None
    account = find_by_email(session, row.email)
    if account is not None:
        closed = account.closed_at is not None
        letter = AddressLetter.ACCOUNT_CLOSED if closed else AddressLetter.ACCOUNT_EXISTS
        return Addressed(row.email, account.language, letter)
    until = now + timedelta(hours=LINK_HOURS_MAX)
    token = give_address_link(session, AddressLinkKind.SIGN_UP, row.id, until, now)
    return Addressed(row.email, row.language, AddressLetter.SIGN_UP, f"{SIGN_UP_PATH}/{token}")


def _new_address(session: Session, about_id: UUID, now: datetime) -> Addressed | None:
    change = _open_change(session, about_id, now)
    if change is None:
        return None
    language = session.get_one(SignInAccount, change.account_id).language
    token = _link(session, AddressLinkKind.NEW_ADDRESS, change, now)
    return Addressed(
        change.new_email, language, AddressLetter.NEW_ADDRESS, f"{EMAIL_CHANGE_PATH}/{token}"
    )


def _address_left(session: Session, about_id: UUID, _now: datetime) -> Addressed | None:
    change = session.get(EmailChange, about_id)
    if change is None:
        return None
    language = session.get_one(SignInAccount, change.account_id).language
    return Addressed(change.old_email, language, AddressLetter.ADDRESS_LEFT)


def _invitation(session: Session, about_id: UUID, now: datetime) -> Addressed | None:
    row = session.get(FamilyInvitation, about_id)
    if row is None or row.is_over(now):
        return None
    inviting = session.get_one(SignInAccount, row.invited_by)
    joins = row.family_id is not None
    token = give_address_link(session, AddressLinkKind.FAMILY, row.id, row.expires_at, now)
    return Addressed(
        row.email,
        row.language,
        AddressLetter.JOIN_FAMILY if joins else AddressLetter.OWN_ACCOUNT,
        f"{INVITATION_PATH}/{token}",
        f"{inviting.given_name} {inviting.family_name}",
    )


_FINDERS: Final[dict[AddressNoticeKind, Callable[[Session, UUID, datetime], Addressed | None]]] = {
    AddressNoticeKind.SIGN_UP: _sign_up,
    AddressNoticeKind.EMAIL_CHANGE: _new_address,
    AddressNoticeKind.EMAIL_CHANGED: _address_left,
    AddressNoticeKind.FAMILY_INVITATION: _invitation,
}


def address_notices(
    kind: AddressNoticeKind, find: Callable[[Session, UUID, datetime], Addressed | None]
) -> None:
    """Say who gets the mails of a kind whose rows another room keeps."""
    _FINDERS[kind] = find


def masked(email: str) -> str:
    """Return enough of an address for its owner to know it, and for nobody else to write to it."""
    local, _, domain = email.partition("@")
    return f"{local[0]}…@{domain}"


def _open_change(session: Session, change_id: UUID | None, now: datetime) -> EmailChange | None:
    change = None if change_id is None else session.get(EmailChange, change_id)
    if change is None or change.done_at is not None or change.refused_at is not None:
        return None
    return None if now >= change.expires_at else change


def _link(session: Session, kind: AddressLinkKind, change: EmailChange, now: datetime) -> str:
    until = min(change.expires_at, now + timedelta(hours=LINK_HOURS_MAX))
    return give_address_link(session, kind, change.id, until, now)
