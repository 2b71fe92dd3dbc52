"""What each person may take at an establishment, as a gate's list says it. Only reads.

A right carries its conditions and never a reason: whether somebody is boarder, poor or on a diet is
not a gate's business.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access.meals import read_meals_left
from backend.access.tables import (
    EnrolmentService,
    Establishment,
    Gate,
    GateAnswer,
    Passage,
    PassageCancellation,
    Reservation,
    Service,
)
from backend.cards.tables import Card

RESERVED_DAYS_AHEAD: Final = 60
"""How far ahead a reservation may be made, and a list carries it."""

Json: TypeAlias = dict[str, object]
_Key: TypeAlias = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Week:
    """The ISO week that quotas are counted in: its Monday, and how often each took what."""

    monday: date
    used: dict[tuple[UUID, str], int]


def read_rights(
    session: Session, place: Establishment, today: date
) -> dict[UUID, list[tuple[str, Json]]]:
    """Return, by enrolment, each right: the service's code and the JSON of its terms."""
    reserved = _read_reservations(session, place.id, today)
    meals_left = read_meals_left(session, place)
    # Columns and no objects: a large school has thousands of rights.
    rows = session.execute(
        select(
            EnrolmentService.enrolment_id,
            EnrolmentService.service_id,
            EnrolmentService.days,
            EnrolmentService.by_reservation,
            EnrolmentService.prepaid,
            EnrolmentService.passages_max,
            Service.code,
        )
        .join(Service, Service.id == EnrolmentService.service_id)
        .where(Service.establishment_id == place.id)
        .order_by(Service.code)
    )
    rights = defaultdict[UUID, list[tuple[str, Json]]](list)
    for enrolment_id, service_id, days, by_reservation, prepaid, passages_max, code in rows:
        key = (enrolment_id, service_id)
        terms: Json = {"service": code}
        if days is not None:
            terms["days"] = [int(day) for day in days]
        if by_reservation:
            terms["reserved_on"] = [day.isoformat() for day in reserved.get(key, [])]
        if passages_max is not None:
            terms["passages_max"] = passages_max
        if prepaid:
            terms["meals_left"] = meals_left.get(key, 0)
        rights[enrolment_id].append((code, terms))
    return rights


def read_week(session: Session, place: Establishment, today: date) -> Week:
    """Return what was taken this ISO week of services with a weekly quota, by person."""
    monday = today - timedelta(days=today.weekday())
    rows = session.execute(
        select(Card.beneficiary_id, Passage.service, func.count())
        .join(Card, Card.id == Passage.card_id)
        .join(
            Service,
            (Service.establishment_id == Passage.establishment_id)
            & (Service.code == Passage.service),
        )
        .where(
            Passage.establishment_id == place.id,
            Passage.answer == GateAnswer.OK.value,
            Passage.local_day >= monday,
            Passage.passage_id.not_in(select(PassageCancellation.passage_id)),
            Service.week_max.is_not(None),
        )
        .group_by(Card.beneficiary_id, Passage.service)
    )
    used = {(person, service): count for person, service, count in rows if service is not None}
    return Week(monday, used)


def read_counted(session: Session, establishment_id: UUID) -> dict[str, int]:
    """Return, by gate of the place, the number of the last passage that is recorded here."""
    gates = session.scalars(
        select(Gate.terminal_id)
        .where(Gate.establishment_id == establishment_id)
        .order_by(Gate.terminal_id)
    )
    return {str(gate): _last_sequence(session, gate) for gate in gates}


def _last_sequence(session: Session, terminal_id: UUID) -> int:
    last = session.scalar(
        select(Passage.sequence)
        .where(Passage.terminal_id == terminal_id)
        .order_by(Passage.sequence.desc())
        .limit(1)
    )
    return last or 0


def _read_reservations(
    session: Session, establishment_id: UUID, today: date
) -> dict[_Key, list[date]]:
    rows = session.execute(
        select(Reservation.enrolment_id, Reservation.service_id, Reservation.day)
        .join(Service, Service.id == Reservation.service_id)
        .where(
            Service.establishment_id == establishment_id,
            Reservation.cancelled_at.is_(None),
            # Yesterday's, for a gate whose clock is a little behind midnight.
            Reservation.day >= today - timedelta(days=1),
            Reservation.day <= today + timedelta(days=RESERVED_DAYS_AHEAD),
        )
        .order_by(Reservation.day)
    )
    reserved = defaultdict[_Key, list[date]](list)
    for enrolment_id, service_id, day in rows:
        reserved[enrolment_id, service_id].append(day)
    return reserved
