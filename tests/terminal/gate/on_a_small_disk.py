"""Run as a process on a small tmpfs of its own: a gate with a turnstile whose disk fills up.

Prints one line of JSON for each moment the disk was filled at: what the gate answered then, whether
the arm was free, and what the journal holds once there is room again and the gate has started anew.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from terminal.errors import JournalError
from terminal.gate.decision import Answer
from terminal.gate.door.keeper import DoorKeeper, DoorRules
from terminal.gate.door.port import DoorState, Signal
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.passages import Passage, open_passage_journal
from terminal.gate.state import StateBoard

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)
MOMENTS = ("never", "before the tap", "on the way", "before a second tap")
PIECE = 4096
ROWS_BEFORE = 40  # so that the write-ahead log has no room of its own left
TURNS_MAX = 200


class Arm:
    """A door in memory: the disk is what is tried here."""

    def __init__(self) -> None:
        self.free, self.rotations = False, 0

    def claim(self) -> None:
        """Come to rest."""
        self.free = False

    def open(self, _seconds: int) -> None:
        """Give way."""
        self.free = True

    def hold_open(self) -> None:
        """Give way to all."""
        self.free = True

    def close(self) -> None:
        """Lock."""
        self.free = False

    def state(self) -> DoorState:
        """Say how often it was turned."""
        return DoorState(self.rotations)

    def signal(self, signal: Signal) -> None:
        """Show nothing."""

    def let_go(self) -> None:
        """Lock."""
        self.free = False


class Filler:
    """A file that takes all the room there is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Write until the disk takes no more."""
        with self._path.open("ab", buffering=0) as file:
            for size in (PIECE, 1):
                try:
                    while file.write(b"\1" * size) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Throw it away."""
        self._path.unlink(missing_ok=True)


def passage(number: int) -> Passage:
    return Passage(
        passage_id=UUID(int=number),
        occurred_at=NOON,
        uid=bytes([number]),
        card_id=str(UUID(int=1000 + number)),
        service="lunch",
        answer=Answer.OK,
        detail=None,
        list_version=7,
        milliseconds=40,
    )


def tried(keeper: DoorKeeper, arm: Arm, number: int) -> str:
    """Tap, and say what came of it."""
    try:
        keeper.admit(passage(number))
    except JournalError as error:
        assert not arm.free, "nothing opens that is not written"
        return str(error.fault)
    return "released" if arm.free else "locked"


def go_through(keeper: DoorKeeper, arm: Arm, turns: int = 3) -> None:
    arm.rotations += arm.free
    for _ in range(turns):
        keeper.turn()


def live(folder: Path, moment: str) -> dict[str, object]:
    """Tap twice, filling the disk at one moment; then make room, and start again."""
    path, filler, arm, seconds = folder / f"{moment}.db", Filler(folder / "filler"), Arm(), [0.0]
    journal, board = open_passage_journal(path), StateBoard()
    for number in range(ROWS_BEFORE):
        journal.append(passage(100 + number))
    rules = DoorRules(True, False, 5, 15)
    keeper = DoorKeeper(arm, journal, board, rules, now=lambda: NOON, monotonic=lambda: seconds[0])
    keeper.turn()

    def at(this: str, act: Callable[[], None]) -> None:
        if moment == this:
            act()

    at("before the tap", filler.fill)
    said = [tried(keeper, arm, 1)]
    at("on the way", filler.fill)
    go_through(keeper, arm)
    at("before a second tap", filler.fill)
    seconds[0] += 1.0
    said.append(tried(keeper, arm, 2))
    filler.make_room()
    go_through(keeper, arm, TURNS_MAX)
    ready = board.current.journal_ready
    journal.close()
    again = open_passage_journal(path)
    ReleaseBook(again).count_left_behind(NOON)
    rows = [row for row in again.list_last(500) if row.passage_id.int < 100]
    again.close()
    counted = sorted(row.passage_id.int for row in rows)
    return {"moment": moment, "said": said, "counted": counted, "ready": ready}


if __name__ == "__main__":
    for each in MOMENTS:
        sys.stdout.write(json.dumps(live(Path(sys.argv[1]), each)) + "\n")
