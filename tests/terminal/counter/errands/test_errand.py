"""One errand at a time over fakes: balances with the code, a card's payments without."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest

from terminal.api_returns import FoundPayment, Receipt
from terminal.api_values import Approved
from terminal.counter.controls import SaleControls
from terminal.counter.errands.errand import Errand, ErrandRun
from terminal.counter.errands.routes import errand_message, errand_shape
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.limits import DEFAULT_LIMITS
from terminal.counter.reasons import Reason
from terminal.counter.speech import ENGLISH, FRENCH
from terminal.errors import BackendRefused, BackendUnreachable, PadUnplugged, ReaderAbsent
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
    HOLDER_CANCELS,
    NOBODY_TYPES,
    START,
    WRONG_BLOCK,
    FakeCard,
    FakePad,
    TwinBackend,
    typed,
)


class Life:
    """One errand to be, over a world."""

    def __init__(self, world: World, kind: ErrandKind = ErrandKind.BALANCES) -> None:
        self.world = world
        self.controls = SaleControls()
        self.seen: list[Errand] = []
        self.errand = Errand(errand_id=UUID(int=1), kind=kind, started_at=START)

    def run(self) -> Errand:
        run = ErrandRun(
            self.errand,
            self.world.collaborators,
            self.controls,
            self.seen.append,
            DEFAULT_LIMITS,
        )
        return run.run()

    @property
    def states(self) -> list[ErrandState]:
        return [each.state for each in self.seen]


def found(amount_cents: int = 1250) -> FoundPayment:
    return FoundPayment(
        payment=Approved(
            payment_id=UUID(int=9),
            authorisation_number="A1B2C3",
            benefit="culture",
            amount_cents=amount_cents,
            remaining_cents=0,
            decided_at=START,
        ),
        receipt=Receipt(
            kind="payment",
            partner_name="Librairie",
            outlet_name="Centre",
            terminal_name="Caisse 2",
            benefit_label="Culture",
            card_number_masked="9250 •••• •••• 0018",
            amount_cents=amount_cents,
            authorisation_number="A1B2C3",
            payment_number="A1B2C3",
            recorded_at=START,
        ),
        left_cents=amount_cents,
        may_be_voided=True,
    )


def test_balances_are_shown_for_a_while_and_then_gone() -> None:
    world = World(backend=TwinBackend(CULTURE, BOOKS))
    life = Life(world)
    ended = life.run()
    assert life.states == [
        ErrandState.PROOF,
        ErrandState.CODE,
        ErrandState.ASKING,
        ErrandState.SHOWN,
    ]
    assert [one.label for one in life.seen[-1].balances] == ["Culture", "Livres"]
    assert (ended.state, ended.balances) == (ErrandState.DONE, ())
    assert ("CULTURE", "100,00 EUR") in world.pad.shown
    assert ("LIVRES", "100,00 EUR") in world.pad.shown
    assert world.pad.shown[-1] == ("MERCI", "")
    shown_for = DEFAULT_LIMITS.balances_shown_seconds
    assert shown_for <= world.clock.seconds <= shown_for + DEFAULT_LIMITS.balance_page_seconds
    assert not world.pad.claimed


def test_nothing_is_debited_and_nothing_is_written() -> None:
    world = World()
    Life(world).run()
    assert world.backend.received == []
    assert world.backend.debits == {}
    assert getattr(world.journal, "records", None) == {}


def test_balances_are_in_no_repr() -> None:
    life = Life(World())
    life.run()
    assert "10000" not in repr(life.seen[-1])


def test_the_holder_hides_them_at_once() -> None:
    world = World()
    life = Life(world)
    world.clock.on_pause = lambda: life.controls.cancel(by_holder=True)
    assert life.run().state is ErrandState.DONE
    assert world.clock.seconds < 1


def test_a_wrong_code_is_asked_for_again_on_the_same_tap() -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK), typed()))
    life = Life(world)
    assert life.run().state is ErrandState.DONE
    assert [each.tries_left for each in life.seen if each.state is ErrandState.CODE] == [None, 2]
    assert len(set(world.backend.enquired)) == 2, "each code has an enquiry of its own"


def test_three_wrong_codes_end_it() -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK)))
    ended = Life(world).run()
    assert (ended.state, ended.reason, ended.tries_left) == (ErrandState.DECLINED, "wrong_pin", 0)
    assert len(world.backend.enquired) == 3


def test_a_lost_answer_is_asked_for_again_with_the_same_id() -> None:
    world = World()
    lost: list[int] = []

    def lose_once() -> None:
        lost.append(1)
        if len(lost) == 1:
            raise BackendUnreachable("lost")

    world.backend.before_enquiry = lose_once
    life = Life(world)
    assert life.run().state is ErrandState.DONE
    assert len(lost) == 2
    assert len(world.backend.enquired) == 1


def test_a_backend_that_stays_away_ends_it_in_words() -> None:
    world = World()

    def away() -> None:
        raise BackendUnreachable("away")

    world.backend.before_enquiry = away
    ended = Life(world).run()
    assert (ended.state, ended.reason) == (ErrandState.FAILED, Reason.BACKEND_UNAVAILABLE)
    assert "serveur" in errand_message(ended, FRENCH)
    assert "server" in errand_message(ended, ENGLISH)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [(HOLDER_CANCELS, Reason.CANCELLED_BY_HOLDER), (NOBODY_TYPES, Reason.CODE_TIMEOUT)],
)
def test_the_holder_gives_up_or_does_not_type(entry: object, reason: str) -> None:
    ended = Life(World(pad=FakePad(entry))).run()  # type: ignore[arg-type]
    assert (ended.state, ended.reason) == (ErrandState.CANCELLED, reason)


def _cancel_while(where: str) -> Callable[[Life], None]:
    def arrange(life: Life) -> None:
        if where == "card":
            life.world.reader.card = None
            life.world.clock.on_pause = life.controls.cancel
        elif where == "code":
            life.world.pad.on_entry = life.controls.cancel
        else:
            life.world.backend.before_enquiry = life.controls.cancel

    return arrange


@pytest.mark.parametrize("where", ["card", "code", "asking"])
def test_the_counter_cancels_at_any_point(where: str) -> None:
    life = Life(World())
    _cancel_while(where)(life)
    ended = life.run()
    assert (ended.state, ended.reason) == (ErrandState.CANCELLED, Reason.CANCELLED_AT_COUNTER)
    assert ended.balances == ()


def test_nobody_shows_a_card() -> None:
    world = World()
    world.reader.card = None
    ended = Life(world).run()
    assert (ended.state, ended.reason) == (ErrandState.CANCELLED, Reason.CARD_TIMEOUT)


def test_a_card_that_leaves_before_its_proof_may_come_back() -> None:
    world = World()
    world.reader.card = FakeCard(removed_at=2)
    life = Life(world)

    def come_back(errand: Errand) -> None:
        life.seen.append(errand)
        if errand.state is ErrandState.CARD:
            world.reader.card = FakeCard()

    run = ErrandRun(life.errand, world.collaborators, life.controls, come_back, DEFAULT_LIMITS)
    assert run.run().state is ErrandState.DONE
    again = next(each for each in life.seen if each.state is ErrandState.CARD)
    assert errand_message(again, FRENCH) == FRENCH.card_again


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("reader", Reason.READER_UNAVAILABLE), ("pad", Reason.PAD_UNAVAILABLE)],
)
def test_a_device_that_fails_says_so(trouble: str, reason: str) -> None:
    world = World()
    if trouble == "reader":
        world.reader.error = ReaderAbsent("gone")
    else:
        world.pad.claim_error = PadUnplugged("gone")
    ended = Life(world).run()
    assert (ended.state, ended.reason) == (ErrandState.FAILED, reason)
    assert errand_message(ended, FRENCH)


def test_what_the_backend_says_is_passed_on() -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK)))
    world.backend.tries_left = 0
    world.backend.says, world.backend.says_on_pad = "Votre code est bloqué.", ("CODE BLOQUE", "X")
    ended = Life(world).run()
    assert errand_message(ended, FRENCH) == "Votre code est bloqué."
    assert errand_message(ended, ENGLISH) == ENGLISH.reasons["pin_blocked"]
    assert world.pad.shown[-1] == ("CODE BLOQUE", "X")


# --- a card's payments -----------------------------------------------------------------------


def test_a_cards_payments_need_no_code() -> None:
    world = World()
    world.backend.card_payments = (found(),)
    life = Life(world, ErrandKind.PAYMENTS)
    ended = life.run()
    assert ended.state is ErrandState.DONE
    assert ErrandState.CODE not in life.states
    shape = errand_shape(ended, FRENCH)
    (payment,) = shape.payments
    assert (payment.authorisation_number, payment.day) == ("A1B2C3", date(2026, 11, 21))
    assert shape.message == ""
    assert ("REMBOURSEMENT", "VOTRE CARTE:") in world.pad.shown


def test_a_card_that_paid_nothing_here_is_said() -> None:
    ended = Life(World(), ErrandKind.PAYMENTS).run()
    assert errand_message(ended, FRENCH) == FRENCH.no_card_payments


def test_a_blocked_card_is_refused_in_words() -> None:
    world = World()
    world.backend.card_refusal = BackendRefused(403, "card_blocked")
    ended = Life(world, ErrandKind.PAYMENTS).run()
    assert (ended.state, ended.reason) == (ErrandState.FAILED, Reason.CARD_BLOCKED)
    assert world.pad.shown[-1] == ("DEMANDE REFUSEE", "CARTE OPPOSEE")


def test_every_state_of_both_kinds_has_words_in_both_languages() -> None:
    reached = {
        ErrandKind.BALANCES: set(ErrandState),
        ErrandKind.PAYMENTS: set(ErrandState)
        - {ErrandState.CODE, ErrandState.SHOWN, ErrandState.DECLINED},
    }
    for kind, states in reached.items():
        for state in states:
            errand = Errand(errand_id=UUID(int=1), kind=kind, started_at=START, state=state)
            for speech in (FRENCH, ENGLISH):
                assert errand_shape(errand, speech).headline
