"""The counter is killed with SIGKILL at every step of a sale, and of the recovery that follows."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal.counter.journal import open_sale_journal
from terminal.counter.record import SaleRecord
from terminal.counter.states import Event, State
from tests.terminal.counter.fakes import TwinBackend
from tests.terminal.counter.http_twin import HttpTwin

ROOT = Path(__file__).parents[3]
POINTS_MAX = 200
RECOVERIES_MAX = 12
AMOUNT_CENTS = 1250
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Mortal:
    """The process under test, one child per order."""

    def __init__(self, backend: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.terminal.counter.kill_server", backend],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def lives_through(self, task: str, journal: Path, point: int) -> bool:
        """Run a task that is killed at `point`; True when it had no such point and ended well."""
        order = {"task": task, "journal": str(journal), "point": point}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        end = json.loads(self._process.stdout.readline())
        if end["signal"] == signal.SIGKILL:
            return False
        assert end == {"signal": None, "exit": 0}
        return True

    def close(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture
def twin() -> Iterator[HttpTwin]:
    with HttpTwin(TwinBackend(balance_cents=1_000_000)) as served:
        yield served


@pytest.fixture
def mortal(twin: HttpTwin) -> Iterator[Mortal]:
    process = Mortal(twin.url)
    yield process
    process.close()


def read(journal: Path) -> tuple[list[SaleRecord], list[list[Event]], list[str]]:
    opened = open_sale_journal(journal)
    unfinished = opened.list_unfinished()
    assert unfinished == [], "recovery leaves nothing open"
    since = opened.list_since(_LONG_AGO)
    events = [opened.events(sale.sale_id) for sale in since]
    ids = [each for sale in since for each in opened.payment_ids(sale.sale_id)]
    opened.close()
    return since, events, ids


def recover_through_deaths(mortal: Mortal, journal: Path) -> int:
    """Restart until a recovery ends, killing each restart one point later; count the deaths."""
    for point in range(1, RECOVERIES_MAX):
        if mortal.lives_through("recover", journal, point):
            return point - 1
    pytest.fail("recovery never ended")


@pytest.mark.timeout(300)
def test_killed_at_every_point_of_a_sale(mortal: Mortal, twin: HttpTwin, tmp_path: Path) -> None:
    endings: set[State] = set()
    deaths_in_recovery = 0
    for point in range(1, POINTS_MAX):
        journal = tmp_path / f"{point}.db"
        finished = mortal.lives_through("sale", journal, point)
        twin.twin.tries_left = 3
        deaths_in_recovery += recover_through_deaths(mortal, journal)

        sales, events, ids = read(journal)
        done = {sale.payment_id: AMOUNT_CENTS for sale in sales if sale.state is State.APPROVED}
        debits = {str(each): cents for each, cents in twin.twin.debits.items() if str(each) in ids}
        assert debits == done, f"point {point}: {events}"
        endings |= {sale.state for sale in sales}
        if finished:
            break
    else:
        pytest.fail("the sale never ended")

    assert endings == {State.CANCELLED, State.REVERSED, State.APPROVED}
    assert point > 40, "before and after each effect of a sale with one wrong code"
    assert deaths_in_recovery > point
    known = {str(each) for each in twin.twin.debits}
    assert len(known) == sum(_approved(tmp_path / f"{each}.db") for each in range(1, point + 1))


def _approved(journal: Path) -> int:
    opened = open_sale_journal(journal)
    count, _ = opened.total_since(_LONG_AGO)
    opened.close()
    return count
