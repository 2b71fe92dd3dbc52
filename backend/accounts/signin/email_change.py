"""Another address for an account, for whoever lost their mailbox: staff's act, and never one's own.

    asked by an operator ──second operator, or from the old address──▶ agreed ┐
                         ──link at the new address──────────────────▶ answered┴──▶ done

Promise: nobody alone changes an address, the command line neither; the old address is told at the
beginning and at the end; every session and every link of the account ends with it. What was asked,
by whom, stays. Not here: who is an operator; whoever calls has looked.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import NotYours
from backend.accounts.outbox import owe_address_notice, owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.address_links import (
    drop_address_links,
    find_address_link,
    use_address_link,
)
from backend.accounts.signin.errors import AccountExists, EmailChangeOver, LinkGone, SameOperator
from backend.accounts.signin.sessions import end_all
from backend.accounts.signin.sign_up_tables import AddressLink, AddressLinkKind, EmailChange
from backend.accounts.signin.signing_in import find_by_email
from backend.accounts.signin.tables import SignInAccount, SignInBrowser, SignInLink
from backend.accounts.tables import AddressNoticeKind, SignInNoticeKind

CHANGE_DAYS_MAX: Final = 7
LISTED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change that waits, for operators."""

    change_id: UUID
    account_id: UUID
    name: str
    old_email: str
    new_email: str
    asked_by: UUID | None
    asked_at: datetime
    expires_at: datetime
    agreed: bool
    answered: bool


def ask_email_change(
    session: Session, account_id: UUID, new_email: str, operator_id: UUID | None, now: datetime
) -> UUID:
    """Ask that an account be opened with another address; a question before it is over.

    `operator_id` is None from the command line. Raises NotYours (no such account), EmailInvalid,
    AccountExists.
    """
    address = normal_email(new_email)
    account = session.get(SignInAccount, account_id, with_for_update=True)
    if account is None or account.closed_at is not None:
        raise NotYours
    if find_by_email(session, address) is not None:
        raise AccountExists
    for earlier in session.scalars(_open().where(EmailChange.account_id == account_id)):
        _end(session, earlier, operator_id, now)
    row = EmailChange(
        id=uuid4(),
        account_id=account_id,
        old_email=account.email,
        new_email=address,
        asked_by=operator_id,
        asked_at=now,
        expires_at=now + timedelta(days=CHANGE_DAYS_MAX),
        agreed_by=None,
        agreed_at=None,
        answered_at=None,
        done_at=None,
        refused_by=None,
        refused_at=None,
    )
    session.add(row)
    session.flush()
    if operator_id is not None:
        record_act(session, ActKind.EMAIL_CHANGE_ASKED, operator_id, account_id, now)
    kind = SignInNoticeKind.EMAIL_CHANGE_ASKED
    owe_sign_in_notice(session, kind, account_id, now, about_id=row.id)
    owe_address_notice(session, AddressNoticeKind.EMAIL_CHANGE, row.id, now)
    return row.id


def approve_email_change(
    session: Session, change_id: UUID, operator_id: UUID, now: datetime
) -> bool:
    """Agree, as another operator than asked; True where the address has changed with it.

    Raises EmailChangeOver, SameOperator, AccountExists.
    """
    row = _waiting(session, change_id, now)
    if operator_id == row.asked_by:
        raise SameOperator
    return _agree(session, row, operator_id, now)


def refuse_email_change(
    session: Session, change_id: UUID, operator_id: UUID | None, now: datetime
) -> None:
    """Refuse, or take back; any operator may. Raises EmailChangeOver."""
    row = _waiting(session, change_id, now)
    _end(session, row, operator_id, now)


