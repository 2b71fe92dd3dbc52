"""The days on which an establishment is closed: public holidays, school holidays, its own.

Public holidays are computed by the `holidays` library, with what only Alsace-Moselle and overseas
territories have; school holidays come as the iCalendar file that the ministry publishes (RFC 5545).
A day that is closed twice keeps its first label. Not here: which services are held all the same.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import holidays
import icalendar
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.access.errors import CalendarInvalid
from backend.access.establishments import find_establishment
from backend.access.tables import NAME_CHARACTERS_MAX, ClosedDay

CALENDAR_BYTES_MAX: Final = 2_000_000
CLOSED_DAYS_MAX: Final = 2_000
#: Longer than the summer holidays: an event of years is a mistake in the file.
EVENT_DAYS_MAX: Final = 100


def public_holidays(years: Iterable[int], territory: str | None = None) -> dict[date, str]:
    """Return the French public holidays of these years, in French; raise CalendarInvalid.

    `territory` is an ISO 3166-2:FR code that has days of its own (`57`, `6AE`, `974` …).
    """
    try:
        found = holidays.country_holidays("FR", subdiv=territory, years=list(years), language="fr")
    except (NotImplementedError, ValueError):
        raise CalendarInvalid from None
    return {day: label[:NAME_CHARACTERS_MAX] for day, label in sorted(found.items())}


def read_calendar(content: bytes) -> dict[date, str]:
    """Return each day of each whole-day event of an iCalendar file; raise CalendarInvalid.

    The end of such an event is the day after its last (RFC 5545 §3.6.1).
    """
    if len(content) > CALENDAR_BYTES_MAX:
        raise CalendarInvalid
    try:
        events = icalendar.Calendar.from_ical(content).walk("VEVENT")
        days = [pair for event in events for pair in _days_of(event)]
    except (ValueError, KeyError, AttributeError, IndexError, TypeError):
        raise CalendarInvalid from None
    if not days or len(days) > CLOSED_DAYS_MAX:
        raise CalendarInvalid
    return dict(reversed(days))


def close_days(session: Session, establishment_id: UUID, days: Mapping[date, str]) -> int:
    """Close an establishment on these days; return how many were open before.

    Raises EstablishmentUnknown.
    """
    find_establishment(session, establishment_id)
    known = set(_closed(session, establishment_id))
    fresh = {day: label for day, label in days.items() if day not in known}
    session.add_all(
        ClosedDay(establishment_id=establishment_id, day=day, label=label)
        for day, label in fresh.items()
    )
    session.flush()
    return len(fresh)


def open_days(session: Session, establishment_id: UUID, days: Iterable[date]) -> int:
    """Open an establishment again on these days; return how many were closed.

    Raises EstablishmentUnknown.
    """
    find_establishment(session, establishment_id)
    wanted = set(days) & set(_closed(session, establishment_id))
    session.execute(
        delete(ClosedDay).where(
            ClosedDay.establishment_id == establishment_id, ClosedDay.day.in_(wanted)
        )
    )
    return len(wanted)


def _closed(session: Session, establishment_id: UUID) -> list[date]:
    query = select(ClosedDay.day).where(ClosedDay.establishment_id == establishment_id)
    return list(session.scalars(query))


def _days_of(event: icalendar.Component) -> list[tuple[date, str]]:
    begins = event.decoded("DTSTART")
    if isinstance(begins, datetime):
        return []  # an hour is no closed day
    ends = event.decoded("DTEND") if "DTEND" in event else begins + timedelta(days=1)
    count = (ends - begins).days
    if not 0 < count <= EVENT_DAYS_MAX:
        raise CalendarInvalid
    label = str(event.get("SUMMARY", "Fermé"))[:NAME_CHARACTERS_MAX]
    return [(begins + timedelta(days=number), label) for number in range(count)]
