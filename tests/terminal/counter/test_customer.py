"""The customer's side: what is theirs, now, in their language; nothing of the one before."""

from datetime import timedelta

import pytest

from terminal.counter.customer import _ERRAND_SCREENS, _SALE_SCREENS
from terminal.counter.errands.states import ErrandState
from terminal.counter.journal import SaleJournal
from terminal.counter.limits import DEFAULT_LIMITS
from terminal.counter.speech import ENGLISH, FRENCH
from terminal.counter.states import State
from tests.terminal.counter.fakes import START, WRONG_BLOCK, FakeCard, FakePad, typed
from tests.terminal.counter.shop import Shop, refusal


def state(shop: Shop, language: str = "fr") -> dict[str, object]:
    shown: dict[str, object] = shop.http.get(f"/client/state?language={language}").json()
    return shown


def test_every_state_has_a_screen_and_every_screen_words() -> None:
    assert set(_SALE_SCREENS) == set(State)
    assert set(_ERRAND_SCREENS) == set(ErrandState)
    for screen, _ in (*_SALE_SCREENS.values(), *_ERRAND_SCREENS.values()):
        assert FRENCH.customer[screen]
        assert ENGLISH.customer[screen]


def test_idle_then_a_sale_then_idle_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (state(shop)["screen"], state(shop)["headline"]) == ("idle", "Bienvenue")
    shop.hold_at_the_pad()
    shop.sell()
    shop.wait_for_state("code")
    shown = state(shop)
    assert (shown["screen"], shown["amount_cents"]) == ("code", 1250)
    assert state(shop, "en")["headline"] == "Type your code on the keypad"
    shop.go.set()
    shop.wait_for_rest()
    approved = state(shop)
    assert approved["screen"] == "approved"
    assert approved["can_ask_remaining"] is True
    assert "8750" not in str(approved), "what remains is only for who asks"
    later = START + timedelta(seconds=DEFAULT_LIMITS.customer_sees_seconds + 1)
    monkeypatch.setattr(shop.clock, "now", lambda: later)
    object.__setattr__(shop.till, "now", lambda: later)
    assert state(shop)["screen"] == "idle"
    assert refusal(shop, "POST", "/client/remaining", {}) == (404, "nothing_to_show")


def test_what_remains_for_who_asks(shop: Shop) -> None:
    shop.sell()
    shop.wait_for_rest()
    told = shop.http.post("/client/remaining", json={}).json()
    assert told == {"label": "Culture", "remaining_cents": 8750}
    assert refusal(shop, "GET", "/client/remaining") == (405, "method_not_allowed")


def test_the_holder_cancels_on_their_own_side(shop: Shop) -> None:
    shop.hold_at_the_pad()
    shop.sell()
    shop.wait_for_state("code")
    assert shop.http.post("/client/cancel", json={}).status_code == 202
    shop.go.set()
    shop.wait_for_rest()
    view = shop.front.current()
    assert view is not None
    assert view.reason == "cancelled_by_holder"


def test_the_holder_chooses_on_their_own_side(journal: SaleJournal) -> None:
    shop = Shop(journal, "several")
    shop.clock.pause = lambda _seconds, /: shop.go.wait(0.005)  # type: ignore[method-assign,assignment]
    shop.sell()
    shop.wait_for_state("benefit")
    shown = state(shop)
    assert shown["screen"] == "benefit"
    assert shown["benefits"] == [
        {"benefit": "culture", "label": "Culture"},
        {"benefit": "books", "label": "Livres"},
    ]
    chosen = {"benefit": "books"}
    assert shop.http.post("/client/benefit", json=chosen).status_code == 202
    shop.wait_for_rest()
    view = shop.front.current()
    assert view is not None
    assert (view.record.state, view.record.benefit) == (State.APPROVED, "books")
    assert shop.counter.stop()


def test_tries_are_not_counted_before_the_queue(shop: Shop) -> None:
    shop.world.pad = FakePad(typed(WRONG_BLOCK), typed())
    shop.counter._with = shop.world.collaborators
    entries = []

    def hold_the_second() -> None:
        entries.append(1)
        if len(entries) == 2:
            shop.go.wait(10)

    shop.world.pad.on_entry = hold_the_second
    shop.sell()
    shop.wait_for(lambda view: view.record.tries_left == 2)
    shown = state(shop)
    assert shown["headline"] == "Code faux, composez-le de nouveau"
    assert "2" not in str(shown["message"])
    shop.go.set()
    shop.wait_for_rest()


def test_a_refusal_says_that_nothing_is_debited_or_what_the_backend_says(shop: Shop) -> None:
    object.__setattr__(shop.till, "now", shop.clock.now)
    shop.world.reader.card = None
    shop.sell()
    shop.wait_for_rest()
    assert state(shop)["message"] == "Rien n’est débité. Voyez avec la caisse."
    shop.world.backend.balance_cents = 0
    shop.world.backend.says = "Culture épuisé ; payez autrement."
    shop.world.reader.card = FakeCard()
    shop.sell()
    shop.wait_for_rest(2)
    assert state(shop)["message"] == "Culture épuisé ; payez autrement."


def test_the_pages_are_served_in_both_languages(shop: Shop) -> None:
    for path in ("/", "/client"):
        for language in ("fr", "en"):
            page = shop.http.get(f"{path}?language={language}")
            assert page.status_code == 200
            assert f'<html lang="{language}">' in page.text
            assert "built-in" not in page.text
        assert '<html lang="fr">' in shop.http.get(f"{path}?language=tlh").text


def test_the_stream_of_the_customers_side(shop: Shop) -> None:
    shop.stopping.set()
    stream = shop.http.get("/client/events?language=en")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert '"headline":"Welcome"' in stream.text
