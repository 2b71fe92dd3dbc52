"""A real fire: PostgreSQL, two API workers, the vault, a process of counters; SIGKILL at any time.

For a minute something is killed every second or two: an API worker, the process of counters, or
the whole database server as in a power cut. Then all is started once more, the counters finish what
they left open, and every cent is looked for. Not seeded: the operating system schedules it; the
seeded twin of this is `test_simulation.py`.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backend.benefits.tables import Wallet
from backend.database import Database
from backend.ledger.accounts import balance
from backend.ledger.check import check_ledger
from backend.ledger.tables import Transfer
from backend.payments.states import PaymentState
from backend.payments.tables import Payment
from benchmarks.payments_world import (
    CARDS_OF_A_TILL,
    TILLS,
    WALLET_CENTS,
    World,
    answers,
    build_world,
    serving,
)
from benchmarks.postgres import Cluster, PostgresNotInstallable, children_of
from terminal.counter.journal import open_sale_journal
from terminal.counter.states import State

FIRE_SECONDS = float(os.environ.get("FIRE_SECONDS", "60"))
COUNTERS = 8
BENEFITS = 2
WAIT_SECONDS_MAX = 120.0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    try:
        made = Cluster()
    except PostgresNotInstallable:
        pytest.skip("no PostgreSQL here, and no wheel that holds one")
    with made:
        yield made


class CounterRun:
    """The process of counters, started again each time it dies."""

    def __init__(self, plan: Path, folder: Path) -> None:
        self._arguments = [sys.executable, "-m", "tests.fire.till_process", str(plan), str(folder)]
        self.process = self._start(3600)

    def _start(self, seconds: float) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._arguments, str(seconds)])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(WAIT_SECONDS_MAX)

    def kill_and_start(self) -> None:
        self.kill()
        self.process = self._start(3600)

    def finish(self) -> None:
        """Die once more, then only finish what is open."""
        self.kill()
        self._start(0).wait(WAIT_SECONDS_MAX)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_time_nothing_is_lost_or_done_twice(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = cluster.create_database()
        world = build_world(cluster.url(database), folder)
        with serving(world, 2) as served:
            plan = folder / "counters.json"
            tills = world.spread[: COUNTERS // 2] + world.together[: COUNTERS // 2]
            plan.write_text(json.dumps(world.plan(tills, served.port)))
            counters = CounterRun(plan, folder / "counters")
            killed = _burn(cluster, counters, served.api.pid)
            assert served.api.poll() is None, "the foreman of the workers lives through all of it"
            _wait_until_whole(world, served.port)
            counters.finish()
        sold, money = _check(world, folder / "counters")
    with capsys.disabled():
        print(  # noqa: T201 - the figures that are owed
            f"\nkilled {dict(killed)} in {FIRE_SECONDS:.0f} s; {sold} sales, {money} cents: "
            "0 lost, 0 twice"
        )
    assert sold > FIRE_SECONDS / 4, "a fire in which nothing is sold proves nothing"


def _burn(cluster: Cluster, counters: CounterRun, foreman: int) -> Counter[str]:
    random, killed = Random(), Counter[str]()
    end = time.monotonic() + FIRE_SECONDS
    while time.monotonic() < end:
        time.sleep(0.5 + 2.5 * random.random())
        victim = random.choices(("API worker", "counters", "database"), (5, 3, 2))[0]
        killed[victim] += 1
        if victim == "API worker":
            for pid in random.sample(children_of(foreman), 1):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            # The foreman gives up when workers die faster than ten a minute: that is its promise.
            time.sleep(4)
        elif victim == "counters":
            counters.kill_and_start()
        else:
            cluster.kill()
            time.sleep(random.random())
            cluster.start()
    return killed


def _wait_until_whole(world: World, port: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not answers(port):
        assert time.monotonic() < deadline, "the backend did not come back"
        time.sleep(0.1)


def _check(world: World, journals: Path) -> tuple[int, int]:
    """Hold the counters' journals against the backend's books; return sales and cents."""
    sold: dict[UUID, int] = {}
    for path in journals.glob("*/journal.sqlite3"):
        journal = open_sale_journal(path)
        assert journal.list_unfinished() == [], "a sale is left open"
        rows = journal._file.rows(
            "select payment_id, amount_cents from sale where state = ?", (State.APPROVED,)
        )
        sold |= {UUID(row["payment_id"]): row["amount_cents"] for row in rows}
        journal.close()
    database = Database(world.url)
    with database.reading() as session:
        assert [str(problem) for problem in check_ledger(session).problems] == []
    with database.reading() as session:
        approved = session.scalars(
            select(Payment.payment_id).where(Payment.status == PaymentState.APPROVED)
        )
        assert set(approved) == set(sold)
        moved: dict[UUID, list[int]] = {}
        for reference, cents in session.execute(
            select(Transfer.reference, Transfer.amount_cents)
            .where(Transfer.reference.startswith("payment:"))
            .order_by(Transfer.recorded_at)
        ):
            moved.setdefault(UUID(reference.removeprefix("payment:")), []).append(cents)
        assert all(len(set(one)) == 1 and len(one) <= 2 for one in moved.values())
        assert {key: one[0] for key, one in moved.items() if len(one) == 1} == sold
        wallets = [
            balance(session, account) for account in session.scalars(select(Wallet.account_id))
        ]
        pending = session.scalar(select(func.count()).where(Payment.status == PaymentState.PENDING))
    database.close()
    granted = TILLS * CARDS_OF_A_TILL * BENEFITS * WALLET_CENTS
    assert sum(wallets) + sum(sold.values()) == granted
    assert min(wallets) >= 0
    assert not pending or pending < COUNTERS * FIRE_SECONDS
    return len(sold), sum(sold.values())
