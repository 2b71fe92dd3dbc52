"""Many hands at once: no deadlock, no lost update, no overdraft, a check that can be trusted."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier, Event
from uuid import UUID, uuid4

from backend.ledger.errors import InsufficientFunds, TransferConflict

from .conftest import Purse

HANDS = 6
SECONDS_MAX = 60


def _at_once(*works: Callable[[], str]) -> Counter[str]:
    start = Barrier(len(works))

    def begin(work: Callable[[], str]) -> str:
        start.wait(SECONDS_MAX)
        return work()

    with ThreadPoolExecutor(len(works)) as hands:
        futures = [hands.submit(begin, work) for work in works]
        return Counter(future.result(SECONDS_MAX) for future in futures)


def _try(
    purse: Purse, debit: str, credit: str, amount: int, transfer_id: UUID | None = None
) -> str:
    try:
        purse.move(debit, credit, amount, transfer_id)
    except (InsufficientFunds, TransferConflict) as refusal:
        return refusal.code
    return "moved"


def test_money_moved_both_ways_neither_deadlocks_nor_gets_lost(purse: Purse) -> None:
    purse.move("region", "lea", 1000)
    purse.move("region", "tom", 1000)

    def back_and_forth(debit: str, credit: str, amount: int) -> Callable[[], str]:
        def work() -> str:
            for _ in range(10):
                purse.move(debit, credit, amount)
            return "done"

        return work

    there = [back_and_forth("lea", "tom", 3) for _ in range(HANDS // 2)]
    back = [back_and_forth("tom", "lea", 2) for _ in range(HANDS // 2)]
    assert _at_once(*there, *back) == {"done": HANDS}
    assert purse.holds("lea") == 1000 - 10 * (HANDS // 2) * (3 - 2)
    assert purse.holds("tom") == 1000 + 10 * (HANDS // 2) * (3 - 2)
    assert purse.check().sound


def test_a_wallet_with_money_for_three_pays_three(purse: Purse) -> None:
    purse.move("region", "lea", 3 * 100 + 99)
    works = [lambda: _try(purse, "lea", "shop", 100)] * HANDS
    assert _at_once(*works) == {"moved": 3, "insufficient_funds": HANDS - 3}
    assert (purse.holds("lea"), purse.holds("shop")) == (99, 300)


def test_the_same_transfer_sent_by_all_is_made_once(purse: Purse) -> None:
    once = uuid4()
    works = [lambda: _try(purse, "region", "lea", 100, once)] * HANDS
    assert _at_once(*works) == {"moved": HANDS}
    assert purse.holds("lea") == 100


def test_one_id_for_movements_between_other_accounts_is_made_once(purse: Purse) -> None:
    # Disjoint accounts: no common lock orders them, only the id's uniqueness does.
    once = uuid4()
    purse.move("region", "lea", 100)
    outcome = _at_once(
        lambda: _try(purse, "region", "tom", 1, once),
        lambda: _try(purse, "lea", "shop", 1, once),
    )
    assert outcome == {"moved": 1, "transfer_conflict": 1}
    assert purse.check().sound


def test_the_check_holds_while_money_moves(purse: Purse) -> None:
    purse.move("region", "lea", 1000)
    over = Event()

    def keep_moving() -> int:
        moved = 0
        while not over.is_set():
            purse.move("lea", "shop", 1)
            purse.move("shop", "lea", 1)
            moved += 2
        return moved

    with ThreadPoolExecutor(2) as hands:
        moving = [hands.submit(keep_moving) for _ in range(2)]
        try:
            reports = [purse.check() for _ in range(15)]
        finally:
            over.set()
        wait(moving, SECONDS_MAX)
    assert all(report.sound for report in reports)
    assert sum(future.result() for future in moving) > 0
