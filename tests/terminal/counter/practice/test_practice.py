"""Practising: the whole dialogue, and that no request about money ever leaves the counter."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import terminal.counter.practice
from terminal.counter.counter import SaleRefused
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.front import Front, Training
from terminal.counter.journal import SaleJournal
from terminal.counter.page_words import PAGE_WORDS
from terminal.counter.practice.played import PlayedCard, PlayedCode, played_block
from terminal.counter.practice.practice import PracticeView
from terminal.counter.states import State
from terminal.counter.view import SaleView
from terminal.errors import PadUnplugged, ReaderAbsent
from terminal.pin.pad import EncryptedPinBlock, PinPrompt
from tests.terminal.counter.fakes import RIGHT_BLOCK, FakeCard
from tests.terminal.counter.shop import LIMITS, WAIT_SECONDS, Shop, refusal


class CountingBackend:
    """Refuses to be asked anything at all, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*_: object, **__: object) -> Any:
            self.asked.append(name)
            raise AssertionError(f"the backend was asked to {name}")

        return ask


@pytest.fixture
def practising(shop: Shop) -> Iterator[Shop]:
    """A shop that practises, whose real backend takes no question."""
    shop.world.backend = CountingBackend()  # type: ignore[assignment]
    shop.front._with = shop.world.collaborators
    shop.counter._with = shop.world.collaborators
    # Nobody shows a real card, or types on the real pad, unless a test says so.
    shop.world.reader.card = None
    shop.clock.on_pause = lambda: None
    shop.world.pad.claim_error = PadUnplugged("none")
    assert shop.http.put("/training", json={"training": True}).json() == {"training": True}
    yield shop
    assert shop.world.backend.asked == []  # type: ignore[attr-defined]


def practise(shop: Shop, amount_cents: int = 1250) -> str:
    answer = shop.http.post("/practice/sales", json={"amount_cents": amount_cents})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sale_id"])


def wait(shop: Shop, accept: Callable[[PracticeView], bool]) -> PracticeView:
    with shop.changed:
        assert shop.changed.wait_for(
            lambda: any(isinstance(each, PracticeView) and accept(each) for each in shop.others),
            WAIT_SECONDS,
        )
        return next(each for each in shop.others if isinstance(each, PracticeView) and accept(each))


def wait_for_state(shop: Shop, state: State) -> PracticeView:
    return wait(shop, lambda view: view.active and view.played.record.state is state)


def wait_for_rest(shop: Shop) -> PracticeView:
    return wait(shop, lambda view: not view.active)


def play(shop: Shop, what: str, kind: str) -> None:
    assert shop.http.post(f"/practice/{what}", json={what: kind}).status_code == 202


def hold(shop: Shop) -> None:
    """Let time pass slowly while people look for the buttons."""

    def pause(_seconds: float, /) -> None:
        shop.go.wait(0.004)
        shop.clock.seconds += 0.02

    shop.clock.pause = pause  # type: ignore[method-assign]


def test_a_whole_sale_without_card_pad_or_backend(practising: Shop) -> None:
    shop = practising
    shop.world.reader.error = ReaderAbsent("none")
    hold(shop)
    sale_id = practise(shop)
    wait_for_state(shop, State.CARD)
    play(shop, "card", "one_benefit")
    wait_for_state(shop, State.CODE)
    play(shop, "code", "right")
    ended = wait_for_rest(shop)
    assert (ended.approved, ended.played.record.sale_id) == (True, sale_id)
    listed = shop.http.get("/practice/sales").json()
    assert (listed["practised"], listed["approved_count"], listed["approved_cents"]) == (
        True,
        1,
        1250,
    )
    assert shop.http.get("/sales").json()["sales"] == [], "the real list knows nothing of it"
    assert shop.journal.count_by_state_since(shop.till.now()) == {}


def test_the_choice_the_wrong_code_and_the_short_balance(practising: Shop) -> None:
    shop = practising
    hold(shop)
    practise(shop)
    play(shop, "card", "two_benefits")
    offered = wait_for_state(shop, State.BENEFIT)
    assert [each.label for each in offered.played.offered] == ["Culture", "Livres"]
    chosen = shop.http.post("/practice/sales/current/benefit", json={"benefit": "livres"})
    assert chosen.status_code == 202
    wait_for_state(shop, State.CODE)
    play(shop, "code", "wrong")
    again = wait(shop, lambda view: view.played.record.tries_left == 2)
    assert again.played.message == "Code faux, il reste 2 essais."
    play(shop, "code", "short")
    ended = wait_for_rest(shop)
    assert ended.played.reason == "insufficient_funds"
    assert [each.accepts_cents for each in ended.played.choices] == [625]


def test_a_blocked_card_is_practised_too(practising: Shop) -> None:
    hold(practising)
    practise(practising)
    play(practising, "card", "blocked")
    assert wait_for_rest(practising).played.reason == "card_blocked"


def test_a_real_card_is_not_read_and_a_real_code_is_thrown_away(practising: Shop) -> None:
    shop = practising
    shop.world.pad.claim_error = None
    card = shop.world.reader.card = FakeCard()
    asked: list[PinPrompt] = []
    enter = shop.world.pad.enter_pin

    def watched(prompt: PinPrompt, *more: Any) -> Any:
        asked.append(prompt)
        entry = enter(prompt, *more)
        assert entry.encrypted_pin_block is not None
        assert entry.encrypted_pin_block.reveal() == RIGHT_BLOCK
        return entry

    shop.world.pad.enter_pin = watched  # type: ignore[method-assign,assignment]
    played = shop.front.practice.collaborators.backend
    pay, sent = played.pay, list[EncryptedPinBlock]()

    def noted(*what: Any, pin: EncryptedPinBlock) -> Any:
        sent.append(pin)
        return pay(*what, pin=pin)

    played.pay = noted  # type: ignore[method-assign,assignment]
    practise(shop)
    assert wait_for_rest(shop).approved
    assert (card.exchanges, card.disconnected) == (0, 1)
    assert sent == [played_block(PlayedCode.RIGHT)], "not even the played backend gets it"
    assert asked[0].line1 == "FORMATION"
    assert asked[0].card_number.startswith("925000000000000"), "the number of no card"
    assert all(first == "FORMATION" for first, _ in shop.world.pad.shown)


