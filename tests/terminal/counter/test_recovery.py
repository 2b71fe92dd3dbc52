"""What a new run does with each sale an old one left."""

from uuid import UUID

import pytest

from terminal.counter.reasons import Reason
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.recovery import RecoveryReport, recover
from terminal.counter.states import FINAL, UNFINISHED, Event, State
from terminal.errors import BackendRefused, BackendUnreachable, JournalError
from tests.terminal.counter.fake_counter import MemoryJournal, World
from tests.terminal.counter.fakes import START, FakeClock, typed

PATHS = {
    State.CARD: (),
    State.PROOF: (Event.CARD_SHOWN,),
    State.BENEFIT: (Event.CARD_SHOWN, Event.BENEFIT_ASKED),
    State.CODE: (Event.CARD_SHOWN, Event.CARD_PROVEN),
    State.AUTHORISING: (Event.CARD_SHOWN, Event.CARD_PROVEN, Event.CODE_TYPED),
    State.REVERSING: (
        Event.CARD_SHOWN,
        Event.CARD_PROVEN,
        Event.CODE_TYPED,
        Event.ANSWER_LOST,
    ),
}


def left_in(world: World, state: State, sale_id: str = "sale-1") -> SaleRecord:
    """Write a sale up to `state`, as a run that was killed there."""
    record = advance(SaleRecord(sale_id, 1250, START, START), Event.STARTED, START)
    world.journal.open_sale(record)
    for event in PATHS[state]:
        facts = Facts(payment_id=str(world.new_id())) if event is Event.CODE_TYPED else Facts()
        after = advance(record, event, START, facts)
        world.journal.append(record, event, after)
        record = after
    return record


def found(world: World, sale_id: str = "sale-1") -> SaleRecord:
    record = world.journal.find(sale_id)
    assert record is not None
    return record


def test_every_unfinished_state_is_known_here() -> None:
    assert set(PATHS) == set(UNFINISHED)


@pytest.mark.parametrize("state", [State.CARD, State.PROOF, State.BENEFIT, State.CODE])
def test_nothing_sent_is_cancelled(state: State) -> None:
    world = World()
    left_in(world, state)
    assert recover(world.collaborators) == RecoveryReport(cancelled=1)
    assert (found(world).state, found(world).reason) == (State.CANCELLED, Reason.RESTARTED)
    assert world.backend.reversed == set()


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("state", [State.AUTHORISING, State.REVERSING])
def test_what_may_have_been_sent_is_reversed(state: State, arrived: bool) -> None:
    world = World()
    record = left_in(world, state)
    if arrived:
        block = typed().encrypted_pin_block
        assert block is not None
        world.backend.pay(UUID(record.payment_id), "proof", "culture", 1250, pin=block)
    assert recover(world.collaborators) == RecoveryReport(reversed=1)
    assert found(world).state is State.REVERSED
    assert found(world).money_moved is arrived
    assert world.backend.debits == {}
    assert recover(world.collaborators) == RecoveryReport()


def test_finished_sales_are_left_alone() -> None:
    world = World()
    for event in (Event.CANCELLED, Event.FAILED):
        record = left_in(world, State.CARD, event)
        world.journal.append(record, event, advance(record, event, START))
    assert {found(world, each).state for each in ("cancelled", "failed")} <= FINAL
    assert recover(world.collaborators) == RecoveryReport()


def test_the_running_sale_is_left_alone() -> None:
    world = World()
    left_in(world, State.AUTHORISING)
    assert recover(world.collaborators, lambda sale_id: sale_id == "sale-1") == RecoveryReport()
    assert found(world).state is State.AUTHORISING


def test_an_absent_backend_is_asked_once_and_again_later() -> None:
    world = World()
    for number in range(3):
        left_in(world, State.AUTHORISING, f"sale-{number}")
    calls: list[int] = []

    def away() -> None:
        calls.append(1)
        raise BackendUnreachable("no line")

    world.backend.before_reversal = away
    assert recover(world.collaborators) == RecoveryReport(still_open=3)
    assert len(calls) == 1
    assert isinstance(world.journal, MemoryJournal)
    written = world.journal.writes
    assert recover(world.collaborators) == RecoveryReport(still_open=3)
    assert world.journal.writes == written, "waiting writes nothing"

    world.backend.before_reversal = lambda: None
    assert recover(world.collaborators) == RecoveryReport(reversed=3)


def test_a_refused_reversal_does_not_hold_up_the_others() -> None:
    world = World()
    for number in range(2):
        left_in(world, State.REVERSING, f"sale-{number}")
    refusals = iter([BackendRefused(404, "payment_not_found")])

    def refuse_first() -> None:
        if (refusal := next(refusals, None)) is not None:
            raise refusal

    world.backend.before_reversal = refuse_first
    assert recover(world.collaborators) == RecoveryReport(reversed=1, still_open=1)


def test_nothing_is_reversed_that_cannot_be_written() -> None:
    world = World(clock=FakeClock(), journal=MemoryJournal(fail_at=5))
    left_in(world, State.AUTHORISING)
    with pytest.raises(JournalError):
        recover(world.collaborators)
    assert world.backend.reversed == set()


def test_a_sale_that_ended_since_it_was_listed_is_left_alone() -> None:
    world = World()
    record = left_in(world, State.CARD)

    def ends_now(_: str) -> bool:
        world.journal.append(record, Event.CANCELLED, advance(record, Event.CANCELLED, START))
        return False

    assert recover(world.collaborators, ends_now) == RecoveryReport()
    assert found(world).reason is None
