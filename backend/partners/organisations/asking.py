"""An organisation asks to be a partner, and those who run the service answer.

    own ──ask──▶ asked ──accept──▶ accepted, for good
     ▲             │ └──refuse──▶ refused ──ask──▶ asked
     └──withdraw───┘

Promise: an organisation becomes a partner once, with its activity, its place and its people, in one
unit of work: all of it is there, or nothing. Every member is told by mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import AddressNoticeKind
from backend.partners.directory import Place, place_outlet
from backend.partners.directory_tables import Commune
from backend.partners.organisations.documents import documents_of, keep_documents_on
from backend.partners.organisations.errors import (
    OrganisationFixed,
    OrganisationTwice,
    OrganisationUnknown,
)
from backend.partners.organisations.kinds import KINDS, Kind
from backend.partners.organisations.people import members_of, tell
from backend.partners.organisations.profile import find_own
from backend.partners.organisations.suggesting import note_listed
from backend.partners.organisations.tables import (
    REASON_CHARACTERS_MAX,
    Organisation,
    OrganisationDocument,
    OrganisationMember,
    OrganisationState,
)
from backend.partners.registry import create_outlet, create_partner, set_activities
from backend.partners.space import add_member

LISTED_MAX: Final = 40
#: Signs with a partner, by id: where amounts are owed is known to another room.
Contract = Callable[[Session, UUID], object]


@dataclass(frozen=True, slots=True)
class AskedLine:
    """An organisation that waits for an answer, with what the answer is made of."""

    organisation: Organisation
    kind: Kind
    commune: str
    #: Name and address of everybody who looks after it.
    people: tuple[tuple[str, str], ...]
    #: A partner has its number already: it can only be refused.
    is_twice: bool
    #: Without their content.
    documents: tuple[OrganisationDocument, ...]


def ask(session: Session, account_id: UUID, organisation_id: UUID, now: datetime) -> None:
    """Ask that it be a partner; raise NotYours, OrganisationFixed."""
    row = find_own(session, account_id, organisation_id, lock=True)
    if row.state not in {OrganisationState.OWN.value, OrganisationState.REFUSED.value}:
        raise OrganisationFixed
    if row.phone is None:
        raise OrganisationFixed
    row.state, row.asked_at = OrganisationState.ASKED.value, now
    row.decided_at = row.decided_by = row.reason = None
    record_act(session, ActKind.ORGANISATION_ASKED, account_id, row.id, now)


def withdraw(session: Session, account_id: UUID, organisation_id: UUID, now: datetime) -> None:
    """Take the request back; raise NotYours, OrganisationFixed."""
    row = find_own(session, account_id, organisation_id, lock=True)
    if row.state != OrganisationState.ASKED.value:
        raise OrganisationFixed
    row.state = OrganisationState.OWN.value
    record_act(session, ActKind.ORGANISATION_WITHDRAWN, account_id, row.id, now)


def list_asked(session: Session) -> list[AskedLine]:
    """Return who waits, the longest wait first, at most LISTED_MAX: four questions."""
    rows = session.execute(
        select(Organisation, Commune.name)
        .join(Commune, Commune.code == Organisation.commune_code)
        .where(Organisation.state == OrganisationState.ASKED.value)
        .order_by(Organisation.asked_at, Organisation.id)
        .limit(LISTED_MAX)
    ).all()
    people = _people(session, [row[0].id for row in rows])
    taken = _taken(session, [row[0] for row in rows])
    documents = documents_of(session, [row[0].id for row in rows])
    return [
        AskedLine(
            one,
            KINDS[one.kind],
            commune,
            tuple(people.get(one.id, ())),
            bool({one.rna, one.siret} & taken),
            tuple(documents.get(one.id, ())),
        )
        for one, commune in rows
    ]


def accept(
    session: Session, organisation_id: UUID, by: UUID, now: datetime, *, contract: Contract
) -> UUID:
    """Make an organisation a partner, with its place and its people; return the partner's id.

    `contract` makes it one that can be paid, in this unit of work: without that it is none.
    Raises OrganisationUnknown, OrganisationTwice.
    """
    row = _asked(session, organisation_id)
    if _taken(session, [row]):
        raise OrganisationTwice
    partner = create_partner(session, row.name)
    set_activities(session, partner.id, [KINDS[row.kind].activity])
    outlet = create_outlet(session, partner.id, row.name)
    lines = (row.address_1, row.address_2 or "")
    place_outlet(session, outlet.id, Place(row.commune_code, lines, row.postcode))
    members = members_of(session, row.id)
    for one in members:
        add_member(session, one.account_id, partner.id, now)
    row.partner_id = partner.id
    _decide(row, OrganisationState.ACCEPTED, by, now)
    session.flush()
    contract(session, partner.id)
    keep_documents_on(session, row.id, now)
    note_listed(session, row, by, now)
    record_act(session, ActKind.ORGANISATION_ACCEPTED, by, row.id, now)
    tell(session, AddressNoticeKind.ORGANISATION_DECIDED, members, now)
    return partner.id


def refuse(session: Session, organisation_id: UUID, by: UUID, reason: str, now: datetime) -> None:
    """Refuse, with the reason that its people read; raise OrganisationUnknown."""
    row = _asked(session, organisation_id)
    row.reason = " ".join(reason.split())[:REASON_CHARACTERS_MAX]
    _decide(row, OrganisationState.REFUSED, by, now)
    session.flush()
    keep_documents_on(session, row.id, now)
    record_act(session, ActKind.ORGANISATION_REFUSED, by, row.id, now, words=row.reason)
    tell(session, AddressNoticeKind.ORGANISATION_DECIDED, members_of(session, row.id), now)


def _asked(session: Session, organisation_id: UUID) -> Organisation:
    row = session.get(Organisation, organisation_id, with_for_update=True)
    if row is None or row.state != OrganisationState.ASKED.value:
        raise OrganisationUnknown
    return row


def _decide(row: Organisation, state: OrganisationState, by: UUID, now: datetime) -> None:
    row.state, row.decided_at, row.decided_by = state.value, now, by


def _people(session: Session, ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    rows = session.execute(
        select(OrganisationMember.organisation_id, SignInAccount)
        .join(SignInAccount, SignInAccount.id == OrganisationMember.account_id)
        .where(OrganisationMember.organisation_id.in_(ids), OrganisationMember.ended_at.is_(None))
        .order_by(OrganisationMember.since, OrganisationMember.id)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for organisation_id, one in rows:
        person = (f"{one.given_name} {one.family_name}", one.email)
        found.setdefault(organisation_id, []).append(person)
    return found


def _taken(session: Session, rows: list[Organisation]) -> set[str | None]:
    """Return which of their numbers a partner has already."""
    chosen = select(Organisation.rna, Organisation.siret).where(
        Organisation.state == OrganisationState.ACCEPTED.value,
        Organisation.rna.in_([one.rna for one in rows if one.rna])
        | Organisation.siret.in_([one.siret for one in rows if one.siret]),
    )
    return {number for pair in session.execute(chosen) for number in pair if number}
