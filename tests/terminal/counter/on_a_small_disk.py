"""Run as a process on a small tmpfs of its own: it is filled at each moment of a sale in turn.

Prints one line of JSON for each moment: the fault, what the journal says after room was made and
recovery ran, and what the backend's twin has debited.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from terminal.counter.controls import SaleControls
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.record import SaleRecord, advance
from terminal.counter.recovery import recover
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event
from terminal.errors import JournalError
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import START, CountingIds

PIECE = 4096
MOMENTS = ("before", "card", "code", "sent", "answered", "never")


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


def hook(world: World, moment: str, fill: Callable[[], None]) -> None:
    """Fill the disk at this moment of the sale."""
    match moment:
        case "card":
            world.reader.on_wait = fill
        case "code":
            world.pad.on_entry = fill
        case "sent":
            world.backend.before_pay = fill
        case "answered":
            world.backend.after_pay = fill


def sell(world: World, journal: SaleJournal, sale_id: str) -> str | None:
    """Run a sale; return the fault that ended it."""
    record = advance(SaleRecord(sale_id, 1250, START, START), Event.STARTED, START)
    try:
        journal.open_sale(record)
        SaleRun(record, world.collaborators, SaleControls(), lambda *_: None).run()
    except JournalError as error:
        return error.fault.value
    return None


def live(folder: Path, moment: str) -> dict[str, object]:
    """Sell, fill, make room, open the journal again, recover, and sell once more."""
    path = folder / f"{moment}.db"
    filler = Filler(folder / "filler")
    journal = open_sale_journal(path)
    world = World(journal=journal)
    if moment == "before":
        filler.fill()
    hook(world, moment, filler.fill)
    fault = sell(world, journal, "first")
    again = sell(World(journal=journal, new_id=CountingIds(5000)), journal, "another")
    journal.close()
    filler.make_room()
    with_room = open_sale_journal(path)
    world.journal = with_room
    hook(world, moment, lambda: None)
    recover(world.collaborators)
    first = with_room.find("first")
    answer: dict[str, object] = {
        "moment": moment,
        "fault": fault,
        "refused": again,
        "state": None if first is None else first.state.value,
        "debited": sorted(world.backend.debits.values()),
        "unfinished": len(with_room.list_unfinished()),
        "then": sell(world, with_room, "second"),
    }
    with_room.close()
    for each in folder.glob(f"{moment}.db*"):
        each.unlink()
    return answer


if __name__ == "__main__":
    for each_moment in MOMENTS:
        sys.stdout.write(json.dumps(live(Path(sys.argv[1]), each_moment)) + "\n")
