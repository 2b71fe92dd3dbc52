"""Whoever is nobody yet: few are asked nothing, and a puzzle or a question lets each on once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from backend.accounts.signin.errors import TooManyRequests
from backend.accounts.strangers import asking, puzzles, seals
from backend.accounts.strangers.asking import Brought, may_go_on
from backend.accounts.strangers.keys import key_of, key_of_today
from backend.accounts.strangers.puzzles import NoSolution, is_solved, make_puzzle, solve
from backend.accounts.strangers.questions import (
    COLOURS,
    Question,
    is_answered,
    meant,
    pick_question,
    seal_question,
)
from backend.accounts.strangers.seals import GOOD_FOR, Door
from backend.services import Services
from tests.backend.conftest import Clock
from tests.backend.together import at_once

KEY = b"k" * 32
NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)
NETWORK = "192.0.2.7"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def puzzle(now: datetime = NOW, door: Door = Door.SIGN_UP, number: int = 37) -> str:
    return make_puzzle(KEY, door, now, below=lambda _most: number)


def solved(text: str, number: str, *, door: Door = Door.SIGN_UP, now: datetime = NOW) -> bool:
    found = seals.read(text)
    return found is not None and is_solved(KEY, door, found, number, now)


def test_a_puzzle_is_solved_by_its_number_alone() -> None:
    text = puzzle()
    assert solve(text) == 37
    assert solved(text, "37")
    for wrong in ("38", "", "-37", "٣٧", "37.0", "0" * 30 + "37", str(puzzles.WORK_MAX)):
        assert not solved(text, wrong), wrong


def test_a_puzzle_is_good_for_one_door_and_an_hour_and_is_ours() -> None:
    text = puzzle()
    assert not solved(text, "37", door=Door.PASSWORD)
    assert solved(text, "37", now=NOW + GOOD_FOR - timedelta(seconds=1))
    assert not solved(text, "37", now=NOW + GOOD_FOR)
    until, salt, told, sealed = text.split(".")
    later = ".".join((str(int(until) + 3600), salt, told, sealed))
    own = puzzle(number=1).split(".")
    for forged in (later, f"{until}.{own[1]}.{own[2]}.{sealed}", text[:-1], f"{text}.x"):
        assert not solved(forged, "37"), forged
        assert not solved(forged, "1"), forged


@pytest.mark.parametrize("text", ["", "...", "x.y.z.w", "²." + "a." * 3, "9" * 40 + ".a.b.c"])
def test_what_is_no_puzzle_is_none(text: str) -> None:
    assert not solved(text, "37")
    with pytest.raises(NoSolution):
        solve(text + "." + "f" * 8) if text else solve(text)


def test_the_work_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()

    def below(most: int) -> int:
        asked.append(most)
        return 0

    make_puzzle(KEY, Door.CODE, NOW, below=below)
    assert asked == [puzzles.WORK_MAX]
    monkeypatch.setattr(puzzles, "WORK_MAX", 36)
    with pytest.raises(NoSolution):
        solve(puzzle())


@pytest.mark.parametrize(
    ("typed", "is_meant"),
    [
        ("5", "5"),
        (" Cinq. ", "5"),
        ("five", "5"),
        ("DOUZE", "12"),
        ("Bleu", "bleu"),
        ("le bleu", "bleu"),
        ("“blue”", "bleu"),
        ("un", "un"),
        ("Bléu\N{COMBINING ACUTE ACCENT}", "bleu"),
        ("", ""),
    ],
)
def test_an_answer_is_understood_as_people_write_it(typed: str, is_meant: str) -> None:
    assert meant(typed) == is_meant


def following(chance: Iterator[int], _below: int) -> int:
    return next(chance)


def test_every_question_is_answered_in_both_languages_and_tells_no_answer() -> None:
    chances = [iter(one) for one in ((1, 2, 3), *((0, n, n, n % 3) for n in range(len(COLOURS))))]
    for chance in chances:
        asked = pick_question(partial(following, chance))
        text = seal_question(KEY, Door.CODE, asked, NOW)
        assert asked.answer not in text.split(".")
        found = seals.read(text)
        assert found is not None
        english = dict(COLOURS).get(asked.answer, asked.answer)
        assert english in asked.en or asked.answer.isdecimal()
        for answer in (asked.answer, english.upper()):
            assert is_answered(KEY, Door.CODE, found, answer, NOW)
        for wrong in ("", "mauve", "0"):
            assert not is_answered(KEY, Door.CODE, found, wrong, NOW)
        assert not is_answered(KEY, Door.SIGN_UP, found, asked.answer, NOW)
        assert not is_answered(KEY, Door.CODE, found, asked.answer, NOW + GOOD_FOR)
    assert pick_question(lambda _below: 1).fr == "Combien font deux et deux ?"


def brought(services: Services, door: Door = Door.SIGN_UP) -> Brought:
    """What a page's script brings, with little work."""
    key = key_of_today(services)
    return Brought(make_puzzle(key, door, services.now(), below=lambda _most: 9), "9")


