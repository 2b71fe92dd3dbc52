"""What the queue reads: calm, plain, neutral, discreet."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from terminal.gate.decision import Answer, Decision, Detail, Service
from terminal.gate.words import (
    Notice,
    Tone,
    Words,
    service_words,
    words_for,
    words_for_notice,
)

PARIS = ZoneInfo("Europe/Paris")
LUNCH = Service("lunch", "Déjeuner", frozenset({1}), time(11, 30), time(13, 30), 1)
LIBRARY = Service("library", "CDI", frozenset({1}), time(8), time(18), 9)
PASSED = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)


def decision(answer: Answer) -> Decision:
    passed_at = PASSED if answer is Answer.DEJA_PASSE else None
    return Decision(answer, Detail.CLOSED, LUNCH, passed_at)


def every_words() -> list[Words]:
    answers = [words_for(decision(answer), "Léa", PARIS) for answer in Answer]
    return answers + [words_for_notice(notice) for notice in Notice]


def test_a_meal_and_another_service_are_greeted_in_their_own_way() -> None:
    meal = words_for(Decision(Answer.OK, service=LUNCH), "Léa", PARIS)
    assert meal == Words("Bon appétit Léa", "", Tone.GOOD)
    library = words_for(Decision(Answer.OK, service=LIBRARY), "Léa", PARIS)
    assert library.message == "Bienvenue Léa"


def test_already_passed_names_the_hour_of_the_wall_and_no_gender() -> None:
    words = words_for(decision(Answer.DEJA_PASSE), "Léa", PARIS)
    assert words == Words("Passage déjà fait à 12:04", "", Tone.WAIT)


def test_a_closed_gate_says_what_opens_next() -> None:
    closed = Decision(Answer.HORS_HORAIRES, Detail.CLOSED)
    assert words_for(closed, "Léa", PARIS, LUNCH).line == "Déjeuner à 11:30"
    assert words_for(closed, "Léa", PARIS).line == "Voir la vie scolaire"


@pytest.mark.parametrize(
    "answer",
    [Answer.NON_RESERVE, Answer.SOLDE_INSUFFISANT, Answer.NON_INSCRIT, Answer.CARTE_OPPOSEE],
)
def test_the_queue_learns_neither_debt_nor_right_nor_name(answer: Answer) -> None:
    assert words_for(decision(answer), "Léa", PARIS) == Words("Voir la vie scolaire", "", Tone.STOP)


def test_no_exclamation_mark_and_no_jargon() -> None:
    for words in every_words():
        text = f"{words.message} {words.line}".lower()
        assert words.message
        assert not any(bad in text for bad in ("!", "pin", "badge", "solde", "erreur"))


def test_each_tone_has_its_own_shape_and_sound() -> None:
    assert len({tone.shape for tone in Tone}) == len({tone.sound for tone in Tone}) == len(Tone)


def test_a_service_is_named_with_its_hours() -> None:
    assert service_words(LUNCH) == "Déjeuner · 11:30–13:30"
