"""What a kitchen wants to know: for each service of a day, how many are expected and have passed.

Promise: numbers only, by service and by diet, no names. Expected are those whose right covers the
day: full board, a package with the day, or a reservation; who only pays meal by meal may come or
not and is not expected. With the numbers comes when each gate was last heard: what a silent gate
let pass is not in them yet. An address shows one establishment's numbers until it is ended.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from backend.access.errors import KitchenLinkUnknown
from backend.access.establishments import find_establishment
from backend.access.office_tables import KitchenLink
from backend.access.tables import (
    ClosedDay,
    Enrolment,
    EnrolmentService,
    Gate,
    GateAnswer,
    Passage,
    PassageCancellation,
    Reservation,
    Service,
)
from backend.cards.tables import Card
from backend.partners.tables import Terminal

TOKEN_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class DietCount:
    """Of one service, those of one diet; no diet: everybody else, guests too."""

    diet: str | None
    expected: int
    passed: int

    @property
    def remaining(self) -> int:
        """How many of the expected may still come; never below zero."""
        return max(0, self.expected - self.passed)


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """One service of a day, and its parts by diet."""

    service: str
    label: str
    opens: str
    closes: str
    diets: tuple[DietCount, ...]

    @property
    def expected(self) -> int:
        """How many have a right that covers the day."""
        return sum(each.expected for each in self.diets)

    @property
    def passed(self) -> int:
        """How many were admitted, and not taken back."""
        return sum(each.passed for each in self.diets)

    @property
    def remaining(self) -> int:
        """How many may still come, diet by diet."""
        return sum(each.remaining for each in self.diets)


@dataclass(frozen=True, slots=True)
class GateHeard:
    """A gate of the place, and when it last asked for news."""

    name: str
    heard_at: datetime | None


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
            opens=f"{service.opens:%H:%M}",
            closes=f"{service.closes:%H:%M}",
            diets=_by_diet(session, service, day),
        )
        for service in services
        if str(day.isoweekday()) in service.days and (service.held_on_closed_days or not closed)
    ]


def list_gates_heard(session: Session, establishment_id: UUID) -> list[GateHeard]:
    """Return the gates in use at a place, by name, and when each was last heard."""
    rows = session.execute(
        select(Terminal.name, Gate.heard_at)
        .join(Gate, Gate.terminal_id == Terminal.id)
        .where(
            Gate.establishment_id == establishment_id,
            Terminal.enrolled_at.is_not(None),
            Terminal.revoked_at.is_(None),
        )
        .order_by(Terminal.name, Terminal.id)
    )
    return [GateHeard(name, heard_at) for name, heard_at in rows]


def make_kitchen_link(
    session: Session,
    establishment_id: UUID,
    label: str,
    now: datetime,
    *,
    make_id: Callable[[], UUID] = uuid4,
    make_token: Callable[[int], str] = secrets.token_urlsafe,
) -> tuple[UUID, str]:
    """Make a kitchen's address; return its id and its token, which is kept nowhere.

    Raises EstablishmentUnknown.
    """
    find_establishment(session, establishment_id)
    token = make_token(TOKEN_BYTES)
    link = KitchenLink(
        id=make_id(),
        establishment_id=establishment_id,
        token_hash=_hash(token),
        label=label,
        made_at=now,
    )
    session.add(link)
    session.flush()
    return link.id, token


def end_kitchen_link(session: Session, link_id: UUID, now: datetime) -> None:
    """End a kitchen's address; ended already, nothing changes. Raises KitchenLinkUnknown."""
    link = session.get(KitchenLink, link_id, with_for_update=True)
    if link is None:
        raise KitchenLinkUnknown
    link.ended_at = link.ended_at or now


def find_kitchen(session: Session, token: str) -> UUID:
    """Return whose kitchen an address shows; raise KitchenLinkUnknown."""
    found = session.scalar(
        select(KitchenLink.establishment_id).where(
            KitchenLink.token_hash == _hash(token), KitchenLink.ended_at.is_(None)
        )
    )
    if found is None:
        raise KitchenLinkUnknown
    return found


def _hash(token: str) -> bytes:
    # 192 random bits: nothing slower than one hash is needed.
    return hashlib.sha256(token.encode()).digest()


def _by_diet(session: Session, service: Service, day: date) -> tuple[DietCount, ...]:
    expected = Counter({row[0]: row[1] for row in session.execute(_expected(service, day))})
    passed = Counter({row[0]: row[1] for row in session.execute(_passed(service, day))})
    diets = sorted({*expected, *passed}, key=lambda diet: (diet is not None, diet or ""))
    return tuple(DietCount(diet, expected[diet], passed[diet]) for diet in diets)


def _expected(service: Service, day: date) -> Select[str | None, int]:
    reserved = select(Reservation.enrolment_id).where(
        Reservation.service_id == service.id,
        Reservation.day == day,
        Reservation.cancelled_at.is_(None),
    )
    by_package = EnrolmentService.days.contains(str(day.isoweekday()))
    by_reservation = EnrolmentService.enrolment_id.in_(reserved)
    return (
        select(Enrolment.diet, func.count())
        .select_from(EnrolmentService)
        .join(Enrolment, Enrolment.id == EnrolmentService.enrolment_id)
        .where(
            EnrolmentService.service_id == service.id,
            Enrolment.ended_at.is_(None),
            or_(_is_full_board(), by_package, by_reservation),
        )
        .group_by(Enrolment.diet)
    )


def _is_full_board() -> ColumnElement[bool]:
    return and_(
        EnrolmentService.days.is_(None),
        ~EnrolmentService.by_reservation,
        ~EnrolmentService.prepaid,
    )


def _passed(service: Service, day: date) -> Select[str | None, int]:
    holder = (Enrolment.beneficiary_id == Card.beneficiary_id) & (
        Enrolment.establishment_id == service.establishment_id
    )
    return (
        select(Enrolment.diet, func.count())
        .select_from(Passage)
        .outerjoin(Card, Card.id == Passage.card_id)
        .outerjoin(Enrolment, holder)
        .where(
            Passage.establishment_id == service.establishment_id,
            Passage.local_day == day,
            Passage.service == service.code,
            Passage.answer == GateAnswer.OK.value,
            ~exists().where(PassageCancellation.passage_id == Passage.passage_id),
        )
        .group_by(Enrolment.diet)
    )
