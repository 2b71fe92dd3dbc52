"""Establishments, their services, who belongs to them, and where the gates stand.

A person enrolled without a service belongs to the establishment and may pass nowhere yet: the gate
answers NON_INSCRIT. Not here: lists and passages.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.access.errors import (
    DietInvalid,
    EnrolmentUnknown,
    EstablishmentUnknown,
    NotAGate,
    RightInvalid,
    ServiceCodeTaken,
    ServiceInvalid,
    ServiceUnknown,
    TimeZoneUnknown,
)
from backend.access.office_tables import HolderPhoto
from backend.access.tables import (
    DIET_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    Enrolment,
    EnrolmentService,
    Establishment,
    Gate,
    HolderCategory,
    Service,
)
from backend.accounts.beneficiaries import find_beneficiary
from backend.partners.errors import TerminalUnknown
from backend.partners.tables import Terminal, TerminalKind

PASSAGES_PER_DAY_MAX = 20
RESERVATION_CUTOFF = time(9, 30)
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class ServiceTerms:
    """How often one may pass a service, whether on holidays, until when one may reserve.

    `passages_max` is per person and day, `week_max` per person and ISO week.
    """

    passages_max: int = 1
    week_max: int | None = None
    held_on_closed_days: bool = False
    reservation_cutoff: time = RESERVATION_CUTOFF


@dataclass(frozen=True, slots=True)
class RightTerms:
    """What a right to a service depends on: any condition that holds is enough, none is always.

    `days` are ISO days of a package; outside them a `prepaid` right is paid meal by meal;
    `passages_max` takes the place of the service's own.
    """

    days: frozenset[int] | None = None
    by_reservation: bool = False
    prepaid: bool = False
    passages_max: int | None = None


USUAL_TERMS = ServiceTerms()
FULL_BOARD = RightTerms()


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
    terms: ServiceTerms = USUAL_TERMS,
    make_id: Callable[[], UUID] = uuid4,
) -> Service:
    """Record a service: ISO days, wall-clock opening and closing, and its terms.

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
        passages_max=terms.passages_max,
        week_max=terms.week_max,
        held_on_closed_days=terms.held_on_closed_days,
        reservation_cutoff=terms.reservation_cutoff,
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
        and (service.week_max is None or 1 <= service.week_max <= 7 * PASSAGES_PER_DAY_MAX)
    )
    if not sound:
        raise ServiceInvalid


def enrol_pupil(
    session: Session,
    establishment_id: UUID,
    beneficiary_id: UUID,
    services: Collection[str] | Mapping[str, RightTerms],
    make_id: Callable[[], UUID] = uuid4,
    *,
    category: HolderCategory = HolderCategory.PUPIL,
) -> Enrolment:
    """Let a person belong to an establishment with these services, and no others from now on.

    A mapping says on what terms; otherwise each is for always. Raises EstablishmentUnknown,
    BeneficiaryUnknown, ServiceUnknown, RightInvalid.
    """
    find_establishment(session, establishment_id)
    find_beneficiary(session, beneficiary_id)
    found = _find_services(session, establishment_id, services)
    rights = {service_id: _terms_of(services, code) for code, service_id in found.items()}
    enrolment = _find_enrolment(session, establishment_id, beneficiary_id)
    if enrolment is None:
        enrolment = Enrolment(
            id=make_id(), establishment_id=establishment_id, beneficiary_id=beneficiary_id
        )
        session.add(enrolment)
    enrolment.ended_at = None
    enrolment.category = category.value
    session.flush()
    _give_services(session, enrolment, rights)
    return enrolment


def end_enrolment(
    session: Session, establishment_id: UUID, beneficiary_id: UUID, now: datetime
) -> None:
    """Take a person and their cards off the establishment's lists; raise EnrolmentUnknown."""
    enrolment = _find_enrolment(session, establishment_id, beneficiary_id)
    if enrolment is None:
        raise EnrolmentUnknown
    enrolment.ended_at = enrolment.ended_at or now
    enrolment.diet = None
    session.execute(delete(HolderPhoto).where(HolderPhoto.enrolment_id == enrolment.id))
    _give_services(session, enrolment, {})


def set_diet(session: Session, enrolment_id: UUID, diet: str | None) -> None:
    """Say what the kitchen counts a person under, in the establishment's own words.

    Raises EnrolmentUnknown, DietInvalid.
    """
    enrolment = session.get(Enrolment, enrolment_id, with_for_update=True)
    if enrolment is None or enrolment.ended_at is not None:
        raise EnrolmentUnknown
    if diet is not None and not 1 <= len(diet.strip()) <= DIET_CHARACTERS_MAX:
        raise DietInvalid
    enrolment.diet = None if diet is None else diet.strip()


def show_on_gates(
    session: Session, establishment_id: UUID, *, initials: bool, photos: bool
) -> Establishment:
    """Say what a place's gates may hold of people besides first names.

    Raises EstablishmentUnknown.
    """
    place = find_establishment(session, establishment_id)
    place.initials_on_gates, place.photos_on_gates = initials, photos
    return place


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


def _terms_of(services: Collection[str] | Mapping[str, RightTerms], code: str) -> RightTerms:
    terms = services[code] if isinstance(services, Mapping) else FULL_BOARD
    days_are_sound = terms.days is None or (bool(terms.days) and terms.days <= set(range(1, 8)))
    passages = terms.passages_max
    if not days_are_sound or not (passages is None or 1 <= passages <= PASSAGES_PER_DAY_MAX):
        raise RightInvalid
    return terms


def _give_services(
    session: Session, enrolment: Enrolment, rights: Mapping[UUID, RightTerms]
) -> None:
    session.execute(delete(EnrolmentService).where(EnrolmentService.enrolment_id == enrolment.id))
    session.add_all(
        EnrolmentService(
            enrolment_id=enrolment.id,
            service_id=service_id,
            days=None if terms.days is None else "".join(map(str, sorted(terms.days))),
            by_reservation=terms.by_reservation,
            prepaid=terms.prepaid,
            passages_max=terms.passages_max,
        )
        for service_id, terms in rights.items()
    )
    session.flush()


def _find_service(session: Session, establishment_id: UUID, code: str) -> Service | None:
    return session.scalar(
        select(Service).where(Service.establishment_id == establishment_id, Service.code == code)
    )


def _find_services(
    session: Session, establishment_id: UUID, codes: Collection[str]
) -> dict[str, UUID]:
    found = {code: _find_service(session, establishment_id, code) for code in sorted(set(codes))}
    services = {code: service.id for code, service in found.items() if service is not None}
    if len(services) < len(found):
        raise ServiceUnknown
    return services


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
