"""What a kitchen wants to know: for each service of a day, how many are expected and have passed.

Numbers only, no names. Expected are those whose right covers the day: full board, a package with
the day, or a reservation; who only pays meal by meal may come or not and is not expected.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.access.establishments import find_establishment
from backend.access.tables import (
    ClosedDay,
    Enrolment,
    EnrolmentService,
    GateAnswer,
    Passage,
    PassageCancellation,
    Reservation,
    Service,
)


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """One service of a day."""

    service: str
    label: str
    expected: int
    passed: int

    @property
    def remaining(self) -> int:
        """How many of the expected may still come; never below zero."""
        return max(0, self.expected - self.passed)


def count_services(session: Session, establishment_id: UUID, day: date) -> list[ServiceCount]:
    """Return the services held on a day, by opening; raise EstablishmentUnknown."""
    find_establishment(session, establishment_id)
    closed = session.get(ClosedDay, (establishment_id, day)) is not None
    services = session.scalars(
        select(Service)
        .where(Service.establishment_id == establishment_id)
        .order_by(Service.opens, Service.code)
    )
    return [
        ServiceCount(
            service=service.code,
            label=service.label,
            expected=session.scalar(_expected(service, day)) or 0,
            passed=session.scalar(_passed(service, day)) or 0,
        )
        for service in services
        if str(day.isoweekday()) in service.days and (service.held_on_closed_days or not closed)
    ]


def _expected(service: Service, day: date) -> Select[int]:
    reserved = select(Reservation.enrolment_id).where(
        Reservation.service_id == service.id,
        Reservation.day == day,
        Reservation.cancelled_at.is_(None),
    )
    by_package = EnrolmentService.days.contains(str(day.isoweekday()))
    by_reservation = EnrolmentService.enrolment_id.in_(reserved)
    return (
        select(func.count())
        .select_from(EnrolmentService)
        .join(Enrolment, Enrolment.id == EnrolmentService.enrolment_id)
        .where(
            EnrolmentService.service_id == service.id,
            Enrolment.ended_at.is_(None),
            or_(_is_full_board(), by_package, by_reservation),
        )
    )


def _is_full_board() -> ColumnElement[bool]:
    return and_(
        EnrolmentService.days.is_(None),
        ~EnrolmentService.by_reservation,
        ~EnrolmentService.prepaid,
    )


def _passed(service: Service, day: date) -> Select[int]:
    return (
        select(func.count())
        .select_from(Passage)
        .where(
            Passage.establishment_id == service.establishment_id,
            Passage.local_day == day,
            Passage.service == service.code,
            Passage.answer == GateAnswer.OK.value,
            Passage.passage_id.not_in(select(PassageCancellation.passage_id)),
        )
    )
