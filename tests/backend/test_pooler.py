"""Payments through a real PgBouncer in transaction mode: each transaction on another connection."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.database import Database, Limits, Pooler
from backend.payments.orders import Approved
from backend.services import Services
from backend.settings import Settings
from backend.vault.local import LocalVault
from tests.backend.conftest import Clock
from tests.backend.payments.conftest import Shop, build_shop
from tests.backend.pooler import PORT, PoolerNotInstallable, Program, find_pooler, pooling

CONNECTIONS = 2
SHOPS = 4
PAYMENTS_EACH = 4


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with tempfile.TemporaryDirectory(prefix="pass-pgb-") as folder:
        Path(folder).chmod(0o755)
        try:
            yield find_pooler(Path(folder))
        except PoolerNotInstallable:
            pytest.skip("no PgBouncer here, and Debian's cannot be fetched")


@pytest.fixture
def pooled(program: Program, postgres_url: str, postgres_server: str) -> Iterator[Database]:
    limits = Limits(pooler=Pooler.TRANSACTION, lock_milliseconds_max=1234)
    # A short path: a Unix socket's name holds 107 bytes at most.
    with (
        tempfile.TemporaryDirectory(prefix="pass-pgb-") as folder,
        pooling(program, Path(folder), postgres_server, CONNECTIONS) as place,
    ):
        url = postgres_url.replace(postgres_server, f"{place}&port={PORT}")
        database = Database(url, limits)
        yield database
        database.close()


def test_payments_at_once_share_few_connections(
    pooled: Database, clock: Clock, vault: LocalVault
) -> None:
    services = Services(Settings(), pooled, vault, clock)
    shops = [build_shop(services) for _ in range(SHOPS)]

    def pay(shop: Shop) -> bool:
        return all(isinstance(shop.pay(shop.order(10)), Approved) for _ in range(PAYMENTS_EACH))

    with ThreadPoolExecutor(SHOPS) as pool:
        assert all(pool.map(pay, shops))
    assert [shop.wallet() for shop in shops] == [1000 - 10 * PAYMENTS_EACH] * SHOPS
    for shop in shops:
        shop.assert_sound()


def test_waits_are_said_in_each_transaction_and_outlive_none(
    pooled: Database, postgres_url: str
) -> None:
    with pooled.unit_of_work() as session:
        assert session.scalar(text("SHOW lock_timeout")) == "1234ms"
    with pooled.reading() as session:
        assert session.scalar(text("SHOW lock_timeout")) == "1234ms"
    with pooled.single_statements() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "0"
    # Without a pooler they are the connection's own, from the start.
    direct = Database(postgres_url, Limits(lock_milliseconds_max=1234))
    with direct.single_statements() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "1234ms"
    direct.close()


def test_nothing_is_prepared(pooled: Database) -> None:
    for _ in range(10):
        with pooled.unit_of_work() as session:
            session.execute(text("SELECT name FROM pg_settings WHERE name = :name"), {"name": "x"})
            assert session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
