"""The till's HTTP over a counter with fakes: every answer, every refusal, nothing echoed."""

import json
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from terminal.counter import words
from terminal.counter.api import Till, create_app, start_of_day
from terminal.counter.api_shapes import CurrentShape, HealthShape
from terminal.counter.broker import LISTENERS_MAX, NEWS_KEPT_MAX, Broker
from terminal.counter.counter import Counter
from terminal.counter.events import event_stream
from terminal.counter.health import BACKEND_ASKED_EVERY_SECONDS, HealthWatch, Probes
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.limits import Limits
from terminal.counter.page import Place
from terminal.counter.view import SaleView
from terminal.errors import BackendUnreachable, JournalError, JournalFault, ReaderServiceDown
from tests.terminal.counter.fakes import (
    BOOKS,
    CULTURE,
    START,
    CountingIds,
    FakeClock,
    TwinBackend,
    World,
)

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

WAIT_SECONDS = 10
HEALTHY = HealthShape(reader="ok", pad="ok", backend="ok", journal="ok", open_reversals=0)
LIMITS = Limits(open_reversals_max=2, reversal_pause_seconds=0.0)


class Shop:
    """A till over fakes; sales that are told to `hold` wait at the pad until `go`."""

    def __init__(self, journal: SaleJournal, *offered: object) -> None:
        self.clock = FakeClock()
        backend = TwinBackend(CULTURE, BOOKS) if offered else TwinBackend()
        self.world = World(clock=self.clock, backend=backend, journal=journal)
        self.news: Broker[SaleView | None] = Broker()
        self.journal = journal
        self.views: list[SaleView | None] = []
        self.changed = threading.Condition()
        self.go = threading.Event()
        self.counter = Counter(
            self.world.collaborators, journal, self.observe, CountingIds(), LIMITS
        )
        self.stopping = threading.Event()
        till = Till(
            counter=self.counter,
            journal=journal,
            news=self.news,
            place=Place("Librairie <du> Parc", "caisse 1"),
            health=lambda: HEALTHY,
            now=lambda: START,
            stopping=self.stopping.is_set,
        )
        self.http = TestClient(create_app(till), base_url="http://127.0.0.1:9251")

    def observe(self, view: SaleView | None) -> None:
        self.news.publish(view)
        with self.changed:
            self.views.append(view)
            self.changed.notify_all()

    def hold_at_the_pad(self) -> None:
        self.world.pad.on_entry = lambda: self.go.wait(WAIT_SECONDS)

    def wait_for(self, accept: Callable[[SaleView], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(
                lambda: any(view is not None and accept(view) for view in self.views),
                WAIT_SECONDS,
            )

    def wait_for_state(self, state: str) -> None:
        self.wait_for(lambda view: view.active and view.record.state == state)

    def wait_for_rest(self, count: int = 1) -> None:
        with self.changed:
            assert self.changed.wait_for(
                lambda: sum(view is not None and not view.active for view in self.views) >= count,
                WAIT_SECONDS,
            )

    def sell(self, amount_cents: int = 1250, **more: object) -> str:
        answer = self.http.post("/sales", json={"amount_cents": amount_cents, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["sale_id"])


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SaleJournal]:
    opened = open_sale_journal(tmp_path / "counter.db")
    yield opened
    opened.close()


@pytest.fixture
def shop(journal: SaleJournal) -> Iterator[Shop]:
    made = Shop(journal)
    yield made
    made.go.set()
    assert made.counter.stop()


def refusal(shop: Shop, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = shop.http.request(method, path, json=body)
    found = answer.json()
    assert set(found) == {"code", "message"}
    assert found["message"] == words.API_SENTENCES[found["code"]]
    return answer.status_code, found["code"]


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
    assert refusal(shop, "DELETE", "/sales") == (405, "malformed_request")


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
    for path in ("till.css", "tokens.css", "till.js", "icon.svg"):
        assert shop.http.get(f"/static/{path}").status_code == 200


# --- the day, the news, the health ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-21T11:04:00Z", "2026-11-20T23:00:00Z"),
        ("2026-07-01T22:30:00Z", "2026-07-01T22:00:00Z"),
        ("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z"),  # the day that lasts 25 hours
    ],
)
def test_the_day_begins_at_midnight_in_paris(now: str, expected: str) -> None:
    start = start_of_day(datetime.fromisoformat(now))
    assert start == datetime.fromisoformat(expected)
    assert start.tzinfo is UTC
    assert start_of_day(start) == start
    assert start_of_day(start - timedelta(microseconds=1)) < start


def idle() -> CurrentShape:
    return CurrentShape(state="amount", sale=None)


def test_the_stream_tells_the_present_then_each_change(shop: Shop) -> None:
    stream = event_stream(shop.news, idle, lambda: False)
    first = next(stream)
    assert first == 'event: state\ndata: {"state":"amount","sale":null}\n\n'
    shop.sell()
    shop.wait_for_rest()
    told = [json.loads(each.split("data: ")[1]) for each in islice(stream, 5)]
    assert [each["state"] for each in told] == ["card", "proof", "code", "authorising", "amount"]
    assert told[-1]["sale"]["state"] == "approved"
    shop.news.publish(None)
    assert next(stream) == first, "news about the list: the till as it stands"
    stream.close()


def test_the_stream_ends_when_the_counter_stops(shop: Shop) -> None:
    stream = event_stream(shop.news, idle, lambda: True)
    assert len(list(stream)) == 1


def test_a_page_too_many_is_refused(shop: Shop) -> None:
    streams = [event_stream(shop.news, idle, lambda: False) for _ in range(LISTENERS_MAX)]
    for stream in streams:
        next(stream)
    assert refusal(shop, "GET", "/events") == (503, "too_many_listeners")
    for stream in streams:
        stream.close()
    shop.stopping.set()
    assert shop.http.get("/events").text.startswith("event: state\n")


def test_a_sleeping_listener_loses_the_oldest_news() -> None:
    broker: Broker[int] = Broker()
    with broker.listen() as listener:
        for number in range(NEWS_KEPT_MAX + 3):
            broker.publish(number)
        assert listener.get_nowait() == 3
        assert listener.qsize() == NEWS_KEPT_MAX - 1


def test_health_says_which_part_is_missing() -> None:
    clock = FakeClock()
    asked: list[int] = []

    def ask() -> bool:
        asked.append(1)
        raise BackendUnreachable("no line")

    def no_daemon() -> bool:
        raise ReaderServiceDown("no daemon")

    def no_journal() -> int:
        raise JournalError(JournalFault.DAMAGED, "damaged")

    probes = Probes(no_daemon, lambda: False, ask, no_journal)
    watch = HealthWatch(probes, clock.monotonic)
    bad = HealthShape(
        reader="unavailable",
        pad="unavailable",
        backend="unavailable",
        journal="unavailable",
        open_reversals=0,
    )
    assert watch.look() == watch.look() == bad
    assert len(asked) == 1, "asked once in a while"
    clock.seconds += BACKEND_ASKED_EVERY_SECONDS
    watch.look()
    assert len(asked) == 2
    good = HealthWatch(Probes(lambda: True, lambda: True, lambda: True, lambda: 3), clock.monotonic)
    assert good.look() == HEALTHY.model_copy(update={"open_reversals": 3})
