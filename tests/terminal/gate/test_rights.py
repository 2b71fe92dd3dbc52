"""What a right depends on: days, reservations, meals left, quotas, holidays."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from terminal.gate.decision import (
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
CLUB = Service("club", "Club", SCHOOL_DAYS, time(12), time(13), 2)
NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)  # a Tuesday, 12:04 in Paris
LEA = Holder("c1", "Léa", blocked=False, rights=(Right("lunch"),))


def hours(services: list[Service]) -> Hours:
    return Hours(services, PARIS)


def tap(holder: Holder = LEA, admissions: tuple[Admission, ...] = ()) -> Tap:
    return Tap(NOON, Chip.GENUINE, holder, admissions)


TODAY = date(2026, 11, 17)
TOMORROW = TODAY + timedelta(days=1)
CONDITIONS = [
    (days, reserved, meals)
    for days in (None, frozenset({2}), frozenset({1, 3}))
    for reserved in (None, frozenset({TODAY}), frozenset({TOMORROW}))
    for meals in (None, 0, 1)
]


def holder_with(**conditions: object) -> Holder:
    return Holder("c1", "Léa", blocked=False, rights=(Right("lunch", **conditions),))  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "reserved", "meals"), CONDITIONS)
def test_one_condition_that_holds_is_enough(
    days: frozenset[int] | None, reserved: frozenset[date] | None, meals: int | None
) -> None:
    holder = holder_with(days=days, reserved_on=reserved, meals_left=meals)
    decision = decide(tap(holder=holder), hours([LUNCH]))
    holds = 2 in (days or ()) or TODAY in (reserved or ()) or (meals or 0) > 0
    full_board = (days, reserved, meals) == (None, None, None)
    if holds or full_board:
        assert decision == Decision(Answer.OK, service=LUNCH)
    elif meals is not None:
        assert decision == Decision(Answer.SOLDE_INSUFFISANT, Detail.NO_MEAL_LEFT, LUNCH)
    else:
        assert decision == Decision(Answer.NON_RESERVE, Detail.NOT_TODAY, LUNCH)


@pytest.mark.parametrize(("left", "uncounted", "answer"), [
    (2, 1, Answer.OK), (2, 2, Answer.SOLDE_INSUFFISANT), (1, 0, Answer.OK),
    (0, 0, Answer.SOLDE_INSUFFISANT), (-1, 0, Answer.SOLDE_INSUFFISANT),
])  # fmt: skip
def test_meals_taken_since_the_list_are_taken_off(
    left: int, uncounted: int, answer: Answer
) -> None:
    before = [Admission("lunch", NOON - timedelta(days=1 + day)) for day in range(uncounted)]
    counted = [Admission("lunch", NOON - timedelta(days=9), counted=True)] * 5
    one = tap(holder=holder_with(meals_left=left), admissions=(*before, *counted))
    assert decide(one, hours([LUNCH])).answer is answer


def test_who_ate_the_last_meal_has_passed_and_is_not_poor() -> None:
    eaten = (Admission("lunch", NOON - timedelta(minutes=9)),)
    one = tap(holder=holder_with(meals_left=1), admissions=eaten)
    assert decide(one, hours([LUNCH])).answer is Answer.DEJA_PASSE


def test_a_guest_s_card_lets_a_group_in() -> None:
    made = (Admission("lunch", NOON - timedelta(minutes=2)),) * 3
    one = tap(holder=holder_with(passages_max=4), admissions=made)
    assert decide(one, hours([LUNCH])).answer is Answer.OK
    four = tap(holder=holder_with(passages_max=4), admissions=(*made, made[0]))
    assert decide(four, hours([LUNCH])).answer is Answer.DEJA_PASSE


SNACK = Service("lunch", "Sandwicherie", SCHOOL_DAYS, time(11, 30), time(13, 30), 1, week_max=2)
MONDAY = NOON - timedelta(days=1)
LAST_WEEK = NOON - timedelta(days=4)


@pytest.mark.parametrize(
    ("listed_at", "week_used", "made", "answer"),
    [
        (MONDAY, 0, (), Answer.OK),
        (MONDAY, 1, (), Answer.OK),
        (MONDAY, 2, (), Answer.NON_RESERVE),
        (MONDAY, 1, (Admission("lunch", MONDAY, counted=True),), Answer.OK),
        (MONDAY, 1, (Admission("lunch", MONDAY),), Answer.NON_RESERVE),
        # A list of last week knows nothing of this one.
        (LAST_WEEK, 2, (), Answer.OK),
        (LAST_WEEK, 2, (Admission("lunch", MONDAY, counted=True),), Answer.OK),
        (LAST_WEEK, 2, (Admission("lunch", LAST_WEEK),) * 4, Answer.OK),
        (None, 2, (), Answer.OK),
    ],
)
def test_a_weekly_quota(
    listed_at: datetime | None, week_used: int, made: tuple[Admission, ...], answer: Answer
) -> None:
    holder = holder_with(week_used=week_used)
    one = Tap(NOON, Chip.GENUINE, holder, made, listed_at)
    decision = decide(one, hours([SNACK]))
    assert decision.answer is answer
    assert decision.detail is (None if decision.admitted else Detail.WEEK_MAX)


def test_a_holiday_closes_the_canteen_and_not_the_boarders_door() -> None:
    door = Service("door", "Internat", SCHOOL_DAYS, time(6), time(22), 9, held_on_closed_days=True)
    holiday = Hours([LUNCH, door], PARIS, frozenset({TODAY}))
    assert decide(tap(), holiday) == Decision(Answer.NON_RESERVE, Detail.NO_RIGHT, door)
    boarder = Holder("c1", "Léa", blocked=False, rights=(Right("lunch"), Right("door")))
    assert decide(tap(holder=boarder), holiday) == Decision(Answer.OK, service=door)
    lunch_only = Hours([LUNCH], PARIS, frozenset({TODAY}))
    closed = Decision(Answer.HORS_HORAIRES, Detail.CLOSED_DAY)
    assert decide(tap(), lunch_only) == closed
    assert lunch_only.next_after(NOON - timedelta(hours=3)) is None
    assert holiday.next_after(NOON - timedelta(hours=9)) == door


def test_the_best_answer_of_several_open_services_is_given() -> None:
    snack = Service("snack", "Sandwich", SCHOOL_DAYS, time(11), time(14), 1)
    rights = (Right("snack", meals_left=0), Right("lunch", days=frozenset({1})), Right("club"))
    holder = Holder("c1", "Léa", blocked=False, rights=rights)
    all_three = hours([LUNCH, snack, CLUB])
    assert decide(tap(holder=holder), all_three) == Decision(Answer.OK, service=CLUB)
    two = hours([LUNCH, snack])
    assert decide(tap(holder=holder), two).answer is Answer.SOLDE_INSUFFISANT
    passed = (Admission("lunch", NOON - timedelta(minutes=20)),)
    one = tap(holder=holder, admissions=passed)
    assert decide(one, two) == Decision(Answer.DEJA_PASSE, Detail.PASSAGES_MAX, LUNCH, passed[0].at)
