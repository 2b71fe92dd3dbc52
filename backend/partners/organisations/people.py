"""Who looks after an organisation: invited by mail, joined, left, put out by who invited them.

Promise: who looks after an organisation that is a partner belongs to the partner, and no longer
than that. Every other member is told by mail. Not here: what is asked in its name (asking.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import NotYours
from backend.accounts.mailed_invitations import (
    check_acceptable,
    find_invited,
    names_of_inviting,
    sent,
    take_back,
    waiting,
)
from backend.accounts.memberships import begun
from backend.accounts.outbox import owe_address_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.address_links import drop_address_links
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import AddressNoticeKind
from backend.partners.organisations.documents import forget_documents
from backend.partners.organisations.errors import TooManyOfOrganisation
from backend.partners.organisations.profile import (
    ORGANISATIONS_MAX,
    count_memberships,
    find_own,
)
from backend.partners.organisations.tables import (
    Organisation,
    OrganisationInvitation,
    OrganisationMember,
    OrganisationState,
)
from backend.partners.space import add_member
from backend.partners.tables import PartnerMember

MEMBERS_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Somebody who looks after it, as the others see them."""

    account_id: UUID
    name: str
    #: Whether the one who looks may put them out.
    removable: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits, as whoever is invited sees it."""

    invitation_id: UUID
    email: str
    invited_by: str
    organisation: str
    #: What the one who is invited was written to in.
    language: str


def members_of(session: Session, organisation_id: UUID) -> list[OrganisationMember]:
    """Return who looks after an organisation now."""
    return list(
        session.scalars(
            select(OrganisationMember)
            .where(
                OrganisationMember.organisation_id == organisation_id,
                OrganisationMember.ended_at.is_(None),
            )
            .order_by(OrganisationMember.since, OrganisationMember.id)
        )
    )


def read_members(session: Session, account_id: UUID, organisation_id: UUID) -> list[MemberLine]:
    """Return who looks after an organisation, by name: one question."""
    rows = session.execute(
        select(OrganisationMember, SignInAccount)
        .join(SignInAccount, SignInAccount.id == OrganisationMember.account_id)
        .where(
            OrganisationMember.organisation_id == organisation_id,
            OrganisationMember.ended_at.is_(None),
        )
        .order_by(OrganisationMember.since, OrganisationMember.id)
        .limit(MEMBERS_MAX)
    )
    return [
        MemberLine(
            account.id,
            f"{account.given_name} {account.family_name}",
            member.invited_by == account_id,
        )
        for member, account in rows
    ]


def invite(
    session: Session, account_id: UUID, organisation_id: UUID, email: str, now: datetime
) -> UUID:
    """Invite an address to look after it too; raise NotYours, EmailInvalid, TooManyRequests."""
    find_own(session, account_id, organisation_id)
    row = OrganisationInvitation(
        organisation_id=organisation_id, **sent(session, account_id, normal_email(email), now)
    )
    session.add(row)
    session.flush()
    owe_address_notice(session, AddressNoticeKind.ORGANISATION_INVITATION, row.id, now)
    record_act(session, ActKind.ORGANISATION_INVITED, account_id, organisation_id, now)
    return row.id


def withdraw_invitation(
    session: Session, account_id: UUID, organisation_id: UUID, invitation_id: UUID, now: datetime
) -> None:
    """Take an invitation back; raise NotYours."""
    find_own(session, account_id, organisation_id)
    row = session.get(OrganisationInvitation, invitation_id, with_for_update=True)
    if row is None or row.organisation_id != organisation_id:
        raise NotYours
    take_back(session, row, AddressLinkKind.ORGANISATION, account_id, now)


def find_invitation(session: Session, token: str, now: datetime) -> Invitation:
    """Return what a link invites to; raise LinkGone. Looking changes nothing."""
    kind = AddressLinkKind.ORGANISATION
    return _seen(session, [find_invited(session, OrganisationInvitation, kind, token, now)])[0]


def invitations_to(session: Session, account_id: UUID, now: datetime) -> list[Invitation]:
    """Return the invitations that wait for somebody's address."""
    mine = select(SignInAccount.email).where(SignInAccount.id == account_id).scalar_subquery()
    return _seen(
        session, waiting(session, OrganisationInvitation, OrganisationInvitation.email == mine, now)
    )


