"""One-day codes: a guest's way in, or a pupil's whose card is lost or at home.

Promise: a code is made at random, told once and kept as a hash; it serves one service on one day
at one establishment, typed by a supervisor at a gate, also with the network down if the gate has
heard of it. It pays for nothing by itself: a pupil's passage is charged like any other.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import DayCodeInvalid, DayCodeUnknown, EnrolmentUnknown, ServiceUnknown
from backend.access.establishments import find_establishment
from backend.access.office_tables import DayCode
from backend.access.tables import NAME_CHARACTERS_MAX, Enrolment, Service
from backend.cards.tables import Card

CODE_DIGITS: Final = 6
PASSAGES_MAX: Final = 200
DAYS_AHEAD_MAX: Final = 7
DRAWS_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCodeTerms:
    """What a one-day code is for; without a card it is a guest's, or a group's."""

    service: str
    day: date
    label: str
    passages_max: int = 1
    card_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MadeDayCode:
    """A code as it is told, once."""

    id: UUID
    code: str = field(repr=False)


def _draw() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def make_day_code(
    session: Session,
    establishment_id: UUID,
    terms: DayCodeTerms,
    *,
    made_by: str,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
    draw: Callable[[], str] = _draw,
) -> MadeDayCode:
    """Make a code that no other of the place and day has.

    Raises EstablishmentUnknown, ServiceUnknown, EnrolmentUnknown, DayCodeInvalid.
    """
    place = find_establishment(session, establishment_id)
    session.refresh(place, with_for_update=True)
    today = now.astimezone(ZoneInfo(place.time_zone)).date()
    _check(session, establishment_id, terms, today)
    service_id = session.scalar(
        select(Service.id).where(
            Service.establishment_id == establishment_id, Service.code == terms.service
        )
    )
    if service_id is None:
        raise ServiceUnknown
    code, code_hash = _draw_unused(session, establishment_id, terms.day, draw)
    made = DayCode(
        id=make_id(),
        service_id=service_id,
        day=terms.day,
        code_hash=code_hash,
        label=terms.label.strip(),
        passages_max=terms.passages_max,
        card_id=terms.card_id,
        made_at=now,
        made_by=made_by,
    )
    session.add(made)
    session.flush()
    return MadeDayCode(made.id, code)


def end_day_code(session: Session, code_id: UUID, now: datetime) -> None:
    """End a code; ended already, nothing changes. Raises DayCodeUnknown."""
    code = session.get(DayCode, code_id, with_for_update=True)
    if code is None:
        raise DayCodeUnknown
    code.ended_at = code.ended_at or now


def _check(session: Session, establishment_id: UUID, terms: DayCodeTerms, today: date) -> None:
    sound = (
        today <= terms.day <= today + timedelta(days=DAYS_AHEAD_MAX)
        and 1 <= terms.passages_max <= PASSAGES_MAX
        and 1 <= len(terms.label.strip()) <= NAME_CHARACTERS_MAX
    )
    if not sound:
        raise DayCodeInvalid
    if terms.card_id is None:
        return
    belongs = session.scalar(
        select(Enrolment.id)
        .join(Card, Card.beneficiary_id == Enrolment.beneficiary_id)
        .where(
            Card.id == terms.card_id,
            Enrolment.establishment_id == establishment_id,
            Enrolment.ended_at.is_(None),
        )
    )
    if belongs is None:
        raise EnrolmentUnknown


def _draw_unused(
    session: Session, establishment_id: UUID, day: date, draw: Callable[[], str]
) -> tuple[str, bytes]:
    for _ in range(DRAWS_MAX):
        code = draw()
        digest = hashlib.sha256(f"{establishment_id}:{day}:{code}".encode()).digest()
        taken = select(DayCode.id).where(DayCode.day == day, DayCode.code_hash == digest)
        if session.scalar(taken) is None:
            return code, digest
    raise DayCodeInvalid
