"""Alarms at the door: forced, held open, stuck; said, kept, and over."""

from simulator.turnstile.arm import ArmFaults
from terminal.gate.door.alarms import REPEAT_SECONDS, SHOWN_SECONDS
from terminal.gate.door.event_book import DoorNews
from terminal.gate.door.keeper import LATE_SECONDS, STUCK_SECONDS_MAX
from terminal.gate.passages import Passage
from terminal.gate.words import Notice
from tests.terminal.gate.door_site import HELD_OPEN, LEA, NOAH, RELEASE, Site


def test_an_arm_that_is_forced_is_an_alarm_for_a_while(site: Site) -> None:
    site.turnstile.push(force=True)
    site.turn_until(lambda: site.alarm is Notice.PASSAGE_FORCE)
    assert (site.phase, site.passages(), site.news()) == ("closed", [], [DoorNews.FORCED])
    shown = site.board.current.shown
    assert shown is not None
    assert (shown.answer, shown.words.tone.sound) == (Notice.PASSAGE_FORCE, "one-long-low")
    # Who has a right is not held to account for it.
    assert isinstance(site.admit(), Passage)
    site.turn(SHOWN_SECONDS + 0.1)
    assert site.alarm is None


def test_a_second_one_behind_the_first_is_an_alarm(site: Site) -> None:
    site.admit()
    site.turnstile.swing(stands_open=True)
    site.turn_until(lambda: site.phase == "opened")
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "passed")
    site.turn(1.0)
    site.turnstile.push(force=True)
    site.turn_until(lambda: site.alarm is Notice.PASSAGE_FORCE)
    assert (site.passages(), site.news()) == ([(LEA, None)], [DoorNews.FORCED])


def test_a_door_held_open_sounds_until_it_is_closed_and_releases_nobody(site: Site) -> None:
    site.admit()
    site.turnstile.swing(stands_open=True)
    site.turn_until(lambda: site.phase == "opened")
    site.turnstile.push()
    site.turn_until(lambda: site.phase == "passed")
    site.turn(HELD_OPEN + 0.1)
    assert (site.phase, site.alarm) == ("held_open", Notice.PASSAGE_RESTE_OUVERT)
    assert site.admit(NOAH) is Notice.PASSAGE_A_FERMER
    rung = site.board.current.sequence
    site.turn(REPEAT_SECONDS + 0.1)
    assert site.board.current.sequence == rung + 1
    site.turnstile.swing(stands_open=False)
    site.turn_until(lambda: site.phase == "closed")
    assert site.alarm is None
    assert site.news() == [DoorNews.HELD_OPEN, DoorNews.ALARM_OVER]
    assert site.passages() == [(LEA, None)]


def test_who_holds_the_door_and_does_not_go_through_is_not_counted(site: Site) -> None:
    site.admit()
    site.turnstile.swing(stands_open=True)
    site.turn_until(lambda: site.phase == "opened")
    site.turn(HELD_OPEN + 0.1)
    assert site.alarm is Notice.PASSAGE_RESTE_OUVERT
    assert (site.passages(), site.news()) == ([], [DoorNews.NOT_PASSED, DoorNews.HELD_OPEN])


def test_who_steps_back_may_still_go_while_the_release_lasts(site: Site) -> None:
    site.admit()
    site.turnstile.swing(stands_open=True)
    site.turn_until(lambda: site.phase == "opened")
    site.turnstile.swing(stands_open=False)
    site.turn_until(lambda: site.phase == "released")
    site.turn(RELEASE + 0.1)
    assert site.phase == "relocked"


def test_a_door_forced_open_is_an_alarm_until_it_is_closed(site: Site) -> None:
    site.turnstile.swing(stands_open=True, force=True)
    site.turn_until(lambda: site.phase == "forced")
    assert site.admit() is Notice.PASSAGE_A_FERMER
    site.turn(HELD_OPEN + 0.1)
    assert site.phase == "held_open"
    site.turnstile.swing(stands_open=False)
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == []


def test_a_sensor_that_stays_active_releases_nobody(site: Site) -> None:
    site.turnstile.set_faults(ArmFaults(stuck_sensor=True))
    site.turn_until(lambda: site.alarm is Notice.PASSAGE_FORCE)  # its edge, at first
    site.turn(STUCK_SECONDS_MAX + 0.1)
    assert (site.phase, site.alarm) == ("stuck", Notice.PASSAGE_EN_PANNE)
    assert site.admit() is Notice.PASSAGE_EN_PANNE
    site.turnstile.set_faults(ArmFaults())
    site.turn_until(lambda: site.phase == "closed")
    assert (site.alarm, site.passages()) == (None, [])


def test_an_arm_that_does_not_turn_counts_nobody(site: Site) -> None:
    site.turnstile.set_faults(ArmFaults(stuck_arm=True))
    site.admit()
    assert not site.turnstile.push()
    site.turn(RELEASE + 0.1)
    site.turn(LATE_SECONDS + 0.1)
    assert site.passages() == []
