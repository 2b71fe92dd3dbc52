"""One sale at a time over fakes: cancelled, timed out, or let down by a device or a line."""

from collections.abc import Callable
from uuid import UUID

import pytest

from terminal.counter.limits import DEFAULT_LIMITS
from terminal.counter.reasons import Reason
from terminal.counter.record import SaleRecord
from terminal.counter.sale import SaleRun
from terminal.counter.states import State
from terminal.errors import (
    BackendGarbled,
    BackendRefused,
    BackendUnreachable,
    CardSilent,
    JournalError,
    PadGarbled,
    PadSilent,
    PadUnplugged,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
    TerminalError,
)
from terminal.pin.pad import PinEntry
from tests.terminal.counter.fake_counter import MemoryJournal, World
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
    HOLDER_CANCELS,
    NOBODY_TYPES,
    FakeCard,
    FakePad,
    TwinBackend,
)
from tests.terminal.counter.life import Life, debited, raising

# --- cancelling and waiting ----------------------------------------------------------------------


def test_nobody_shows_a_card() -> None:
    world = World()
    world.reader.card = None
    record = Life(world).run()
    assert (record.state, record.reason) == (State.CANCELLED, Reason.CARD_TIMEOUT)
    assert world.clock.seconds <= DEFAULT_LIMITS.card_seconds_max + 1


def test_a_card_that_does_not_answer_to_power_is_asked_for_again() -> None:
    world = World()
    looks: list[int] = []

    def mute_once() -> None:
        looks.append(1)
        world.reader.error = CardSilent("mute") if len(looks) == 1 else None

    world.reader.on_wait = mute_once
    record = Life(world).run()
    assert record.state is State.APPROVED
    assert ("CARTE RETIREE", "REPOSEZ LA CARTE") in world.pad.shown


class CardOnALooseCable(FakeCard):
    """Its reader goes away once, in the middle of the proof."""

    def __init__(self, error: ReaderError) -> None:
        super().__init__()
        self.error: ReaderError | None = error

    def transmit(self, command: bytes, /) -> bytes:
        if command[1] == self.FIRST and self.error is not None:
            error, self.error = self.error, None
            raise error
        return super().transmit(command)


@pytest.mark.parametrize(
    "error", [ReaderAbsent("pulled"), ReaderServiceDown("pcscd restarts"), ReaderBusy("taken")]
)
def test_a_reader_that_goes_in_the_middle_of_the_proof_and_comes_back(error: ReaderError) -> None:
    world = World()
    world.reader.card = CardOnALooseCable(error)
    record = Life(world).run()
    assert record.state is State.APPROVED
    assert ("CARTE RETIREE", "REPOSEZ LA CARTE") in world.pad.shown


def test_a_reader_that_goes_in_the_middle_of_the_proof_and_stays_away() -> None:
    world = World()

    class Pulled(CardOnALooseCable):
        def transmit(self, command: bytes, /) -> bytes:
            world.reader.error = ReaderAbsent("pulled")
            return super().transmit(command)

    world.reader.card = Pulled(ReaderAbsent("pulled"))
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, Reason.READER_UNAVAILABLE)


def test_a_card_that_never_answers_ends_the_sale() -> None:
    world = World()
    looks: list[int] = []
    world.reader.on_wait = lambda: looks.append(1)
    world.reader.error = CardSilent("mute")
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, Reason.CARD_REMOVED)
    assert len(looks) == DEFAULT_LIMITS.card_presentations_max


@pytest.mark.parametrize(
    ("entry", "reason"),
    [(HOLDER_CANCELS, Reason.CANCELLED_BY_HOLDER), (NOBODY_TYPES, Reason.CODE_TIMEOUT)],
)
def test_the_holder_does_not_type(entry: PinEntry, reason: Reason) -> None:
    world = World(pad=FakePad(entry))
    record = Life(world).run()
    assert (record.state, record.reason) == (State.CANCELLED, reason)
    assert world.backend.received == []


def _while_waiting_for_the_card(world: World, cancel: Callable[[], object]) -> None:
    world.reader.card = None
    world.reader.on_wait = cancel


def _while_the_card_is_read(world: World, cancel: Callable[[], object]) -> None:
    world.reader.on_wait = cancel


def _while_the_code_is_typed(world: World, cancel: Callable[[], object]) -> None:
    world.pad.on_entry = cancel


@pytest.mark.parametrize(
    "arrange",
    [_while_waiting_for_the_card, _while_the_card_is_read, _while_the_code_is_typed],
)
def test_the_counter_cancels_before_sending(
    arrange: Callable[[World, Callable[[], object]], None],
) -> None:
    world = World()
    life = Life(world)
    arrange(world, life.controls.cancel)
    record = life.run()
    assert (record.state, record.reason) == (State.CANCELLED, Reason.CANCELLED_AT_COUNTER)
    assert world.backend.received == []
    assert world.pad.shown[-1] == ("PAIEMENT ANNULE", "")


def test_the_counter_cancels_while_a_benefit_is_chosen() -> None:
    world = World(backend=TwinBackend(CULTURE, BOOKS))
    life = Life(world)
    world.clock.on_pause = life.controls.cancel
    record = life.run()
    assert (record.state, record.reason) == (State.CANCELLED, Reason.CANCELLED_AT_COUNTER)


