"""Each tampering is found by the check, and named; on both engines, with every guard removed."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session

from backend.database import Database
from backend.ledger.check import examine
from backend.ledger.report import PROBLEMS_MAX, Problem, Trouble
from backend.ledger.tables import (
    Account,
    AccountKind,
    Hold,
    OpenHold,
    Outcome,
    Seal,
    Settlement,
    Transfer,
)

from .conftest import NOW, Purse, furnish

GROWING = ("ledger_transfer", "ledger_hold", "ledger_settlement", "ledger_seal")


def unguard(session: Session) -> None:
    """Make it a forger's session: the database's owner, who removed every guard."""
    if session.get_bind().dialect.name == "sqlite":
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in names.all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("PRAGMA ignore_check_constraints = ON"))
    else:
        for table in ("ledger_account", *GROWING):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def live(purse: Purse) -> Purse:
    """A little of everything: sealed twice, then some more; holds of every ending."""
    purse.move("region", "lea", 100)
    purse.move("region", "tom", 100)
    purse.move("lea", "shop", 10)
    assert purse.seal().transfers == 3
    purse.move("tom", "shop", 20)
    purse.settle(purse.hold("lea", "shop", 30), 25)
    purse.release(purse.hold("tom", "shop", 5))
    assert purse.seal().transfers == 2
    purse.move("lea", "shop", 5)
    purse.hold("tom", "shop", 7)
    report = purse.check()
    assert report.sound
    assert (report.accounts, report.transfers, report.sealed, report.seals) == (4, 6, 5, 3)
    assert (report.debits_cents, report.credits_cents, report.holds_open) == (260, 260, 1)
    return purse


@pytest.fixture
def busy(purse: Purse) -> Purse:
    return live(purse)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Purse]:
    """One busy ledger of each kind for all forgeries: each is rolled back."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("world") / "ledger.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
    else:
        folder = request.getfixturevalue("postgres_server")
        name, admin = f"w_{uuid4().hex[:12]}", f"postgresql://postgres@/postgres?host={folder}"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE pass_template".encode())
        database = Database(f"postgresql+psycopg://postgres@/{name}?host={folder}")
    yield live(furnish(Purse(database)))
    database.close()


Forgery = Callable[[Purse, Session], None]


def _of(session: Session, number: int) -> int:
    rows = session.query(Transfer.sequence).order_by(Transfer.sequence).all()
    return int(rows[number - 1][0])


def a_sealed_amount_changed(purse: Purse, session: Session) -> None:
    third = update(Transfer).where(Transfer.sequence == _of(session, 3))
    session.execute(third.values(amount_cents=11))


def words_of_a_sealed_transfer_changed(purse: Purse, session: Session) -> None:
    third = update(Transfer).where(Transfer.sequence == _of(session, 3))
    session.execute(third.values(reason="Autre"))


def a_moment_changed(purse: Purse, session: Session) -> None:
    third = update(Transfer).where(Transfer.sequence == _of(session, 3))
    session.execute(third.values(recorded_at=NOW + timedelta(microseconds=1)))


def a_sealed_transfer_removed(purse: Purse, session: Session) -> None:
    session.execute(delete(Transfer).where(Transfer.sequence == _of(session, 4)))


def the_accounts_of_a_transfer_swapped(purse: Purse, session: Session) -> None:
    lea, shop = purse.ids["lea"], purse.ids["shop"]
    third = update(Transfer).where(Transfer.sequence == _of(session, 3))
    session.execute(third.values(debit_account_id=shop, credit_account_id=lea))


def a_transfer_given_to_another_wallet(purse: Purse, session: Session) -> None:
    third = update(Transfer).where(Transfer.sequence == _of(session, 3))
    session.execute(third.values(debit_account_id=purse.ids["tom"]))
    # With the totals made to fit: only the chain still knows.
    for name, cents in (("lea", -10), ("tom", 10)):
        totals = {"debits_posted": Account.debits_posted + cents}
        session.execute(update(Account).where(Account.id == purse.ids[name]).values(totals))


def _insert(purse: Purse, session: Session, debit: str, credit: str, **change: object) -> None:
    row = {
        "id": uuid4(),
        "debit_account_id": purse.ids[debit],
        "credit_account_id": purse.ids[credit],
        "amount_cents": 1,
        "reason": "Essai",
        "reference": "raw",
        "recorded_at": NOW,
    }
    session.execute(insert(Transfer), [row | change])


def a_transfer_inserted(purse: Purse, session: Session) -> None:
    _insert(purse, session, "region", "lea")


