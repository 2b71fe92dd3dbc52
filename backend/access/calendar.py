"""The days on which an establishment is closed: public holidays, school holidays, its own.

Public holidays are computed by the `holidays` library, with what only Alsace-Moselle and overseas
territories have; school holidays come as the iCalendar file that the ministry publishes (RFC 5545),
for one zone or for all. The day of the return to school is a school day there, and the summer's
beginning an event of one day: both are understood. A day that is closed twice keeps its first
label. Not here: which services are held all the same.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import holidays
import icalendar
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.access.errors import CalendarInvalid, CalendarZoneUnclear
from backend.access.establishments import find_establishment
from backend.access.tables import NAME_CHARACTERS_MAX, ClosedDay

CALENDAR_BYTES_MAX: Final = 2_000_000
CLOSED_DAYS_MAX: Final = 2_000
#: Longer than the summer holidays: an event of years is a mistake in the file.
EVENT_DAYS_MAX: Final = 100
#: The year's last day of summer holidays, for a file that does not say when school begins again.
SUMMER_END: Final = (8, 31)
_RETURN: Final = re.compile(r"(pr[ée]-?)?rentr[ée]e", re.IGNORECASE)
_RETURN_OF_PUPILS: Final = re.compile(r"rentr[ée]e(?!.*enseignant)", re.IGNORECASE)
_SUMMER_BEGINS: Final = re.compile(r"d[ée]but des vacances d.[ée]t[ée]", re.IGNORECASE)
_ZONES: Final = re.compile(r"zones?\s+([ABC](?:\s*(?:/|,|et|\s)\s*[ABC])*)\s*$", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(r"\s[-–]\s*([^-–]+?)\s*$")


def public_holidays(years: Iterable[int], territory: str | None = None) -> dict[date, str]:
    """Return the French public holidays of these years, in French; raise CalendarInvalid.

    `territory` is an ISO 3166-2:FR code that has days of its own (`57`, `6AE`, `974` …).
    """
    try:
        found = holidays.country_holidays("FR", subdiv=territory, years=list(years), language="fr")
    except (NotImplementedError, ValueError):  # holidays: a territory that it does not know
        raise CalendarInvalid from None
    return {day: label[:NAME_CHARACTERS_MAX] for day, label in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class _Event:
    """A whole-day event: its days, the last excluded, and for which zones (empty: for all)."""

    label: str
    begins: date
    ends: date
    zones: frozenset[str]


def read_calendar(content: bytes, zone: str | None = None) -> dict[date, str]:
    """Return each closed day of an iCalendar file; raise CalendarInvalid, CalendarZoneUnclear.

    The end of a whole-day event is the day after its last (RFC 5545 §3.6.1). `zone` is `A`, `B`,
    `C`, or a territory as the ministry's file names it; a file of several zones needs one.
    """
    if len(content) > CALENDAR_BYTES_MAX:
        raise CalendarInvalid
    try:
        found = icalendar.Calendar.from_ical(content).walk("VEVENT")
        events = [event for one in found for event in _read_event(one)]
    except (ValueError, KeyError, AttributeError, IndexError, TypeError):
        raise CalendarInvalid from None
    days = [pair for event in _of_zone(events, zone) for pair in _days_of(event, events)]
    if not days or len(days) > CLOSED_DAYS_MAX:
        raise CalendarInvalid
    return dict(reversed(days))


def _read_event(event: icalendar.Component) -> list[_Event]:
    begins = event.decoded("DTSTART")
    if isinstance(begins, datetime) or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return []  # an hour is no closed day
    if "RRULE" in event or "RDATE" in event:
        raise CalendarInvalid  # closing only its first day would be worse than none
    ends = event.decoded("DTEND") if "DTEND" in event else begins + timedelta(days=1)
    if not 0 < (ends - begins).days <= EVENT_DAYS_MAX:
        raise CalendarInvalid
    label = " ".join(str(event.get("SUMMARY", "Fermé")).split())[:NAME_CHARACTERS_MAX]
    return [_Event(label, begins, ends, _zones_of(label))]


def _zones_of(label: str) -> frozenset[str]:
    zones = _ZONES.search(label)
    if zones is not None:
        return frozenset(re.sub(r"[^ABC]", "", zones[1].upper()))
    elsewhere = _ELSEWHERE.search(label)
    return frozenset() if elsewhere is None else frozenset({elsewhere[1].casefold()})


def _of_zone(events: Sequence[_Event], zone: str | None) -> list[_Event]:
    """Return the events of a zone; without one, those that all hold for one place."""
    if zone is not None:
        wanted = zone.upper() if zone.upper() in {"A", "B", "C"} else zone.casefold()
        return [event for event in events if not event.zones or wanted in event.zones]
    named = [event.zones for event in events if event.zones & {"A", "B", "C"}]
    if named and not frozenset.intersection(*named):
        raise CalendarZoneUnclear
    return list(events)


def _days_of(event: _Event, events: Sequence[_Event]) -> list[tuple[date, str]]:
    if _RETURN.match(event.label):
        return []  # school begins again: its kitchen is open
    ends = event.ends
    if _SUMMER_BEGINS.match(event.label) and (ends - event.begins).days == 1:
        ends = _summer_end(event, events)
    count = (ends - event.begins).days
    return [(event.begins + timedelta(days=number), event.label) for number in range(count)]


def _summer_end(event: _Event, events: Sequence[_Event]) -> date:
    """Return the day of the return that follows, or the first of September."""
    latest = event.begins + timedelta(days=EVENT_DAYS_MAX)
    returns = [
        each.begins
        for each in events
        if _RETURN_OF_PUPILS.match(each.label) and event.begins < each.begins <= latest
    ]
    return min(returns, default=date(event.begins.year, *SUMMER_END) + timedelta(days=1))


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
