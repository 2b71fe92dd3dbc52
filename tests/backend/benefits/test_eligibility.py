"""Rules over a person: each condition alone, the first rule that fits, top-ups, and the words."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.benefits.eligibility import (
    BASE_SLOT,
    Conditions,
    Person,
    Reason,
    Rule,
    Track,
    age_at,
    decide,
    failures,
)
from backend.ledger.money import Cents

OPENS = date(2026, 9, 1)
LEA = Person(
    birth_date=date(2010, 3, 14),
    commune="92050",
    postcode="92000",
    track=Track.GENERAL,
    level="2nde",
)


def _rule(code: str, cents: int, *, top_up: bool = False, **conditions: object) -> Rule:
    return Rule(code, code.title(), Cents(cents), top_up, Conditions(**conditions))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 9, 1), date(2026, 9, 1), 18),
        (date(2008, 9, 2), date(2026, 9, 1), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_an_age_is_in_whole_years(born: date, day: date, age: int) -> None:
    assert age_at(born, day) == age


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (Conditions(), None),
        (Conditions(age_min=16), None),
        (Conditions(age_min=17), Reason.TOO_YOUNG),
        (Conditions(age_min=17, age_on=date(2027, 3, 14)), None),
        (Conditions(age_min=17, age_on=date(2027, 3, 13)), Reason.TOO_YOUNG),
        (Conditions(age_max=16), None),
        (Conditions(age_max=15), Reason.TOO_OLD),
        (Conditions(communes=("92050",)), None),
        (Conditions(communes=("92051",)), Reason.RESIDENCE_OUTSIDE),
        (Conditions(communes=("92051",), postcodes=("92000",)), None),
        (Conditions(departments=("92", "78")), None),
        (Conditions(departments=("78",)), Reason.RESIDENCE_OUTSIDE),
        (Conditions(departments=("78",), communes=("92050",)), None),
        (Conditions(tracks=(Track.GENERAL, Track.APPRENTICE)), None),
        (Conditions(tracks=(Track.APPRENTICE,)), Reason.TRACK_NOT_COVERED),
        (Conditions(levels=("2nde",)), None),
        (Conditions(levels=("1re",)), Reason.LEVEL_NOT_COVERED),
        (Conditions(scholarship=True), Reason.NO_SCHOLARSHIP),
        (Conditions(scholarship=False), None),
    ],
)
def test_each_condition_by_itself(conditions: Conditions, reason: Reason | None) -> None:
    assert [failure.reason for failure in failures(LEA, conditions, OPENS)] == (
        [reason] if reason else []
    )
    assert Conditions.from_json(conditions.as_json()) == conditions


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (Conditions(communes=("92050",)), Reason.RESIDENCE_UNKNOWN),
        (Conditions(departments=("92",)), Reason.RESIDENCE_UNKNOWN),
        (Conditions(tracks=(Track.GENERAL,)), Reason.TRACK_UNKNOWN),
        (Conditions(levels=("2nde",)), Reason.LEVEL_UNKNOWN),
    ],
)
def test_unknown_is_not_the_same_as_no(conditions: Conditions, reason: Reason) -> None:
    nobody = Person(date(2010, 3, 14))
    assert [failure.reason for failure in failures(nobody, conditions, OPENS)] == [reason]


@pytest.mark.parametrize(
    ("person", "department"),
    [
        (Person(OPENS, postcode="92000"), "92"),
        (Person(OPENS, postcode="20000"), "2A"),
        (Person(OPENS, postcode="20200"), "2B"),
        (Person(OPENS, postcode="97400"), "974"),
        (Person(OPENS, commune="2A004"), "2A"),
        (Person(OPENS, commune="97411"), "974"),
        (Person(OPENS, commune="48009", postcode="07590"), "48"),
        (Person(OPENS, commune="48009", department="07"), "07"),
        (Person(OPENS), None),
    ],
)
def test_the_departement_follows_from_what_is_known(person: Person, department: str | None) -> None:
    assert person.home_department() == department


def test_whoever_turns_eighteen_in_the_year_is_counted_on_its_last_day() -> None:
    grown = Conditions(age_min=18, age_max=18, age_on=date(2026, 12, 31))
    for born, fits in ((date(2008, 1, 1), True), (date(2008, 12, 31), True)):
        assert (not list(failures(Person(born), grown, OPENS))) is fits
    for born in (date(2007, 12, 31), date(2009, 1, 1)):
        assert list(failures(Person(born), grown, OPENS))


def test_the_first_rule_that_fits_gives_and_says_why() -> None:
    rules = [
        _rule("apprentis", 20000, tracks=(Track.APPRENTICE,)),
        _rule("lyceens", 8000, age_min=15, departments=("92",)),
        _rule("tous", 100),
    ]
    (decision,) = decide(LEA, rules, OPENS)
    assert (decision.slot, decision.rule_code, decision.amount.value) == (
        BASE_SLOT,
        "lyceens",
        8000,
    )
    assert decision.words.replace("\u00a0", " ") == (
        "Accordé : 80,00 € par la règle « Lyceens » (16 ans au 01/09/2026, département 92)."
    )
    assert decision.statement == "Dotation : Lyceens"


def test_a_refusal_speaks_of_the_rule_that_came_closest() -> None:
    rules = [
        _rule("apprentis", 20000, tracks=(Track.APPRENTICE,), age_min=17, departments=("75",)),
        _rule("grands", 8000, age_min=17),
    ]
    (decision,) = decide(LEA, rules, OPENS)
    assert not decision.granted
    assert (decision.rule_code, decision.reason) == ("grands", Reason.TOO_YOUNG)
    assert decision.words == (
        "Refusé : 16 ans au 01/09/2026, il en faut au moins 17 (règle « Grands »)."
    )


def test_without_a_rule_nothing_is_given() -> None:
    (decision,) = decide(LEA, [_rule("plus", 1, top_up=True)], OPENS)
    assert (decision.granted, decision.reason) == (False, Reason.NO_RULE)


def test_a_top_up_comes_on_top_and_names_its_proof() -> None:
    rules = [_rule("tous", 8000), _rule("bourse", 2000, top_up=True, scholarship=True)]
    assert [one.amount.value for one in decide(LEA, rules, OPENS)] == [8000]
    holder = replace(LEA, scholarship=True, scholarship_proof="attestation du 12/10")
    _, top_up = decide(holder, rules, OPENS)
    assert (top_up.slot, top_up.amount.value) == ("+bourse", 2000)
    assert top_up.words.replace("\u00a0", " ") == (
        "Accordé : 20,00 € par la règle « Bourse » (boursier : attestation du 12/10)."
    )
    assert top_up.statement == "Complément : Bourse"


ages = st.none() | st.integers(0, 30)
conditions_ = st.builds(
    Conditions,
    age_min=ages,
    age_max=ages,
    departments=st.sampled_from([(), ("92",), ("75", "92")]),
    tracks=st.sampled_from([(), (Track.GENERAL,), (Track.APPRENTICE, Track.COLLEGE)]),
    scholarship=st.none() | st.booleans(),
)
people = st.builds(
    Person,
    birth_date=st.dates(date(1996, 1, 1), date(2020, 1, 1)),
    department=st.sampled_from([None, "92", "75"]),
    track=st.none() | st.sampled_from(Track),
    scholarship=st.booleans(),
)


@given(people, st.lists(st.tuples(conditions_, st.booleans(), st.integers(1, 9999)), max_size=6))
def test_what_is_given_is_what_the_rules_that_fit_say(
    person: Person, drawn: list[tuple[Conditions, bool, int]]
) -> None:
    rules = [
        Rule(str(number), f"Règle {number}", Cents(cents), top_up, conditions)
        for number, (conditions, top_up, cents) in enumerate(drawn)
    ]
    fits = [rule for rule in rules if not list(failures(person, rule.conditions, OPENS))]
    bases = [rule for rule in fits if not rule.top_up]
    expected = bases[:1] + [rule for rule in fits if rule.top_up] if bases else []
    decisions = decide(person, rules, OPENS)
    given_ = [decision for decision in decisions if decision.granted]
    assert [decision.rule_code for decision in given_] == [rule.code for rule in expected]
    assert len({decision.slot for decision in decisions}) == len(decisions)
    assert all(decision.words.startswith(("Accordé", "Refusé")) for decision in decisions)
    assert given_ or (len(decisions) == 1 and decisions[0].reason is not Reason.RULE)
