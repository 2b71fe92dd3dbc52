"""The order of the checks, as a whole table and as properties."""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.gate.decision import (
    DOUBLE_TAP_SECONDS_MAX,
    Admission,
    Answer,
    Chip,
    Decision,
    Detail,
    Holder,
    Hours,
    Right,
    Service,
    Tap,
    decide,
)

PARIS = ZoneInfo("Europe/Paris")
SCHOOL_DAYS = frozenset({1, 2, 3, 4, 5})
LUNCH = Service("lunch", "Déjeuner", SCHOOL_DAYS, time(11, 30), time(13, 30), 1)
DINNER = Service("dinner", "Dîner", SCHOOL_DAYS, time(19), time(20), 1)
CLUB = Service("club", "Club", SCHOOL_DAYS, time(12), time(13), 2)
NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)  # a Tuesday, 12:04 in Paris
LEA = Holder("c1", "Léa", blocked=False, rights=(Right("lunch"),))


def rights_to(*services: str) -> tuple[Right, ...]:
    return tuple(Right(service) for service in services)


def hours(services: list[Service]) -> Hours:
    return Hours(services, PARIS)


def tap(
    at: datetime = NOON,
    holder: Holder | None = LEA,
    chip: Chip = Chip.GENUINE,
    admissions: tuple[Admission, ...] = (),
) -> Tap:
    return Tap(at, chip, holder, admissions)


def test_a_boarder_with_a_right_passes_at_noon() -> None:
    assert decide(tap(), hours([LUNCH, DINNER])) == Decision(Answer.OK, service=LUNCH)


@dataclass(frozen=True)
class Conditions:
    """One cell of the table: what is wrong with this tap."""

    chip: Chip
    listed: bool
    blocked: bool
    belongs: bool
    open_now: bool
    right: bool
    passed: str  # "never", "just now", "earlier"


TABLE = [
    Conditions(chip, listed, blocked, belongs, open_now, right, passed)
    for chip in Chip
    for listed, blocked, belongs, open_now, right in product((True, False), repeat=5)
    for passed in ("never", "just now", "earlier")
]


def expected(case: Conditions) -> Answer:
    """Give the answer of the design, said a second time and another way: first reason wins."""
    reasons = [
        (case.chip is not Chip.GENUINE, Answer.CARTE_INCONNUE),
        (not case.listed, Answer.CARTE_INCONNUE),
        (case.blocked, Answer.CARTE_OPPOSEE),
        (not case.belongs, Answer.NON_INSCRIT),
        (not case.open_now, Answer.HORS_HORAIRES),
        (not case.right, Answer.NON_RESERVE),
        (case.passed != "never", Answer.DEJA_PASSE),
    ]
    return next((answer for wrong, answer in reasons if wrong), Answer.OK)


def build(case: Conditions) -> Tap:
    rights = rights_to("lunch" if case.right else "dinner") if case.belongs else ()
    ago = {"never": None, "just now": timedelta(seconds=5), "earlier": timedelta(minutes=20)}
    since = ago[case.passed]
    at = NOON if case.open_now else NOON + timedelta(hours=3)
    return Tap(
        at=at,
        chip=case.chip,
        holder=Holder("c1", "Léa", case.blocked, rights) if case.listed else None,
        admissions=() if since is None else (Admission("lunch", at - since),),
    )


def test_the_table_is_whole() -> None:
    assert len(TABLE) == len(Chip) * 2**5 * 3


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_every_cell_of_the_table(case: Conditions) -> None:
    assert decide(build(case), hours([LUNCH, DINNER])).answer is expected(case)


def test_nothing_a_decision_depends_on_is_a_code() -> None:
    kinds = (Tap, Holder, Right, Hours, Service, Admission)
    assert {field.name for kind in kinds for field in fields(kind)} == {
        *("at", "chip", "holder", "admissions", "listed_at"),
        *("card_id", "display_name", "blocked", "rights"),
        *("service", "days", "reserved_on", "meals_left", "passages_max", "week_used"),
        *("services", "zone", "closed_days"),
        *("code", "label", "opens", "closes"),  # a service's own code name
        *("week_max", "held_on_closed_days"),
        "counted",
    }


@pytest.mark.parametrize(
    ("chip", "detail"),
    [
        (Chip.NOT_GENUINE, Detail.NOT_GENUINE),
        (Chip.FOREIGN, Detail.FOREIGN),
        (Chip.UNTRIED, Detail.NOT_LISTED),
    ],
)
def test_a_refused_chip_says_why(chip: Chip, detail: Detail) -> None:
    assert decide(tap(chip=chip), hours([LUNCH])).detail is detail


