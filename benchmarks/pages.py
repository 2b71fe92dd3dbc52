"""Server time of each page, with a Region's people, accounts and places, on a PostgreSQL.

Measured inside the application, from the request's arrival to its last byte, one request after the
other, each for another person. The floor is a page of one trivial SELECT through the same
application, database and templates. Signing in is not here: its time is the password's hash.

A first visit is timed apart: somebody's rows lie on the disk alone, in the memory of neither the
server nor its machine, while the pages before theirs were others'. All other figures are of people
who came before.

`python -m benchmarks pages --people 400000` measures a Region; without it, fewer. With `--keep
FOLDER` its database stays there, and is found again by its number of people: only the first run
makes it. Which pages and who opens them is in pages_visits.py, what they show in pages_world.py.
"""

import argparse
import gc
import hashlib
import random
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from sqlalchemy import event, text
from starlette.types import Message, Receive, Scope, Send

from backend.app import build_app
from backend.commands.serve import GARBAGE_OBJECTS_MAX
from backend.database import Database
from backend.schema import MIGRATIONS
from backend.services import Services
from backend.settings import Settings
from backend.vault.keys import make_keys
from backend.vault.local import LocalVault
from backend.web.pages import notice
from backend.web.signed_in import COOKIE
from backend.web.words import Notice, Text
from benchmarks.pages_visitors import Visitor, make_card_numbers_right, seat
from benchmarks.pages_visits import FLOOR, VISITS, Visit, Who
from benchmarks.pages_world import PARTNERS, PAYMENTS_OF_A_PERSON, build_region, schools
from benchmarks.payments_world import build_world
from benchmarks.postgres import Cluster
from benchmarks.processes import cpu_seconds

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the project uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PEOPLE: Final = 20_000
TURNS: Final = 100
TURNS_MIN: Final = 20
#: Everything is compiled and in memory after so many, as in a process that has served a while.
WARM_TURNS: Final = 25
#: One in so many comes before, so that only what is their own is new to the others.
OTHERS_PART: Final = 4
#: As an installation has it: passkeys need a name over HTTPS.
ORIGIN: Final = "https://pass.example"
SLOW: Final = "  TOO SLOW"
#: What a page should take at most, at the 95th percentile.
P95_MILLISECONDS_MAX: Final = 50


