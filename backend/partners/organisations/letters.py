"""The mails about organisations: imported, it tells the mails' room who they go to.

Not here: the words, and when one is owed (people.py, asking.py).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.composing import Addressed, address_notices
from backend.accounts.signin.address_letters import (
    INVITATION_PATH,
    ORGANISATION_PATH,
    SIGN_UP_PATH,
    AddressLetter,
)
from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tables import Language, SignInAccount
from backend.accounts.tables import AddressNoticeKind
from backend.partners.organisations.tables import (
    Organisation,
    OrganisationInvitation,
    OrganisationMember,
    OrganisationState,
    PartnerSuggestion,
    SuggestionState,
)

_DECIDED = {
    OrganisationState.ACCEPTED.value: AddressLetter.ORGANISATION_ACCEPTED,
    OrganisationState.REFUSED.value: AddressLetter.ORGANISATION_REFUSED,
}


def _invitation(session: Session, about_id: UUID, now: datetime) -> Addressed | None:
    row = session.get(OrganisationInvitation, about_id)
    if row is None or row.is_over(now):
        return None
    inviting = session.get_one(SignInAccount, row.invited_by)
    kind = AddressLinkKind.ORGANISATION
    token = give_address_link(session, kind, row.id, row.expires_at, now)
    return Addressed(
        row.email,
        row.language,
        AddressLetter.JOIN_ORGANISATION,
        f"{INVITATION_PATH}/organisme/{token}",
        f"{inviting.given_name} {inviting.family_name}",
    )


def _decided(session: Session, about_id: UUID, _now: datetime) -> Addressed | None:
    member = session.get(OrganisationMember, about_id)
    if member is None or member.ended_at is not None:
        return None
    place = session.get_one(Organisation, member.organisation_id)
    if place.state not in _DECIDED:
        return None
    return _to_member(session, member, _DECIDED[place.state], place.reason or "")


def _people(session: Session, about_id: UUID, _now: datetime) -> Addressed | None:
    member = session.get(OrganisationMember, about_id)
    if member is None or member.ended_at is not None:
        return None
    return _to_member(session, member, AddressLetter.ORGANISATION_PEOPLE)


def _suggested(session: Session, about_id: UUID, _now: datetime) -> Addressed | None:
    row = session.get(PartnerSuggestion, about_id)
    if row is None or row.invited_email is None or row.state != SuggestionState.INVITED.value:
        return None
    letter = AddressLetter.STRUCTURE_SUGGESTED
    return Addressed(row.invited_email, Language.FRENCH.value, letter, SIGN_UP_PATH)


def _to_member(
    session: Session, member: OrganisationMember, letter: AddressLetter, about: str = ""
) -> Addressed | None:
    account = session.get_one(SignInAccount, member.account_id)
    if account.closed_at is not None:
        return None
    way = f"{ORGANISATION_PATH}/{member.organisation_id}"
    return Addressed(account.email, account.language, letter, way, about)


address_notices(AddressNoticeKind.ORGANISATION_INVITATION, _invitation)
address_notices(AddressNoticeKind.ORGANISATION_DECIDED, _decided)
address_notices(AddressNoticeKind.ORGANISATION_PEOPLE, _people)
address_notices(AddressNoticeKind.STRUCTURE_SUGGESTED, _suggested)
