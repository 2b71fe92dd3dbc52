"""A till over fakes, and what it needs to be asked and waited for."""

import threading
import warnings
from collections.abc import Callable

from terminal.counter import words
from terminal.counter.api import create_app
from terminal.counter.api_shapes import HealthShape
from terminal.counter.broker import Broker
from terminal.counter.counter import Counter
from terminal.counter.front import Front, News
from terminal.counter.journal import SaleJournal
from terminal.counter.limits import Limits
from terminal.counter.page import Place
from terminal.counter.till import Till
from terminal.counter.view import SaleView
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import BOOKS, CULTURE, START, CountingIds, FakeClock, TwinBackend

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

WAIT_SECONDS = 10
HEALTHY = HealthShape(reader="ok", pad="ok", backend="ok", journal="ok", open_reversals=0)
LIMITS = Limits(
    open_reversals_max=2,
    reversal_pause_seconds=0.0,
    recovery_pause_seconds=0.01,
    stop_seconds_max=WAIT_SECONDS,
)


class Shop:
    """A till over fakes; sales that are told to `hold` wait at the pad until `go`."""

    def __init__(self, journal: SaleJournal, *offered: object) -> None:
        self.clock = FakeClock()
        backend = TwinBackend(CULTURE, BOOKS) if offered else TwinBackend()
        self.world = World(clock=self.clock, backend=backend, journal=journal)
        self.news: Broker[News] = Broker()
        self.journal = journal
        self.views: list[SaleView | None] = []
        self.others: list[News] = []
        self.changed = threading.Condition()
        self.go = threading.Event()
        self.counter = Counter(
            self.world.collaborators, journal, self.observe, CountingIds(), LIMITS
        )
        self.stopping = threading.Event()
        self.front = Front(self.counter, self.world.collaborators, self.observe, limits=LIMITS)
        self.till = Till(
            front=self.front,
            journal=journal,
            news=self.news,
            place=Place("Librairie <du> Parc", "caisse 1"),
            health=lambda: HEALTHY,
            clock_ahead=lambda: None,
            now=lambda: START,
            stopping=self.stopping.is_set,
        )
        self.http = client_of(self.till)

    def observe(self, view: News) -> None:
        self.news.publish(view)
        with self.changed:
            if view is None or isinstance(view, SaleView):
                self.views.append(view)
            else:
                self.others.append(view)
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


def client_of(till: Till) -> TestClient:
    """A program on this machine that asks such a till."""
    return TestClient(create_app(till), base_url="http://127.0.0.1:9251")


def refusal(shop: Shop, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = shop.http.request(method, path, json=body)
    found = answer.json()
    assert set(found) == {"type", "title", "status", "detail", "code", "message"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert found["status"] == answer.status_code
    assert found["type"] == f"/problems/{found['code']}"
    assert found["message"] == words.API_SENTENCES[found["code"]]
    return answer.status_code, found["code"]