@pytest.mark.parametrize("seconds", [0, 1, 29, -29])
def test_a_double_tap_answers_the_time_and_is_no_second_passage(seconds: int) -> None:
    first = NOON - timedelta(seconds=seconds)
    club = Holder("c1", "Léa", blocked=False, rights=rights_to("club"))
    decision = decide(tap(holder=club, admissions=(Admission("club", first),)), hours([CLUB]))
    assert decision == Decision(Answer.DEJA_PASSE, Detail.DOUBLE_TAP, CLUB, first)


def test_after_the_grace_the_second_of_two_passages_is_free() -> None:
    first = NOON - timedelta(seconds=DOUBLE_TAP_SECONDS_MAX)
    club = Holder("c1", "Léa", blocked=False, rights=rights_to("club"))
    decision = decide(tap(holder=club, admissions=(Admission("club", first),)), hours([CLUB]))
    assert decision == Decision(Answer.OK, service=CLUB)


def test_a_double_tap_does_not_use_up_another_open_service() -> None:
    both = Holder("c1", "Léa", blocked=False, rights=rights_to("lunch", "club"))
    first = NOON - timedelta(seconds=3)
    decision = decide(
        tap(holder=both, admissions=(Admission("lunch", first),)), hours([CLUB, LUNCH])
    )
    assert decision == Decision(Answer.DEJA_PASSE, Detail.DOUBLE_TAP, LUNCH, first)


def test_two_open_services_are_used_one_after_the_other() -> None:
    both = Holder("c1", "Léa", blocked=False, rights=rights_to("lunch", "club"))
    first = NOON - timedelta(minutes=2)
    decision = decide(
        tap(holder=both, admissions=(Admission("lunch", first),)), hours([LUNCH, CLUB])
    )
    assert decision == Decision(Answer.OK, service=CLUB)


def test_yesterdays_passage_does_not_count() -> None:
    yesterday = (Admission("lunch", NOON - timedelta(days=1)),)
    assert decide(tap(admissions=yesterday), hours([LUNCH])).answer is Answer.OK


def test_the_last_passage_is_the_one_named() -> None:
    early, late = NOON - timedelta(minutes=40), NOON - timedelta(minutes=10)
    club = Holder("c1", "Léa", blocked=False, rights=rights_to("club"))
    made = (Admission("club", late), Admission("club", early))
    decision = decide(tap(holder=club, admissions=made), hours([CLUB]))
    assert decision == Decision(Answer.DEJA_PASSE, Detail.PASSAGES_MAX, CLUB, late)


@pytest.mark.parametrize(
    ("local", "answer"),
    [
        (time(11, 29, 59), Answer.HORS_HORAIRES),
        (time(11, 30), Answer.OK),
        (time(13, 29, 59), Answer.OK),
        (time(13, 30), Answer.HORS_HORAIRES),
    ],
)
@pytest.mark.parametrize("day", [date(2026, 3, 27), date(2026, 3, 30), date(2026, 10, 26)])
def test_hours_are_the_walls_hours_whatever_the_season(
    day: date, local: time, answer: Answer
) -> None:
    moment = datetime.combine(day, local, PARIS).astimezone(UTC)
    assert decide(tap(at=moment), hours([LUNCH])).answer is answer


def test_a_passage_belongs_to_the_day_on_the_wall_not_in_utc() -> None:
    # 00:30 in Paris on Wednesday is still Tuesday in UTC.
    watch = Service("night", "Veille", frozenset({2, 3}), time(0), time(23), 1)
    at = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    evening = Admission("night", datetime(2026, 11, 17, 20, 0, tzinfo=UTC))
    morning = Admission("night", datetime(2026, 11, 17, 23, 10, tzinfo=UTC))
    holder = Holder("c1", "Léa", blocked=False, rights=rights_to("night"))
    one = decide(tap(at=at, holder=holder, admissions=(evening,)), hours([watch]))
    assert one.answer is Answer.OK
    two = decide(tap(at=at, holder=holder, admissions=(evening, morning)), hours([watch]))
    assert two.answer is Answer.DEJA_PASSE


NIGHT = Service("night", "Veille", frozenset({7}), time(1), time(4), 1)
WATCH = Holder("c1", "Léa", blocked=False, rights=rights_to("night"))


def test_the_hour_lived_twice_is_one_service() -> None:
    # 25 October 2026: 02:30 comes at 00:30 UTC and again at 01:30 UTC.
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    again = first + timedelta(hours=1)
    assert decide(tap(at=first, holder=WATCH), hours([NIGHT])).answer is Answer.OK
    second = decide(
        tap(at=again, holder=WATCH, admissions=(Admission("night", first),)), hours([NIGHT])
    )
    assert second == Decision(Answer.DEJA_PASSE, Detail.PASSAGES_MAX, NIGHT, first)


