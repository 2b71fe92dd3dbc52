"""Who a row is: never a guess. And what differs, with nobody leaving by mistake."""

from datetime import date
from uuid import UUID

import pytest

from backend.pupils.difference import Difference, Field, Question, compare
from backend.pupils.errors import DecisionInvalid
from backend.pupils.matching import NO_DECISIONS, Decisions, Doubt, Known, Matched, Place, match
from backend.pupils.names import name_keys
from backend.pupils.rows import Diet, Problem, PupilRow, Refused, read_regime
from tests.backend.pupils.files import known

BORN = date(2011, 5, 4)
INE, OTHER_INE = "123456789AB", "987654321CD"
TODAY = Question(date(2026, 9, 1))


def row(
    line: int = 2,
    given_name: str = "Léa",
    family_name: str = "MARTIN",
    ine: str | None = None,
    **more: object,
) -> PupilRow:
    said = {"birth_date": BORN, **more}
    return PupilRow(line=line, given_name=given_name, family_name=family_name, ine=ine, **said)  # type: ignore[arg-type]


def here(number: int = 1, **more: object) -> Place:
    said = {"is_pupil": True, "has_ended": False, "known_by_file": True, **more}
    return Place(enrolment_id=UUID(int=1000 + number), **said)  # type: ignore[arg-type]


def person(number: int = 1, ine: str | None = None, place: Place | None = None) -> Known:
    return known(number, "Lea", "Martin", BORN, ine, place)


def doubts(matched: Matched) -> list[Doubt]:
    return [one.doubt for one in matched.doubtful]


@pytest.mark.parametrize(
    ("asked", "people", "found"),
    [
        (row(ine=INE), [person(ine=INE)], 1),
        (row(), [person(ine=INE)], 1),
        (row(ine=INE), [person()], 1),
        (row(given_name="MARTIN", family_name="Léa"), [person()], 1),
        # Another name, the same number: a name that changed.
        (row(family_name="ROUX", ine=INE), [person(ine=INE)], 1),
        # Of two namesakes, the number says which.
        (row(ine=INE), [person(1, INE), person(2, OTHER_INE)], 1),
        # Of two namesakes without a number, the one who is here.
        (row(), [person(1), person(2, place=here(2))], 2),
        (row(), [], None),
        (row(given_name="Léo"), [person()], None),
        (row(birth_date=date(2011, 5, 5)), [person()], None),
    ],
)
def test_a_row_is_one_person_or_a_new_one(
    asked: PupilRow, people: list[Known], found: int | None
) -> None:
    matched = match([asked], people)
    assert not matched.doubtful
    if found is None:
        assert matched.new == [asked]
    else:
        assert [who.beneficiary_id for _, who in matched.found] == [UUID(int=found)]


STAFF = here(is_pupil=False)
STRANGER = known(3, "Zoé", "Roux", date(2010, 1, 1), INE)


@pytest.mark.parametrize(
    ("asked", "people", "doubt"),
    [
        (row(ine=INE), [person(ine=OTHER_INE)], Doubt.INE_DIFFERS),
        (row(ine=INE), [person(1), person(2)], Doubt.SEVERAL_PEOPLE),
        (row(), [person(1, INE), person(2, OTHER_INE)], Doubt.SEVERAL_PEOPLE),
        (row(), [person(1, place=here(1)), person(2, place=here(2))], Doubt.SEVERAL_PEOPLE),
        (row(ine=INE), [STRANGER], Doubt.INE_OF_ANOTHER),
        (row(ine=INE), [STRANGER, person()], Doubt.INE_OF_ANOTHER),
        (row(ine=INE), [person(ine=INE, place=STAFF)], Doubt.NOT_A_PUPIL),
        # Without the number, one of two namesakes would be a guess.
        (row(ine=INE), [person(1), person(2, OTHER_INE)], Doubt.INE_DIFFERS),
    ],
)
def test_what_cannot_be_known_is_not_guessed(
    asked: PupilRow, people: list[Known], doubt: Doubt
) -> None:
    matched = match([asked], people)
    assert doubts(matched) == [doubt]
    assert not matched.found
    assert not matched.new
    assert matched.doubtful[0].candidates


def test_two_rows_are_never_one_person() -> None:
    rows = [row(2, ine=INE), row(3, family_name="Martín", ine=OTHER_INE)]
    matched = match(rows, [person()])
    assert doubts(matched) == [Doubt.SAME_PERSON_TWICE] * 2
    same_number = [row(2, ine=INE), row(3, given_name="Zoé", ine=INE)]
    assert doubts(match(same_number, [])) == [Doubt.INE_TWICE] * 2


def test_a_pupil_said_twice_counts_once() -> None:
    matched = match([row(2, ine=INE), row(9, ine=INE)], [])
    assert [one.line for one in matched.new] == [2]
    assert [(one.problem.line, one.problem.code) for one in matched.refused] == [
        (9, "line_repeated")
    ]


def test_a_person_decides_what_is_doubtful() -> None:
    people = [person(1, OTHER_INE)]
    same = match([row(ine=INE)], people, Decisions(same={2: UUID(int=1)}))
    assert [who.beneficiary_id for _, who in same.found] == [UUID(int=1)]
    new = match([row(ine=INE)], people, Decisions(new=frozenset({2})))
    assert [one.line for one in new.new] == [2]


