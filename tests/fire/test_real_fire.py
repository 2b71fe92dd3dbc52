"""A real fire: PostgreSQL, two API workers, the vault, a process of counters; SIGKILL at any time.

What is killed: an API worker; the process of counters; one session of the database, upon which
the server restarts by itself; the server's first process alone; all of it, as in a power cut. Then
all is started once more, the counters finish what they left open, and every cent is looked for.
`FIRE_SEED` chooses the order of the kills and the pauses between them; when each hits what is the
operating system's to choose: the twin that says the same twice is `test_simulation.py`.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from benchmarks.payments_world import Served, World, build_world, serving
from benchmarks.postgres import Cluster, PostgresNotInstallable, children_of
from tests.fire.reckoning import Reckoning, reckon

FIRE_SECONDS = float(os.environ.get("FIRE_SECONDS", "60"))
SEED = int(os.environ.get("FIRE_SEED", "1"))
PLACES = 4
WAIT_SECONDS_MAX = 120.0
#: The foreman gives up when workers die faster than ten a minute: that is its promise.
WORKER_REST_SECONDS = 7.0


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
        self._process = self._start(3600)

    def _start(self, seconds: float) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._arguments, str(seconds)])

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(WAIT_SECONDS_MAX)

    def kill_and_start(self) -> bool:
        self.kill()
        self._process = self._start(3600)
        return True

    def finish(self) -> None:
        """Die once more, then only finish what is open."""
        self.kill()
        self._process = self._start(0)
        self._process.wait(WAIT_SECONDS_MAX)


@dataclass
class Fire:
    """What burns, and how often what was killed."""

    cluster: Cluster
    database: str
    counters: CounterRun
    foreman: int
    random: Random
    killed: Counter[str] = field(default_factory=Counter)
    _worker_died_at: float = -WORKER_REST_SECONDS
    _sales: int = 0

    def burn_once(self, pause_seconds_max: float) -> None:
        """Kill one of each kind, in any order, each once sales go on again."""
        victims: list[tuple[str, Callable[[], bool]]] = [
            ("API worker", self._kill_worker),
            ("counters", self.counters.kill_and_start),
            ("database session", lambda: self.cluster.kill_session(self.database)),
            ("postmaster", self._kill_postmaster),
            ("whole database", self._cut_the_power),
        ]
        self.random.shuffle(victims)
        for name, kill in victims:
            self._wait_for_a_sale()
            time.sleep(pause_seconds_max * self.random.random())
            self.killed[name] += kill()

    def _wait_for_a_sale(self) -> None:
        before, deadline = self._count_sales(), time.monotonic() + WAIT_SECONDS_MAX
        while self._count_sales() <= before:
            assert time.monotonic() < deadline, "nothing is sold any more"

    def _count_sales(self) -> int:
        count = "SELECT count(*) FROM payment WHERE status = 'approved'"
        with suppress(RuntimeError):
            self._sales = int(self.cluster.sql(count, self.database))
        # While the database comes back, nobody knows better.
        return self._sales

    def _kill_worker(self) -> bool:
        if time.monotonic() - self._worker_died_at < WORKER_REST_SECONDS:
            return False
        self._worker_died_at = time.monotonic()
        victim = self.random.choice(children_of(self.foreman))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return True

    def _kill_postmaster(self) -> bool:
        self.cluster.kill_postmaster()
        self.cluster.start()
        return True

    def _cut_the_power(self) -> bool:
        self.cluster.kill()
        time.sleep(self.random.random() / 2)
        self.cluster.start()
        return True


@contextmanager
def burning(cluster: Cluster, folder: Path) -> Iterator[tuple[Fire, World, Served]]:
    """Let half of the counters sell each at a partner of its own, the others all at one."""
    database = cluster.create_database()
    world = build_world(cluster.url(database), folder, places=PLACES)
    with serving(world, 2) as served:
        plan = folder / "counters.json"
        plan.write_text(json.dumps(world.plan(world.spread + world.together, served.port)))
        counters = CounterRun(plan, folder / "counters")
        try:
            yield Fire(cluster, database, counters, served.api.pid, Random(SEED)), world, served
        finally:
            counters.kill()


def put_out(fire: Fire, world: World, served: Served, journals: Path) -> Reckoning:
    """Finish what is open, and count."""
    assert served.api.poll() is None, "the foreman of the workers lives through all of it"
    fire.counters.finish()
    return reckon(world, journals)


def tell(capsys: pytest.CaptureFixture[str], fire: Fire, found: Reckoning) -> None:
    with capsys.disabled():
        print(  # noqa: T201 - the figures that are owed
            f"\nseed {SEED}, killed {dict(fire.killed)}: {found.in_words()}"
        )


@pytest.mark.timeout(240)
def test_each_part_killed_once_nothing_is_lost_or_done_twice(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with burning(cluster, folder) as (fire, world, served):
            fire.burn_once(0.3)
            found = put_out(fire, world, served, folder / "counters")
    tell(capsys, fire, found)
    assert found.problems == []
    assert set(fire.killed.values()) == {1}, fire.killed
    assert found.sold >= len(fire.killed), "a fire in which nothing is sold proves nothing"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_again_and_again_nothing_is_lost_or_done_twice(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with burning(cluster, folder) as (fire, world, served):
            end = time.monotonic() + FIRE_SECONDS
            while time.monotonic() < end:
                fire.burn_once(2)
            found = put_out(fire, world, served, folder / "counters")
    tell(capsys, fire, found)
    assert found.problems == []
    assert min(fire.killed.values()) > 1, fire.killed
    assert found.sold >= fire.killed.total(), "a fire in which nothing is sold proves nothing"
