"""Invitations by mail: a second parent into a family, a young person to an account of their own.

Good for seven days and once; whoever accepts must have the address that was invited. A link opens a
page, its button acts; whoever is signed in with the address finds the invitation without it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import find_beneficiary, normal_email
from backend.accounts.errors import NotYours
from backend.accounts.families.composition import add_member, check_member, tell_members
from backend.accounts.families.errors import NotOldEnough, TieTaken
from backend.accounts.families.own_tie import OWN_ACCOUNT_YEARS, make_tie
from backend.accounts.families.rights import check_mine
from backend.accounts.families.tables import FamilyInvitation, Relation, Tie
from backend.accounts.mailed_invitations import (
    check_acceptable,
    find_invited,
    names_of_inviting,
    sent,
    take_back,
    waiting,
)
from backend.accounts.outbox import owe_address_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.address_links import drop_address_links
from backend.accounts.signin.sign_up import age_on
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import AddressNoticeKind

PARENT: Final = "parent"
SELF: Final = "self"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits, as the invited person sees it."""

    invitation_id: UUID
    email: str
    invited_by: str
    #: True for an account of one's own, False for a parent who joins a family.
    is_own_account: bool


def invite_parent(
    session: Session, account_id: UUID, family_id: UUID, email: str, now: datetime
) -> UUID:
    """Invite an address into a family; raise NotYours, EmailInvalid, TooManyRequests."""
    address = normal_email(email)
    check_member(session, account_id, family_id)
    invitation_id = _write(session, account_id, address, now, family_id=family_id)
    record_act(session, ActKind.MEMBER_INVITED, account_id, family_id, now)
    return invitation_id


def invite_own_child(
    session: Session, account_id: UUID, beneficiary_id: UUID, email: str, now: datetime
) -> UUID:
    """Invite one's child of 15 or more to an account of their own.

    Raises NotYours, EmailInvalid, NotOldEnough, TieTaken, TooManyRequests.
    """
    if check_mine(session, account_id, beneficiary_id) is not Relation.CHILD:
        raise NotYours
    return invite_young_person(session, account_id, beneficiary_id, email, now)


def invite_young_person(
    session: Session, by: UUID, beneficiary_id: UUID, email: str, now: datetime
) -> UUID:
    """Invite a young person to an account of their own; `by` may: their parent, or staff.

    Raises EmailInvalid, NotOldEnough, TieTaken, TooManyRequests.
    """
    address, person = normal_email(email), find_beneficiary(session, beneficiary_id)
    if age_on(person.birth_date, now.date()) < OWN_ACCOUNT_YEARS:
        raise NotOldEnough
    tied = select(Tie.id).where(Tie.beneficiary_id == beneficiary_id, Tie.ended_at.is_(None))
    if session.scalar(tied) is not None:
        raise TieTaken
    invitation_id = _write(session, by, address, now, beneficiary_id=beneficiary_id)
    kind = ActKind.OWN_ACCOUNT_INVITED
    record_act(session, kind, by, invitation_id, now, beneficiary_id=beneficiary_id)
    return invitation_id


def withdraw_invitation(
    session: Session, account_id: UUID, family_id: UUID, invitation_id: UUID, now: datetime
) -> None:
    """Take back an invitation into one's family; raise NotYours."""
    check_member(session, account_id, family_id)
    row = session.get(FamilyInvitation, invitation_id, with_for_update=True)
    if row is None or row.family_id != family_id:
        raise NotYours
    take_back(session, row, AddressLinkKind.FAMILY, account_id, now)


def find_invitation(session: Session, token: str, now: datetime) -> Invitation:
    """Return what a link invites to; raise LinkGone. Looking changes nothing."""
    row = find_invited(session, FamilyInvitation, AddressLinkKind.FAMILY, token, now)
    return _seen(session, [row])[0]


def my_invitations(session: Session, account_id: UUID, now: datetime) -> list[Invitation]:
    """Return the invitations that wait for somebody's address."""
    mine = select(SignInAccount.email).where(SignInAccount.id == account_id).scalar_subquery()
    found = waiting(session, FamilyInvitation, FamilyInvitation.email == mine, now)
    return _seen(session, found)


def accept_invitation(
    session: Session, account_id: UUID, invitation_id: UUID, now: datetime
) -> None:
    """Accept an invitation to one's own address.

    Raises LinkGone, AddressDiffers, TooManyOfFamily, NotOldEnough, TieTaken.
    """
    row = session.get(FamilyInvitation, invitation_id, with_for_update=True)
    check_acceptable(session, row, account_id, now)
    assert row is not None, "there is one to accept"
    row.used_at = now
    drop_address_links(session, AddressLinkKind.FAMILY, row.id)
    if row.beneficiary_id is not None:
        make_tie(session, account_id, row.beneficiary_id, account_id, now)
        return
    assert row.family_id is not None, "the table demands one or the other"
    add_member(session, row.family_id, account_id, row.invited_by, now)
    record_act(session, ActKind.MEMBER_JOINED, account_id, row.family_id, now)
    tell_members(session, row.family_id, "member_joined", now, but=account_id)


def _write(
    session: Session,
    by: UUID,
    email: str,
    now: datetime,
    *,
    family_id: UUID | None = None,
    beneficiary_id: UUID | None = None,
) -> UUID:
    row = FamilyInvitation(
        relation=PARENT if family_id is not None else SELF,
        family_id=family_id,
        beneficiary_id=beneficiary_id,
        **sent(session, by, email, now),
    )
    session.add(row)
    session.flush()
    owe_address_notice(session, AddressNoticeKind.FAMILY_INVITATION, row.id, now)
    return row.id


def _seen(session: Session, rows: list[FamilyInvitation]) -> list[Invitation]:
    names = names_of_inviting(session, rows)
    return [
        Invitation(row.id, row.email, names[row.invited_by], row.beneficiary_id is not None)
        for row in rows
    ]
