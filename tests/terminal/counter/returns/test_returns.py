"""Giving back: once, in the right way, whatever is lost, and said in French."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from terminal.counter.api import create_app
from terminal.counter.journal import SaleJournal
from terminal.counter.record import SaleRecord
from terminal.counter.returns.book import Kind, MoneyBack, ReturnBook, ReturnState, open_return_book
from terminal.counter.returns.desk import ReturnDesk, ReturnRefused
from terminal.counter.states import State
from terminal.counter.till import Returns
from terminal.errors import BackendRefused, BackendUnreachable, JournalError, JournalFault
from tests.terminal.counter.shop import Shop

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NOW = datetime(2026, 11, 21, 11, 4, tzinfo=UTC)
PAYMENT = UUID(int=77)


@dataclass
class Bank:
    """Gives each return back once, by its id, and loses answers when told to."""

    done: dict[UUID, int] = field(default_factory=dict)
    payments: set[UUID] = field(default_factory=set)
    asked: list[tuple[str, UUID]] = field(default_factory=list)
    lose_answers: int = 0
    away: bool = False
    refuses: BackendRefused | None = None
    found: object = None

    def void_payment(self, payment_id: UUID, void_id: UUID, /) -> Any:
        self.payments.add(payment_id)
        return self._give("void", void_id, 0)

    def refund_payment(self, payment_id: UUID, refund_id: UUID, amount_cents: int, /) -> Any:
        self.payments.add(payment_id)
        return self._give("refund", refund_id, amount_cents)

    def find_by_receipt(self, authorisation_number: str, day: date, /) -> Any:
        assert authorisation_number == "A1B2C3"
        assert abs(day - NOW.date()) <= timedelta(days=1), "the day, and those beside it"
        return self.found

    def _give(self, kind: str, return_id: UUID, amount_cents: int) -> Any:
        self.asked.append((kind, return_id))
        if self.away:
            raise BackendUnreachable("no answer")
        if self.refuses is not None:
            raise self.refuses
        self.done[return_id] = amount_cents
        if self.lose_answers:
            self.lose_answers -= 1
            raise BackendUnreachable("the answer is lost")
        return SimpleNamespace(authorisation_number="R3F0ND")


@dataclass
class World:
    book: ReturnBook
    bank: Bank
    desk: ReturnDesk
    moment: datetime = NOW


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(open_return_book(tmp_path / "returns.db")) as book:
        bank = Bank()
        made = World(book, bank, None)  # type: ignore[arg-type]
        made.desk = ReturnDesk(book, bank, now=lambda: made.moment, new_id=uuid4)
        yield made


def sale(amount_cents: int = 1250, state: State = State.APPROVED, at: datetime = NOW) -> SaleRecord:
    payment = str(PAYMENT) if state is State.APPROVED else None
    return SaleRecord("s-1", amount_cents, at, at, state, payment_id=payment)


@pytest.mark.parametrize(
    ("at", "amount_cents", "kind"),
    [
        (NOW, 1250, Kind.VOID),
        (NOW, 1249, Kind.REFUND),
        (NOW - timedelta(days=1), 1250, Kind.REFUND),
        # 23:30 and 00:30 in Paris are two days, though one in UTC.
        (datetime(2026, 11, 20, 22, 30, tzinfo=UTC), 1250, Kind.REFUND),
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), 1250, Kind.VOID),
    ],
)
def test_the_whole_of_today_is_a_void_and_the_rest_a_refund(
    world: World, at: datetime, amount_cents: int, kind: Kind
) -> None:
    done = world.desk.give_back(sale(at=at), amount_cents)
    assert (done.kind, done.state, done.authorisation_number) == (kind, ReturnState.DONE, "R3F0ND")
    assert [asked for asked, _ in world.bank.asked] == [kind.value]
    assert world.bank.payments == {PAYMENT}


def test_a_return_is_in_the_book_before_it_is_sent(world: World) -> None:
    world.bank.away = True
    waiting = world.desk.give_back(sale(), 1250)
    assert waiting.state is ReturnState.ASKED
    assert world.book.list_open() == [waiting]


def test_a_lost_answer_is_asked_for_again_with_the_same_id(world: World) -> None:
    world.bank.lose_answers = 1
    waiting = world.desk.give_back(sale(), 500)
    with pytest.raises(ReturnRefused) as refused:
        world.desk.give_back(sale(), 500)
    assert refused.value.code == "return_in_progress"
    assert world.desk.settle_open() == 0
    done = world.book.find(waiting.return_id)
    assert done is not None
    assert (done.state, done.authorisation_number) == (ReturnState.DONE, "R3F0ND")
    assert len(world.bank.done) == 1
    assert len({return_id for _, return_id in world.bank.asked}) == 1


def test_never_more_than_the_sale(world: World) -> None:
    world.desk.give_back(sale(), 1000)
    for amount_cents in (251, 1250, 0):
        with pytest.raises(ReturnRefused) as refused:
            world.desk.give_back(sale(), amount_cents)
        assert refused.value.code == "return_too_large"
    assert world.desk.give_back(sale(), 250).kind is Kind.REFUND
    assert world.book.returned_since(NOW) == 1250
    assert world.book.returned_since(NOW + timedelta(seconds=1)) == 0


@pytest.mark.parametrize("state", [state for state in State if state is not State.APPROVED])
def test_what_was_not_paid_does_not_come_back(world: World, state: State) -> None:
    with pytest.raises(ReturnRefused) as refused:
        world.desk.give_back(sale(state=state), 100)
    assert refused.value.code == "sale_not_paid"
    assert world.bank.asked == []


def test_a_refusal_is_kept_and_frees_the_sale(world: World) -> None:
    sentence = "Ce paiement est déjà annulé."
    world.bank.refuses = BackendRefused(409, "payment_voided", said=(sentence, None))
    with pytest.raises(ReturnRefused) as refused:
        world.desk.give_back(sale(), 1250)
    assert (refused.value.code, refused.value.sentence) == ("payment_voided", sentence)
    [kept] = world.book.list_of_sale("s-1")
    assert (kept.state, kept.refusal) == (ReturnState.REFUSED, "payment_voided")
    world.bank.refuses = None
    assert world.desk.give_back(sale(), 1250).state is ReturnState.DONE


def test_the_background_finishes_what_a_former_run_left(world: World) -> None:
    world.bank.away = True
    world.desk.give_back(sale(), 1250)
    assert world.desk.settle_open() == 1
    world.bank.away = False
    again = ReturnDesk(world.book, world.bank, now=lambda: NOW, new_id=uuid4)
    assert again.settle_open() == 0
    assert len(world.bank.done) == 1


def test_a_refusal_in_the_background_is_written_and_hurts_nobody(world: World) -> None:
    world.bank.away = True
    waiting = world.desk.give_back(sale(), 1250)
    world.bank.away, world.bank.refuses = False, BackendRefused(409, "void_too_late")
    assert world.desk.settle_open() == 0
    found = world.book.find(waiting.return_id)
    assert found is not None
    assert found.refusal == "void_too_late"


def found(left_cents: int = 1250, *, may_be_voided: bool = True) -> Any:
    payment = SimpleNamespace(payment_id=PAYMENT, amount_cents=1250)
    return SimpleNamespace(payment=payment, left_cents=left_cents, may_be_voided=may_be_voided)


@pytest.mark.parametrize(
    ("answer", "amount_cents", "kind"),
    [
        (found(), 1250, Kind.VOID),
        (found(), 400, Kind.REFUND),
        (found(may_be_voided=False), 1250, Kind.REFUND),
    ],
)
def test_a_receipt_is_enough(world: World, answer: object, amount_cents: int, kind: Kind) -> None:
    world.bank.found = answer
    done = world.desk.give_back_by_receipt("A1B2C3", NOW.date(), amount_cents)
    assert (done.kind, done.sale_id, done.state) == (kind, None, ReturnState.DONE)


@pytest.mark.parametrize(
    ("answer", "code"), [(None, "receipt_unknown"), (found(1249), "return_too_large")]
)
def test_a_receipt_that_gives_nothing(world: World, answer: object, code: str) -> None:
    world.bank.found = answer
    with pytest.raises(ReturnRefused) as refused:
        world.desk.give_back_by_receipt("A1B2C3", NOW.date(), 1250)
    assert refused.value.code == code
    assert world.bank.asked == []


# --- the book -----------------------------------------------------------------------------------


def test_what_was_asked_is_never_changed_nor_forgotten(world: World) -> None:
    done = world.desk.give_back(sale(), 1250)
    for sql in (
        "delete from money_back",
        "update money_back set amount_cents = 1",
        "update money_back set state = 'asked', authorisation_number = null, settled_at = null",
    ):
        with pytest.raises(JournalError) as caught:
            world.book._file.execute(sql)
        assert caught.value.fault is JournalFault.CONSTRAINT
    # A second answer to what is settled changes nothing.
    world.book.settle_done(done.return_id, "OTHER0", NOW)
    world.book.settle_refused(done.return_id, "late", NOW)
    assert world.book.find(done.return_id) == done


def test_the_same_id_twice_is_no_row(world: World) -> None:
    one = MoneyBack(
        return_id=uuid4(),
        payment_id=PAYMENT,
        sale_id=None,
        kind=Kind.VOID,
        amount_cents=1,
        asked_at=NOW,
    )
    world.book.open(one)
    with pytest.raises(JournalError):
        world.book.open(one)
    assert world.book.list_since(NOW) == [one]


# --- the till's HTTP ------------------------------------------------------------------------------


@pytest.fixture
def till(journal: SaleJournal, world: World) -> Callable[[], tuple[Shop, TestClient, str]]:
    def open_till() -> tuple[Shop, TestClient, str]:
        shop = Shop(journal)
        sale_id = shop.sell()
        shop.wait_for_rest()
        opened = replace(shop.till, returns=Returns(world.desk, world.book))
        return shop, TestClient(create_app(opened), base_url="http://127.0.0.1:9251"), sale_id

    return open_till


def test_a_sale_is_given_back_over_http(
    till: Callable[[], tuple[Shop, TestClient, str]], world: World
) -> None:
    _, http, sale_id = till()
    answer = http.post(f"/sales/{sale_id}/returns", json={"amount_cents": 500})
    assert answer.status_code == 201
    body = answer.json()
    paid = http.get(f"/sales/{sale_id}").json()["payment_id"]
    assert world.bank.payments == {UUID(paid)}
    assert (body["kind"], body["state"], body["amount_cents"]) == ("refund", "done", 500)
    assert body["message"] == "Remboursé · 5,00\N{NO-BREAK SPACE}€"
    assert http.get(f"/sales/{sale_id}/returns").json()["returns"] == [body]
    assert http.get("/sales").json()["returned_cents"] == 500
    too_much = http.post(f"/sales/{sale_id}/returns", json={"amount_cents": 800})
    assert (too_much.status_code, too_much.json()["code"]) == (409, "return_too_large")
    assert too_much.json()["message"].startswith("Le montant dépasse")


def test_money_asked_back_again_under_its_own_id_goes_back_once(
    till: Callable[[], tuple[Shop, TestClient, str]], world: World
) -> None:
    _, http, sale_id = till()
    wish = {"return_id": str(uuid4()), "amount_cents": 500}
    first = http.post(f"/sales/{sale_id}/returns", json=wish)
    again = http.post(f"/sales/{sale_id}/returns", json=wish)
    assert (again.status_code, again.json()) == (201, first.json())
    assert first.json()["return_id"] == wish["return_id"]
    assert http.get("/sales").json()["returned_cents"] == 500
    other = http.post(f"/sales/{sale_id}/returns", json=wish | {"amount_cents": 400})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    world.bank.found = found()
    by_receipt = {
        "authorisation_number": "a1b2c3",
        "day": "2026-11-21",
        "amount_cents": 1250,
        "return_id": str(uuid4()),
    }
    answers = [http.post("/returns", json=by_receipt) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    taken = http.post("/returns", json=by_receipt | {"return_id": wish["return_id"]})
    assert (taken.status_code, taken.json()["code"]) == (409, "idempotency_conflict")


def test_what_http_refuses(till: Callable[[], tuple[Shop, TestClient, str]], world: World) -> None:
    _, http, sale_id = till()
    assert http.post("/sales/none/returns", json={"amount_cents": 1}).status_code == 404
    for body in ({}, {"amount_cents": 0}, {"amount_cents": 1, "more": 1}, {"amount_cents": 10**6}):
        assert http.post(f"/sales/{sale_id}/returns", json=body).status_code == 422
    wish = {"authorisation_number": "a1b2c3", "day": "2026-11-21", "amount_cents": 1250}
    unknown = http.post("/returns", json=wish)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "receipt_unknown")
    world.bank.found = found()
    assert http.post("/returns", json=wish).status_code == 201


def test_an_unreachable_backend_is_said(
    till: Callable[[], tuple[Shop, TestClient, str]],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, http, sale_id = till()
    world.bank.away = True
    waiting = http.post(f"/sales/{sale_id}/returns", json={"amount_cents": 1250})
    assert (waiting.status_code, waiting.json()["state"]) == (201, "asked")
    assert "dès son retour" in waiting.json()["message"]

    def no_line(*_: object) -> object:
        raise BackendUnreachable("no line")

    monkeypatch.setattr(world.bank, "find_by_receipt", no_line)
    wish = {"authorisation_number": "A1B2C3", "day": "2026-11-21", "amount_cents": 1}
    answer = http.post("/returns", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (503, "backend_unavailable")
