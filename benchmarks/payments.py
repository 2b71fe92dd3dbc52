"""Payments a second over HTTP, beside pgbench running the same SQL statements in the same run.

A closed loop of tills against real `pass-backend` processes (API, vault) on a PostgreSQL of its own
with every commit on disk; a payment is a challenge, a proof, and a decision with a code. The floor
is what the same server does with the very statements of one payment when no program of ours is in
the way. Generator, API, vault and server share this machine's cores.

`python -m benchmarks payments --seconds 20 --workers 1 2` measures longer.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.payments_history import PEOPLE, TRANSFERS, fill
from benchmarks.payments_load import Till, till_of
from benchmarks.payments_statements import (
    MARK,
    logged_settings,
    make_script,
    read_payments,
    usual_pairs,
)
from benchmarks.payments_world import Plan, Served, World, build_world, serving
from benchmarks.postgres import Cluster
from benchmarks.processes import cpu_seconds, family_of, memory_bytes

LEVELS = (1, 8, 16, 32)
HISTORY_TURNS = 3
HISTORY_TILLS = 8
#: Payments logged at each till: two of the usual shape are wanted, some sweep or read the token.
LOGGED = 7
#: The log collector writes a moment after the statement.
LOG_SECONDS = 0.5
#: Payments with all that belongs to one: what a floor that skips something would leave out.
_WHOLE = """SELECT count(*) FROM payment JOIN ledger_transfer AS moved ON moved.id = transfer_id
JOIN card_proof ON card_proof.used_by = payment_id WHERE status = 'approved'"""


@dataclass(frozen=True, slots=True)
class Figures:
    """One level of one run."""

    name: str
    figures: dict[str, Any]
    #: CPU seconds for each payment: API, PostgreSQL, vault.
    work: tuple[float, float, float]
    floor_per_second: float | None = None

    def in_words(self) -> str:
        """Write it in one line: rate, latency, errors, work, and the ratio to the floor."""
        found = self.figures
        whole = " ".join(f"{name} {found['whole'][name] * 1000:.0f}" for name in found["whole"])
        work = " ".join(
            f"{name} {1000 * spent:.1f}"
            for name, spent in zip(("API", "PostgreSQL", "vault"), self.work, strict=True)
        )
        errors = sum(found["troubles"].values())
        told = f" {found['troubles']}" if errors else ""
        ratio = ""
        if self.floor_per_second is not None:
            share = found["per_second"] / self.floor_per_second
            ratio = f"; pgbench {self.floor_per_second:.0f}/s, ratio {share:.2f}"
        return (
            f"  {self.name:34} {found['per_second']:6.1f}/s{ratio}; ms {whole}; "
            f"errors {errors}{told}; CPU ms {work} (tills {1000 * found['generator_cpu']:.1f})"
        )


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    asked = _options(arguments)
    if asked.history:
        yield from _measure_history(folder, asked)
        return
    with Cluster(logged_settings()) as cluster:
        database = cluster.create_database()
        world = build_world(cluster.url(database), folder)
        yield _where()
        floor = _measure_floor(cluster, database, world, asked)
        yield f"  floor (pgbench -M prepared, {floor.statements} statements): " + ", ".join(
            f"{level} clients {rate:.0f}/s" for level, rate in floor.rates.items()
        )
        for workers in asked.workers:
            with serving(world, workers) as served:
                yield f"Payments over HTTP, API processes: {workers}"
                yield from _measure_levels(cluster, world, served, asked, floor.rates)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks payments", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each level")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--history",
        action="store_true",
        help="instead: cost beside 10 million payments and 400,000 wallets, to an empty ledger's",
    )
    parser.add_argument("--transfers", type=int, default=TRANSFERS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--levels", type=int, nargs="+", default=list(LEVELS))
    return parser.parse_args(arguments)


def _where() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {model}; others' load before: {load:.1f}"


@dataclass(frozen=True, slots=True)
class _Floor:
    statements: int
    rates: dict[int, float]


def _measure_floor(
    cluster: Cluster, database: str, world: World, asked: argparse.Namespace
) -> _Floor:
    script = cluster.folder / "payment.sql"
    with serving(world, 1) as served:
        payments = _logged_payments(cluster, world, served)
    first, second = usual_pairs(payments, LOGGED)
    script.write_text(make_script(cluster, database, first, second), encoding="utf-8")
    rates = {}
    cluster.sql("CREATE TABLE bench_pad AS SELECT * FROM pin_pad", database)
    for level in asked.levels:
        threads = str(min(level, os.cpu_count() or 1))
        counted = ("-c", str(level), "-j", threads, "-T", str(max(1, round(asked.seconds))))
        chosen = ("-n", "-f", str(script), "-M", "prepared")
        before = int(cluster.sql(_WHOLE, database))
        report = cluster.pgbench(database, [*chosen, *counted])
        rates[level] = float(report.split("tps = ")[1].split()[0])
        run = int(report.split("actually processed: ")[1].split()[0].split("/")[0])
        made = int(cluster.sql(_WHOLE, database)) - before
        assert made == run, f"pgbench ran {run} payments and made {made}"
    # Its pads have counted far beyond what the tills' pads will say next.
    cluster.sql(
        "UPDATE pin_pad SET last_counter = was.last_counter FROM bench_pad AS was"
        " WHERE was.initial_key_id = pin_pad.initial_key_id",
        database,
    )
    return _Floor(len(first[0]), rates)


def _logged_payments(cluster: Cluster, world: World, served: Served) -> list[Any]:
    """Make some payments at each till, with every statement logged."""
    tills = [till_of(world.plan([], served.port, seconds=0), one) for one in world.spread]
    for till in tills:
        till.chips = till.chips[:1]
        till.prepare(LOGGED + 2)
        _pay(till)
        _pay(till)
    log = cluster.folder / "cluster" / "log" / "all.json"
    cluster.sql("ALTER SYSTEM SET log_statement = 'all'")
    cluster.sql("SELECT pg_reload_conf()")
    time.sleep(LOG_SECONDS)
    offset = log.stat().st_size
    for till in tills:
        for _ in range(LOGGED):
            cluster.sql(MARK)
            _pay(till)
        world.remember({till.terminal_id: till.pad.counter})
    cluster.sql("ALTER SYSTEM RESET log_statement")
    cluster.sql("SELECT pg_reload_conf()")
    time.sleep(LOG_SECONDS)
    return read_payments(log, offset)


def _pay(till: Till) -> None:
    outcome = till.pay()
    assert outcome == "approved", outcome


def _measure_levels(
    cluster: Cluster,
    world: World,
    served: Served,
    asked: argparse.Namespace,
    floor: dict[int, float],
) -> Iterator[str]:
    best = 0.0
    for level in asked.levels:
        found = _run(cluster, world, served, world.spread[:level], seconds=asked.seconds)
        best = max(best, found.figures["per_second"])
        yield _named(found, f"{level} tills, each its partner", floor[level]).in_words()
    level = max(asked.levels)
    found = _run(cluster, world, served, world.together[:level], seconds=asked.seconds)
    yield _named(found, f"{level} tills, all one partner", floor[level]).in_words()
    rate = best / 2
    half = world.spread[: LEVELS[2]]
    found = _run(cluster, world, served, half, seconds=asked.seconds, rate=rate)
    yield _named(found, f"half of the best, {rate:.0f}/s by timetable").in_words()
    memory = [memory_bytes(pid) / 1e6 for pid in family_of(served.api.pid)]
    yield "  memory (PSS), MB: " + ", ".join(f"{one:.0f}" for one in memory)


def _measure_history(folder: Path, asked: argparse.Namespace) -> Iterator[str]:
    """Pay in an empty ledger and in a full one, in turns."""
    with Cluster() as cluster:
        worlds = {}
        for name in ("empty", "full"):
            (folder / name).mkdir()
            worlds[name] = build_world(cluster.url(cluster.create_database()), folder / name)
        began = time.monotonic()
        full = worlds["full"].url.split("/")[3].split("?")[0]
        fill(cluster, full, asked.people, asked.transfers)
        yield f"{_where()}; filled in {time.monotonic() - began:.0f} s"
        costs: dict[str, list[float]] = {"empty": [], "full": []}
        for _ in range(HISTORY_TURNS):
            for name, world in worlds.items():
                with serving(world, 1) as served:
                    tills = world.spread[:HISTORY_TILLS]
                    _run(cluster, world, served, tills, seconds=1)
                    found = _run(cluster, world, served, tills, seconds=asked.seconds)
                costs[name].append(sum(found.work))
                yield _named(found, f"{name}, {HISTORY_TILLS} tills").in_words()
        ratio = statistics.median(costs["full"]) / statistics.median(costs["empty"])
        yield (
            f"  processor time per payment, {asked.transfers} transfers and {asked.people} wallets"
            f" to almost none: {ratio:.2f}"
        )


def _named(found: Figures, name: str, floor: float | None = None) -> Figures:
    return Figures(name, found.figures, found.work, floor)


def _run(
    cluster: Cluster, world: World, served: Served, tills: list[Plan], **pace: float
) -> Figures:
    """Run the tills in a process of their own and return what they saw."""
    plan = world.folder / "plan.json"
    plan.write_text(json.dumps(world.plan(tills, served.port, **pace)), encoding="utf-8")
    pids = served.api.pid, cluster.server_pid, served.vault.pid
    before = [cpu_seconds(pid) for pid in pids]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.payments_load", str(plan)],
        check=True,
        capture_output=True,
    )
    figures = json.loads(done.stdout)
    spent = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    world.remember(figures.pop("counters"))
    paid = max(figures["served"], 1)
    return Figures("", figures, (spent[0] / paid, spent[1] / paid, spent[2] / paid))
