"""Every n-th exchange lost in turn, and random lives: the journal and the money always agree."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.counter.controls import SaleControls
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.recovery import recover
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
from terminal.errors import (
    BackendGarbled,
    BackendUnreachable,
    CardRemoved,
    JournalError,
    JournalFault,
    PadSilent,
    TerminalError,
)
from tests.terminal.counter.effects import counter_effects
from tests.terminal.counter.fake_counter import MemoryJournal, World
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
    HOLDER_CANCELS,
    NOBODY_TYPES,
    WRONG_BLOCK,
    FakeCard,
    FakePad,
    TwinBackend,
    typed,
)

T = TypeVar("T")
CALLS_MAX = 60


class Killed(BaseException):
    """Stands for a SIGKILL inside one process: no handler of ours may run after it, bar finally."""


def error_for(name: str) -> TerminalError:
    """Return what the effect of this name raises when it is lost."""
    match name.split(".", maxsplit=1)[0]:
        case "backend":
            return BackendUnreachable("lost")
        case "journal":
            return JournalError(JournalFault.DISK_FULL, "full")
        case "pad":
            return PadSilent("lost")
        case _:
            return CardRemoved("lost")


@dataclass
class LoseAt:
    """Loses the n-th effect whose name begins so: before it arrives, or its answer."""

    number: int
    after: bool
    prefix: str = ""
    seen: int = 0
    lost: str | None = None

    def __call__(self, name: str, effect: Callable[[], T], /) -> T:
        mine = name.startswith(self.prefix)
        self.seen += mine
        if not (mine and self.seen == self.number):
            return effect()
        self.lost = name
        if self.after:
            effect()
        raise error_for(name)


def run_sale(world: World, wrap: object, sale_id: str = "sale-1") -> SaleRecord | None:
    """Run one sale; None when the journal stopped it. The pad answers wrong, then right."""
    collaborators = counter_effects(wrap)(world.collaborators)  # type: ignore[arg-type]
    now = world.clock.now()
    record = advance(SaleRecord(sale_id, 1250, now, now), Event.STARTED, now)
    try:
        collaborators.journal.open_sale(record)
        return SaleRun(record, collaborators, SaleControls(), lambda *_: None).run()
    except JournalError:
        return None


def assert_agreed(world: World) -> None:
    """What the journal says done is what the backend says debited, once."""
    assert isinstance(world.journal, MemoryJournal)
    done = {
        sale.payment_id: sale.amount_cents
        for sale in world.journal.records.values()
        if sale.state is State.APPROVED
    }
    assert {str(each): cents for each, cents in world.backend.debits.items()} == done
    assert world.backend.balance_cents + sum(done.values()) == BALANCE_CENTS


BALANCE_CENTS = 10_000


@pytest.mark.parametrize("after", [False, True], ids=["before arrival", "answer lost"])
@pytest.mark.parametrize("prefix", ["backend.", "card.", "pad.", "journal.", ""])
def test_every_exchange_lost_in_turn(prefix: str, after: bool) -> None:
    endings: set[State] = set()
    for number in range(1, CALLS_MAX):
        world = World(pad=FakePad(typed(WRONG_BLOCK), typed()))
        lose = LoseAt(number, after, prefix)
        record = run_sale(world, lose)
        endings |= {record.state} if record else set()
        assert world.pad.claimed is (not after and lose.lost == "pad.release")
        recover(world.collaborators)
        assert world.journal.list_unfinished() == []
        assert_agreed(world)
        if lose.seen < number:
            assert endings >= {State.APPROVED}
            return
    pytest.fail("the sale never ran clean")


@pytest.mark.parametrize("after", [False, True], ids=["before arrival", "answer lost"])
def test_the_line_stays_down_from_any_call_on(after: bool) -> None:
    for number in range(1, 6):
        world = World(pad=FakePad(typed(WRONG_BLOCK), typed()))

        def down(name: str, effect: Callable[[], T], lose: LoseAt) -> T:
            if name.startswith("backend.") and lose.seen >= lose.number:
                lose.seen += 1
                raise BackendGarbled("noise")
            return lose(name, effect)

        lose = LoseAt(number, after, "backend.")
        run_sale(world, lambda name, effect, lose=lose: down(name, effect, lose))
        recover(world.collaborators)
        assert world.journal.list_unfinished() == []
        assert_agreed(world)


# --- random lives --------------------------------------------------------------------------------


@dataclass
class Chance:
    """Loses, garbles and kills by chance, from a seed."""

    random: random.Random
    trouble: float
    passed: list[str] = field(default_factory=list)

    def __call__(self, name: str, effect: Callable[[], T], /) -> T:
        self.passed.append(name)
        if self.random.random() >= self.trouble:
            return effect()
        if self.random.random() < 0.5:
            effect()
        if self.random.random() < 0.3:
            raise Killed
        if name.startswith("backend.") and self.random.random() < 0.3:
            raise BackendGarbled("noise")
        raise error_for(name)


ENTRIES = st.lists(
    st.sampled_from([typed(), typed(), typed(WRONG_BLOCK), HOLDER_CANCELS, NOBODY_TYPES]),
    min_size=1,
    max_size=4,
)
LIVES = st.lists(
    st.tuples(
        ENTRIES,
        st.integers(min_value=1, max_value=6000),  # cents
        st.sampled_from([None, "culture", "books", "sport"]),  # asked for
        st.sampled_from([None, "culture", "books"]),  # chosen
        st.booleans(),  # cancelled during the entry
        st.sampled_from([None, None, 1, 2, 3, 4]),  # the card leaves at
    ),
    min_size=1,
    max_size=6,
)


def live(world: World, wrap: Chance, number: int, life: tuple[object, ...]) -> None:
    """One sale with its chances, up to its end or its death."""
    entries, amount_cents, asked, chosen, cancels, leaves_at = life
    controls = SaleControls()
    if chosen is not None:
        controls.choose_benefit(str(chosen))
    world.pad.entries = list(entries)  # type: ignore[call-overload]
    world.pad.on_entry = controls.cancel if cancels else lambda: None
    world.reader.card = FakeCard(removed_at=leaves_at)  # type: ignore[arg-type]
    collaborators = counter_effects(wrap)(world.collaborators)
    now = world.clock.now()
    idle = SaleRecord(f"sale-{number}", amount_cents, now, now)  # type: ignore[arg-type]
    record = advance(idle, Event.STARTED, now, Facts(benefit=asked))  # type: ignore[arg-type]
    with suppress(JournalError, Killed):
        collaborators.journal.open_sale(record)
        SaleRun(record, collaborators, controls, lambda *_: None).run()


def recover_by_chance(world: World, wrap: Chance) -> None:
    with suppress(JournalError, Killed):
        recover(counter_effects(wrap)(world.collaborators))


@given(lives=LIVES, seed=st.integers(min_value=0, max_value=2**32), trouble=st.floats(0, 0.3))
def test_random_lives(lives: list[tuple[object, ...]], seed: int, trouble: float) -> None:
    world = World(backend=TwinBackend(CULTURE, BOOKS, balance_cents=BALANCE_CENTS))
    wrap = Chance(random.Random(seed), trouble)
    for number, life in enumerate(lives):
        live(world, wrap, number, life)
        recover_by_chance(world, wrap)
    recover(world.collaborators)
    assert world.journal.list_unfinished() == []
    assert_agreed(world)
    assert isinstance(world.journal, MemoryJournal)
    assert all(sale.finished for sale in world.journal.records.values())
