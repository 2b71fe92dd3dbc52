"""What every invitation by mail is: to whom, by whom, until when, and that it serves once.

Promise: good for seven days and once, for whoever has the address that was invited; one person
sends only so many a day, whatever they invite to. Not here: what an invitation lets one into.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.accounts.errors import NotYours
from backend.accounts.families.errors import AddressDiffers
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.address_links import drop_address_links, find_address_link
from backend.accounts.signin.errors import LinkGone
from backend.accounts.signin.quota import Quota, door_of, take_use
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import EMAIL_CHARACTERS_MAX

INVITATION_DAYS_MAX: Final = 7
LISTED_MAX: Final = 20
#: One person sends no more mails to strangers than a family has members.
INVITED_PER_DAY: Final = Quota(10, timedelta(hours=24))


class MailedInvitation:
    """The columns of a table of invitations; the table adds what they invite to."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS_MAX))
    language: Mapped[str] = mapped_column(String(2))
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @classmethod
    def waits(cls, now: datetime) -> ColumnElement[bool]:
        """Choose the invitations that still serve."""
        return cls.used_at.is_(None) & cls.withdrawn_at.is_(None) & (cls.expires_at > now)

    def is_over(self, now: datetime) -> bool:
        """Say whether it serves no more."""
        return self.used_at is not None or self.withdrawn_at is not None or now >= self.expires_at


Invited = TypeVar("Invited", bound=MailedInvitation)


def sent(session: Session, by: UUID, email: str, now: datetime) -> dict[str, Any]:
    """Count one invitation of somebody's, and return its columns; raise TooManyRequests."""
    take_use(session, door_of("invite", str(by)), INVITED_PER_DAY, now)
    return {
        "id": uuid4(),
        "email": email,
        "language": session.get_one(SignInAccount, by).language,
        "invited_by": by,
        "created_at": now,
        "expires_at": now + timedelta(days=INVITATION_DAYS_MAX),
        "used_at": None,
        "withdrawn_at": None,
    }


def check_acceptable(
    session: Session, row: MailedInvitation | None, account_id: UUID, now: datetime
) -> None:
    """Let only whoever has the invited address accept; raise LinkGone, AddressDiffers."""
    if row is None or row.is_over(now):
        raise LinkGone
    if session.get_one(SignInAccount, account_id).email != row.email:
        raise AddressDiffers


def find_invited(
    session: Session,
    table: type[Invited],
    kind: AddressLinkKind,
    token: str,
    now: datetime,
) -> Invited:
    """Return the invitation of a link, while it serves; raise LinkGone. Looking changes nothing."""
    row = session.get(table, find_address_link(session, kind, token, now))
    if row is None or row.is_over(now):
        raise LinkGone
    return row


def waiting(
    session: Session, table: type[Invited], chosen: ColumnElement[bool], now: datetime
) -> list[Invited]:
    """Return the invitations that still serve, the oldest first, at most LISTED_MAX."""
    return list(
        session.scalars(
            select(table)
            .where(chosen, table.waits(now))
            .order_by(table.created_at, table.id)
            .limit(LISTED_MAX)
        )
    )


def take_back(
    session: Session, row: MailedInvitation, kind: AddressLinkKind, by: UUID, now: datetime
) -> None:
    """Let an invitation and its link serve no more; raise NotYours where it was accepted."""
    if row.used_at is not None:
        raise NotYours
    row.withdrawn_at = row.withdrawn_at or now
    drop_address_links(session, kind, row.id)
    act = {
        AddressLinkKind.FAMILY: ActKind.INVITATION_WITHDRAWN,
        AddressLinkKind.ORGANISATION: ActKind.ORGANISATION_UNINVITED,
    }[kind]
    record_act(session, act, by, row.id, now)


def names_of_inviting(session: Session, rows: Iterable[MailedInvitation]) -> dict[UUID, str]:
    """Return what those are called who invite: one question."""
    inviting = {row.invited_by for row in rows}
    people = session.scalars(select(SignInAccount).where(SignInAccount.id.in_(inviting)))
    return {one.id: f"{one.given_name} {one.family_name}" for one in people}
