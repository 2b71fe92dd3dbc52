"""The till's HTTP over a counter with fakes: every answer, every refusal, nothing echoed."""

import threading
from typing import Any
from uuid import uuid4

import pytest

from terminal.counter import words
from terminal.counter.journal import SaleJournal
from terminal.errors import BackendUnreachable, JournalError, JournalFault
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
)
from tests.terminal.counter.shop import WAIT_SECONDS, Shop, refusal


def test_a_sale_from_start_to_receipt(shop: Shop) -> None:
    sale_id = shop.sell()
    shop.wait_for_rest()
    sale = shop.http.get(f"/sales/{sale_id}").json()
    assert (sale["state"], sale["active"], sale["benefit"]) == ("approved", False, "culture")
    assert (sale["amount_cents"], sale["remaining_cents"]) == (1250, 8750)
    assert (sale["authorisation_number"], sale["reason"]) == ("A1B2C3", None)
    assert sale["benefit_label"] == "Culture"
    assert sale["message"] == "Accepté · 12,50\u00a0€"
    assert sale["started_at"] == "2026-11-21T11:04:00Z"

    today = shop.http.get("/sales").json()
    assert (today["approved_count"], today["approved_cents"]) == (1, 1250)
    assert [each["sale_id"] for each in today["sales"]] == [sale_id]
    state = shop.http.get("/state").json()
    assert (state["state"], state["sale"]["state"]) == ("amount", "approved")


def test_one_sale_at_a_time_and_cancelling(shop: Shop) -> None:
    shop.hold_at_the_pad()
    sale_id = shop.sell()
    shop.wait_for_state("code")
    assert refusal(shop, "POST", "/sales", {"amount_cents": 100}) == (409, "sale_in_progress")
    assert shop.http.get("/state").json()["state"] == "code"
    assert shop.http.get("/sales").json()["sales"][0]["active"] is True
    assert shop.http.post("/sales/current/cancel").status_code == 202
    shop.go.set()
    shop.wait_for_rest()
    sale = shop.http.get(f"/sales/{sale_id}").json()
    assert (sale["state"], sale["reason"]) == ("cancelled", "cancelled_at_counter")
    assert refusal(shop, "POST", "/sales/current/cancel") == (409, "no_sale_in_progress")


def test_choosing_a_benefit(journal: SaleJournal) -> None:
    shop = Shop(journal, CULTURE, BOOKS)
    look = threading.Event()
    shop.clock.on_pause = lambda: look.wait(0.01)  # the choice is waited for in real time
    sale_id = shop.sell()
    shop.wait_for_state("benefit")
    offered = shop.http.get(f"/sales/{sale_id}").json()["benefits"]
    assert offered == [
        {"benefit": "culture", "label": "Culture"},
        {"benefit": "books", "label": "Livres"},
    ]
    choice = {"benefit": "sport"}
    assert refusal(shop, "POST", "/sales/current/benefit", choice) == (409, "benefit_not_offered")
    assert shop.http.post("/sales/current/benefit", json={"benefit": "books"}).status_code == 202
    shop.wait_for_rest()
    assert shop.http.get(f"/sales/{sale_id}").json()["benefit"] == "books"
    assert refusal(shop, "POST", "/sales/current/benefit", choice) == (409, "no_sale_in_progress")


