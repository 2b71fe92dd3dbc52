"""A door released for everybody: it opens first, nobody is charged, and what happened is kept."""

from pathlib import Path

import pytest

from passcard.secret import Secret
from terminal.gate.door.emergency import PANEL_GAP_SECONDS
from terminal.gate.door.event_book import DoorNews, EventBook
from terminal.gate.door.keeper import HOLD_AGAIN_SECONDS, LATE_SECONDS, DoorKeeper
from terminal.gate.door.motion import Phase
from terminal.gate.name_seal import NameSeal
from terminal.gate.passages import Passage
from terminal.gate.state import StateBoard
from terminal.gate.tap import Gate
from terminal.gate.words import Notice
from tests.terminal.gate.door_site import HELD_OPEN, NOAH, Build, FullDisk, Site

PANEL, HAND, OVER = DoorNews.EMERGENCY, DoorNews.EMERGENCY_BY_HAND, DoorNews.EMERGENCY_OVER


@pytest.fixture
def site(build: Build) -> Site:
    return build(emergency_input=2)


class Untouched:
    """A card that nobody may ask anything."""

    def uid(self) -> bytes:
        raise AssertionError("nobody is asked for a card")

    def transmit(self, command: bytes) -> bytes:
        raise AssertionError(f"nobody is asked for a card: {command.hex()}")


def walk(site: Site, people: int) -> None:
    for _ in range(people):
        before = site.keeper.emergency.current
        assert site.turnstile.push()
        site.turn_until(lambda before=before: site.keeper.emergency.current != before)  # type: ignore[misc]
        site.turn(1.0)
        site.turn_until(lambda: not site.keeper._seen.rotating)


def set_panel(site: Site, *, closed: bool) -> None:
    site.turnstile.set_panel(closed=closed)
    if closed:
        site.turn_until(lambda: site.keeper._seen.emergency)
        return
    site.turn(PANEL_GAP_SECONDS + 0.1)
    site.turn_until(lambda: site.phase != "emergency")


def test_the_fire_panel_frees_the_door_and_nobody_is_charged(site: Site) -> None:
    set_panel(site, closed=True)
    assert site.turnstile.view().free
    shown = site.board.current.shown
    assert shown is not None
    assert (shown.answer, shown.words.message) == ("ISSUE_DE_SECOURS", "Issue de secours")
    gate = Gate(site.journal, site.board, now=site.clock, doorway=site.keeper)
    assert gate.serve(Untouched(), 0.0) is None
    assert site.admit() is Notice.ISSUE_DE_SECOURS
    walk(site, 3)
    site.turn(HELD_OPEN + 1)
    assert site.turnstile.view().free, "however long it takes"
    set_panel(site, closed=False)
    assert not site.turnstile.view().free
    site.turn(LATE_SECONDS + 0.1)
    site.turn_until(lambda: site.phase == "closed")
    assert site.passages() == []
    assert site.news() == [PANEL, OVER]
    over, began = site.book.events.list_events()
    assert (over.passages, began.passages) == (3, None)
    assert isinstance(site.admit(), Passage), "and cards are asked for again"


def test_a_contact_that_chatters_is_one_release(site: Site) -> None:
    set_panel(site, closed=True)
    for closed in (False, True, False, True):
        site.turnstile.set_panel(closed=closed)
        site.turn(PANEL_GAP_SECONDS / 2)
        site.turn_until(lambda closed=closed: site.keeper._seen.emergency is closed)  # type: ignore[misc]
    assert (site.phase, site.news()) == ("emergency", [PANEL])


def test_a_cable_that_is_cut_frees_the_door_where_the_contact_is_closed_at_rest(
    build: Build,
) -> None:
    site = build(emergency_input=2, emergency_normally_closed=True)
    site.turn_until(lambda: site.phase == "emergency")  # the simulated one stands open
    site.turnstile.set_panel(closed=True)
    site.turn_until(lambda: not site.keeper._seen.emergency)
    site.turn(PANEL_GAP_SECONDS + 0.1)
    site.turn_until(lambda: site.phase != "emergency")
    assert site.news() == [PANEL, OVER]


def test_a_hand_frees_it_and_only_a_hand_ends_that(site: Site) -> None:
    site.keeper.release_for_all("Mme Roy")
    site.keeper.release_for_all("M. Diallo")
    assert (site.phase, site.turnstile.view().free) == ("emergency", True)
    set_panel(site, closed=True)
    assert not site.keeper.end_release("Mme Roy"), "the fire panel still asks for it"
    site.turnstile.set_panel(closed=False)
    site.turn_until(lambda: not site.keeper._seen.emergency)
    assert site.turnstile.view().free
    site.turn(PANEL_GAP_SECONDS + 0.1)
    assert site.phase != "emergency"
    site.keeper.release_for_all("M. Diallo")
    assert site.keeper.end_release("Mme Roy")
    assert site.keeper.end_release("Mme Roy"), "once more is nothing more"
    assert not site.turnstile.view().free
    told = [(each.kind, each.supervisor) for each in reversed(site.book.events.list_events())]
    assert told == [
        (HAND, "Mme Roy"),
        (PANEL, None),
        (OVER, None),
        (HAND, "M. Diallo"),
        (OVER, "Mme Roy"),
    ]


