"""Sealing: nothing skipped, nothing twice, nobody kept waiting."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.database import Database
from backend.ledger import sealing
from backend.ledger.accounts import balance
from backend.ledger.chain import NO_HASH, chain_of
from backend.ledger.sealing import OPEN_PAYMENTS_LOOKS_MAX, seal
from backend.ledger.tables import Account, AccountKind, Seal, Transfer

from .conftest import NOW, Purse, furnish


@pytest.fixture
def market(postgres_url: str) -> Iterator[Purse]:
    """The small world, on the engine where several write at once."""
    database = Database(postgres_url)
    yield furnish(Purse(database))
    database.close()


def _totals(purse: Purse, name: str) -> tuple[int, int, int]:
    with purse.database.reading() as session:
        account = session.get_one(Account, purse.ids[name])
        return account.debits_posted, account.credits_posted, account.rolled_up_to


def test_totals_of_unlimited_accounts_follow_behind(purse: Purse) -> None:
    purse.move("region", "lea", 100)
    last = purse.move("lea", "shop", 30).sequence
    assert _totals(purse, "shop") == (0, 0, 0)
    assert (purse.holds("shop"), purse.holds("region")) == (30, 100)
    done = purse.seal()
    assert (done.transfers, len(done.heads), done.held_up) == (2, 2, False)
    assert _totals(purse, "shop") == (0, 30, last)
    assert _totals(purse, "region") == (100, 0, last)
    assert _totals(purse, "lea") == (30, 100, 0)
    purse.move("shop", "lea", 10)
    assert (purse.holds("shop"), purse.holds("region")) == (20, 100)
    assert purse.seal().transfers == 1
    assert purse.holds("shop") == 20
    assert purse.seal() == sealing.NOTHING_SEALED
    assert purse.check().sound


def test_each_transfer_is_in_one_chain(purse: Purse) -> None:
    purse.open("other shop", AccountKind.PAYABLE)
    for debit, credit in (
        *(("region", "lea"), ("region", "shop"), ("shop", "region"), ("lea", "shop")),
        *(("shop", "lea"), ("shop", "other shop"), ("lea", "tom"), ("lea", "region")),
    ):
        purse.move(debit, credit, 1 if credit != "lea" else 10)
    purse.seal()
    with purse.database.reading() as session:
        counts = {one.account_id: one.transfers_count for one in session.query(Seal)}
    names = {key: name for name, key in purse.ids.items()}
    assert {names[key]: count for key, count in counts.items()} == {
        "shop": 5,
        "region": 2,
        "lea": 1,
    }
    report = purse.check()
    assert report.sound
    assert (report.transfers, report.sealed) == (8, 8)


@pytest.mark.parametrize("debit", AccountKind)
@pytest.mark.parametrize("credit", AccountKind)
def test_a_chain_is_the_payable_s_else_the_funding_s_else_the_debited_one_s(
    debit: AccountKind, credit: AccountKind
) -> None:
    one, other = UUID(int=1), UUID(int=2)
    order = ["payable", "funding"]
    ranks = [order.index(kind) if kind in order else 2 for kind in (debit, credit)]
    expected = one if ranks[0] <= ranks[1] else other
    assert chain_of((one, debit), (other, credit)) == expected


def _number(value: int, length: int = 8) -> bytes:
    return value.to_bytes(length, "big", signed=True)


def _written(words: str) -> bytes:
    return _number(len(words.encode()), 4) + words.encode()


def test_the_encoding_is_the_documented_one(purse: Purse) -> None:
    """A second implementation, from the words of chain.py alone."""
    purse.move("region", "lea", 1234)
    purse.move("region", "tom", 2)
    purse.seal()
    purse.move("region", "lea", 3)
    purse.seal()
    # 2026-09-01T10:00:00Z, as `date -d … +%s` has it.
    moment = _number(1788256800 * 1_000_000)
    with purse.database.reading() as session:
        moved = session.query(Transfer).order_by(Transfer.sequence).all()
        seals = session.query(Seal).order_by(Seal.number).all()
    previous = bytes(32)
    for number, (made, covered) in enumerate(zip(seals, (moved[:2], moved[2:]), strict=True), 1):
        digest = hashlib.sha256()
        for one in covered:
            digest.update(_number(one.sequence) + one.id.bytes)
            digest.update(one.debit_account_id.bytes + one.credit_account_id.bytes)
            digest.update(_number(one.amount_cents) + moment)
            digest.update(_written("Essai") + _written("test:1"))
        sealed = b"pass ledger seal 1\n" + purse.ids["region"].bytes + _number(number) + previous
        sealed += _number(covered[-1].sequence) + _number(len(covered)) + moment + digest.digest()
        assert made.previous_hash == previous
        assert made.hash == hashlib.sha256(sealed).digest()
        previous = made.hash
    assert seals[0].previous_hash == NO_HASH


def test_a_run_works_in_bounded_rounds(purse: Purse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "TRANSFERS_PER_ROUND_MAX", 3)
    for _ in range(7):
        purse.move("region", "lea", 1)
    done = purse.seal()
    assert (done.transfers, [head.number for head in done.heads]) == (7, [3])
    assert purse.check().sound


def test_a_transfer_committed_late_is_waited_for_and_never_skipped(market: Purse) -> None:
    market.move("region", "lea", 10)
    market.move("region", "tom", 10)
    with market.database.unit_of_work() as session:
        early = market.move_within(session, "lea", "shop", 1).sequence
        late = market.move("tom", "shop", 2).sequence
        assert early < late, "the first number is committed last"
        pauses = list[float]()
        held_up = market.seal(pauses.append)
        assert (held_up.transfers, held_up.held_up) == (0, True)
        assert len(pauses) == OPEN_PAYMENTS_LOOKS_MAX
        assert market.holds("shop") == 2
    assert market.holds("shop") == 3
    assert market.seal().transfers == 4
    assert _totals(market, "shop") == (0, 3, late)
    assert market.check().sound


def test_a_payment_that_ends_while_a_run_waits_is_sealed_by_it(market: Purse) -> None:
    market.move("region", "lea", 10)
    market.move("region", "tom", 10)
    asleep, awake = Event(), Event()

    def pause(_seconds: float) -> None:
        asleep.set()
        assert awake.wait(10)

    with ThreadPoolExecutor(1) as hands:
        with market.database.unit_of_work() as session:
            market.move_within(session, "lea", "shop", 1)
            market.move("tom", "shop", 2)
            run = hands.submit(market.seal, pause)
            assert asleep.wait(10)
        # Begun after the run looked: neither waited for nor sealed by it.
        with market.database.unit_of_work() as session:
            market.move_within(session, "lea", "shop", 3)
            awake.set()
            assert run.result(10).transfers == 4
    assert market.seal().transfers == 1
    assert market.check().sound


def test_what_only_reads_or_writes_elsewhere_holds_up_no_seal(market: Purse) -> None:
    market.move("region", "lea", 10)
    with market.database.unit_of_work() as session:
        balance(session, market.ids["lea"])
        session.execute(text("SELECT count(*) FROM ledger_transfer"))
        assert market.seal().transfers == 1


def test_runs_at_once_are_harmless(purse: Purse) -> None:
    for _ in range(20):
        purse.move("region", "lea", 1)
    start = Barrier(4)

    def run() -> int:
        start.wait(10)
        return purse.seal().transfers

    with ThreadPoolExecutor(4) as hands:
        futures = [hands.submit(run) for _ in range(4)]
        assert sum(future.result(30) for future in futures) == 20
    assert purse.holds("region") == 20
    assert purse.check().sound


def test_payments_do_not_wait_for_the_writing_of_seals(market: Purse) -> None:
    market.move("region", "lea", 10)
    market.move("lea", "shop", 1)
    with market.database.unit_of_work() as session:
        # What a run holds while it writes: the row of the partner whose totals it rolls up.
        session.execute(text("UPDATE ledger_account SET rolled_up_to = 0 WHERE NOT limited"))
        with market.database.unit_of_work() as paying:
            paying.execute(text("SET LOCAL statement_timeout = 2000"))
            market.move_within(paying, "lea", "shop", 1)
        assert market.holds("shop") == 2


def test_a_run_ends_the_holds_whose_time_is_over(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    purse.hold("lea", "shop", 3)
    purse.hold("lea", "shop", 4, expires_at=NOW + timedelta(hours=2))
    assert purse.seal().holds_expired == 0
    done = seal(purse.database, lambda: NOW + timedelta(hours=1))
    assert (done.holds_expired, purse.may_spend("lea")) == (1, 6)
    assert purse.check().sound


def test_more_holds_than_a_sweep_takes_are_ended_in_one_run(
    purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.ledger.holds.EXPIRED_HOLDS_PER_SWEEP_MAX", 2)
    monkeypatch.setattr(sealing, "EXPIRED_HOLDS_PER_SWEEP_MAX", 2)
    purse.move("region", "lea", 10)
    for _ in range(5):
        purse.hold("lea", "shop", 1)
    assert seal(purse.database, lambda: NOW + timedelta(hours=1)).holds_expired == 5


GROWING = [
    "UPDATE ledger_seal SET transfers_count = 9",
    "DELETE FROM ledger_seal",
    "UPDATE ledger_hold SET amount_cents = 1",
    "DELETE FROM ledger_hold",
    "UPDATE ledger_settlement SET amount_cents = 1",
    "DELETE FROM ledger_settlement",
    "TRUNCATE ledger_seal",
    "TRUNCATE ledger_hold",
    "TRUNCATE ledger_settlement",
    "INSERT OR REPLACE INTO ledger_seal SELECT * FROM ledger_seal",
    "INSERT OR REPLACE INTO ledger_hold SELECT * FROM ledger_hold",
    "INSERT OR REPLACE INTO ledger_settlement SELECT * FROM ledger_settlement",
    "INSERT OR REPLACE INTO ledger_account SELECT * FROM ledger_account",
]


def test_seals_holds_and_settlements_only_grow(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    purse.settle(purse.hold("lea", "shop", 3), 2)
    purse.seal()
    postgresql = purse.database.engine.dialect.name == "postgresql"
    for sql in GROWING:
        unknown = "REPLACE" in sql if postgresql else "TRUNCATE" in sql
        words = "syntax error" if unknown else r"only grows|never replaced"
        with pytest.raises(DBAPIError, match=words), purse.database.unit_of_work() as session:
            session.execute(text(sql))
    assert purse.check().sound