def answered(services: Services, answer: str) -> Brought:
    key, asked = key_of_today(services), Question("", "", "5")
    sealed = seal_question(key, Door.SIGN_UP, asked, services.now())
    return Brought(question=sealed, answer=answer)


def goes_on(services: Services, what: Brought, network: str = NETWORK) -> bool:
    return may_go_on(services, Door.SIGN_UP, network, what)


def test_two_an_hour_of_a_network_are_asked_nothing(services: Services, clock: Clock) -> None:
    assert [goes_on(services, Brought()) for _ in range(3)] == [True, True, False]
    assert goes_on(services, Brought(), "192.0.2.8")
    clock.advance(hours=1)
    assert goes_on(services, Brought())


def test_where_many_ask_nobody_is_let_on_unasked(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "UNASKED_FROM_ALL", replace(asking.UNASKED_FROM_ALL, uses_max=3))
    networks = ("", *(f"192.0.2.{n}" for n in range(1, 5)))
    assert [goes_on(services, Brought(), one) for one in networks] == [*[True] * 3, False, False]
    assert goes_on(services, brought(services))


def test_a_puzzle_serves_once_even_at_the_same_moment(services: Services) -> None:
    for _ in range(2):
        goes_on(services, Brought())
    once = brought(services)
    assert at_once([lambda: goes_on(services, once)] * 4).count(True) == 1
    assert not goes_on(services, brought(services, Door.CODE))
    assert all(goes_on(services, brought(services)) for _ in range(20))


def test_an_answer_lets_on_once_and_only_so_often(services: Services) -> None:
    for _ in range(2):
        goes_on(services, Brought())
    once = answered(services, "cinq")
    assert goes_on(services, once)
    assert not goes_on(services, once)
    assert not goes_on(services, answered(services, "six"))
    for _ in range(asking.ANSWERS_FROM_NETWORK.uses_max - 3):
        assert goes_on(services, answered(services, "5"))
    with pytest.raises(TooManyRequests):
        goes_on(services, answered(services, "5"))
    assert goes_on(services, answered(services, "5"), "192.0.2.8")


def test_who_fills_in_what_nobody_sees_answers_the_question(services: Services) -> None:
    assert not goes_on(services, replace(brought(services), trap="x"))
    assert not goes_on(services, Brought(trap="x"))
    assert goes_on(services, replace(answered(services, "5"), trap="x"))


def test_yesterdays_key_serves_over_midnight_and_no_longer(
    services: Services, clock: Clock
) -> None:
    clock.moment = clock().replace(hour=23, minute=50)
    for _ in range(2):
        goes_on(services, Brought())
    late, today = brought(services), clock().date()
    key = key_of_today(services)
    clock.advance(minutes=20)
    assert key_of_today(services) != key
    assert goes_on(services, late)
    assert key_of(services, today) == key
    clock.advance(days=1)
    assert key_of(services, today) is None


def test_every_process_seals_with_the_same_key(services: Services) -> None:
    assert len(set(at_once([lambda: key_of_today(services)] * 4))) == 1
    assert key_of(services, services.now().date() + timedelta(days=1)) is None