def an_overdraft_inserted(purse: Purse, session: Session) -> None:
    _insert(purse, session, "lea", "shop", amount_cents=61)


def a_transfer_of_nobody(purse: Purse, session: Session) -> None:
    purse.ids["ghost"] = uuid4()
    _insert(purse, session, "ghost", "shop")


def a_balance_written(purse: Purse, session: Session) -> None:
    lea = update(Account).where(Account.id == purse.ids["lea"])
    session.execute(lea.values(credits_posted=199))


def a_partner_s_total_written(purse: Purse, session: Session) -> None:
    shop = update(Account).where(Account.id == purse.ids["shop"])
    session.execute(shop.values(credits_posted=Account.credits_posted + 1))


def a_partner_rolled_up_too_far(purse: Purse, session: Session) -> None:
    shop = update(Account).where(Account.id == purse.ids["shop"])
    session.execute(shop.values(rolled_up_to=_of(session, 6), credits_posted=60))


def a_held_sum_written(purse: Purse, session: Session) -> None:
    session.execute(update(Account).where(Account.id == purse.ids["tom"]).values(debits_held=0))


def an_open_hold_forgotten(_purse: Purse, session: Session) -> None:
    session.execute(delete(OpenHold))


def a_hold_removed(_purse: Purse, session: Session) -> None:
    session.execute(delete(Hold).where(Hold.amount_cents == 30))


def a_settlement_changed(_purse: Purse, session: Session) -> None:
    settled = update(Settlement).where(Settlement.outcome == Outcome.SETTLED)
    session.execute(settled.values(amount_cents=24))


def a_hold_made_smaller(_purse: Purse, session: Session) -> None:
    session.execute(update(Hold).where(Hold.amount_cents == 30).values(amount_cents=20))


def a_settlement_removed(_purse: Purse, session: Session) -> None:
    session.execute(delete(Settlement).where(Settlement.outcome == Outcome.RELEASED))


def _seals(session: Session, purse: Purse, name: str) -> list[Seal]:
    found = session.query(Seal).filter(Seal.account_id == purse.ids[name])
    return found.order_by(Seal.number).all()


def a_seal_changed(purse: Purse, session: Session) -> None:
    _seals(session, purse, "shop")[0].hash = bytes(32)


def a_seal_dated_otherwise(purse: Purse, session: Session) -> None:
    _seals(session, purse, "shop")[1].sealed_at = NOW + timedelta(days=1)


def a_seal_removed(purse: Purse, session: Session) -> None:
    session.delete(_seals(session, purse, "shop")[0])


def the_last_seal_removed(purse: Purse, session: Session) -> None:
    session.delete(_seals(session, purse, "shop")[1])


def a_chain_removed(purse: Purse, session: Session) -> None:
    for one in _seals(session, purse, "region"):
        session.delete(one)


FORGERIES: list[tuple[Forgery, set[tuple[Trouble, str | None]]]] = [
    (
        a_sealed_amount_changed,
        {(Trouble.TOTALS, "lea"), (Trouble.TOTALS, "shop"), (Trouble.SEAL_BROKEN, "shop")},
    ),
    (words_of_a_sealed_transfer_changed, {(Trouble.SEAL_BROKEN, "shop")}),
    (a_moment_changed, {(Trouble.SEAL_BROKEN, "shop")}),
    (
        a_sealed_transfer_removed,
        {(Trouble.TOTALS, "tom"), (Trouble.TOTALS, "shop"), (Trouble.SEAL_BROKEN, "shop")},
    ),
    (
        the_accounts_of_a_transfer_swapped,
        {(Trouble.TOTALS, "lea"), (Trouble.TOTALS, "shop"), (Trouble.SEAL_BROKEN, "shop")},
    ),
    (a_transfer_given_to_another_wallet, {(Trouble.SEAL_BROKEN, "shop")}),
    (a_transfer_inserted, {(Trouble.TOTALS, "lea"), (Trouble.TRIAL_BALANCE, None)}),
    (
        an_overdraft_inserted,
        {
            (Trouble.TOTALS, "lea"),
            (Trouble.BELOW_ZERO, "lea"),
            (Trouble.TRIAL_BALANCE, None),
        },
    ),
    (a_transfer_of_nobody, {(Trouble.ORPHAN, "ghost"), (Trouble.TRIAL_BALANCE, None)}),
    (a_balance_written, {(Trouble.TOTALS, "lea"), (Trouble.TRIAL_BALANCE, None)}),
    (a_partner_s_total_written, {(Trouble.TOTALS, "shop"), (Trouble.TRIAL_BALANCE, None)}),
    (a_partner_rolled_up_too_far, {(Trouble.SEAL_MISSING, "shop")}),
    (a_held_sum_written, {(Trouble.HELD, "tom")}),
    (an_open_hold_forgotten, {(Trouble.OPEN_HOLDS, None)}),
    (a_hold_removed, {(Trouble.ORPHAN, None)}),
    (a_settlement_changed, {(Trouble.SETTLEMENT, None)}),
    (a_hold_made_smaller, {(Trouble.SETTLEMENT, None)}),
    (a_settlement_removed, {(Trouble.HELD, "tom"), (Trouble.OPEN_HOLDS, None)}),
    (a_seal_changed, {(Trouble.SEAL_BROKEN, "shop")}),
    (a_seal_dated_otherwise, {(Trouble.SEAL_BROKEN, "shop")}),
    (a_seal_removed, {(Trouble.SEAL_MISSING, "shop"), (Trouble.SEAL_BROKEN, "shop")}),
    (the_last_seal_removed, {(Trouble.SEAL_MISSING, "shop")}),
    (a_chain_removed, {(Trouble.UNSEALED, "region")}),
]


