"""What an office hands out and takes in: payments, one-day codes, kitchen addresses, photos."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.access.calendar import read_calendar
from backend.access.day_codes import DayCodeTerms, end_day_code, make_day_code
from backend.access.errors import (
    CalendarInvalid,
    CalendarZoneUnclear,
    DayCodeInvalid,
    DayCodeUnknown,
    DietInvalid,
    EnrolmentUnknown,
    KitchenLinkUnknown,
    PaymentConflict,
    PaymentInvalid,
    PhotoInvalid,
    ServiceUnknown,
)
from backend.access.establishments import end_enrolment, set_diet, show_on_gates
from backend.access.kitchen import (
    count_services,
    end_kitchen_link,
    find_kitchen,
    list_gates_heard,
    make_kitchen_link,
)
from backend.access.office_tables import DayCode, HolderPhoto, KitchenLink, PaymentMeans
from backend.access.payments_in import Receipt, read_meal_statement, record_payment
from backend.access.photos import drop_photo, keep_photo, strip_photo
from backend.access.tables import Enrolment
from backend.cards.tables import Card
from tests.backend.access.conftest import School

LEA, NOAH = "04AABBCCDDEE01", "04AABBCCDDEE02"
TUESDAY = date(2026, 9, 1)


def enrolment_of(school: School, card_id: UUID) -> UUID:
    with school.services.database.reading() as session:
        query = (
            select(Enrolment.id)
            .join(Card, Card.beneficiary_id == Enrolment.beneficiary_id)
            .where(Card.id == card_id)
        )
        return session.scalars(query).one()


def receipt(reference: str = "2026-0042", cents: int = 2000, **other: Any) -> Receipt:
    plain = {"means": PaymentMeans.CHEQUE, "received_by": "Intendance"} | other
    return Receipt(reference=reference, amount_cents=cents, **plain)


def test_a_receipt_credits_once_and_another_under_its_number_is_refused(school: School) -> None:
    lea = enrolment_of(school, school.add_pupil("Léa", LEA))
    noah = enrolment_of(school, school.add_pupil("Noah", NOAH))

    def record(enrolment_id: UUID, paid: Receipt) -> UUID:
        with school.services.database.unit_of_work() as session:
            return record_payment(session, enrolment_id, paid, school.services.now()).id

    assert record(lea, receipt()) == record(lea, receipt("  2026-0042 "))
    for enrolment_id, paid in (
        (lea, receipt(cents=2001)),
        (noah, receipt()),
        (lea, receipt(means=PaymentMeans.CASH)),
    ):
        with pytest.raises(PaymentConflict):
            record(enrolment_id, paid)
    for wrong in (receipt(" "), receipt("x" * 61), receipt("a", 0), receipt("a", 200_001)):
        with pytest.raises(PaymentInvalid):
            record(lea, wrong)
    with pytest.raises(EnrolmentUnknown):
        record(uuid4(), receipt("b"))
    record(lea, receipt("2026-0043", 500))
    with school.services.database.reading() as session:
        found = read_meal_statement(session, lea)
        assert (found.balance_cents, [line.amount.value for line in found.lines]) == (
            2500,
            [500, 2000],
        )
        assert read_meal_statement(session, noah).lines == ()


def test_a_one_day_code_is_told_once_and_is_its_places_own(school: School) -> None:
    lea = school.add_pupil("Léa", LEA)
    drawn = iter(["000123", "000123", "456789"])

    def make(**changes: Any) -> str:
        terms: dict[str, Any] = {"service": "lunch", "day": TUESDAY, "label": "M. Blanc"} | changes
        with school.services.database.unit_of_work() as session:
            return make_day_code(
                session,
                school.establishment_id,
                DayCodeTerms(**terms),
                made_by="Intendance",
                now=school.services.now(),
                draw=lambda: next(drawn),
            ).code

    assert [make(), make(card_id=lea)] == ["000123", "456789"]
    for wrong in (
        {"day": TUESDAY - timedelta(days=1)},
        {"day": TUESDAY + timedelta(days=8)},
        {"passages_max": 0},
        {"passages_max": 201},
        {"label": " "},
    ):
        with pytest.raises(DayCodeInvalid):
            make(**wrong)
    with pytest.raises(ServiceUnknown):
        make(service="dinner")
    with pytest.raises(EnrolmentUnknown):
        make(card_id=uuid4())
    listed = school.fetch_list()["day_codes"]
    assert {code["card_id"] for code in listed} == {None, str(lea)}
    with school.services.database.unit_of_work() as session:
        for code in session.scalars(select(DayCode)).all():
            end_day_code(session, code.id, school.services.now())
        with pytest.raises(DayCodeUnknown):
            end_day_code(session, uuid4(), school.services.now())
    assert school.fetch_list()["day_codes"] == []


def test_a_kitchens_address_shows_its_own_numbers_until_it_is_ended(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        now = school.services.now()
        link_id, token = make_kitchen_link(session, school.establishment_id, "Cuisine", now)
        assert find_kitchen(session, token) == school.establishment_id
        assert token not in str(session.get_one(KitchenLink, link_id).__dict__)
        with pytest.raises(KitchenLinkUnknown):
            find_kitchen(session, token + "x")
        end_kitchen_link(session, link_id, now)
        end_kitchen_link(session, link_id, now)
        with pytest.raises(KitchenLinkUnknown):
            find_kitchen(session, token)
        with pytest.raises(KitchenLinkUnknown):
            end_kitchen_link(session, uuid4(), now)


def test_the_kitchen_counts_by_diet_and_knows_which_gate_is_silent(
    school: School, clock: Any
) -> None:
    lea = enrolment_of(school, school.add_pupil("Léa", LEA))
    school.add_pupil("Noah", NOAH)
    with school.services.database.unit_of_work() as session:
        set_diet(session, lea, " végétarien ")
        for wrong in ("", "x" * 41):
            with pytest.raises(DietInvalid):
                set_diet(session, lea, wrong)
        with pytest.raises(EnrolmentUnknown):
            set_diet(session, uuid4(), None)
    asked = school.services.now()
    for _ in range(2):
        assert school.client.get("/v1/gate-news", headers=school.headers()).status_code == 200
        clock.advance(seconds=20)
    with school.services.database.reading() as session:
        [lunch] = count_services(session, school.establishment_id, TUESDAY)
        assert [(each.diet, each.expected, each.remaining) for each in lunch.diets] == [
            (None, 1, 1),
            ("végétarien", 1, 1),
        ]
        heard = {
            each.name: each.heard_at for each in list_gates_heard(session, school.establishment_id)
        }
    assert heard == {"Entrée": asked, "Sortie": None}
    assert "végétarien" not in str(school.fetch_list())


def jpeg(width: int = 300, height: int = 400, more: bytes = b"") -> bytes:
    frame = b"\xff\xc0\x00\x0b\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    exif = b"\xff\xe1\x00\x0eExif\x00\x00GPS-48"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34\xff\x00" * 8
    return b"\xff\xd8" + exif + more + frame + scan + b"\xff\xd9"


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"GIF89a",
        jpeg(801),
        jpeg(height=0),
        jpeg()[:-2],
        jpeg(more=b"\xff\xe2\xff\xff"),
        jpeg(more=b"\x00\x00\x00\x04"),
        b"\xff\xd8\xff\xda\x00\x04ab\xff\xd9",
        jpeg() + b"\x00" * 60_000 + b"\xff\xd9",
    ],
)
def test_what_is_no_small_photo_is_refused(image: bytes) -> None:
    with pytest.raises(PhotoInvalid):
        strip_photo(image)


def test_a_photo_is_shown_where_place_and_family_allow_it(school: School) -> None:
    card_id = school.add_pupil("Léa", LEA)
    lea = enrolment_of(school, card_id)
    database, now = school.services.database, school.services.now()
    with database.unit_of_work() as session:
        kept = keep_photo(session, lea, jpeg(), noted_by="Vie scolaire", now=now)
        name = kept.sha256.hex()
        assert b"GPS" not in kept.image
        with pytest.raises(EnrolmentUnknown):
            keep_photo(session, uuid4(), jpeg(), noted_by="x", now=now)

    def status() -> int:
        answer = school.client.get(f"/v1/gate-photos/{name}", headers=school.headers())
        return int(answer.status_code)

    def shown() -> tuple[object, object]:
        [card] = school.fetch_list()["cards"]
        return card.get("initial"), card.get("photo")

    assert (shown(), status()) == ((None, None), 404)
    with database.unit_of_work() as session:
        show_on_gates(session, school.establishment_id, initials=True, photos=True)
    assert (shown(), status()) == (("M", name), 200)
    with database.unit_of_work() as session:
        drop_photo(session, lea)
    assert (shown(), status()) == (("M", None), 404)
    with database.unit_of_work() as session:
        keep_photo(session, lea, jpeg(), noted_by="Vie scolaire", now=now)
        person = session.get_one(Card, card_id).beneficiary_id
        end_enrolment(session, school.establishment_id, person, now)
        assert session.scalar(select(func.count()).select_from(HolderPhoto)) == 0


def calendar(*events: str) -> bytes:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//FR\r\n"
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\n{event}\r\nEND:VEVENT\r\n"
        for number, event in enumerate(events)
    )
    return f"{head}{body}END:VCALENDAR\r\n".encode()


def event(summary: str, begins: str, ends: str | None = None, more: str = "") -> str:
    last = "" if ends is None else f"\r\nDTEND;VALUE=DATE:{ends}"
    return f"SUMMARY:{summary}\r\nDTSTART;VALUE=DATE:{begins}{last}{more}"


def test_the_ministrys_calendar_closes_holidays_and_not_the_return_to_school() -> None:
    days = read_calendar(
        calendar(
            event("Prérentrée des enseignants", "20260831"),
            event("Rentrée scolaire des élèves - Zones A/B/C", "20260901"),
            event("Vacances de la Toussaint - Zone A", "20261017", "20261102"),
            event("Début des Vacances d'Été - Zone A", "20270703"),
            event("Rentrée scolaire des enseignants - Zone A", "20270831"),
            event("Rentrée scolaire des élèves - Zone A", "20270901"),
            event("Fête annulée", "20261201", more="\r\nSTATUS:CANCELLED"),
        )
    )
    assert date(2026, 9, 1) not in days
    assert date(2026, 12, 1) not in days
    assert {date(2026, 10, 17), date(2026, 11, 1), date(2027, 7, 3), date(2027, 8, 31)} <= set(days)
    assert not {date(2026, 11, 2), date(2027, 9, 1)} & set(days)
    assert len(days) == 16 + 60


def test_a_calendar_of_several_zones_needs_one() -> None:
    content = calendar(
        event("Vacances d'Hiver - Zone A", "20270213", "20270301"),
        event("Vacances d'Hiver - Zone B", "20270220", "20270308"),
        event("Vacances de Noël - Zones A/B/C", "20261219", "20270104"),
        event("Vacances de Noël - Corse", "20261212", "20270104"),
        event("Pont de l'Ascension", "20270507"),
    )
    with pytest.raises(CalendarZoneUnclear):
        read_calendar(content)
    of_b = read_calendar(content, "b")
    assert date(2027, 2, 13) not in of_b
    assert {date(2027, 3, 7), date(2026, 12, 19), date(2027, 5, 7)} <= set(of_b)
    assert date(2026, 12, 12) in read_calendar(content, "Corse")
    assert date(2026, 12, 12) not in of_b


def test_a_repeated_event_is_refused_not_half_understood() -> None:
    weekly = event("Fermé le mercredi", "20260902", more="\r\nRRULE:FREQ=WEEKLY")
    with pytest.raises(CalendarInvalid):
        read_calendar(calendar(weekly))


def test_the_summer_ends_where_the_file_says_nothing() -> None:
    days = read_calendar(calendar(event("Début des vacances d'été", "20270703")))
    assert (min(days), max(days)) == (date(2027, 7, 3), date(2027, 8, 31))
