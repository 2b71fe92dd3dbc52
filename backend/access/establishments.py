"""Establishments, their services, who belongs to them, and where the gates stand.

A person enrolled without a service belongs to the establishment and may pass nowhere yet: the gate
answers NON_INSCRIT. Not here: lists and passages.
"""

import re
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, time
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.access.errors import (
    EnrolmentUnknown,
    EstablishmentUnknown,
    NotAGate,
    ServiceCodeTaken,
    ServiceInvalid,
    ServiceUnknown,
    TimeZoneUnknown,
)
from backend.access.tables import (
    NAME_CHARACTERS_MAX,
    Enrolment,
    EnrolmentService,
    Establishment,
    Gate,
    Service,
)
from backend.accounts.beneficiaries import find_beneficiary
from backend.partners.errors import TerminalUnknown
from backend.partners.tables import Terminal, TerminalKind

PASSAGES_PER_DAY_MAX = 20
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def create_establishment(
    session: Session,
    name: str,
    *,
    time_zone: str = "Europe/Paris",
    make_id: Callable[[], UUID] = uuid4,
) -> Establishment:
    """Record an establishment; raise TimeZoneUnknown."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown from None
    establishment = Establishment(id=make_id(), name=name, time_zone=time_zone)
    session.add(establishment)
    session.flush()
    return establishment


def find_establishment(session: Session, establishment_id: UUID) -> Establishment:
    """Return an establishment; raise EstablishmentUnknown."""
    establishment = session.get(Establishment, establishment_id)
    if establishment is None:
        raise EstablishmentUnknown
    return establishment


def add_service(
    session: Session,
    establishment_id: UUID,
    *,
    code: str,
    label: str,
    days: Iterable[int],
    hours: tuple[time, time],
    passages_max: int = 1,
    make_id: Callable[[], UUID] = uuid4,
) -> Service:
    """Record a service: ISO days, wall-clock opening and closing, passages per person and day.

    Raises EstablishmentUnknown, ServiceInvalid, ServiceCodeTaken.
    """
    find_establishment(session, establishment_id)
    service = Service(
        id=make_id(),
        establishment_id=establishment_id,
        code=code,
        label=label,
        days="".join(str(day) for day in sorted(set(days))),
        opens=hours[0],
        closes=hours[1],
        passages_max=passages_max,
    )
    _check_service(service)
    if _find_service(session, establishment_id, code) is not None:
        raise ServiceCodeTaken
    session.add(service)
    session.flush()
    return service


def _check_service(service: Service) -> None:
    hours = (service.opens, service.closes)
    sound = (
        _CODE.fullmatch(service.code) is not None
        and 1 <= len(service.label) <= NAME_CHARACTERS_MAX
        and re.fullmatch("[1-7]{1,7}", service.days) is not None
        and service.opens < service.closes
        # A list carries hours and minutes; a service never crosses midnight.
        and all(hour == hour.replace(second=0, microsecond=0, tzinfo=None) for hour in hours)
        and 1 <= service.passages_max <= PASSAGES_PER_DAY_MAX
    )
    if not sound:
        raise ServiceInvalid


def enrol_pupil(
    session: Session,
    establishment_id: UUID,
    beneficiary_id: UUID,
    services: Collection[str],
    make_id: Callable[[], UUID] = uuid4,
) -> Enrolment:
    """Let a person belong to an establishment with these services, and no others from now on.

    Raises EstablishmentUnknown, BeneficiaryUnknown, ServiceUnknown.
    """
    find_establishment(session, establishment_id)
    find_beneficiary(session, beneficiary_id)
    service_ids = _service_ids(session, establishment_id, services)
    enrolment = _find_enrolment(session, establishment_id, beneficiary_id)
    if enrolment is None:
        enrolment = Enrolment(
            id=make_id(), establishment_id=establishment_id, beneficiary_id=beneficiary_id
        )
        session.add(enrolment)
    enrolment.ended_at = None
    session.flush()
    _give_services(session, enrolment, service_ids)
    return enrolment


def end_enrolment(
    session: Session, establishment_id: UUID, beneficiary_id: UUID, now: datetime
) -> None:
    """Take a person and their cards off the establishment's lists; raise EnrolmentUnknown."""
    enrolment = _find_enrolment(session, establishment_id, beneficiary_id)
    if enrolment is None:
        raise EnrolmentUnknown
    enrolment.ended_at = enrolment.ended_at or now
    _give_services(session, enrolment, [])


def assign_gate(session: Session, terminal_id: UUID, establishment_id: UUID) -> Gate:
    """Say at which establishment a gate stands; moving it changes its list.

    Raises TerminalUnknown, NotAGate, EstablishmentUnknown.
    """
    terminal = session.get(Terminal, terminal_id, with_for_update=True)
    if terminal is None:
        raise TerminalUnknown
    if terminal.kind != TerminalKind.GATE.value:
        raise NotAGate
    establishment = find_establishment(session, establishment_id)
    terminal.establishment_name = establishment.name
    gate = session.get(Gate, terminal_id, with_for_update=True)
    if gate is None:
        gate = Gate(terminal_id=terminal_id, list_version=0, list_hash=None)
        session.add(gate)
    gate.establishment_id = establishment_id
    session.flush()
    return gate


def _give_services(session: Session, enrolment: Enrolment, service_ids: list[UUID]) -> None:
    session.execute(delete(EnrolmentService).where(EnrolmentService.enrolment_id == enrolment.id))
    session.add_all(
        EnrolmentService(enrolment_id=enrolment.id, service_id=service_id)
        for service_id in service_ids
    )
    session.flush()


def _find_service(session: Session, establishment_id: UUID, code: str) -> Service | None:
    return session.scalar(
        select(Service).where(Service.establishment_id == establishment_id, Service.code == code)
    )


def _service_ids(session: Session, establishment_id: UUID, codes: Collection[str]) -> list[UUID]:
    found = [_find_service(session, establishment_id, code) for code in sorted(set(codes))]
    services = [service for service in found if service is not None]
    if len(services) < len(found):
        raise ServiceUnknown
    return [service.id for service in services]


def _find_enrolment(
    session: Session, establishment_id: UUID, beneficiary_id: UUID
) -> Enrolment | None:
    return session.scalar(
        select(Enrolment)
        .where(
            Enrolment.establishment_id == establishment_id,
            Enrolment.beneficiary_id == beneficiary_id,
        )
        .with_for_update()
    )