@dataclass(slots=True)
class Stopwatch:
    """An application that notes how long each answer took inside it, in seconds."""

    app: FastAPI
    seconds: list[float] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a request's time ends with its last byte."""
        began = time.perf_counter()

        async def timed(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self.seconds.append(time.perf_counter() - began)

        await self.app(scope, receive, timed if scope["type"] == "http" else send)


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    asked = _options(arguments)
    with Cluster(kept=asked.keep) as cluster:
        name, made = open_region(cluster, folder, asked.people)
        yield f"pages with {asked.people} people, {asked.people * PAYMENTS_OF_A_PERSON} payments,"
        yield f"{PARTNERS} partners, {schools(asked.people)} schools, {made};"
        yield from measure_in(cluster, name, asked)


def open_region(cluster: Cluster, folder: Path, people: int) -> tuple[str, str]:
    """Return the name of a Region's database, and how it came about; make it where it is not there.

    One of another schema is removed, and one whose making was broken off.
    """
    name = f"region_{people}_{_schema_mark()}"
    those = f"starts_with(datname, 'region_{people}_') OR starts_with(datname, 'bench_')"
    kept = cluster.sql(f"SELECT datname FROM pg_database WHERE {those}").split()
    for other in set(kept) - {name}:
        cluster.sql(f"DROP DATABASE {other}")
    if name in kept:
        made_on = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        return name, cluster.sql(f"{made_on} WHERE datname = '{name}'").strip()
    making, began = cluster.create_database(), time.monotonic()
    build_world(cluster.url(making), folder, places=2)
    build_region(cluster, making, people)
    made_in = f"made in {time.monotonic() - began:.0f} s"
    # It has its name once it is whole.
    cluster.sql(f"ALTER DATABASE {making} RENAME TO {name}")
    cluster.sql(f"COMMENT ON DATABASE {name} IS 'kept from {datetime.now(UTC):%Y-%m-%d}'")
    return name, made_in


def _schema_mark() -> str:
    """Return what tells this schema from any other."""
    written = (path.read_bytes() for path in sorted(MIGRATIONS.glob("versions/*.py")))
    return hashlib.sha256(b"".join(written)).hexdigest()[:8]


def measure_in(cluster: Cluster, name: str, asked: argparse.Namespace) -> Iterator[str]:
    """Measure in a Region that is there already."""
    database = Database(cluster.url(name))
    services = Services(
        Settings(public_url=ORIGIN), database, LocalVault(make_keys(random.randbytes))
    )
    make_card_numbers_right(services, asked.people)
    bench = _Bench(Stopwatch(_app(services)), services, cluster, asked)
    # As a worker that serves does: what it has loaded is not looked through for garbage again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS_MAX)
    yield f"{asked.turns} requests each, one at a time, milliseconds, to people who came before;"
    yield "processor time of a request, ours (the client's part in it) and the server's;"
    yield "and a first visit, whose rows no memory holds"
    yield (
        "                           p50    p95  worst |   ours server | first p50    p95 "
        "| statements   bytes"
    )
    slow = 0
    for visit in VISITS:
        if asked.only in visit.name:
            line = _time(bench, visit)
            slow += line.endswith(SLOW)
            yield line
    yield f"pages above {P95_MILLISECONDS_MAX} ms at the 95th percentile: {slow}"
    database.close()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the database for later runs")
    asked = parser.parse_args(list(arguments))
    if asked.turns < TURNS_MIN:
        parser.error(f"--turns: a percentile takes {TURNS_MIN} requests")
    return asked


@dataclass(frozen=True, slots=True)
class _Bench:
    """What a page is measured with."""

    timed: Stopwatch
    services: Services
    cluster: Cluster
    asked: argparse.Namespace


class _Refused(Exception):
    """A page answered otherwise than it should."""


def _time(bench: _Bench, visit: Visit) -> str:
    visitors = seat(bench.services, visit, bench.asked.people)
    timed, turns = bench.timed, bench.asked.turns
    others, newcomers = _parted(visit, visitors)
    if newcomers:
        # What is left in a memory then is what the others' visits bring there.
        bench.services.database.close()
        bench.cluster.restart_cold()
    try:
        with TestClient(timed, base_url=ORIGIN, raise_server_exceptions=False) as client:
            _visit(client, visit, [others[turn % len(others)] for turn in range(WARM_TURNS)])
            timed.seconds.clear()
            _visit(client, visit, newcomers)
            first, timed.seconds = timed.seconds, []
            # The first of all, too, are people who came before by now.
            statements = _Count(bench.services.database)
            ours, server = time.process_time(), cpu_seconds(bench.cluster.server_pid)
            sizes = _visit(client, visit, [visitors[n % len(visitors)] for n in range(turns)])
            ours = 1000 * (time.process_time() - ours) / turns
            server = 1000 * (cpu_seconds(bench.cluster.server_pid) - server) / turns
            statements.close()
    except _Refused as refused:
        return f"  {visit.name:24} answered {refused}{SLOW}"
    middle, tail = _percentiles(timed.seconds)
    late = SLOW if tail > P95_MILLISECONDS_MAX else ""
    times = (
        f"{middle:6.1f} {tail:6.1f} {1000 * max(timed.seconds):6.1f} | {ours:6.1f} {server:6.1f}"
    )
    told = "{:9.1f} {:6.1f}".format(*_percentiles(first)) if len(first) > 1 else " " * 16
    asked, size = statements.count / turns, round(statistics.median(sizes))
    return f"  {visit.name:24} {times} | {told} | {asked:10.1f} {size:7d}{late}"


def _address(visit: Visit, visitor: Visitor) -> str:
    return f"{visit.route}?{visit.query}".rstrip("?").format_map(visitor.names)


def _parted(visit: Visit, visitors: list[Visitor]) -> tuple[list[Visitor], list[Visitor]]:
    """Return those who come before, and those whose first visit is timed, each to their own.

    A page that is the same to whoever opens it has no first visit.
    """
    own = {(_address(visit, one), one.names.get("beneficiary_id")): one for one in visitors}
    if visit.who is Who.NOBODY and not visit.link:
        own = {}
    each = list(own.values())
    parted = len(each) // OTHERS_PART
    return (each[:parted], each[parted:]) if parted else (visitors, [])


def _visit(client: TestClient, visit: Visit, visitors: Sequence[Visitor]) -> list[int]:
    """Open a page, visitor by visitor; return the sizes of the answers. Raises _Refused."""
    sizes = []
    for visitor in visitors:
        headers = {"Cookie": f"{COOKIE}={visitor.token}"} if visitor.token else {}
        answer = client.get(_address(visit, visitor), headers=headers, follow_redirects=False)
        if answer.status_code != visit.answers:
            raise _Refused(answer.status_code)
        sizes.append(len(answer.content))
    return sizes


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile, in milliseconds."""
    tail = statistics.quantiles(seconds, n=20, method="inclusive")[18]
    return 1000 * statistics.median(seconds), 1000 * tail


def _app(services: Services) -> FastAPI:
    app = build_app(services)

    def floor() -> HTMLResponse:
        with services.database.reading() as session:
            session.execute(text("SELECT 1")).one()
        return notice("good", Notice("Plancher", Text("Une question.", "One question.")))

    app.add_api_route(FLOOR, floor, include_in_schema=False)
    return app


class _Count:
    """How many statements a database is asked."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        self._engine = database.engine
        self._note: Callable[..., None] = self._counted
        event.listen(self._engine, "before_cursor_execute", self._note)

    def close(self) -> None:
        """Count no more."""
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _counted(self, *_what: Any) -> None:
        self.count += 1
