"""One sale to be, over a world of fakes, and small words to speak of it."""

from collections.abc import Callable

from terminal.api_values import UsableBenefit
from terminal.counter.controls import SaleControls
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import START

AMOUNT = 1250


class Life:
    """One sale to be, over a world."""

    def __init__(self, world: World, benefit: str | None = None) -> None:
        self.world = world
        self.controls = SaleControls()
        self.seen: list[State] = []
        self.offers: list[tuple[UsableBenefit, ...]] = []
        idle = SaleRecord("sale-1", AMOUNT, START, START)
        self.record = advance(idle, Event.STARTED, START, Facts(benefit=benefit))
        world.journal.open_sale(self.record)

    def observe(self, record: SaleRecord, offered: tuple[UsableBenefit, ...]) -> None:
        self.seen.append(record.state)
        if offered:
            self.offers.append(offered)

    def run(self) -> SaleRecord:
        run = SaleRun(self.record, self.world.collaborators, self.controls, self.observe)
        return run.run()


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def debited(world: World) -> list[int]:
    return list(world.backend.debits.values())
