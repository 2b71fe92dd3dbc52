"""Raw SQL against the ledger: the database refuses it, or `check_ledger` tells."""

from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

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


def test_an_insert_that_ignores_refusals_skips_no_posting(purse: Purse) -> None:
    """SQLite hands OR IGNORE down to the trigger, whose posting a CHECK alone would skip."""
    sqlite = purse.database.engine.dialect.name == "sqlite"
    purse.move("region", "lea", 10)
    ids = {name: key.hex for name, key in purse.ids.items()}
    with pytest.raises(DBAPIError, match="overdraft" if sqlite else "syntax error"):
        _run(
            purse,
            "INSERT OR IGNORE INTO ledger_transfer (id, debit_account_id, credit_account_id,"
            " amount_cents, reason, reference, recorded_at) SELECT :id, :lea, :shop, 11,"
            " reason, reference, recorded_at FROM ledger_transfer",
            id=uuid4().hex,
            lea=ids["lea"],
            shop=ids["shop"],
        )
    assert (purse.holds("lea"), purse.holds("shop")) == (10, 0)


def test_an_account_opens_with_its_nature(purse: Purse) -> None:
    with purse.database.reading() as session:
        accounts = {name: session.get_one(Account, key) for name, key in purse.ids.items()}
    assert {n: (a.kind, a.normal_side, a.limited) for n, a in accounts.items()} == {
        "region": (AccountKind.FUNDING, Side.DEBIT, False),
        "lea": (AccountKind.WALLET, Side.CREDIT, True),
        "tom": (AccountKind.WALLET, Side.CREDIT, True),
        "shop": (AccountKind.PAYABLE, Side.CREDIT, False),
    }