def test_a_benefit_asked_for_with_the_sale(journal: SaleJournal) -> None:
    shop = Shop(journal, CULTURE, BOOKS)
    sale_id = shop.sell(benefit="books")
    shop.wait_for_rest()
    assert shop.http.get(f"/sales/{sale_id}").json()["benefit"] == "books"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount_cents": 0},
        {"amount_cents": 100_001},
        {"amount_cents": -5},
        {"amount_cents": "1250"},
        {"amount_cents": 12.5},
        {"amount_cents": True},
        {"amount_cents": 1250, "benefit": "SECRET-4321"},
        {"amount_cents": 1250, "pin": "SECRET-4321"},
        ["SECRET-4321"],
    ],
)
def test_a_malformed_sale_is_refused_without_an_echo(shop: Shop, body: object) -> None:
    answer = shop.http.post("/sales", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    assert "SECRET" not in answer.text
    assert shop.views == []


def test_what_is_not_there(shop: Shop) -> None:
    assert refusal(shop, "GET", "/sales/none") == (404, "sale_not_found")
    assert refusal(shop, "GET", "/none") == (404, "not_found")
    assert refusal(shop, "DELETE", "/sales") == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_only_pages_of_this_machine_may_sell(shop: Shop, headers: dict[str, str]) -> None:
    answer = shop.http.post("/sales", json={"amount_cents": 1250}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert shop.views == []


def test_the_tills_own_page_may_sell(shop: Shop) -> None:
    headers = {"Origin": "http://127.0.0.1:9251"}
    answer = shop.http.post("/sales", json={"amount_cents": 1250}, headers=headers)
    assert answer.status_code == 201
    shop.wait_for_rest()


def test_a_journal_that_cannot_be_written_refuses_to_sell(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError(JournalFault.DISK_FULL, "full")

    monkeypatch.setattr(shop.journal, "open_sale", full)
    body = {"amount_cents": 1250}
    assert refusal(shop, "POST", "/sales", body) == (503, "journal_unavailable")
    assert shop.world.pad.shown == []
    monkeypatch.undo()
    shop.sell()
    shop.wait_for_rest()


def test_a_journal_that_fails_in_the_middle_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError(JournalFault.DISK_FULL, "full")

    shop.hold_at_the_pad()
    sale_id = shop.sell()
    shop.wait_for_state("code")
    monkeypatch.setattr(shop.journal, "append", full)
    shop.go.set()
    shop.wait_for_rest()
    sale = shop.http.get("/state").json()["sale"]
    assert (sale["sale_id"], sale["reason"]) == (sale_id, "journal_unavailable")
    assert sale["message"] == words.REASON_SENTENCES["journal_unavailable"]
    assert shop.world.backend.received == [], "nothing is sent that is not written"


def test_open_reversals_do_not_stop_the_next_sale_up_to_a_limit(shop: Shop) -> None:
    def away() -> None:
        raise BackendUnreachable("no line")

    shop.world.backend.before_pay = shop.world.backend.before_reversal = away
    for count in (1, 2):
        sale_id = shop.sell()
        shop.wait_for_rest(count)
        sale = shop.http.get(f"/sales/{sale_id}").json()
        assert (sale["state"], sale["active"]) == ("reversing", False)
        assert sale["message"] == words.REVERSAL_PENDING_SENTENCE
        assert shop.counter.count_open_reversals() == count
    body = {"amount_cents": 1250}
    assert refusal(shop, "POST", "/sales", body) == (503, "too_many_open_reversals")

    shop.world.backend.before_pay = shop.world.backend.before_reversal = lambda: None
    shop.counter.start()
    with shop.changed:
        assert shop.changed.wait_for(lambda: None in shop.views, WAIT_SECONDS)
    assert shop.counter.count_open_reversals() == 0
    assert shop.http.get("/state").json()["sale"]["state"] == "reversed"
    shop.sell()
    shop.wait_for_rest(3)


def test_stopping_cancels_and_refuses(shop: Shop) -> None:
    shop.hold_at_the_pad()
    sale_id = shop.sell()
    shop.wait_for_state("code")
    stopped: list[bool] = []
    thread = threading.Thread(target=lambda: stopped.append(shop.counter.stop()))
    thread.start()
    shop.wait_for(lambda view: view.active)
    shop.go.set()
    thread.join(WAIT_SECONDS)
    assert stopped == [True]
    assert shop.http.get(f"/sales/{sale_id}").json()["state"] == "cancelled"
    assert refusal(shop, "POST", "/sales", {"amount_cents": 1}) == (503, "stopping")


def test_the_page_is_whole_and_safe_before_any_script(shop: Shop) -> None:
    shop.sell(123_45)
    shop.wait_for_rest()
    page = shop.http.get("/")
    assert page.status_code == 200
    assert "Librairie &lt;du&gt; Parc" in page.text
    assert "123,45\u00a0€" in page.text
    assert "12:04" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    for path in ("static/till.css", "shared/tokens.css", "static/till.js", "static/icon.svg"):
        assert shop.http.get(f"/{path}").status_code == 200


def test_a_fault_of_ours_does_not_leave_the_till_busy(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    shop.hold_at_the_pad()
    sale_id = shop.sell()
    shop.wait_for_state("code")
    monkeypatch.setattr(shop.journal, "append", break_down)
    shop.go.set()
    shop.wait_for_rest()
    monkeypatch.undo()
    sale = shop.http.get("/state").json()["sale"]
    assert (sale["sale_id"], sale["reason"]) == (sale_id, "internal_error")
    shop.sell()
    shop.wait_for_rest(2)


def test_the_state_is_told_even_while_the_journal_cannot_be_read(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError(JournalFault.DISK_FULL, "full")

    shop.hold_at_the_pad()
    shop.sell()
    shop.wait_for_state("code")
    monkeypatch.setattr(shop.journal, "append", full)
    monkeypatch.setattr(shop.journal, "find", full)
    shop.go.set()
    shop.wait_for_rest()
    assert shop.http.get("/state").json()["sale"]["reason"] == "journal_unavailable"


def test_recovery_goes_on_after_a_failure(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    list_unfinished = shop.journal.list_unfinished
    worked = threading.Event()

    def fail_twice() -> object:
        tries.append(1)
        if len(tries) <= 2:
            raise JournalError(JournalFault.LOCKED, "locked")
        worked.set()
        return list_unfinished()

    monkeypatch.setattr(shop.journal, "list_unfinished", fail_twice)
    shop.counter.start()
    assert worked.wait(WAIT_SECONDS)


def test_a_sale_asked_for_again_under_its_own_id_begins_once(shop: Shop) -> None:
    own = str(uuid4())
    wish: dict[str, Any] = {"sale_id": own, "amount_cents": 1250}
    assert shop.sell(**wish) == own
    assert shop.sell(**wish) == own
    shop.wait_for_rest()
    assert shop.sell(**wish, benefit="culture") == own
    assert shop.http.get(f"/sales/{own}").json()["state"] == "approved"
    assert [one["sale_id"] for one in shop.http.get("/sales").json()["sales"]] == [own]
    for other in ({"amount_cents": 1251}, {"benefit": "sport"}):
        said = refusal(shop, "POST", "/sales", wish | other)
        assert said == (409, "idempotency_conflict")
    assert refusal(shop, "POST", "/sales", wish | {"sale_id": "x"}) == (422, "malformed_request")


def test_the_days_sales_are_given_in_pages(shop: Shop) -> None:
    sold = []
    for _ in range(3):
        sold.append(shop.sell())
        shop.wait_for_rest(len(sold))
    first = shop.http.get("/sales", params={"limit": 2}).json()
    assert [one["sale_id"] for one in first["sales"]] == sold[:0:-1]
    asked = {"limit": 2, "cursor": first["next_cursor"]}
    rest = shop.http.get("/sales", params=asked).json()
    assert [one["sale_id"] for one in rest["sales"]] == sold[:1]
    assert rest["next_cursor"] is None
    assert refusal(shop, "GET", "/sales?cursor=none") == (404, "cursor_invalid")
    assert refusal(shop, "GET", "/sales?limit=501") == (422, "malformed_request")
