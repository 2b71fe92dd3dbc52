"""One thing at a time at the counter, and what a receipt names."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from terminal.api_returns import FoundPayment
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.receipts.bar_code import bar_code_of
from terminal.counter.returns.book import open_return_book
from terminal.counter.returns.desk import ReturnDesk
from terminal.counter.till import Returns
from tests.terminal.counter.errands.test_errand import found
from tests.terminal.counter.shop import WAIT_SECONDS, Shop, client_of, refusal

TODAY = date(2026, 11, 21)


def real_time(shop: Shop) -> None:
    """Let the fake clock stand still while somebody looks."""
    shop.clock.pause = lambda _seconds, /: shop.go.wait(0.005)  # type: ignore[method-assign,assignment]


def wait_for_errand(shop: Shop, state: ErrandState) -> None:
    with shop.changed:
        assert shop.changed.wait_for(
            lambda: any(getattr(each, "state", None) is state for each in shop.others),
            WAIT_SECONDS,
        )


def test_balances_leave_only_while_they_are_shown_and_only_by_post(shop: Shop) -> None:
    real_time(shop)
    assert refusal(shop, "POST", "/errands/current/balances") == (404, "nothing_to_show")
    started = shop.http.post("/errands", json={"kind": "balances"})
    assert started.status_code == 201
    wait_for_errand(shop, ErrandState.SHOWN)
    told = shop.http.post("/errands/current/balances").json()
    assert told == {"balances": [{"label": "Culture", "available_cents": 10_000}]}
    assert shop.http.post("/client/balances").json() == told
    for path in ("/state", "/client/state"):
        assert "10000" not in shop.http.get(path).text
    assert shop.http.get("/client/state").json()["has_balances"] is True
    assert shop.http.post("/errands/current/cancel").status_code == 202
    wait_for_errand(shop, ErrandState.DONE)
    assert refusal(shop, "POST", "/client/balances") == (404, "nothing_to_show")


def test_a_sale_makes_balances_go(shop: Shop) -> None:
    real_time(shop)
    shop.http.post("/errands", json={"kind": "balances"})
    wait_for_errand(shop, ErrandState.SHOWN)
    shop.sell()
    shop.wait_for_rest()
    assert shop.front.errand() is None


def test_a_sale_waits_for_an_errand_and_an_errand_for_a_sale(shop: Shop) -> None:
    shop.hold_at_the_pad()
    shop.http.post("/errands", json={"kind": "balances"})
    wait_for_errand(shop, ErrandState.CODE)
    assert refusal(shop, "POST", "/sales", {"amount_cents": 100}) == (409, "errand_in_progress")
    assert refusal(shop, "POST", "/errands", {"kind": "payments"}) == (409, "errand_in_progress")
    shop.http.post("/errands/current/cancel")
    shop.go.set()
    wait_for_errand(shop, ErrandState.CANCELLED)
    shop.go.clear()
    shop.sell()
    shop.wait_for_state("code")
    assert refusal(shop, "POST", "/errands", {"kind": "balances"}) == (409, "sale_in_progress")


def test_there_is_no_errand_to_cancel(shop: Shop) -> None:
    expected = (409, "no_errand_in_progress")
    assert refusal(shop, "POST", "/errands/current/cancel") == expected


def test_a_cards_payments_are_forgotten_after_a_while(shop: Shop) -> None:
    shop.world.backend.card_payments = (found(),)
    shop.front.start_errand(ErrandKind.PAYMENTS)
    wait_for_errand(shop, ErrandState.DONE)
    listed = shop.http.get("/state").json()["errand"]["payments"]
    assert [one["left_cents"] for one in listed] == [1250]
    shop.clock.seconds += 1000
    assert shop.http.get("/state").json()["errand"] is None


# --- receipts ----------------------------------------------------------------------------------


def test_a_scan_finds_a_sale_of_this_till(shop: Shop) -> None:
    sale_id = shop.sell()
    shop.wait_for_rest()
    scan = bar_code_of("A1B2C3", TODAY)
    assert shop.http.get(f"/receipts?scan={scan}").json()["sale"]["sale_id"] == sale_id
    named = "/receipts?authorisation_number=a1b2c3&day=2026-11-21"
    assert shop.http.get(named).json()["sale"]["sale_id"] == sale_id


@pytest.mark.parametrize("scan", ["3760123450016", "925", "", "A" * 20, "92" + "0" * 18])
def test_another_bar_code_is_said_to_be_none_of_ours(shop: Shop, scan: str) -> None:
    assert refusal(shop, "GET", f"/receipts?scan={scan}") == (404, "scan_unknown")


def test_a_payment_of_another_till_is_asked_of_the_backend(shop: Shop, tmp_path: Path) -> None:
    asked: list[tuple[str, date]] = []

    class Payments:
        def find_by_receipt(self, number: str, day: date, /) -> FoundPayment | None:
            asked.append((number, day))
            return found() if (number, day) == ("A1B2C3", TODAY) else None

    book = open_return_book(tmp_path / "returns.db")
    desk = ReturnDesk(
        book,
        Payments(),  # type: ignore[arg-type]
        now=shop.clock.now,
        new_id=shop.world.new_id,
    )
    http = client_of(replace(shop.till, returns=Returns(desk, book)))
    payment = http.get(f"/receipts?scan={bar_code_of('A1B2C3', TODAY)}").json()["payment"]
    assert (payment["authorisation_number"], payment["left_cents"]) == ("A1B2C3", 1250)
    assert asked == [("A1B2C3", TODAY)]
    yesterday = bar_code_of("A1B2C3", TODAY - timedelta(days=1))
    assert http.get(f"/receipts?scan={yesterday}").status_code == 200, "a till's clock was wrong"
    unknown = http.get(f"/receipts?scan={bar_code_of('ZZZZZZ', TODAY)}&language=en")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "receipt_unknown")
    assert unknown.json()["message"].startswith("No payment of this outlet")
    book.close()