def list_email_changes(session: Session, now: datetime) -> list[ChangeLine]:
    """Return the changes that wait, the oldest first, at most LISTED_MAX: one question."""
    rows = session.execute(
        select(EmailChange, SignInAccount)
        .join(SignInAccount, SignInAccount.id == EmailChange.account_id)
        .where(
            EmailChange.done_at.is_(None),
            EmailChange.refused_at.is_(None),
            EmailChange.expires_at > now,
        )
        .order_by(EmailChange.asked_at, EmailChange.id)
        .limit(LISTED_MAX)
    )
    return [
        ChangeLine(
            row.id,
            row.account_id,
            f"{account.given_name} {account.family_name}",
            row.old_email,
            row.new_email,
            row.asked_by,
            row.asked_at,
            row.expires_at,
            row.agreed_at is not None,
            row.answered_at is not None,
        )
        for row, account in rows
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """What whoever was mailed a link is told of a change of address."""

    #: Which side the link is for.
    kind: AddressLinkKind
    #: The address of the other side.
    other: str = field(repr=False)
    language: str


def find_email_change(session: Session, token: str, now: datetime) -> Change:
    """Return what a link is about; raise LinkGone. Looking changes nothing."""
    for kind in (AddressLinkKind.OLD_ADDRESS, AddressLinkKind.NEW_ADDRESS):
        try:
            about_id = find_address_link(session, kind, token, now)
            row = _of_link(session, about_id, now, lock=False)
        except LinkGone:
            continue
        old = kind is AddressLinkKind.OLD_ADDRESS
        language = session.get_one(SignInAccount, row.account_id).language
        return Change(kind, row.new_email if old else row.old_email, language)
    raise LinkGone


def agree_from_old_address(session: Session, token: str, now: datetime) -> bool:
    """Agree by the link at the address that is left; True where it has changed with it.

    Raises LinkGone, AccountExists.
    """
    row = _of_link(session, use_address_link(session, AddressLinkKind.OLD_ADDRESS, token, now), now)
    return _agree(session, row, row.account_id, now)


def object_from_old_address(session: Session, token: str, now: datetime) -> None:
    """Refuse by the link at the address that is left; raise LinkGone."""
    row = _of_link(session, use_address_link(session, AddressLinkKind.OLD_ADDRESS, token, now), now)
    _end(session, row, row.account_id, now)


def answer_at_new_address(session: Session, token: str, now: datetime) -> bool:
    """Show that the new address is read; True where the address has changed with it.

    Raises LinkGone, AccountExists.
    """
    row = _of_link(session, use_address_link(session, AddressLinkKind.NEW_ADDRESS, token, now), now)
    row.answered_at = row.answered_at or now
    return _settle(session, row, now)


def _agree(session: Session, row: EmailChange, by: UUID, now: datetime) -> bool:
    if row.agreed_at is None:
        row.agreed_by, row.agreed_at = by, now
        record_act(session, ActKind.EMAIL_CHANGE_AGREED, by, row.account_id, now)
    return _settle(session, row, now)


def _settle(session: Session, row: EmailChange, now: datetime) -> bool:
    """Change the address once both are there; raise AccountExists where it was taken meanwhile."""
    if row.agreed_at is None or row.answered_at is None:
        session.flush()
        return False
    account = session.get_one(SignInAccount, row.account_id, with_for_update=True)
    if account.email != row.old_email or account.closed_at is not None:
        raise LinkGone
    try:
        with session.begin_nested():
            account.email = row.new_email
            account.unreachable_since = account.unreachable_code = None
    except IntegrityError:
        raise AccountExists from None
    row.done_at = now
    _forget_ways_in(session, row)
    assert row.agreed_by is not None, "agreed by somebody"
    record_act(session, ActKind.EMAIL_CHANGED, row.agreed_by, row.account_id, now)
    owe_sign_in_notice(session, SignInNoticeKind.EMAIL_CHANGED, row.account_id, now)
    owe_address_notice(session, AddressNoticeKind.EMAIL_CHANGED, row.id, now)
    return True


def _forget_ways_in(session: Session, row: EmailChange) -> None:
    """End what the old mailbox, or a browser that read it, could still open."""
    end_all(session, row.account_id)
    unused = (SignInLink.account_id == row.account_id) & SignInLink.used_at.is_(None)
    session.execute(delete(SignInLink).where(unused))
    session.execute(delete(SignInBrowser).where(SignInBrowser.account_id == row.account_id))
    of_change = (AddressLink.about_id == row.id) & AddressLink.used_at.is_(None)
    session.execute(delete(AddressLink).where(of_change))


def _end(session: Session, row: EmailChange, by: UUID | None, now: datetime) -> None:
    row.refused_at, row.refused_by = now, by
    for kind in (AddressLinkKind.OLD_ADDRESS, AddressLinkKind.NEW_ADDRESS):
        drop_address_links(session, kind, row.id)
    if by is not None:
        record_act(session, ActKind.EMAIL_CHANGE_REFUSED, by, row.account_id, now)
    session.flush()


def _open() -> Select[EmailChange]:
    return select(EmailChange).where(
        EmailChange.done_at.is_(None), EmailChange.refused_at.is_(None)
    )


def _waiting(session: Session, change_id: UUID, now: datetime, *, lock: bool = True) -> EmailChange:
    row = session.get(EmailChange, change_id, with_for_update=lock or None)
    over = row is None or row.done_at is not None or row.refused_at is not None
    if row is None or over or now >= row.expires_at:
        raise EmailChangeOver
    return row


def _of_link(session: Session, change_id: UUID, now: datetime, *, lock: bool = True) -> EmailChange:
    try:
        return _waiting(session, change_id, now, lock=lock)
    except EmailChangeOver:
        raise LinkGone from None