@pytest.mark.parametrize(
    ("forge", "named"), FORGERIES, ids=[forge.__name__ for forge, _ in FORGERIES]
)
def test_each_forgery_is_named(
    world: Purse, forge: Forgery, named: set[tuple[Trouble, str | None]]
) -> None:
    with Session(world.database.engine) as session:
        unguard(session)
        forge(world, session)
        session.flush()
        report = examine(session)
        session.rollback()
    names = {account_id: name for name, account_id in world.ids.items()}
    found = {
        (one.trouble, None if one.account_id is None else names[one.account_id])
        for one in report.problems
    }
    assert found == named
    assert report.problems_count == len(report.problems)
    assert report.as_json()["sound"] is False


def test_a_hold_settled_twice_is_named(busy: Purse) -> None:
    # Without its primary key, which only a forger of the schema can take away.
    with busy.database.unit_of_work() as session:
        unguard(session)
        if busy.database.engine.dialect.name == "sqlite":
            session.execute(text("ALTER TABLE ledger_settlement RENAME TO settlement_before"))
            session.execute(
                text("CREATE TABLE ledger_settlement AS SELECT * FROM settlement_before")
            )
        else:
            session.execute(
                text("ALTER TABLE ledger_settlement DROP CONSTRAINT pk_ledger_settlement")
            )
            session.execute(
                text("ALTER TABLE ledger_settlement DROP CONSTRAINT uq_ledger_settlement_id")
            )
        session.execute(text("INSERT INTO ledger_settlement SELECT * FROM ledger_settlement"))
    assert {one.trouble for one in busy.check().problems} == {Trouble.SETTLED_TWICE}


def test_a_chain_made_anew_is_told_by_a_head_kept_elsewhere(busy: Purse) -> None:
    with busy.database.reading() as session:
        heads = {(one.account_id, one.number): one.hash for one in session.query(Seal)}
    assert busy.check(heads).sound
    with busy.database.unit_of_work() as session:
        unguard(session)
        words_of_a_sealed_transfer_changed(busy, session)
        session.execute(delete(Seal))
        session.execute(
            update(Account)
            .where(~Account.limited)
            .values(rolled_up_to=0, debits_posted=0, credits_posted=0)
        )
    busy.seal()
    assert busy.check().sound
    troubles = {(one.trouble, one.account_id) for one in busy.check(heads).problems}
    assert (Trouble.SEAL_BROKEN, busy.ids["shop"]) in troubles
    # Sealed in one go now: the second seal of before is missing.
    assert (Trouble.SEAL_MISSING, busy.ids["shop"]) in troubles


def test_the_check_reads_one_moment_and_says_how_far_it_is(busy: Purse) -> None:
    steps = list[tuple[str, int, int]]()

    def pay_meanwhile(part: str, done: int, all_: int) -> None:
        if busy.database.engine.dialect.name == "postgresql" or part == "accounts":
            busy.move("lea", "shop", 1)
            busy.seal()
        steps.append((part, done, all_))

    report = busy.check(progress=pay_meanwhile)
    assert report.sound
    assert (report.transfers, report.sealed) == (6, 5), "what came since is of another moment"
    assert [part for part, _, _ in steps] == [
        *("accounts", "accounts", "orphans", "orphans", "holds", "holds", "chains")
    ]
    assert all(done <= all_ for _, done, all_ in steps)


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
    words = f"debits 0, credits {len(purse.ids)}"
    assert report.problems[0] == Problem(Trouble.TRIAL_BALANCE, None, words)