def test_what_the_real_pad_encrypts_never_reaches_the_sale() -> None:
    for code in PlayedCode:
        block = played_block(code)
        assert block.key_serial_number == "0" * 24, "no pad has this serial number"
        assert block.reveal() != RIGHT_BLOCK


def test_no_sale_begins_while_people_practise(practising: Shop) -> None:
    assert refusal(practising, "POST", "/sales", {"amount_cents": 100}) == (409, "training")
    with pytest.raises(SaleRefused, match="training"):
        practising.front.start_sale(100)


def test_nothing_is_practised_while_sales_count(shop: Shop) -> None:
    for method, path, body in (
        ("POST", "/practice/sales", {"amount_cents": 100}),
        ("GET", "/practice/sales", None),
        ("POST", "/practice/card", {"card": "blocked"}),
        ("POST", "/practice/code", {"code": "right"}),
        ("POST", "/practice/sales/current/cancel", {}),
    ):
        assert refusal(shop, method, path, body) == (409, "not_training")


def test_practising_does_not_begin_in_the_middle_of_a_sale(shop: Shop) -> None:
    shop.hold_at_the_pad()
    shop.sell()
    shop.wait_for_state("code")
    assert refusal(shop, "PUT", "/training", {"training": True}) == (409, "sale_in_progress")
    assert not shop.front.training


def test_a_practised_sale_is_given_up_and_forgotten_when_practising_ends(practising: Shop) -> None:
    shop = practising
    hold(shop)
    practise(shop)
    wait_for_state(shop, State.CARD)
    assert shop.http.put("/training", json={"training": False}).json() == {"training": False}
    assert wait_for_rest(shop).played.record.state is State.CANCELLED
    shop.http.put("/training", json={"training": True})
    assert shop.http.get("/practice/sales").json()["sales"] == []


def test_a_refund_is_practised_within_what_was_paid(practising: Shop) -> None:
    shop = practising
    hold(shop)
    sale_id = practise(shop)
    play(shop, "card", "one_benefit")
    wait_for_state(shop, State.CODE)
    play(shop, "code", "right")
    wait_for_rest(shop)
    path = f"/practice/sales/{sale_id}/returns"
    assert shop.http.post(path, json={"amount_cents": 250}).json()["returned_cents"] == 250
    assert refusal(shop, "POST", path, {"amount_cents": 1001}) == (409, "practice_return_refused")
    assert shop.http.get("/practice/sales").json()["returned_cents"] == 250


def test_a_balance_is_practised(practising: Shop) -> None:
    shop = practising
    hold(shop)
    shop.front.start_errand(ErrandKind.BALANCES)
    play(shop, "card", "two_benefits")
    errand = _wait_for_errand(shop, ErrandState.CODE)
    play(shop, "code", "right")
    _wait_for_errand(shop, ErrandState.SHOWN)
    told = shop.http.post("/errands/current/balances").json()["balances"]
    assert told == [
        {"label": "Culture", "available_cents": 5000},
        {"label": "Livres", "available_cents": 5000},
    ]
    shop.http.post("/errands/current/cancel")
    assert errand is not None


def _wait_for_errand(shop: Shop, state: ErrandState) -> object:
    with shop.changed:
        assert shop.changed.wait_for(
            lambda: any(getattr(each, "state", None) is state for each in shop.others),
            WAIT_SECONDS,
        )
    return shop.front.errand()


# --- the settings, and the types -------------------------------------------------------------


def test_a_till_that_is_only_for_practising_never_sells(journal: SaleJournal) -> None:
    shop = Shop(journal)
    front = Front(
        shop.counter,
        shop.world.collaborators,
        shop.observe,
        training=Training.ALWAYS,
        limits=LIMITS,
    )
    assert front.training
    for attempt in (front.end_training, lambda: front.start_sale(100)):
        with pytest.raises(SaleRefused):
            attempt()
    assert shop.counter.stop()


def test_a_till_may_be_kept_from_practising(journal: SaleJournal) -> None:
    shop = Shop(journal)
    front = Front(
        shop.counter, shop.world.collaborators, shop.observe, training=Training.NEVER, limits=LIMITS
    )
    with pytest.raises(SaleRefused, match="training_not_allowed"):
        front.begin_training()
    assert shop.counter.stop()


def test_what_is_practised_is_no_sale_for_whoever_moves_money() -> None:
    assert not issubclass(PracticeView, SaleView)
    fields = set(PracticeView.__dataclass_fields__)
    assert not fields & set(SaleView.__dataclass_fields__)


def test_the_room_knows_no_network() -> None:
    forbidden = ("terminal.backend_client", "terminal.identity", "httpx", "socket", "urllib")
    for path in Path(terminal.counter.practice.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.startswith(forbidden)], path


def test_every_played_card_and_code_has_a_button() -> None:
    for kind in (*PlayedCard, *PlayedCode):
        assert f"play_{kind}" in PAGE_WORDS
