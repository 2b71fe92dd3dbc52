"""Many hands on PostgreSQL: no overdraft, no deadlock, and no waiting but for one's own wallet."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from backend.database import Database, Limits
from backend.ledger.errors import InsufficientFunds
from backend.ledger.tables import AccountKind

from .conftest import Purse, furnish

WAIT_MILLISECONDS_MAX = 2000
# The server takes a hundred connections.
CONNECTIONS = 64
DEBITS = 200
HANDS = 16
SECONDS_MAX = 60


@pytest.fixture
def market(postgres_url: str) -> Iterator[Purse]:
    """The small world, on the engine where several write at once, with many connections."""
    limits = Limits(connections_max=CONNECTIONS, wait_seconds_max=SECONDS_MAX)
    database = Database(postgres_url, limits)
    yield furnish(Purse(database))
    database.close()


def _move_or_time_out(market: Purse, debit: str, credit: str) -> None:
    with market.database.unit_of_work() as session:
        session.execute(text(f"SET LOCAL statement_timeout = {WAIT_MILLISECONDS_MAX}"))
        market.move_within(session, debit, credit, 1)


@pytest.mark.parametrize(
    ("held", "free"),
    [
        (("lea", "shop"), ("tom", "shop")),
        (("region", "lea"), ("region", "tom")),
        (("shop", "lea"), ("tom", "shop")),
    ],
    ids=["two payments at one partner", "two grants of one campaign", "a refund and a payment"],
)
def test_an_open_payment_holds_up_nobody_else_s(
    market: Purse, held: tuple[str, str], free: tuple[str, str]
) -> None:
    for name in ("lea", "tom"):
        market.move("region", name, 100)
    with market.database.unit_of_work() as session:
        market.move_within(session, *held, 1)
        _move_or_time_out(market, *free)
        # A new account's wallet rows name accounts too; opening one waits for nobody either.
        market.open("new", AccountKind.WALLET)
        _move_or_time_out(market, "region", "new")
    assert market.check().sound


def _at_once(works: list[Callable[[], str]]) -> Counter[str]:
    with ThreadPoolExecutor(len(works)) as hands:
        start = Barrier(len(works))

        def begin(work: Callable[[], str]) -> str:
            start.wait(SECONDS_MAX)
            return work()

        futures = [hands.submit(begin, work) for work in works]
        return Counter(future.result(SECONDS_MAX) for future in futures)


def test_two_hundred_debits_of_one_wallet_never_overdraw_it(market: Purse) -> None:
    market.move("region", "lea", 150 * 7 + 6)

    def pay() -> str:
        try:
            market.move("lea", "shop", 7)
        except InsufficientFunds as refusal:
            return refusal.code
        return "moved"

    assert _at_once([pay] * DEBITS) == {"moved": 150, "insufficient_funds": DEBITS - 150}
    assert (market.holds("lea"), market.holds("shop")) == (6, 150 * 7)
    assert market.check().sound


def test_opposite_transfers_and_holds_never_deadlock(market: Purse) -> None:
    for name in ("lea", "tom"):
        market.move("region", name, 1000)

    def back_and_forth(debit: str, credit: str) -> Callable[[], str]:
        def work() -> str:
            for _ in range(5):
                market.move(debit, credit, 1)
                market.settle(market.hold(debit, credit, 2), 1)
            return "done"

        return work

    works = [back_and_forth("lea", "tom"), back_and_forth("tom", "lea")] * (HANDS // 2)
    assert _at_once(works) == {"done": HANDS}
    assert (market.holds("lea"), market.holds("tom")) == (1000, 1000)
    assert market.check().sound


def test_raw_opposite_transfers_never_deadlock_either(market: Purse) -> None:
    """The trigger, too, writes accounts in id order."""
    for name in ("lea", "tom"):
        market.move("region", name, 1000)
    sql = text(
        "INSERT INTO ledger_transfer (id, debit_account_id, credit_account_id, amount_cents,"
        " reason, reference, recorded_at)"
        " SELECT gen_random_uuid(), :debit, :credit, 1, '', '', now()"
    )

    def insert(debit: str, credit: str) -> Callable[[], str]:
        def work() -> str:
            for _ in range(10):
                with market.database.unit_of_work() as session:
                    ids = {"debit": market.ids[debit], "credit": market.ids[credit]}
                    session.execute(sql, ids)
            return "done"

        return work

    works = [insert("lea", "tom"), insert("tom", "lea")] * (HANDS // 2)
    assert _at_once(works) == {"done": HANDS}
    assert market.check().sound


def test_a_crowd_pays_at_one_partner_while_one_payment_there_stays_open(market: Purse) -> None:
    names = [f"wallet {number}" for number in range(HANDS)]
    for name in ("lea", *names):
        if name not in market.ids:
            market.open(name, AccountKind.WALLET)
        market.move("region", name, 100)

    def pay(name: str) -> Callable[[], str]:
        def work() -> str:
            for _ in range(5):
                _move_or_time_out(market, name, "shop")
            return "paid"

        return work

    with market.database.unit_of_work() as session:
        market.move_within(session, "lea", "shop", 1)
        assert _at_once([pay(name) for name in names]) == {"paid": HANDS}
    assert market.holds("shop") == 5 * HANDS + 1
    market.seal()
    assert market.check().sound
