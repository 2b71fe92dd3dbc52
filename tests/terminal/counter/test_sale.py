"""One sale at a time over fakes: what people see, what is written, what is debited."""

from collections.abc import Callable

import pytest

from terminal.api_values import UsableBenefit
from terminal.counter.controls import SaleControls
from terminal.counter.limits import DEFAULT_LIMITS
from terminal.counter.reasons import Reason
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
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
    TerminalError,
)
from terminal.pin.pad import PinEntry
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
    HOLDER_CANCELS,
    NOBODY_TYPES,
    START,
    WRONG_BLOCK,
    FakeCard,
    FakePad,
    MemoryJournal,
    TwinBackend,
    World,
    typed,
)

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


def test_a_sale_with_the_right_code() -> None:
    world = World()
    life = Life(world)

    record = life.run()

    assert life.seen == [State.PROOF, State.CODE, State.AUTHORISING, State.APPROVED]
    assert (record.benefit, record.authorisation_number) == ("culture", "A1B2C3")
    assert record.remaining_cents == 10_000 - AMOUNT
    assert debited(world) == [AMOUNT]
    assert world.pad.shown == [
        ("12,50 EUR", "VOTRE CARTE:"),
        ("12,50 EUR", "VOTRE CODE:"),
        ("VERIFICATION", "PATIENTEZ"),
        ("PAIEMENT", "ACCEPTE"),
    ]
    assert not world.pad.claimed


def test_the_card_is_let_go_before_the_code_is_asked() -> None:
    world = World()
    card = world.reader.card
    assert card is not None
    let_go: list[int] = []
    world.pad.on_entry = lambda: let_go.append(card.disconnected)
    Life(world).run()
    assert let_go == [1]


def test_the_payment_id_is_written_before_the_payment_is_sent() -> None:
    world = World()
    written: list[tuple[State, str | None]] = []

    def look_in_the_journal() -> None:
        found = world.journal.find("sale-1")
        assert found is not None
        written.append((found.state, found.payment_id))

    world.backend.before_pay = look_in_the_journal
    Life(world).run()
    assert written == [(State.AUTHORISING, str(next(iter(world.backend.debits))))]


def test_a_wrong_code_then_the_right_one_on_the_same_tap() -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK), typed()))
    life = Life(world)

    record = life.run()

    assert record.state is State.APPROVED
    assert record.reason is None
    assert ("CODE FAUX", "RESTE 2 ESSAIS") in world.pad.shown
    assert len(set(world.backend.received)) == 2, "each code typed has its own payment id"
    assert debited(world) == [AMOUNT]
    assert life.seen.count(State.PROOF) == 1


def test_three_wrong_codes_end_the_sale() -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK)))
    record = Life(world).run()
    assert (record.state, record.reason, record.tries_left) == (State.DECLINED, "wrong_pin", 0)
    assert world.pad.shown[-1] == ("CODE BLOQUE", "VOIR COMPTE")
    assert ("CODE FAUX", "RESTE 1 ESSAI") in world.pad.shown
    assert debited(world) == []

    world.pad.entries = [typed()]
    later = World(pad=world.pad, backend=world.backend, new_id=world.new_id)
    again = Life(later).run()
    assert (again.state, again.reason) == (State.DECLINED, "pin_blocked")


def test_a_backend_that_never_blocks_does_not_make_us_ask_for_ever() -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK)))
    world.backend.tries_left = 1000
    record = Life(world).run()
    assert (record.state, record.reason) == (State.DECLINED, "wrong_pin")
    assert len(world.backend.received) == DEFAULT_LIMITS.code_attempts_max


def test_not_enough_money() -> None:
    world = World(backend=TwinBackend(balance_cents=AMOUNT - 1))
    record = Life(world).run()
    assert (record.state, record.reason) == (State.DECLINED, "insufficient_funds")
    assert world.pad.shown[-1] == ("PAIEMENT REFUSE", "SOLDE")


# --- benefits ------------------------------------------------------------------------------------