def test_the_counter_cancels_while_the_backend_approves() -> None:
    world = World()
    life = Life(world)
    cancelled: list[bool] = []
    world.backend.after_pay = lambda: cancelled.append(life.controls.cancel())
    record = life.run()
    assert (record.state, record.reason) == (State.REVERSED, Reason.CANCELLED_AT_COUNTER)
    assert (cancelled, record.money_moved, debited(world)) == ([True], True, [])


def test_the_counter_cancels_between_the_code_and_the_sending() -> None:
    world = World()
    life = Life(world)

    def observe(record: SaleRecord, _: object) -> None:
        if record.state is State.AUTHORISING:
            life.controls.cancel()

    record = SaleRun(life.record, world.collaborators, life.controls, observe).run()
    assert (record.state, record.reason) == (State.REVERSED, Reason.CANCELLED_AT_COUNTER)
    assert world.backend.received == [], "nothing was sent, and now it never can be"
    assert record.payment_id is not None
    assert UUID(record.payment_id) in world.backend.reversed


def test_a_cancellation_after_the_approval_is_refused() -> None:
    life = Life(World())
    assert life.run().state is State.APPROVED
    assert not life.controls.cancel()


# --- devices and lines that fail -----------------------------------------------------------------


@pytest.mark.parametrize("error", [PadUnplugged("gone"), PadSilent("dumb")])
def test_a_pad_that_cannot_be_claimed(error: TerminalError) -> None:
    world = World()
    world.pad.claim_error = error
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, Reason.PAD_UNAVAILABLE)


@pytest.mark.parametrize("error", [PadUnplugged("gone"), PadGarbled("noise")])
def test_a_pad_that_fails_during_the_entry(error: TerminalError) -> None:
    world = World(pad=FakePad(error))
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, Reason.PAD_UNAVAILABLE)
    assert world.backend.received == []


def test_a_pad_that_cannot_show_changes_nothing() -> None:
    world = World()
    world.pad.show_error = PadSilent("dumb")
    assert Life(world).run().state is State.APPROVED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ReaderAbsent("gone"), Reason.READER_UNAVAILABLE),
        (CardSilent("half an answer"), Reason.CARD_REMOVED),
    ],
)
def test_a_reader_that_fails(error: TerminalError, reason: Reason) -> None:
    world = World()
    world.reader.error = error
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, reason)
    assert world.clock.seconds <= DEFAULT_LIMITS.reader_trouble_seconds_max + 1


def test_a_reader_that_comes_back_in_time() -> None:
    world = World()
    world.reader.error = ReaderBusy("another program looks")

    def come_back() -> None:
        if world.clock.seconds > 1:
            world.reader.error = None

    world.clock.on_pause = come_back
    assert Life(world).run().state is State.APPROVED
    assert world.reader.closed == 1


UNKNOWN_OUTCOMES = [
    pytest.param(BackendUnreachable("no line"), id="unreachable"),
    pytest.param(BackendUnreachable("broken", status=503), id="503"),
    pytest.param(BackendGarbled("noise"), id="garbled"),
    pytest.param(BackendRefused(409, "idempotency_conflict"), id="409"),
    pytest.param(RuntimeError("a fault of ours"), id="fault"),
]


@pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "not arrived"])
@pytest.mark.parametrize("error", UNKNOWN_OUTCOMES)
def test_an_outcome_nobody_could_read_is_reversed(error: Exception, arrives: bool) -> None:
    world = World()
    lose = raising(error)
    if arrives:
        world.backend.after_pay = lose
    else:
        world.backend.before_pay = lose
    record = Life(world).run()
    assert (record.state, record.reason) == (State.REVERSED, Reason.ANSWER_LOST)
    assert record.money_moved is arrives
    assert debited(world) == []


def test_a_reversal_that_is_not_acknowledged_is_left_to_the_background() -> None:
    world = World()
    calls: list[float] = []

    def lose() -> None:
        calls.append(world.clock.seconds)
        raise BackendUnreachable("no line")

    world.backend.before_pay = world.backend.before_reversal = lose
    record = Life(world).run()
    assert (record.state, record.reason) == (State.REVERSING, Reason.ANSWER_LOST)
    assert world.journal.list_unfinished() == [record]
    assert calls == [0, 0, 0.5, 1.5], "one payment, then reversals with a growing pause"
    assert world.clock.seconds == 1.5, "nobody waits after the last attempt"
    assert not world.pad.claimed


def test_a_cancelled_sale_does_not_wait_for_its_reversal() -> None:
    world = World()
    life = Life(world)
    attempts: list[int] = []

    def lose() -> None:
        attempts.append(1)
        raise BackendUnreachable("no line")

    world.backend.after_pay = life.controls.cancel
    world.backend.before_reversal = lose
    assert life.run().state is State.REVERSING
    assert len(attempts) == 1


def test_a_slow_line_is_not_waited_for_three_times() -> None:
    world = World()
    attempts: list[int] = []

    def hang() -> None:
        attempts.append(1)
        world.clock.seconds += 15
        raise BackendUnreachable("no answer")

    world.backend.before_pay = world.backend.before_reversal = hang
    assert Life(world).run().state is State.REVERSING
    assert len(attempts) == 2, "one payment, one reversal"


@pytest.mark.parametrize("write", range(2, 6))
def test_a_journal_that_cannot_be_written_stops_the_sale(write: int) -> None:
    journal = MemoryJournal(fail_at=write)
    world = World(journal=journal)
    with pytest.raises(JournalError):
        Life(world).run()
    record = journal.records["sale-1"]
    assert not record.finished
    assert record.may_be_at_backend == bool(world.backend.received)
    assert not world.pad.claimed
