"""One sale at a time over fakes: what people see, what is written, what is debited."""

import pytest

from terminal.api_values import UsableBenefit
from terminal.counter.limits import DEFAULT_LIMITS
from terminal.counter.reasons import Reason
from terminal.counter.states import State
from terminal.errors import BackendRefused
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
    WRONG_BLOCK,
    FakeCard,
    FakePad,
    TwinBackend,
    typed,
)
from tests.terminal.counter.life import AMOUNT, Life, debited


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


def test_the_pad_takes_codes_as_long_as_the_scheme_has_them() -> None:
    world = World()
    Life(world).run()
    assert world.pad.lengths == [(4, 4)]
    longer = World()
    longer.backend.code_digits = (4, 6)
    Life(longer).run()
    assert longer.pad.lengths == [(4, 6)]


def test_a_scheme_whose_codes_grow_meanwhile_is_heard_of_with_the_next_tap() -> None:
    """The backend takes what the older proof's pad could take: codes chosen before it serve on."""
    world = World(pad=FakePad(typed(WRONG_BLOCK), typed()))
    world.backend.before_pay = lambda: setattr(world.backend, "code_digits", (4, 8))
    assert Life(world).run().state is State.APPROVED
    assert world.pad.lengths == [(4, 4), (4, 4)]
    later = World()
    later.backend.code_digits = world.backend.code_digits
    Life(later).run()
    assert later.pad.lengths == [(4, 8)]


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
    life = Life(world)
    record = life.run()
    assert (record.state, record.reason) == (State.FAILED, Reason.CARD_REMOVED)
    assert world.backend.received == []
    assert life.seen.count(State.CARD) == DEFAULT_LIMITS.card_presentations_max - 1


@pytest.mark.parametrize("exchange", [1, 2, 3, 4])
def test_a_card_that_left_too_early_is_asked_for_again(exchange: int) -> None:
    world = World()
    whole, leaving = FakeCard(), FakeCard(removed_at=exchange)
    shown = [leaving, whole]

    def lay_the_next() -> None:
        world.reader.card = shown.pop(0)

    world.reader.on_wait = lay_the_next
    life = Life(world)
    record = life.run()
    assert (record.state, record.reason) == (State.APPROVED, None)
    assert debited(world) == [AMOUNT]
    assert ("CARTE RETIREE", "REPOSEZ LA CARTE") in world.pad.shown
    assert leaving.disconnected == 1


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
