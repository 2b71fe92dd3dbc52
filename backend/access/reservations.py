"""Reserving a meal, and taking a reservation back, until the cut-off of the day.

Promise: one reservation per person, service and day, however often it is asked for; taken back, its
row stays. The cut-off is a time of the day itself, on the establishment's wall. A day when the
service is not held is refused. Not here: who asks (a route, a page, a command).
"""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import (
    EnrolmentUnknown,
    ReservationDayInvalid,
    ReservationNotNeeded,
    ReservationTooLate,
    ServiceUnknown,
)
from backend.access.establishments import find_establishment
from backend.access.rights import RESERVED_DAYS_AHEAD
from backend.access.tables import (
    ClosedDay,
    Enrolment,
    EnrolmentService,
    Establishment,
    Reservation,
    Service,
)


def reserve(
    session: Session, enrolment_id: UUID, service_code: str, day: date, now: datetime
) -> Reservation:
    """Reserve a service on a day; reserved already, nothing changes.

    Raises EnrolmentUnknown, ServiceUnknown, ReservationNotNeeded, ReservationDayInvalid,
    ReservationTooLate.
    """
    enrolment, service = _find(session, enrolment_id, service_code)
    _check_day(session, service, day)
    _check_cutoff(session, service, day, now)
    reservation = session.get(Reservation, (enrolment.id, service.id, day), with_for_update=True)
    if reservation is None:
        reservation = Reservation(enrolment_id=enrolment.id, service_id=service.id, day=day)
        reservation.made_at = now
        session.add(reservation)
    elif reservation.cancelled_at is not None:
        reservation.made_at, reservation.cancelled_at = now, None
    session.flush()
    return reservation


def cancel_reservation(
    session: Session, enrolment_id: UUID, service_code: str, day: date, now: datetime
) -> None:
    """Take a reservation back; without one nothing changes.

    Raises EnrolmentUnknown, ServiceUnknown, ReservationNotNeeded, ReservationTooLate.
    """
    enrolment, service = _find(session, enrolment_id, service_code)
    _check_cutoff(session, service, day, now)
    reservation = session.get(Reservation, (enrolment.id, service.id, day), with_for_update=True)
    if reservation is not None and reservation.cancelled_at is None:
        reservation.cancelled_at = now
        session.flush()


def _find(session: Session, enrolment_id: UUID, service_code: str) -> tuple[Enrolment, Service]:
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.ended_at is not None:
        raise EnrolmentUnknown
    service = session.scalar(
        select(Service).where(
            Service.establishment_id == enrolment.establishment_id, Service.code == service_code
        )
    )
    if service is None:
        raise ServiceUnknown
    right = session.get(EnrolmentService, (enrolment.id, service.id))
    if right is None or not right.by_reservation:
        raise ReservationNotNeeded
    return enrolment, service


def _check_day(session: Session, service: Service, day: date) -> None:
    held = str(day.isoweekday()) in service.days
    closed = session.get(ClosedDay, (service.establishment_id, day)) is not None
    if not held or (closed and not service.held_on_closed_days):
        raise ReservationDayInvalid


def _check_cutoff(session: Session, service: Service, day: date, now: datetime) -> None:
    place: Establishment = find_establishment(session, service.establishment_id)
    local = now.astimezone(ZoneInfo(place.time_zone))
    if day > local.date() + timedelta(days=RESERVED_DAYS_AHEAD):
        raise ReservationDayInvalid
    if day < local.date() or (day == local.date() and local.time() >= service.reservation_cutoff):
        raise ReservationTooLate
