"""A site for tests of the door: a real board on a real line, and a clock the test moves."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from terminal.door_settings import RelayDoorSettings
from terminal.gate.decision import Answer, Detail
from terminal.gate.door.event_book import DoorNews
from terminal.gate.door.keeper import DoorKeeper, DoorRules
from terminal.gate.door.port import Signal
from terminal.gate.door.relay_door import RelayDoor
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.state import DoorSight, EmergencySight, StateBoard
from terminal.gate.words import Notice
from tests.terminal.gate.signed_lists import Clock

RELEASE, HELD_OPEN = 5, 15
LEA, NOAH = (f"00000000-0000-4000-8000-{number:012d}" for number in (1, 2))
TURNS_MAX = 2000


@dataclass
class Site:
    """A gate's door: its keeper is turned by the test, one look at a time."""

    keeper: DoorKeeper
    turnstile: SimulatedTurnstile
    journal: PassageJournal
    board: StateBoard
    seconds: list[float]
    clock: Clock
    tapped: int = 0
    signals: list[Signal] = field(default_factory=list)

    @property
    def book(self) -> ReleaseBook:
        return ReleaseBook(self.journal)

    @property
    def phase(self) -> str:
        assert self.board.current.door is not None
        return self.board.current.door.phase

    @property
    def alarm(self) -> Notice | None:
        assert self.board.current.door is not None
        return self.board.current.door.alarm

    def admit(self, card_id: str = LEA) -> Passage | Notice:
        self.tapped += 1
        passage = Passage(
            passage_id=UUID(int=self.tapped),
            occurred_at=self.clock(),
            uid=b"\x04" + bytes([self.tapped]),
            card_id=card_id,
            service="lunch",
            answer=Answer.OK,
            detail=None,
            list_version=7,
            milliseconds=40,
        )
        return self.keeper.admit(passage)

    def turn(self, seconds: float = 0.0) -> None:
        self.seconds[0] += seconds
        self.keeper.turn()

    def turn_until(self, wanted: Callable[[], bool]) -> None:
        """Look as the thread would; a line needs a moment of real time, never of the clock's."""
        for _ in range(TURNS_MAX):
            if wanted():
                return
            self.keeper.turn()
            time.sleep(0.005)
        pytest.fail(f"the door stays {self.phase}, alarm {self.alarm}")

    def passages(self) -> list[tuple[str | None, Detail | None]]:
        return [(row.card_id, row.detail) for row in reversed(self.journal.list_last())]

    def news(self) -> list[DoorNews]:
        return [event.kind for event in reversed(self.book.events.list_events())]


Build = Callable[..., Site]


@contextmanager
def site_builder(folder: Path, clock: Clock) -> Iterator[Build]:
    """Give what builds a site in this folder; all of them are taken away at the end."""
    stops: list[Callable[[], None]] = []

    def built(**changes: Any) -> Site:
        values = {
            "kind": "relay",
            "device": str(folder / "door"),
            "dialect": "numato",
            "failing": "secure",
            "rotation_input": 0,
            "contact_input": 1,
            "release_seconds": RELEASE,
            "held_open_seconds": HELD_OPEN,
        }
        settings = RelayDoorSettings.model_validate({**values, **changes})
        seconds = [100.0]
        plan = TurnstilePlan(folder / "door", settings.dialect, settings.failing)
        turnstile = SimulatedTurnstile(plan, now=lambda: seconds[0])
        turnstile.__enter__()
        journal, board = open_passage_journal(folder / "passages.db"), StateBoard()
        door = RelayDoor(settings)
        keeper = DoorKeeper(
            door,
            journal,
            board,
            DoorRules.of(settings),
            now=clock,
            monotonic=lambda: seconds[0],
        )
        stops.extend((door.let_go, turnstile.stop, journal.close))
        site = Site(keeper, turnstile, journal, board, seconds, clock)
        site.turn_until(lambda: site.phase in ("closed", "emergency"))
        return site

    yield built
    for stop in stops:
        with suppress(OSError):
            stop()


class FullDisk:
    """Refuses writes to one table, from outside, until told."""

    def __init__(self, journal: PassageJournal, table: str) -> None:
        self._journal, self._table = journal, table

    def __enter__(self) -> None:
        self._journal.file.execute(
            f"create trigger no_room before insert on {self._table}"
            " begin select raise(abort, 'no room'); end"
        )

    def __exit__(self, *exc_info: object) -> None:
        self._journal.file.execute("drop trigger no_room")


class ShownExit:
    """A door that Mme Roy may free for everybody, as the board shows it."""

    def __init__(self, board: StateBoard) -> None:
        self._board = board
        board.change(door=DoorSight("closed"))

    def release_for_all(self, supervisor: str) -> None:
        assert supervisor == "Mme Roy"
        seen = EmergencySight(datetime.now(UTC), by_panel=False, passages=2)
        self._board.change(door=DoorSight("emergency", emergency=seen))

    def end_release(self, supervisor: str) -> bool:
        assert supervisor == "Mme Roy"
        self._board.change(door=DoorSight("closed"))
        return True