def test_several_benefits_wait_for_a_choice() -> None:
    world = World(backend=TwinBackend(CULTURE, BOOKS))
    life = Life(world)
    life.controls.choose_benefit("books")
    record = life.run()
    assert (record.state, record.benefit) == (State.APPROVED, "books")
    assert life.offers == [(CULTURE, BOOKS)]


def test_a_choice_that_was_not_offered_is_not_taken() -> None:
    world = World(backend=TwinBackend(CULTURE, BOOKS))
    life = Life(world)
    life.controls.choose_benefit("sport")
    record = life.run()
    assert (record.state, record.reason) == (State.CANCELLED, Reason.BENEFIT_TIMEOUT)


@pytest.mark.parametrize(
    ("offered", "asked", "state", "reason", "benefit"),
    [
        ((CULTURE, BOOKS), "books", State.APPROVED, None, "books"),
        ((CULTURE,), "culture", State.APPROVED, None, "culture"),
        ((CULTURE,), "books", State.FAILED, Reason.BENEFIT_NOT_USABLE, "books"),
    ],
)
def test_a_benefit_asked_for(
    offered: tuple[UsableBenefit, ...],
    asked: str,
    state: State,
    reason: str | None,
    benefit: str,
) -> None:
    record = Life(World(backend=TwinBackend(*offered)), benefit=asked).run()
    assert (record.state, record.reason, record.benefit) == (state, reason, benefit)


def test_a_card_without_a_benefit_here() -> None:
    world = World()
    world.backend.benefits = ()
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, Reason.NO_BENEFIT)


# --- cards ---------------------------------------------------------------------------------------

OTHER_CARDS = [
    pytest.param(FakeCard({FakeCard.SELECT: bytes.fromhex("91A0")}), "not_a_pass_card", id="A0"),
    pytest.param(FakeCard({FakeCard.SELECT: bytes.fromhex("6D00")}), "not_a_pass_card", id="bank"),
    pytest.param(FakeCard({FakeCard.SELECT: b""}), "not_a_pass_card", id="silent"),
    pytest.param(FakeCard(uid=bytes(4)), "not_a_pass_card", id="short uid"),
    pytest.param(FakeCard({FakeCard.FIRST: bytes.fromhex("91AE")}), "not_a_pass_card", id="no key"),
    pytest.param(FakeCard({FakeCard.SECOND: bytes.fromhex("91AE")}), "card_not_genuine", id="copy"),
]


@pytest.mark.parametrize(("card", "reason"), OTHER_CARDS)
def test_a_card_that_is_not_ours(card: FakeCard, reason: str) -> None:
    world = World()
    world.reader.card = card
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, reason)
    assert world.backend.received == []
    assert card.disconnected == 1


@pytest.mark.parametrize("exchange", [1, 2, 3, 4])
def test_a_card_removed_between_any_two_exchanges(exchange: int) -> None:
    world = World()
    world.reader.card = FakeCard(removed_at=exchange)
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, Reason.CARD_REMOVED)
    assert world.backend.received == []


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (404, "card_unknown", "card_unknown"),
        (403, "card_not_genuine", "card_not_genuine"),
        (403, "card_blocked", "card_blocked"),
        (403, "card_not_active", "card_not_active"),
        (410, "challenge_expired", "card_too_slow"),
        (409, "challenge_used", "card_too_slow"),
        (401, "terminal_revoked", "terminal_not_allowed"),
        (422, "malformed_request", "backend_refused"),
    ],
)
def test_a_card_the_backend_refuses(status: int, code: str, reason: str) -> None:
    world = World()
    world.backend.card_refusal = BackendRefused(status, code)
    record = Life(world).run()
    assert (record.state, record.reason) == (State.FAILED, reason)


# --- cancelling and waiting ----------------------------------------------------------------------


def test_nobody_shows_a_card() -> None:
    world = World()
    world.reader.card = None
    record = Life(world).run()
    assert (record.state, record.reason) == (State.CANCELLED, Reason.CARD_TIMEOUT)
    assert world.clock.seconds <= DEFAULT_LIMITS.card_seconds_max + 1


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
