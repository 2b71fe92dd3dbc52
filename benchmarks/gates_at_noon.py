"""One backend and 2,000 gates at noon: passages a second accepted, and how late they are.

Real `pass-backend` processes (API, vault) on a PostgreSQL of its own with every commit on disk,
real HTTP, signed assertions. The gates are those of 500 schools, four each; a quarter of the pupils
pay meal by meal, so that money moves. First noon at the pace of 300 pupils in ten minutes (each
gate a card every two seconds), then as fast as the backend takes it: what gates kept while the line
was down. Generator, API, vault and server share this machine's cores.

`python -m benchmarks gates_at_noon --gates 200 --seconds 10 --workers 1` measures less. All of it
ends within TOTAL_SECONDS_MAX, `--at-most`: what is not handed over by then is counted, not waited
for.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as wall_time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from alembic import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, update

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.access.enrolling import Enrolled, enrol_roster
from backend.access.establishments import (
    FULL_BOARD,
    RightTerms,
    add_service,
    create_establishment,
)
from backend.access.meals import set_price
from backend.access.tables import Gate, HolderCategory
from backend.accounts.tables import Beneficiary
from backend.cards.ordering import order_cards
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.database import Base, Database
from backend.partners.tables import Terminal, TerminalKind
from backend.schema import _config
from backend.vault.key_file import OpenKeyFile, write_keys
from backend.vault.keys import make_keys
from benchmarks.gates_load import GateClient, Tally, enter, lunch
from benchmarks.payments import _where
from benchmarks.payments_load import percentiles
from benchmarks.payments_world import Served, World, serving
from benchmarks.postgres import Cluster
from benchmarks.processes import cpu_seconds

GATES = 2_000
GATES_OF_A_SCHOOL = 4
#: 300 pupils in ten minutes.
CARD_EVERY_SECONDS = 2.0
#: Of each gate, handed over as fast as they are taken.
BACKLOG_CARDS = 5
#: In all; making the schools and their cards takes its part of it.
TOTAL_SECONDS_MAX = 450.0
#: At most so much of what is left goes to the noon; the rest is for what was kept.
NOON_SHARE = 0.6
SYNC_SECONDS_MIN = 15.0
PREPAID_EVERY = 4
#: The only check-in of another product that was measured like this, on 2 cores of 2.5 GHz: each
#: person is one request, and nobody passes without the line.
PEERS = (
    "pretix 2026.8.0, checkinrpc/redeem: 1 client 14.5/s, p99 117 ms",
    "pretix, 2 processes, 8 clients: 24.9/s, p99 450 ms; 32 clients: 23.4/s, p99 1594 ms",
)
PEER_BEST_RATE, PEER_BEST_P99 = 24.9, 0.45
Json = dict[str, Any]


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    asked = _options(arguments)
    with Cluster({"max_connections": "100"}) as cluster:
        world = World(cluster.url(cluster.create_database()), folder)
        noon_cards = int(asked.seconds / CARD_EVERY_SECONDS) + 2
        began = time.perf_counter()
        asked.ends_at = began + asked.at_most
        plans = _build(world, asked.gates, noon_cards + BACKLOG_CARDS)
        yield _where()
        took = time.perf_counter() - began
        cards = sum(len(plan["cards"]) for plan in plans)
        yield f"{len(plans)} gates of {len(plans) // GATES_OF_A_SCHOOL} schools, {cards} cards"
        yield f"  made in {took:.0f} s; API processes: {asked.workers}"
        with serving(world, asked.workers) as served:
            yield from _measure(cluster, served, plans, asked)
        yield "  peers, one request a person (peers.md, 7.2): " + "; ".join(PEERS)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gates_at_noon", description=__doc__)
    parser.add_argument("--gates", type=int, default=GATES)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=CARD_EVERY_SECONDS, help="seconds a card")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--at-most", type=float, default=TOTAL_SECONDS_MAX, help="seconds in all")
    return parser.parse_args(arguments)


def _measure(
    cluster: Cluster, served: Served, plans: Sequence[Json], asked: argparse.Namespace
) -> Iterator[str]:
    noon_cards = int(asked.seconds / asked.every) + 2
    with asyncio.Runner() as runner:
        stage = _Stage(runner, (served.api.pid, served.vault.pid, cluster.server_pid))
        tally = Tally()
        late = [{**plan, "cards": plan["cards"][:noon_cards]} for plan in plans]
        gates = [GateClient(plan, served.port, tally) for plan in late]
        spent = stage.run(enter(gates))
        yield _line("sign-in and first list", len(gates), "gates", spent)
        yield f"    lists: {tally.list_bytes / len(gates) / 1000:.0f} kB each"
        tally.requests, tally.list_bytes = {}, 0
        left = NOON_SHARE * (asked.ends_at - time.perf_counter())
        # However long the rest took, a noon is measured.
        left = max(left, asked.seconds + SYNC_SECONDS_MIN)
        spent = stage.run(lunch(gates, asked.seconds, asked.every, left))
        yield _line(f"noon, a card every {asked.every} s", tally.recorded, "passages", spent)
        yield from _details(tally)
        yield _beside_peers(tally, spent)
        tally = Tally()
        kept = [
            {**plan, "cards": plan["cards"][-BACKLOG_CARDS:], "first": noon_cards} for plan in plans
        ]
        gates = [GateClient(plan, served.port, tally) for plan in kept]
        stage.run(enter(gates))
        tally.requests, tally.list_bytes = {}, 0
        left = max(asked.ends_at - time.perf_counter(), SYNC_SECONDS_MIN)
        spent = stage.run(lunch(gates, 0.1, 0.001, left))
        yield _line("all that was kept, at once", tally.recorded, "passages", spent)
        yield from _details(tally)


@dataclass(frozen=True, slots=True)
class _Spent:
    """What a stage took: seconds on the wall, and of CPU by who worked."""

    wall: float
    work: tuple[float, ...]


class _Stage:
    """Runs one stage after the other in one event loop, counting who worked how long."""

    def __init__(self, runner: asyncio.Runner, pids: tuple[int, ...]) -> None:
        self._runner = runner
        self._pids = pids

    def run(self, work: Coroutine[Any, Any, None]) -> _Spent:
        """Run a stage to its end."""
        before = [cpu_seconds(pid) for pid in self._pids]
        began, worked = time.perf_counter(), time.process_time()
        self._runner.run(work)
        took, own = time.perf_counter() - began, time.process_time() - worked
        others = zip(self._pids, before, strict=True)
        return _Spent(took, (*(cpu_seconds(pid) - first for pid, first in others), own))


def _line(name: str, done: int, what: str, spent: _Spent) -> str:
    words = " ".join(
        f"{who} {1000 * seconds / max(1, done):.2f}"
        for who, seconds in zip(
            ("API", "vault", "PostgreSQL", "generator"), spent.work, strict=True
        )
    )
    rate = f"{done} {what}, {done / spent.wall:.0f}/s in {spent.wall:.1f} s"
    return f"  {name}: {rate}; CPU ms each {words}"


def _details(tally: Tally) -> Iterator[str]:
    found = percentiles(tally.synced)
    words = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in found.items())
    batch = tally.recorded / max(1, tally.batches)
    yield f"    passage to the backend's word for it, ms: {words}; {batch:.1f} passages a batch"
    if tally.left:
        yield f"    not handed over when time was up: {tally.left}"
    if tally.troubles:
        yield f"    troubles: {dict(tally.troubles)}"
    for what, seconds in tally.requests.items():
        p99 = percentiles(seconds)["p99"] * 1000
        middle = statistics.median(seconds) * 1000
        yield f"    {what}: {len(seconds)} requests, ms median {middle:.0f}, p99 {p99:.0f}"


def _beside_peers(tally: Tally, spent: _Spent) -> str:
    rate, p99 = tally.recorded / spent.wall, percentiles(tally.synced)["p99"]
    ratio = rate / PEER_BEST_RATE
    return (
        f"    beside the best of pretix ({PEER_BEST_RATE} a second, p99 {PEER_BEST_P99 * 1000:.0f}"
        f" ms): {rate:.0f} a second, {ratio:.1f} times; p99 {p99 * 1000:.0f} ms, and nobody at a"
        " gate waits for it"
    )


def _build(world: World, gates: int, cards_of_a_gate: int) -> list[Json]:
    write_keys(world.folder / "keys.json", OpenKeyFile(make_keys(os.urandom)))
    database = Database(world.url)
    Base.metadata.create_all(database.engine)
    with database.engine.begin() as connection:
        configuration = _config()
        configuration.attributes["connection"] = connection
        command.stamp(configuration, "head")
    plans: list[Json] = []
    for _ in range(max(1, gates // GATES_OF_A_SCHOOL)):
        plans += _build_school(database, cards_of_a_gate)
    database.close()
    return plans


def _build_school(database: Database, cards_of_a_gate: int) -> list[Json]:
    now = datetime.now(UTC)
    pupils = [uuid4() for _ in range(GATES_OF_A_SCHOOL * cards_of_a_gate)]
    with database.unit_of_work() as session:
        place = create_establishment(session, "Lycée du Parc")
        hours = (wall_time(0, 0), wall_time(23, 59))
        service = add_service(
            session, place.id, code="lunch", label="Déjeuner", days=range(1, 8), hours=hours
        )
        set_price(session, service.id, HolderCategory.PUPIL, price_cents=420, negative_meals=5)
        session.execute(insert(Beneficiary), [_pupil(one, now) for one in pupils])
        prepaid = RightTerms(prepaid=True)
        roster = [
            Enrolled(one, {service.id: FULL_BOARD if number % PREPAID_EVERY else prepaid})
            for number, one in enumerate(pupils)
        ]
        enrol_roster(session, place.id, roster)
        order_cards(session, pupils, now)
        cards = _give_chips(session, pupils)
        plans = [_gate(session, place.id, now) for _ in range(GATES_OF_A_SCHOOL)]
    for number, plan in enumerate(plans):
        plan["cards"] = cards[number * cards_of_a_gate :][:cards_of_a_gate]
    return plans


def _pupil(one: UUID, now: datetime) -> Json:
    return {
        "id": one,
        "given_name": "Léa",
        "family_name": "Martin",
        "birth_date": date(2011, 5, 4),
        "created_at": now,
    }


def _give_chips(session: Any, pupils: Sequence[UUID]) -> list[tuple[str, str]]:
    rows = session.query(Card.id).filter(Card.beneficiary_id.in_(pupils)).all()
    chips = [(b"\x04" + os.urandom(6), card_id) for (card_id,) in rows]
    session.execute(
        update(Card),
        [{"id": card_id, "uid": uid, "state": CardState.ACTIVE.value} for uid, card_id in chips],
    )
    return [(uid.hex().upper(), str(card_id)) for uid, card_id in chips]


def _gate(session: Any, establishment_id: UUID, now: datetime) -> Json:
    private, terminal_id = Ed25519PrivateKey.generate(), uuid4()
    session.add(
        Terminal(
            id=terminal_id,
            kind=TerminalKind.GATE.value,
            name="Portillon",
            outlet_id=None,
            establishment_name="Lycée du Parc",
            enrolment_hash=os.urandom(32),
            enrolment_expires_at=now,
            public_key=private.public_key().public_bytes_raw(),
            enrolled_at=now,
            revoked_at=None,
        )
    )
    session.flush()
    session.add(Gate(terminal_id=terminal_id, establishment_id=establishment_id, list_version=0))
    session.flush()
    return {"terminal_id": str(terminal_id), "private_key": private.private_bytes_raw().hex()}