def test_the_hour_that_does_not_exist_closes_nothing() -> None:
    # 29 March 2026: the wall goes from 01:59 to 03:00.
    before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    after = before + timedelta(minutes=1)
    for moment in (before, after):
        assert decide(tap(at=moment, holder=WATCH), hours([NIGHT])).answer is Answer.OK


def test_the_screen_knows_what_is_open_and_what_comes() -> None:
    both = hours([LUNCH, DINNER])
    assert both.open_at(NOON) == [LUNCH]
    assert both.next_after(NOON) == DINNER
    lunch = hours([LUNCH])
    assert lunch.open_at(NOON + timedelta(hours=4)) == []
    assert lunch.next_after(NOON + timedelta(hours=4)) is None


# The weeks around both changes of clocks.
SPRING, AUTUMN = datetime(2026, 3, 26, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)
moments = st.builds(
    lambda start, seconds: start + timedelta(seconds=seconds),
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(0, 7 * 24 * 3600),
)


@st.composite
def timetables(draw: st.DrawFn) -> list[Service]:
    def service(code: str) -> Service:
        opens, closes = sorted(draw(st.lists(st.times(), min_size=2, max_size=2, unique=True)))
        days = draw(st.frozensets(st.integers(1, 7), min_size=1))
        return Service(code, code, days, opens, closes, draw(st.integers(1, 3)))

    return [service(code) for code in draw(st.sets(st.sampled_from("abc")))]


@st.composite
def taps(draw: st.DrawFn) -> Tap:
    holder = draw(
        st.none()
        | st.builds(
            Holder,
            st.just("c1"),
            st.just("Léa"),
            blocked=st.booleans(),
            rights=st.frozensets(st.sampled_from("abc")).map(lambda codes: rights_to(*codes)),
        )
    )
    made = draw(st.lists(st.builds(Admission, st.sampled_from("abc"), moments), max_size=4))
    return Tap(draw(moments), draw(st.sampled_from(Chip)), holder, made)


RANK = [
    Answer.CARTE_INCONNUE,
    Answer.CARTE_OPPOSEE,
    Answer.NON_INSCRIT,
    Answer.HORS_HORAIRES,
    Answer.NON_RESERVE,
    Answer.DEJA_PASSE,
    Answer.OK,
]


@given(taps(), timetables())
def test_repairing_what_was_refused_never_leads_to_an_earlier_refusal(
    one: Tap, services: list[Service]
) -> None:
    """The order of the checks: a holder with every fault but one is told the first of them."""
    answer = decide(one, hours(services)).answer
    faultless = Holder("c1", "Léa", blocked=False, rights=rights_to(*"abc"))
    repaired = Tap(one.at, Chip.GENUINE, faultless, ())
    assert RANK.index(decide(repaired, hours(services)).answer) >= RANK.index(answer)


@given(taps(), timetables())
def test_an_answer_never_depends_on_a_later_check(one: Tap, services: list[Service]) -> None:
    answer = decide(one, hours(services)).answer
    if RANK.index(answer) < RANK.index(Answer.DEJA_PASSE):
        without_history = Tap(one.at, one.chip, one.holder, ())
        assert decide(without_history, hours(services)).answer is answer
    if RANK.index(answer) < RANK.index(Answer.HORS_HORAIRES):
        assert decide(one, hours([])).answer is answer


@given(st.lists(moments, max_size=40), timetables(), st.frozensets(st.sampled_from("abc")))
def test_never_more_admissions_than_the_maximum(
    when: list[datetime], services: list[Service], rights: frozenset[str]
) -> None:
    """Whatever the order of the moments: a clock may be set back between two taps."""
    holder = Holder("c1", "Léa", blocked=False, rights=rights_to(*rights))
    admissions: list[Admission] = []
    for at in when:
        decision = decide(Tap(at, Chip.GENUINE, holder, admissions), hours(services))
        if decision.admitted:
            assert decision.service is not None
            admissions.append(Admission(decision.service.code, at))
    for service in services:
        days = [a.at.astimezone(PARIS).date() for a in admissions if a.service == service.code]
        assert all(days.count(day) <= service.passages_max for day in days)
    assert all(admission.service in rights for admission in admissions)


@pytest.mark.parametrize(
    ("closes", "moment", "is_open"),
    [
        (time(23, 59), time(23, 58, 59), True),
        (time(23, 59), time(23, 59), True),
        (time(23, 59), time(23, 59, 59, 999_999), True),
        (time(23, 58), time(23, 58), False),
        (time(23, 58), time(23, 59), False),
    ],
)
def test_a_service_may_last_to_the_end_of_the_day(
    closes: time, moment: time, is_open: bool
) -> None:
    door = Service("door", "Portail", frozenset(range(1, 8)), time(0), closes, 1)
    assert door.is_open(datetime.combine(date(2026, 9, 1), moment, PARIS)) is is_open
