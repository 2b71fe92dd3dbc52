"""Rights on terms, reservations, quotas and holidays, as they reach a gate's list."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.access import calendar
from backend.access.errors import (
    CalendarInvalid,
    EnrolmentUnknown,
    ReservationDayInvalid,
    ReservationNotNeeded,
    ReservationTooLate,
    ServiceUnknown,
)
from backend.access.establishments import (
    RightTerms,
    ServiceTerms,
    add_service,
    end_enrolment,
    enrol_pupil,
)
from backend.access.reservations import cancel_reservation, reserve
from backend.access.tables import Enrolment, HolderCategory, Passage
from backend.cards.tables import Card
from tests.backend.access.conftest import School

LEA = "04AABBCCDDEE01"
# The world's clock stands at Tuesday 1 September 2026, 12:00 in Paris: lunch is closed for today.
TODAY = date(2026, 9, 1)
THURSDAY = date(2026, 9, 3)


class Pupil:
    """A pupil with a card whose rights a test changes."""

    def __init__(self, school: School, **terms: Any) -> None:
        self.school = school
        self.card_id = school.add_pupil("Léa", LEA)
        with school.services.database.reading() as session:
            card = session.get_one(Card, self.card_id)
            self.person_id = card.beneficiary_id
            self.enrolment_id = session.scalars(select(Enrolment.id)).one()
        self.give(lunch=RightTerms(**terms))

    def give(self, **rights: RightTerms) -> None:
        with self.school.services.database.unit_of_work() as session:
            enrol_pupil(session, self.school.establishment_id, self.person_id, rights)

    def rights(self) -> Any:
        [card] = self.school.fetch_list()["cards"]
        return card["rights"]

    def reserve(self, day: date = THURSDAY, service: str = "lunch") -> None:
        with self.school.services.database.unit_of_work() as session:
            reserve(session, self.enrolment_id, service, day, self.school.services.now())

    def cancel(self, day: date = THURSDAY, now: datetime | None = None) -> None:
        with self.school.services.database.unit_of_work() as session:
            moment = now or self.school.services.now()
            cancel_reservation(session, self.enrolment_id, "lunch", day, moment)


def test_a_package_says_its_days(school: School) -> None:
    pupil = Pupil(school, days=frozenset({4, 1, 2}))
    assert pupil.rights() == [{"service": "lunch", "days": [1, 2, 4]}]


def test_the_card_of_a_group_says_how_many(school: School) -> None:
    pupil = Pupil(school, passages_max=12)
    assert pupil.rights() == [{"service": "lunch", "passages_max": 12}]


def test_a_group_s_passages_are_none_too_many(school: School) -> None:
    pupil = Pupil(school, passages_max=2)
    for number in (1, 2, 3):
        at = f"2026-09-01T09:4{number}:00Z"
        school.upload(passage(pupil.card_id, number, at))
    with school.services.database.reading() as session:
        flagged = session.scalars(select(Passage.over_maximum).order_by(Passage.sequence)).all()
    assert flagged == [False, False, True]


def test_what_somebody_is_stays_with_the_establishment(school: School) -> None:
    pupil = Pupil(school)
    version = school.fetch_list()["version"]
    with school.services.database.unit_of_work() as session:
        enrol_pupil(
            session,
            school.establishment_id,
            pupil.person_id,
            ["lunch"],
            category=HolderCategory.STAFF,
        )
        assert session.scalars(select(Enrolment.category)).one() == "staff"
    payload = school.fetch_list()
    assert payload["version"] == version
    assert "staff" not in str(payload)


def test_a_reservation_reaches_the_list_and_leaves_it(school: School) -> None:
    pupil = Pupil(school, by_reservation=True)
    assert pupil.rights() == [{"service": "lunch", "reserved_on": []}]
    pupil.reserve()
    pupil.reserve()
    pupil.reserve(date(2026, 9, 4))
    assert pupil.rights() == [{"service": "lunch", "reserved_on": ["2026-09-03", "2026-09-04"]}]
    pupil.cancel()
    pupil.cancel()
    assert pupil.rights() == [{"service": "lunch", "reserved_on": ["2026-09-04"]}]
    pupil.reserve()
    assert pupil.rights() == [{"service": "lunch", "reserved_on": ["2026-09-03", "2026-09-04"]}]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (TODAY, ReservationTooLate),  # it is noon, the cut-off was 9:30
        (TODAY - timedelta(days=1), ReservationTooLate),
        (date(2026, 9, 5), ReservationDayInvalid),  # a Saturday
        (date(2026, 12, 25), ReservationDayInvalid),  # too far ahead
    ],
)
def test_a_day_that_cannot_be_reserved(school: School, day: date, why: type[Exception]) -> None:
    pupil = Pupil(school, by_reservation=True)
    with pytest.raises(why):
        pupil.reserve(day)


@pytest.mark.parametrize(
    ("hour", "minute", "second", "is_late"), [(7, 29, 59, False), (7, 30, 0, True)]
)
def test_the_cut_off_is_the_wall_s(
    school: School, hour: int, minute: int, second: int, is_late: bool
) -> None:
    pupil = Pupil(school, by_reservation=True)
    pupil.reserve()
    moment = datetime(2026, 9, 3, hour, minute, second, tzinfo=UTC)  # Paris is two hours ahead
    if is_late:
        with pytest.raises(ReservationTooLate):
            pupil.cancel(now=moment)
    else:
        pupil.cancel(now=moment)
        assert pupil.rights() == [{"service": "lunch", "reserved_on": []}]


def test_who_may_not_reserve(school: School) -> None:
    pupil = Pupil(school)
    with pytest.raises(ReservationNotNeeded):
        pupil.reserve()
    with pytest.raises(ServiceUnknown):
        pupil.reserve(service="dinner")
    known, pupil.enrolment_id = pupil.enrolment_id, uuid4()
    with pytest.raises(EnrolmentUnknown):
        pupil.reserve()
    pupil.enrolment_id = known
    with school.services.database.unit_of_work() as session:
        end_enrolment(session, school.establishment_id, pupil.person_id, school.services.now())
    with pytest.raises(EnrolmentUnknown):
        pupil.reserve()


def test_a_closed_day_cannot_be_reserved_unless_the_service_is_held(school: School) -> None:
    pupil = Pupil(school, by_reservation=True)
    with school.services.database.unit_of_work() as session:
        add_service(
            session,
            school.establishment_id,
            code="boarders",
            label="Internat",
            days=[4],
            hours=(time(19), time(20)),
            terms=ServiceTerms(held_on_closed_days=True),
        )
        calendar.close_days(session, school.establishment_id, {THURSDAY: "Pont"})
    terms = RightTerms(by_reservation=True)
    pupil.give(lunch=terms, boarders=terms)
    with pytest.raises(ReservationDayInvalid):
        pupil.reserve()
    pupil.reserve(service="boarders")
    assert school.fetch_list()["closed_days"] == ["2026-09-03"]


# --- calendars ----------------------------------------------------------------------------------


def test_public_holidays_in_french_and_where_they_are_more() -> None:
    found = calendar.public_holidays([2026])
    assert len(found) == 11
    assert found[date(2026, 7, 14)] == "Fête nationale"
    alsace = calendar.public_holidays([2026], "57")
    assert date(2026, 12, 26) in alsace
    assert date(2026, 12, 26) not in found
    with pytest.raises(CalendarInvalid):
        calendar.public_holidays([2026], "Utopie")


ICS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//test//FR\r
BEGIN:VEVENT\r
UID:1\r
DTSTAMP:20260101T000000Z\r
DTSTART;VALUE=DATE:20261017\r
DTEND;VALUE=DATE:20261102\r
SUMMARY:Vacances de la Toussaint\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTAMP:20260101T000000Z\r
DTSTART:20260901T080000Z\r
SUMMARY:Rentrée\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_school_holidays_are_every_day_of_each_event() -> None:
    found = calendar.read_calendar(ICS.encode())
    assert len(found) == 16
    assert min(found) == date(2026, 10, 17)
    assert max(found) == date(2026, 11, 1)
    assert set(found.values()) == {"Vacances de la Toussaint"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"DTSTART:20260101",
        ICS.replace("20261102", "20291102").encode(),
        ICS.replace("20261102", "20261016").encode(),
        ICS.replace("20261017", "2026101x").encode(),
        b"\xff\xfe\x00" * 50,
        b"x" * (calendar.CALENDAR_BYTES_MAX + 1),
    ],
    ids=["empty", "no event", "years", "backwards", "no date", "no text", "too long"],
)
def test_a_calendar_that_is_none(content: bytes) -> None:
    with pytest.raises(CalendarInvalid):
        calendar.read_calendar(content)


def test_days_are_closed_once_and_opened_again(school: School) -> None:
    place = school.establishment_id
    days = {TODAY: "Férié", THURSDAY: "Pont", TODAY + timedelta(days=500): "Loin"}
    with school.services.database.unit_of_work() as session:
        assert calendar.close_days(session, place, days) == 3
        assert calendar.close_days(session, place, {THURSDAY: "Autre", TODAY: "Autre"}) == 0
    assert school.fetch_list()["closed_days"] == ["2026-09-01", "2026-09-03"]
    with school.services.database.unit_of_work() as session:
        assert calendar.open_days(session, place, [THURSDAY, date(2026, 9, 4)]) == 1
    assert school.fetch_list()["closed_days"] == ["2026-09-01"]


# --- quotas and what is counted -----------------------------------------------------------------


def passage(card_id: UUID, sequence: int, at: str, service: str = "lunch") -> dict[str, Any]:
    return {
        "passage_id": str(uuid4()),
        "sequence": sequence,
        "occurred_at": at,
        "uid": LEA,
        "card_id": str(card_id),
        "service": service,
        "answer": "OK",
        "detail": None,
        "list_version": 1,
    }


def test_the_list_counts_the_week_s_passages_of_all_gates(school: School) -> None:
    pupil = Pupil(school)
    with school.services.database.unit_of_work() as session:
        add_service(
            session,
            school.establishment_id,
            code="snack",
            label="Sandwicherie",
            days=[1, 2, 3, 4, 5],
            hours=(time(11), time(14)),
            terms=ServiceTerms(week_max=2),
        )
    pupil.give(lunch=RightTerms(), snack=RightTerms())
    here, there = school.gate_id, school.other_gate_id
    monday, last_week = "2026-08-31T10:05:00Z", "2026-08-28T10:05:00Z"
    school.upload(
        passage(pupil.card_id, 1, last_week, "snack"),
        passage(pupil.card_id, 2, monday, "snack"),
        passage(pupil.card_id, 3, monday),
        gate_id=here,
    )
    school.upload(passage(pupil.card_id, 7, "2026-09-01T09:05:00Z", "snack"), gate_id=there)
    assert pupil.rights() == [{"service": "lunch"}, {"service": "snack", "week_used": 2}]
    assert school.fetch_list()["counted"] == {str(here): 3, str(there): 7}
