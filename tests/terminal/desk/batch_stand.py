"""A desk with a box of cards, a screen that remembers and a clock that is played."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulator.chip.chip import Chip
from terminal.desk.batch import Batch, BatchClock, Notice, Progress
from terminal.desk.batch_record import BatchLine, BatchRecord, CardResult
from terminal.desk.relay import DeskConnection
from tests.terminal.desk.twins import BoxReader, ChipLink, DrivingBackend, numbers

DONE, ASIDE, REFUSED = CardResult.DONE, CardResult.CHIP_SET_ASIDE, CardResult.ORDER_REFUSED


@dataclass
class Screen:
    notices: list[Notice] = field(default_factory=list)
    lines: list[BatchLine] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def recorded(self, line: BatchLine, progress: Progress) -> None:
        self.lines.append(line)
        self.progress.append(progress)

    @property
    def results(self) -> list[tuple[CardResult, str]]:
        return [(line.result, line.reason) for line in self.lines]


class Time:
    """Each look at it is 9 s later, so that limits come to pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.paused = list[float]()

    def look(self) -> float:
        self.seconds += 9.0
        return self.seconds

    @property
    def clock(self) -> BatchClock:
        noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        return BatchClock(self.paused.append, self.look, lambda: noon)


@dataclass
class Stand:
    """A desk with a box of cards."""

    record: BatchRecord
    backend: DrivingBackend
    links: list[DeskConnection]
    screen: Screen = field(default_factory=Screen)
    time: Time = field(default_factory=Time)
    stopping: Callable[[], bool] = field(default=lambda: False)

    def run(self, count: int) -> Batch:
        batch = self.batch()
        batch.run(numbers(count))
        return batch

    def batch(self) -> Batch:
        reader = BoxReader(self.links)
        clock = self.time.clock
        return Batch(
            reader, self.backend, self.record, self.screen, stopping=self.stopping, clock=clock
        )


def stand(record: BatchRecord, chips: list[Chip], orders: int) -> Stand:
    return Stand(record, DrivingBackend(orders=numbers(orders)), [ChipLink(chip) for chip in chips])
