"""An establishment's staff: who they are, and that nothing else is theirs.

Promise: whatever is asked in somebody's name is first found among what is theirs; the rest does not
exist for them. Everybody has an account of their own; one that ended sees nothing from then on.
"""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from backend.access.staff_tables import EstablishmentMember
from backend.access.tables import Enrolment, Establishment
from backend.accounts.errors import NotYours
from backend.accounts.signin.sessions import select_asking
from backend.accounts.signin.tables import SignInAccount


class Place(NamedTuple):
    """An establishment whose staff somebody is."""

    id: UUID
    name: str
    time_zone: str


def add_staff(session: Session, account_id: UUID, establishment_id: UUID, now: datetime) -> None:
    """Let somebody look after an establishment; a second time changes nothing. Raises NotYours."""
    if session.get(Establishment, establishment_id) is None:
        raise NotYours
    row = session.get(EstablishmentMember, (account_id, establishment_id), with_for_update=True)
    if row is None:
        session.add(
            EstablishmentMember(
                account_id=account_id, establishment_id=establishment_id, since=now, ended_at=None
            )
        )
    elif row.ended_at is not None:
        row.since, row.ended_at = now, None
    session.flush()


def end_staff(session: Session, account_id: UUID, establishment_id: UUID, now: datetime) -> None:
    """Let somebody look after an establishment no more. Raises NotYours."""
    row = session.get(EstablishmentMember, (account_id, establishment_id), with_for_update=True)
    if row is None:
        raise NotYours
    row.ended_at = row.ended_at or now
    session.flush()


def establishments_of(session: Session, account_id: UUID) -> list[tuple[UUID, str]]:
    """Return the establishments that somebody looks after, by name."""
    rows = session.execute(
        select(Establishment.id, Establishment.name)
        .join(EstablishmentMember, EstablishmentMember.establishment_id == Establishment.id)
        .where(EstablishmentMember.account_id == account_id, EstablishmentMember.ended_at.is_(None))
        .order_by(Establishment.name, Establishment.id)
    )
    return [(row.id, row.name) for row in rows]


def check_staff(session: Session, account_id: UUID, establishment_id: UUID) -> Establishment:
    """Return an establishment that somebody looks after; raise NotYours."""
    place = session.scalar(
        select(Establishment)
        .join(EstablishmentMember, EstablishmentMember.establishment_id == Establishment.id)
        .where(
            Establishment.id == establishment_id,
            EstablishmentMember.account_id == account_id,
            EstablishmentMember.ended_at.is_(None),
        )
    )
    if place is None:
        raise NotYours
    return place


@cache
def select_asking_of_staff() -> Select[Any]:
    """Select who is asking (`select_asking`) with one that may be theirs, by `establishment_id`."""
    member = EstablishmentMember
    theirs = and_(
        member.establishment_id == bindparam("establishment_id"),
        member.account_id == SignInAccount.id,
        member.ended_at.is_(None),
    )
    return (
        select_asking()
        .add_columns(Establishment.id, Establishment.name, Establishment.time_zone)
        .outerjoin(member, theirs)
        .outerjoin(Establishment, Establishment.id == member.establishment_id)
    )


def place_of(row: Row[Any] | None) -> Place:
    """Return the establishment that `select_asking_of_staff` found; raise NotYours."""
    if row is None or row.id is None:
        raise NotYours
    return Place(row.id, row.name, row.time_zone)


def check_pupil(
    session: Session, account_id: UUID, establishment_id: UUID, enrolment_id: UUID
) -> Enrolment:
    """Return the enrolment of somebody who belongs to the establishment now; raise NotYours."""
    check_staff(session, account_id, establishment_id)
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.establishment_id != establishment_id:
        raise NotYours
    if enrolment.ended_at is not None:
        raise NotYours
    return enrolment