def invitations_of(session: Session, organisation_id: UUID, now: datetime) -> list[Invitation]:
    """Return the invitations to an organisation that wait."""
    mine = OrganisationInvitation.organisation_id == organisation_id
    return _seen(session, waiting(session, OrganisationInvitation, mine, now))


def accept_invitation(
    session: Session, account_id: UUID, invitation_id: UUID, now: datetime
) -> None:
    """Accept an invitation to one's own address; who looks after a partner belongs to it.

    Raises LinkGone, AddressDiffers, TooManyOfOrganisation.
    """
    row = session.get(OrganisationInvitation, invitation_id, with_for_update=True)
    check_acceptable(session, row, account_id, now)
    assert row is not None, "there is one to accept"
    row.used_at = now
    drop_address_links(session, AddressLinkKind.ORGANISATION, row.id)
    place = session.get_one(Organisation, row.organisation_id, with_for_update=True)
    members = members_of(session, place.id)
    if account_id in {one.account_id for one in members}:
        return
    crowded = count_memberships(session, account_id) >= ORGANISATIONS_MAX
    if crowded or len(members) >= MEMBERS_MAX:
        raise TooManyOfOrganisation
    session.add(
        OrganisationMember(organisation_id=place.id, **begun(account_id, row.invited_by, now))
    )
    if place.partner_id is not None:
        add_member(session, account_id, place.partner_id, now)
    record_act(session, ActKind.ORGANISATION_JOINED, account_id, place.id, now)
    tell(session, AddressNoticeKind.ORGANISATION_PEOPLE, members, now)


def leave(session: Session, account_id: UUID, organisation_id: UUID, now: datetime) -> None:
    """Look after an organisation no more; what it asked for ends with the last. Raises NotYours."""
    place = find_own(session, account_id, organisation_id, lock=True)
    _end(session, place, account_id, account_id, now)
    record_act(session, ActKind.ORGANISATION_LEFT, account_id, organisation_id, now)


def put_out(
    session: Session, account_id: UUID, organisation_id: UUID, member_id: UUID, now: datetime
) -> None:
    """Put somebody out whom one has invited; raise NotYours."""
    place = find_own(session, account_id, organisation_id, lock=True)
    invited = [
        one
        for one in members_of(session, organisation_id)
        if one.account_id == member_id and one.invited_by == account_id
    ]
    if not invited:
        raise NotYours
    _end(session, place, member_id, account_id, now)
    record_act(session, ActKind.ORGANISATION_PUT_OUT, account_id, member_id, now)


def leave_all(session: Session, account_id: UUID, now: datetime) -> None:
    """Let an account that ends look after nothing any more."""
    mine = select(OrganisationMember.organisation_id).where(
        OrganisationMember.account_id == account_id, OrganisationMember.ended_at.is_(None)
    )
    for organisation_id in session.scalars(mine).all():
        place = session.get_one(Organisation, organisation_id, with_for_update=True)
        _end(session, place, account_id, None, now)


def tell(
    session: Session, kind: AddressNoticeKind, members: list[OrganisationMember], now: datetime
) -> None:
    """Owe each of these a mail."""
    for one in members:
        owe_address_notice(session, kind, one.id, now)


def _end(
    session: Session, place: Organisation, account_id: UUID, by: UUID | None, now: datetime
) -> None:
    members = members_of(session, place.id)
    for one in members:
        if one.account_id == account_id:
            one.ended_at, one.ended_by = now, by
    if place.partner_id is not None:
        session.execute(
            delete(PartnerMember).where(
                PartnerMember.account_id == account_id,
                PartnerMember.partner_id == place.partner_id,
            )
        )
    left = [one for one in members if one.account_id != account_id]
    if not left:
        # Nobody is there to be called, or to read an answer.
        place.phone = None
        forget_documents(session, place.id)
        if place.state == OrganisationState.ASKED.value:
            place.state = OrganisationState.OWN.value
    session.flush()
    tell(session, AddressNoticeKind.ORGANISATION_PEOPLE, left, now)


def _seen(session: Session, rows: list[OrganisationInvitation]) -> list[Invitation]:
    names = names_of_inviting(session, rows)
    about = {row.organisation_id for row in rows}
    places = session.scalars(select(Organisation).where(Organisation.id.in_(about)))
    called = {one.id: one.name for one in places}
    return [
        Invitation(
            row.id,
            row.email,
            names[row.invited_by],
            called[row.organisation_id],
            row.language,
        )
        for row in rows
    ]
