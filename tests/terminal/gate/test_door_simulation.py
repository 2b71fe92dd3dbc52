"""Seeded noons at a turnstile: taps, pushes, force, pulled cables, full disks, power cuts.

Whatever happens in whatever order: whoever went through a released arm is in the journal once,
whoever was refused or did not go is not, and nothing is left open.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from simulator.turnstile.arm import Arm, ArmFaults
from terminal.errors import DoorSilent, DoorUnplugged, JournalError
from terminal.gate.decision import Answer, Detail
from terminal.gate.door import keeper as keeping
from terminal.gate.door.keeper import DoorKeeper, DoorRules
from terminal.gate.door.port import DoorState, Signal
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.state import StateBoard

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)
RULES = DoorRules(
    counts_rotations=True, is_free_without_power=False, release_seconds=5, held_open_seconds=15
)
STEPS = 120


class Wired:
    """A door on the simulated arm, without the line between: the order of things is tried here."""

    def __init__(self, arm: Arm, now: Callable[[], float]) -> None:
        self._arm, self._now = arm, now
        self.plugged, self.answers = True, True
        self._rotations, self._rotating = 0, False

    def _reach(self) -> None:
        if not self.plugged:
            raise DoorUnplugged("pulled")

    def claim(self) -> None:
        self._reach()
        self._arm.set_relay(False)
        self._rotations, self._rotating = 0, self._arm.is_rotating(self._now())

    def open(self, seconds: int) -> None:
        self._reach()
        self._arm.hold_relay(True, seconds, self._now())
        if not self.answers:  # it obeyed, and its answer is lost
            self.answers = True
            raise DoorSilent("lost")

    def hold_open(self) -> None:
        self._reach()
        self._arm.set_relay(True)

    def close(self) -> None:
        self._reach()
        self._arm.set_relay(False)

    def state(self) -> DoorState:
        self._reach()
        rotating = self._arm.is_rotating(self._now())
        self._rotations += rotating and not self._rotating
        self._rotating = rotating
        arm = self._arm
        return DoorState(self._rotations, rotating, arm.stands_open, arm.panel)

    def signal(self, signal: Signal) -> None:
        self._reach()
        del signal

    def let_go(self) -> None:
        if self.plugged:
            self._arm.set_relay(False)


@dataclass
class Noon:
    """One seed's noon."""

    folder: Path
    chance: random.Random
    seconds: float = 0.0
    tapped: int = 0
    released: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    lost_answers: bool = False
    through: list[int] = field(default_factory=list)  # those who walked through when let

    def __post_init__(self) -> None:
        self.arm = Arm()
        self.door = Wired(self.arm, lambda: self.seconds)
        self.start()

    def start(self) -> None:
        self.journal: PassageJournal = open_passage_journal(self.folder / "passages.db")
        ReleaseBook(self.journal).count_left_behind(NOON)
        self.keeper = DoorKeeper(
            self.door,
            self.journal,
            StateBoard(),
            RULES,
            now=lambda: NOON,
            monotonic=lambda: self.seconds,
        )

    def look(self, seconds: float) -> None:
        """Let time pass, with looks in between as the thread would take them."""
        for _ in range(4):
            self.seconds += seconds / 4
            self.keeper.turn()

    def tap(self) -> None:
        self.tapped += 1
        passage = Passage(
            passage_id=UUID(int=self.tapped),
            occurred_at=NOON,
            uid=self.tapped.to_bytes(7, "big"),
            card_id=str(UUID(int=10_000 + self.tapped)),
            service="lunch",
            answer=Answer.OK,
            detail=None,
            list_version=7,
            milliseconds=40,
        )
        try:
            admitted = self.keeper.admit(passage)
        except JournalError:
            self.refused.append(self.tapped)
            return
        if isinstance(admitted, Passage):
            self.released.append(self.tapped)
        elif not self.lost_answers:  # a lost answer may have opened: that is in doubt
            self.refused.append(self.tapped)

    def push(self) -> None:
        self.walk()
        self.look(0.6)

    def walk(self) -> None:
        waiting = self.keeper.tally.pending
        if self.arm.push(self.seconds) and waiting is not None:
            self.through.append(waiting.passage_id.int)

    def act(self) -> None:
        acts: list[Callable[[], object]] = [*[self.tap] * 5, *[self.push] * 5]
        acts += [
            lambda: self.look(2.0),
            lambda: self.look(8.0),
            self.force,
            self.walk_as_it_fails,
            lambda: self.arm.swing(self.seconds, stands_open=True),
            lambda: self.arm.swing(self.seconds, stands_open=False),
            self.pull_cable,
            self.lose_an_answer,
            self.jam,
            self.fill_disk,
            self.cut_power,
        ]
        self.chance.choice(acts)()
        self.look(0.2)

    def walk_as_it_fails(self) -> None:
        """Go through at the moment the cable is pulled, or the power goes: nobody has seen it."""
        self.tap()
        self.walk()
        self.chance.choice([self.pull_cable, self.cut_power])()

    def force(self) -> None:
        self.arm.push(self.seconds, force=True)
        self.look(0.6)

    def pull_cable(self) -> None:
        self.door.plugged = False
        self.arm.lose_power()
        self.look(0.4)
        self.door.plugged = True

    def lose_an_answer(self) -> None:
        self.door.answers, self.lost_answers = False, True
        self.tap()
        self.door.answers, self.lost_answers = True, False

    def jam(self) -> None:
        self.arm.faults = ArmFaults(stuck_arm=True)
        self.push()
        self.arm.faults = ArmFaults()

    def fill_disk(self) -> None:
        file = self.journal.file
        file.execute(
            "create temp trigger full before insert on main.passage"
            " begin select raise(abort, 'no room'); end"
        )
        self.tap()
        self.push()
        file.execute("drop trigger full")

    def cut_power(self) -> None:
        """Everything stops where it is; the arm falls shut, the files stay."""
        self.journal.close()
        self.arm.lose_power()
        self.start()

    def end(self) -> None:
        self.arm.swing(self.seconds, stands_open=False)
        for _ in range(4):
            self.look(10.0)


SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 40))]


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_lost_doubled_or_counted_for_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WAIT_SECONDS_MAX", 0.0)
    noon = Noon(tmp_path, random.Random(seed))
    for _ in range(STEPS):
        noon.act()
    noon.end()
    rows = noon.journal.list_last(500)
    counted = Counter(row.passage_id.int for row in rows)
    certain = {row.passage_id.int for row in rows if row.detail is not Detail.IN_DOUBT}
    assert set(counted.values()) <= {1}, "nobody is doubled"
    assert set(noon.through) <= set(counted), "nobody is lost"
    assert not set(noon.refused) & set(counted), "nobody is counted who was refused"
    assert certain <= set(noon.released), "nobody is counted who was not released"
    assert len(certain) <= noon.arm.through, "no more are counted than went through"
    assert sorted(row.sequence for row in rows) == list(range(1, len(rows) + 1))
    assert noon.journal.file.rows("select * from door_release") == [], "nothing is left open"
    assert not noon.arm.is_free(noon.seconds)
    assert noon.tapped > STEPS / 8, "a noon worth the name"
    noon.journal.close()
