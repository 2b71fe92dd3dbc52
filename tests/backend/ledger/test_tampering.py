"""Raw SQL against the ledger: the database refuses it, or `check_ledger` tells."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.ledger.check import PROBLEMS_MAX, Problem
from backend.ledger.tables import Account, AccountKind, Side, Transfer

from .conftest import NOW, Purse


def _insert_raw(purse: Purse, **change: object) -> None:
    row = {
        "id": uuid4(),
        "debit_account_id": purse.ids["region"],
        "credit_account_id": purse.ids["lea"],
        "amount_cents": 1,
        "reason": "Essai",
        "reference": "raw",
        "recorded_at": NOW,
    }
    with purse.database.unit_of_work() as session:
        session.execute(insert(Transfer), [row | change])


def _run(purse: Purse, sql: str, **values: object) -> None:
    with purse.database.unit_of_work() as session:
        session.execute(text(sql), values)


@pytest.mark.parametrize("amount", [0, -5])
def test_an_amount_of_nothing_or_less_is_refused(purse: Purse, amount: int) -> None:
    with pytest.raises(IntegrityError, match="amount"):
        _insert_raw(purse, amount_cents=amount)


def test_an_account_paying_itself_is_refused(purse: Purse) -> None:
    with pytest.raises(IntegrityError, match="two_accounts"):
        _insert_raw(purse, credit_account_id=purse.ids["region"])


def test_an_account_that_does_not_exist_is_refused(purse: Purse) -> None:
    with pytest.raises(IntegrityError):
        _insert_raw(purse, credit_account_id=uuid4())


def test_an_overdraft_is_refused_even_around_the_program(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    change = {
        "debit_account_id": purse.ids["lea"],
        "credit_account_id": purse.ids["shop"],
        "amount_cents": 11,
    }
    with pytest.raises(IntegrityError, match="overdraft"):
        _insert_raw(purse, **change)
    assert purse.holds("lea") == 10
    assert purse.check().sound


def test_a_raw_transfer_posts_to_both_accounts_all_the_same(purse: Purse) -> None:
    _insert_raw(purse, amount_cents=9)
    assert (purse.holds("region"), purse.holds("lea")) == (9, 9)
    assert purse.check().sound


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_transfer SET amount_cents = 1",
        "UPDATE ledger_transfer SET reason = 'autre'",
        "DELETE FROM ledger_transfer",
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET limited = (1 = 0)",
        "UPDATE ledger_account SET normal_side = 'debit'",
        "UPDATE ledger_account SET kind = 'payable'",
    ],
)
def test_history_and_nature_are_never_changed(purse: Purse, sql: str) -> None:
    purse.move("region", "lea", 10)
    with pytest.raises(IntegrityError, match=r"ledger only grows|never|keeps its nature"):
        _run(purse, sql)
    assert purse.holds("lea") == 10
    assert purse.check().sound


@pytest.mark.parametrize("table", ["ledger_transfer CASCADE", "ledger_account CASCADE"])
def test_truncation_is_refused(purse: Purse, table: str) -> None:
    # SQLite has no TRUNCATE at all.
    sqlite = purse.database.engine.dialect.name == "sqlite"
    with pytest.raises(DBAPIError, match="syntax error" if sqlite else "ledger only grows"):
        _run(purse, f"TRUNCATE {table}")


@pytest.mark.parametrize("key", ["id", "sequence"])
def test_replacing_a_transfer_is_refused(purse: Purse, key: str) -> None:
    # PostgreSQL has no INSERT OR REPLACE at all.
    sqlite = purse.database.engine.dialect.name == "sqlite"
    known = purse.move("region", "lea", 10)
    row = {"id": uuid4().hex, "sequence": known.sequence + 1}
    row[key] = known.id.hex if key == "id" else known.sequence
    with pytest.raises(DBAPIError, match="never replaced" if sqlite else "syntax error"):
        _run(
            purse,
            "INSERT OR REPLACE INTO ledger_transfer"
            " (sequence, id, debit_account_id, credit_account_id, amount_cents, reason,"
            " reference, recorded_at) SELECT :sequence, :id, debit_account_id,"
            " credit_account_id, 1, reason, reference, recorded_at FROM ledger_transfer",
            **row,
        )
    assert purse.holds("lea") == 10


def _with_triggers_off(purse: Purse, change: Callable[[], None]) -> None:
    if purse.database.engine.dialect.name == "sqlite":
        for name in ("post", "not_changed", "not_removed"):
            _run(purse, f"DROP TRIGGER ledger_transfer_{name}")
    else:
        _run(purse, "ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
    change()


def _problems(purse: Purse) -> set[tuple[UUID | None, str]]:
    report = purse.check()
    assert not report.sound
    assert report.problems_count == len(report.problems)
    return {(problem.account_id, problem.words) for problem in report.problems}


def test_a_balance_written_by_hand_is_detected(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    with purse.database.unit_of_work() as session:
        session.execute(
            update(Account).where(Account.id == purse.ids["lea"]).values(credits_posted=99)
        )
    assert _problems(purse) == {
        (None, "debits 10, credits 99"),
        (purse.ids["lea"], "credits say 99, history 10"),
    }


def test_a_removed_transfer_is_detected(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    _with_triggers_off(purse, lambda: _run(purse, "DELETE FROM ledger_transfer"))
    assert _problems(purse) == {
        (None, "debits 0, credits 10"),
        (purse.ids["lea"], "credits say 10, history 0"),
    }


def test_a_changed_transfer_is_detected(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    _with_triggers_off(purse, lambda: _run(purse, "UPDATE ledger_transfer SET amount_cents = 4"))
    assert _problems(purse) == {
        (None, "debits 4, credits 10"),
        (purse.ids["lea"], "credits say 10, history 4"),
    }


def test_a_history_below_zero_is_detected(purse: Purse) -> None:
    change = {"debit_account_id": purse.ids["lea"], "credit_account_id": purse.ids["shop"]}
    _with_triggers_off(purse, lambda: _insert_raw(purse, **change))
    assert (purse.ids["lea"], "below zero: -1") in _problems(purse)


def test_an_account_opens_with_its_nature(purse: Purse) -> None:
    with purse.database.reading() as session:
        accounts = {name: session.get_one(Account, key) for name, key in purse.ids.items()}
    assert {n: (a.kind, a.normal_side, a.limited) for n, a in accounts.items()} == {
        "region": (AccountKind.FUNDING, Side.DEBIT, False),
        "lea": (AccountKind.WALLET, Side.CREDIT, True),
        "tom": (AccountKind.WALLET, Side.CREDIT, True),
        "shop": (AccountKind.PAYABLE, Side.CREDIT, False),
    }


def test_a_ruined_ledger_is_told_in_a_bounded_list(purse: Purse) -> None:
    for number in range(PROBLEMS_MAX):
        purse.open(f"wallet {number}", AccountKind.WALLET)
    with purse.database.unit_of_work() as session:
        session.execute(update(Account).values(credits_posted=1))
    report = purse.check()
    assert not report.sound
    # Each account, and the trial balance, which is told first.
    assert report.problems_count == len(purse.ids) + 1
    assert len(report.problems) == PROBLEMS_MAX
    assert report.problems[0] == Problem(None, f"debits 0, credits {len(purse.ids)}")
