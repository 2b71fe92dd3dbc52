"""The keeper of the door: who is released, and when that is a passage."""

import threading

import pytest

from terminal.gate.door import keeper as keeping
from terminal.gate.door.event_book import DoorNews
from terminal.gate.door.keeper import LATE_SECONDS
from terminal.gate.passages import Passage
from terminal.gate.words import Notice
from tests.terminal.gate.door_site import LEA, NOAH, RELEASE, Build, Site


def test_a_passage_counts_when_the_arm_was_turned_and_not_before(site: Site) -> None:
    woken: list[int] = []
    site.keeper.tally.after_passage = lambda: woken.append(1)
    admitted = site.admit()
    assert isinstance(admitted, Passage)
    assert admitted.sequence == 0
    assert (site.phase, site.turnstile.view().free) == ("released", True)
    assert site.passages() == []
    assert site.turnstile.push()
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == [(LEA, None)]
    assert not site.turnstile.view().free  # locked behind the first
    assert (woken, site.board.current.outbox, site.news()) == ([1], 1, [])


def test_without_a_rotation_nothing_counts_and_the_card_may_come_again(site: Site) -> None:
    site.admit()
    site.turn(RELEASE + 0.1)
    assert (site.phase, site.turnstile.view().free) == ("relocked", False)
    site.turn(LATE_SECONDS + 0.1)
    assert (site.phase, site.passages(), site.news()) == ("closed", [], [DoorNews.NOT_PASSED])
    shown = site.board.current.shown
    assert shown is not None
    assert shown.answer == Notice.PASSAGE_NON_FAIT
    assert isinstance(site.admit(), Passage)
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == [(LEA, None)]


def test_an_arm_that_was_moving_when_it_locked_still_counts(site: Site) -> None:
    site.admit()
    site.turn(RELEASE + 0.1)
    site.turnstile.push(force=True)  # it was off its rest already
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == [(LEA, None)]
    assert site.news() == []


def test_without_a_sensor_it_counts_at_the_release(build: Build) -> None:
    site = build(rotation_input=None, contact_input=1)
    admitted = site.admit()
    assert isinstance(admitted, Passage)
    assert admitted.sequence == 1
    assert site.passages() == [(LEA, None)]
    site.turn(RELEASE + 0.1)
    site.turn(LATE_SECONDS + 0.1)
    assert (site.phase, site.passages(), site.news()) == ("closed", [(LEA, None)], [])


def test_without_a_sensor_who_opens_the_door_uses_up_the_release(build: Build) -> None:
    site = build(rotation_input=None, contact_input=1)
    site.admit()
    site.turnstile.swing(stands_open=True)
    site.turn_until(lambda: site.phase == "passed")
    assert not site.turnstile.view().free
    site.turnstile.swing(stands_open=False)
    site.turn_until(lambda: site.phase == "closed")
    assert (site.passages(), site.news()) == ([(LEA, None)], [])


def test_a_board_without_inputs_counts_at_the_release(build: Build) -> None:
    site = build(dialect="lcus", rotation_input=None, contact_input=None)
    site.admit()
    assert site.passages() == [(LEA, None)]
    site.turn_until(lambda: site.turnstile.view().free)
    site.turn(RELEASE + 0.1)
    site.turn_until(lambda: not site.turnstile.view().free)


def test_two_at_once_go_one_after_the_other(site: Site) -> None:
    site.admit(LEA)
    assert site.keeper.awaits(LEA)
    assert not site.keeper.awaits(NOAH)
    assert site.admit(NOAH) is Notice.PATIENTEZ
    assert site.passages() == []
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "closed")
    assert not site.keeper.awaits(LEA)
    assert isinstance(site.admit(NOAH), Passage)
    site.turn(1.0)  # nobody follows faster
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == [(LEA, None), (NOAH, None)]


def test_one_person_is_not_released_twice_whoever_asks(site: Site) -> None:
    site.admit(LEA)
    assert site.admit(LEA) is Notice.AVANCEZ  # a supervisor's hand, while the card waits
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == [(LEA, None)]


def test_the_next_one_waits_a_moment_and_is_released(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WAIT_SECONDS_MAX", 20.0)
    site.admit(LEA)
    found: list[Passage | Notice] = []
    waiting = threading.Thread(target=lambda: found.append(site.admit(NOAH)))
    waiting.start()
    site.turnstile.push()
    site.turn_until(lambda: bool(found))
    waiting.join()
    assert isinstance(found[0], Passage)
    assert site.passages() == [(LEA, None)]
    assert site.keeper.awaits(NOAH)


def test_an_arm_that_swings_is_one_passage(site: Site) -> None:
    site.admit()
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "closed")
    site.seconds[0] += 0.3  # the pulse ends, and a second one comes at once
    site.turn_until(lambda: not site.turnstile.view().rotating)
    site.turn()
    site.turnstile.push(force=True)
    for _ in range(5):
        site.turn()
    assert (site.passages(), site.alarm) == ([(LEA, None)], None)
