"""An establishment's referents: grown-ups with a card of their own kind, and rights of their own.

Promise: whoever looks after the establishment names them, and who did so is written down; they are
of age, so no family looks after one; files of pupils neither make nor end them; benefits of the
young are not theirs. Their card is ordered, handed over, blocked and given its code as any other.
Not here: what they may spend (the benefits room's rules).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.access.errors import TooManyReferents
from backend.access.establishments import end_enrolment, enrol_pupil
from backend.access.staff import check_pupil, check_staff
from backend.access.staff_cards import Office
from backend.access.tables import Enrolment, EnrolmentService, HolderCategory, Service
from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.errors import NotYours
from backend.accounts.families.requests import OF_AGE_YEARS
from backend.accounts.holder_kinds import HolderKind
from backend.accounts.names import normal_name
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.errors import BirthDateUnlikely
from backend.accounts.signin.sign_up import YEARS_MAX, age_on
from backend.accounts.tables import Beneficiary
from backend.cards.states import CardState
from backend.cards.tables import Card

#: An establishment has a handful; whoever has more has made a mistake.
REFERENTS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class NewReferent:
    """Who becomes one; never printed."""

    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    #: Asked again for a new code; it must make them of age.
    birth_date: date = field(repr=False)
    #: The address they will sign in with, and are written to.
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReferentLine:
    """One of an establishment's referents, what they may pass, and their card."""

    enrolment_id: UUID
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    services: tuple[str, ...]
    card_state: CardState | None


def add_referent(
    session: Session, office: Office, new: NewReferent, services: Collection[str]
) -> tuple[UUID, UUID]:
    """Let a grown-up be a referent here, with these services; return enrolment and person.

    Raises NotYours, NameInvalid, EmailInvalid, BirthDateUnlikely, ServiceUnknown,
    TooManyReferents.
    """
    place = check_staff(session, office.account_id, office.establishment_id)
    if not OF_AGE_YEARS <= age_on(new.birth_date, office.now.date()) <= YEARS_MAX:
        raise BirthDateUnlikely
    if _count(session, place.id) >= REFERENTS_MAX:
        raise TooManyReferents
    person = create_beneficiary(
        session,
        given_name=normal_name(new.given_name),
        family_name=normal_name(new.family_name),
        birth_date=new.birth_date,
        now=office.now,
        contact=Contact(email=new.email),
        kind=HolderKind.REFERENT,
    ).id
    category = HolderCategory.REFERENT
    enrolment = enrol_pupil(session, place.id, person, services, category=category).id
    _note(session, office, ActKind.REFERENT_ADDED, enrolment, person)
    return enrolment, person


def end_referent(session: Session, office: Office, enrolment_id: UUID) -> None:
    """Let somebody be a referent here no more: no gate admits them. Raises NotYours."""
    row = check_pupil(session, office.account_id, office.establishment_id, enrolment_id)
    if row.category != HolderCategory.REFERENT.value:
        raise NotYours
    end_enrolment(session, row.establishment_id, row.beneficiary_id, office.now)
    _note(session, office, ActKind.REFERENT_ENDED, enrolment_id, row.beneficiary_id)


def list_referents(session: Session, establishment_id: UUID) -> list[ReferentLine]:
    """Return an establishment's referents by name, in three statements."""
    here = _here(establishment_id)
    people = session.execute(
        select(Enrolment.id, Enrolment.beneficiary_id, Beneficiary)
        .join(Beneficiary, Beneficiary.id == Enrolment.beneficiary_id)
        .where(*here)
        .order_by(Beneficiary.family_name, Beneficiary.given_name, Enrolment.id)
        .limit(REFERENTS_MAX)
    ).all()
    labels: dict[UUID, list[str]] = {}
    given = (
        select(EnrolmentService.enrolment_id, Service.label)
        .join(Service, Service.id == EnrolmentService.service_id)
        .join(Enrolment, Enrolment.id == EnrolmentService.enrolment_id)
        .where(*here)
        .order_by(Service.opens, Service.code)
    )
    for enrolment_id, label in session.execute(given):
        labels.setdefault(enrolment_id, []).append(label)
    cards = (
        select(Card.beneficiary_id, Card.state)
        .join(Enrolment, Enrolment.beneficiary_id == Card.beneficiary_id)
        .where(*here, Card.state != CardState.CANCELLED.value)
        .order_by(Card.ordered_at, Card.id)
    )
    latest = {row.beneficiary_id: CardState(row.state) for row in session.execute(cards)}
    return [
        ReferentLine(
            row.id,
            row.Beneficiary.given_name,
            row.Beneficiary.family_name,
            tuple(labels.get(row.id, ())),
            latest.get(row.beneficiary_id),
        )
        for row in people
    ]


def _here(establishment_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Enrolment.establishment_id == establishment_id,
        Enrolment.category == HolderCategory.REFERENT.value,
        Enrolment.ended_at.is_(None),
    )


def _count(session: Session, establishment_id: UUID) -> int:
    return session.scalar(select(func.count(Enrolment.id)).where(*_here(establishment_id))) or 0


def _note(
    session: Session, office: Office, kind: ActKind, enrolment_id: UUID, person: UUID
) -> None:
    record_act(session, kind, office.account_id, enrolment_id, office.now, beneficiary_id=person)