def test_who_is_on_the_way_then_is_not_charged(site: Site) -> None:
    assert isinstance(site.admit(), Passage)
    site.keeper.release_for_all("Mme Roy")
    walk(site, 1)
    site.keeper.end_release("Mme Roy")
    assert site.passages() == []
    assert site.news() == [DoorNews.NOT_PASSED, HAND, OVER]


def test_an_alarm_ends_and_a_sensor_that_is_stuck_does_not_lock_it(site: Site) -> None:
    site.turnstile.push(force=True)
    site.turn_until(lambda: site.alarm is Notice.PASSAGE_FORCE)
    site.keeper.release_for_all("Mme Roy")
    assert site.alarm is None
    site.keeper.end_release("Mme Roy")
    assert site.news() == [DoorNews.FORCED, DoorNews.ALARM_OVER, HAND, OVER]


def test_a_door_left_open_afterwards_is_said(site: Site) -> None:
    site.keeper.release_for_all("Mme Roy")
    site.turnstile.swing(stands_open=True)
    site.turn_until(lambda: site.keeper._seen.stands_open)
    assert site.alarm is None, "an open door is what was wanted"
    site.keeper.end_release("Mme Roy")
    site.turn_until(lambda: site.phase == "opened")
    site.turn(HELD_OPEN + 0.1)
    assert site.alarm is Notice.PASSAGE_RESTE_OUVERT


def test_it_opens_before_a_full_disk_takes_it_and_is_written_later(site: Site) -> None:
    with FullDisk(site.journal, "door_event"):
        site.keeper.release_for_all("Mme Roy")
        assert site.turnstile.view().free
        walk(site, 1)
        assert site.news() == []
    site.turn()
    assert site.news() == [HAND]
    site.keeper.end_release("Mme Roy")
    assert site.book.events.list_events(1)[0].passages == 1


def test_a_gate_that_starts_again_holds_it_open_and_goes_on_counting(
    site: Site,
) -> None:
    site.keeper.release_for_all("Mme Roy")
    walk(site, 2)
    site.keeper._door.let_go()
    assert not site.turnstile.view().free, "as it is wired to be without us"
    site.keeper = started_again(site)
    site.turn_until(lambda: site.phase == "emergency")
    assert site.turnstile.view().free
    walk(site, 1)
    site.keeper.end_release("Mme Roy")
    assert site.news() == [HAND, OVER]
    assert site.book.events.list_events(1)[0].passages == 3


def started_again(site: Site) -> DoorKeeper:
    site.board = StateBoard()
    return DoorKeeper(
        site.keeper._door,
        site.journal,
        site.board,
        site.keeper._rules,
        now=site.clock,
        monotonic=lambda: site.seconds[0],
    )


def test_a_line_that_goes_meanwhile_charges_nobody_and_is_freed_when_it_is_back(
    site: Site,
) -> None:
    site.keeper.release_for_all("Mme Roy")
    site.turnstile.unplug()
    site.turn_until(lambda: site.phase == "absent")
    assert site.admit(NOAH) is Notice.ISSUE_DE_SECOURS
    site.turnstile.plug()
    site.turn_until(lambda: site.phase == "emergency")
    assert site.turnstile.view().free
    assert site.passages() == []


def test_a_board_that_forgot_is_told_again(site: Site) -> None:
    site.keeper.release_for_all("Mme Roy")
    site.turnstile._arm.set_relay(False)
    site.turn(HOLD_AGAIN_SECONDS / 2)
    assert not site.turnstile.view().free
    site.turn(HOLD_AGAIN_SECONDS)
    assert site.turnstile.view().free


@pytest.mark.parametrize(
    ("dialect", "failing"), [("modbus-rtu", "secure"), ("modbus-rtu", "safe"), ("numato", "safe")]
)
def test_a_boards_own_timer_does_not_lock_it(build: Build, dialect: str, failing: str) -> None:
    site = build(dialect=dialect, failing=failing)
    site.keeper.release_for_all("Mme Roy")
    for _ in range(4):
        site.turn(20.0)
        assert site.turnstile.view().free
    assert site.keeper.end_release("Mme Roy")
    assert not site.turnstile.view().free


def test_without_a_rotation_sensor_nobody_is_counted(build: Build) -> None:
    site = build(rotation_input=None)
    site.keeper.release_for_all("Mme Roy")
    site.keeper.end_release("Mme Roy")
    assert site.book.events.list_events(1)[0].passages is None
    assert site.phase in {phase.value for phase in (Phase.RELOCKED, Phase.CLOSED)}


def test_who_did_it_is_sealed_in_the_file(site: Site, tmp_path: Path) -> None:
    seal = NameSeal(Secret(b"k" * 32), "gate")
    EventBook(site.journal.file, names=seal).note(HAND, site.clock(), supervisor="Mme Roy")
    [told] = EventBook(site.journal.file, names=seal).list_waiting()
    assert told.supervisor == "Mme Roy"
    assert b"Mme Roy" not in (tmp_path / "passages.db-wal").read_bytes()
    assert site.book.events.list_events()[0].supervisor == "nom scellé"