@pytest.mark.parametrize(
    ("rows", "people", "decisions"),
    [
        ([row()], [person()], Decisions(new=frozenset({2}))),
        ([row()], [person(1), person(2)], Decisions(same={2: UUID(int=3)})),
        ([row()], [person(1), person(2)], Decisions(same={3: UUID(int=1)})),
        ([row(ine=INE)], [STRANGER, person()], Decisions(same={2: UUID(int=1)})),
        ([row(ine=INE)], [STRANGER], Decisions(new=frozenset({2}))),
    ],
)
def test_a_decision_must_fit_a_doubt(
    rows: list[PupilRow], people: list[Known], decisions: Decisions
) -> None:
    with pytest.raises(DecisionInvalid):
        match(rows, people, decisions)


def differ(
    rows: list[PupilRow],
    people: list[Known],
    question: Question = TODAY,
    refused: list[Refused] | None = None,
) -> Difference:
    return compare(match(rows, people, NO_DECISIONS), refused or [], [], people, question)


def test_what_the_file_does_not_say_is_no_difference() -> None:
    place = here(class_code="3 A", regime="externe", days="12", diet="sans porc")
    found = differ([row(ine=INE)], [person(ine=INE, place=place)])
    assert found.is_empty
    assert len(found.same) == 1


def test_every_field_that_differs_is_named() -> None:
    place = here(class_code="3 A", regime="externe")
    asked = row(
        family_name="ROUX",
        ine=INE,
        birth_date=date(2011, 4, 5),
        class_code="2 B",
        regime=read_regime("2"),
        days="1245",
        diet=Diet.NO_PORK,
        email="lea@exemple.fr",
        phone="0612345678",
    )
    who = known(1, "Lea", "Martin", BORN, INE, place)
    matched = Matched(found=[(asked, who)])
    (update,) = compare(matched, [], [], [who], TODAY).updated
    assert {one.field for one in update.changes} == set(Field) - {Field.GIVEN_NAME, Field.INE}
    assert update.moves
    assert update.gets_rights


def test_the_usual_diet_is_no_change_and_goes_back_to_it() -> None:
    usual, other = person(1, place=here(1)), person(2, place=here(2, diet="sans porc"))
    assert differ([row(diet=Diet.STANDARD)], [usual]).is_empty
    (update,) = differ([row(diet=Diet.STANDARD)], [other]).updated
    assert [one.field for one in update.changes] == [Field.DIET]


def test_a_known_address_is_never_replaced() -> None:
    who = Known(UUID(int=1), "Léa", "Martin", BORN, None, True, True, here())
    assert differ([row(email="autre@exemple.fr", phone="0699999999")], [who]).is_empty


def test_whoever_is_not_in_the_file_leaves() -> None:
    gone = known(5, "Noé", "Petit", BORN, None, here(5))
    found = differ([row()], [person(place=here()), gone])
    assert [one.known for one in found.departed] == [gone]


def test_a_day_of_leaving_counts_once_it_has_come() -> None:
    who = person(place=here())
    past, future = row(left_on=date(2026, 8, 31)), row(left_on=date(2026, 12, 31))
    (left,) = differ([past], [who]).departed
    assert left.left_on == date(2026, 8, 31)
    assert differ([future], [who]).is_empty
    ended = person(place=here(has_ended=True))
    assert differ([past], [ended]).gone_already == 1
    assert differ([past], []).gone_already == 1


@pytest.mark.parametrize(
    "refused",
    [
        Refused(Problem(9, "date_unreadable", ""), ine=OTHER_INE),
        Refused(Problem(9, "date_unreadable", ""), keys=name_keys("Noé", "PETIT")),
    ],
)
def test_nobody_leaves_by_a_line_that_cannot_be_read(refused: Refused) -> None:
    noe = known(5, "Noé", "Petit", BORN, OTHER_INE, here(5))
    lina = known(6, "Lina", "Roux", BORN, None, here(6))
    found = differ([], [noe, lina], refused=[refused])
    assert [one.known for one in found.departed] == [lina]
    nobody = differ([], [noe, lina], refused=[Refused(Problem(9, "line_too_long", ""))])
    assert nobody.departed == ()
    assert nobody.nobody_leaves is not None


def test_nobody_leaves_by_a_doubt_or_by_a_part_of_the_file() -> None:
    twins = [person(1, place=here(1)), person(2, place=here(2))]
    assert differ([row()], twins).departed == ()
    partial = Question(TODAY.today, partial=True)
    assert differ([], twins, partial).departed == ()
    assert len(differ([], twins).departed) == 2


def test_staff_and_those_who_left_do_not_leave() -> None:
    people = [person(1, place=here(1, is_pupil=False)), person(2, place=here(2, has_ended=True))]
    assert differ([], people).departed == ()


def test_a_pupil_without_a_division_is_not_new_and_does_not_leave() -> None:
    question = Question(TODAY.today, class_needed=True)
    found = differ([row()], [], question)
    assert [one.problem.code for one in found.refused] == ["class_missing"]
    assert not found.created
    assert differ([row()], [person(place=here())], question).is_empty


def test_many_departures_ask_for_a_confirmation() -> None:
    def pupils(count: int) -> list[Known]:
        return [known(n, f"A{n}", "B", BORN, None, here(n)) for n in range(1, count + 1)]

    assert not differ([], pupils(10)).needs_confirmation
    assert differ([], pupils(11)).needs_confirmation
    many = pupils(100)
    rows = [row(n, one.given_name, "B") for n, one in enumerate(many[20:], start=2)]
    assert not differ(rows, many).needs_confirmation
    assert differ(rows[1:], many).needs_confirmation
