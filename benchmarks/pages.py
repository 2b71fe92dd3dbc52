"""Server time of each page, with a Region's people, accounts and places, on a PostgreSQL.

Measured inside the application, from the request's arrival to its last byte, one request after the
other, each for another person. The floor is a page of one trivial SELECT through the same
application, database and templates. Signing in is not here: its time is the password's hash.

`python -m benchmarks pages --people 400000` measures a Region; without it, fewer. Another space
adds its pages to VISITS, and to `furnish` whatever they need.
"""

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from sqlalchemy import event, select, text
from starlette.types import Message, Receive, Scope, Send

from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.tables import Stage
from backend.app import build_app
from backend.cards.tables import Card
from backend.database import Database
from backend.services import Services
from backend.settings import Settings
from backend.vault.keys import make_keys
from backend.vault.local import LocalVault
from backend.web.pages import notice
from backend.web.signed_in import COOKIE
from backend.web.words import Notice, Text
from benchmarks.payments_history import fill
from benchmarks.payments_world import build_world
from benchmarks.postgres import Cluster
from benchmarks.processes import cpu_seconds
from passcard.layout import make_card_number

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the project uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PEOPLE: Final = 20_000
PAYMENTS_OF_A_PERSON: Final = 25
PARTNERS: Final = 3_000
COMMUNES: Final = 300
VISITORS: Final = 50
TURNS: Final = 200
FLOOR: Final = "/plancher"
#: What a page should take at most, at the 95th percentile.
P95_MILLISECONDS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in, and what the addresses of their pages need."""

    token: str
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page: its name here, its address with names of a visitor in it, and who may see it."""

    name: str
    path: str
    signed_in: bool = True


#: Every page that shows something of the database. The first is the floor.
VISITS: Final = (
    Visit("floor: one SELECT", FLOOR, signed_in=False),
    Visit("home", "/", signed_in=False),
    Visit("sign-in form", "/connexion", signed_in=False),
    Visit("terms", "/conditions", signed_in=False),
    Visit("personal data", "/donnees-personnelles", signed_in=False),
    Visit("accessibility", "/accessibilite", signed_in=False),
    Visit("directory, all", "/annuaire", signed_in=False),
    Visit("directory, a name", "/annuaire?nom=librairie+12", signed_in=False),
    Visit("directory, near", "/annuaire?commune={commune}&autour=20", signed_in=False),
    Visit("directory, a benefit", "/annuaire?avantage=culture&commune={commune}", signed_in=False),
    Visit("my space", "/espace"),
    Visit("my account", "/espace/compte"),
    Visit("my families", "/espace/famille"),
    Visit("pass: home", "/espace/pass/{person}"),
    Visit("pass: history", "/espace/pass/{person}/historique"),
    Visit("pass: history, a year", "/espace/pass/{person}/historique?annee={year}"),
    Visit("pass: a year on paper", "/espace/pass/{person}/historique?annee={year}&imprimer=oui"),
    Visit("pass: card", "/espace/pass/{person}/carte"),
    Visit("pass: order a card", "/espace/pass/{person}/carte/commande"),
    Visit("pass: code", "/espace/pass/{person}/code"),
    Visit("pass: agreements", "/espace/pass/{person}/accords"),
    Visit("pass: data", "/espace/pass/{person}/donnees"),
    Visit("somebody else's pass", "/espace/pass/{nobody}"),
)


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
    with Cluster() as cluster:
        name = cluster.create_database()
        build_world(cluster.url(name), folder, places=2)
        fill(cluster, name, asked.people, asked.people * PAYMENTS_OF_A_PERSON)
        furnish(cluster, name, asked.people)
        database = Database(cluster.url(name))
        services = Services(Settings(), database, LocalVault(make_keys(random.randbytes)))
        visitors = _visitors(services, asked.people)
        yield f"pages with {asked.people} people, {asked.people * PAYMENTS_OF_A_PERSON} payments,"
        yield f"{PARTNERS} partners; {asked.turns} requests each, one at a time, milliseconds"
        yield "and processor time of a request, ours (the client's part in it) and the server's"
        yield "                          p50    p95  worst |   ours server | statements  bytes"
        wanted = [visit for visit in VISITS if asked.only in visit.name]
        for visit in wanted:
            yield _time(services, cluster, visit, visitors, asked.turns)
        database.close()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    return parser.parse_args(list(arguments))


def furnish(cluster: Cluster, database: str, people: int) -> None:
    """Give everybody an account, and the directory its places."""
    cluster.sql(f"SET session_replication_role = replica; {_accounts(people)}", database)
    cluster.sql(f"SET session_replication_role = replica; {_PLACES}", database)
    cluster.sql("VACUUM (ANALYZE)", database)


def _visitors(services: Services, people: int) -> list[Visitor]:
    draw = random.Random(1)  # noqa: S311 - the same people each time
    year = str(services.now().year - 1)
    visitors = []
    with services.database.unit_of_work() as session:
        for n in draw.sample(range(1, people + 1), min(VISITORS, people)):
            account, person = _uuid("1a000000", n), _uuid("b0000000", n)
            stranger = _uuid("b0000000", (n + 6) % people + 1)
            names = {
                "person": str(person),
                "nobody": str(stranger),
                "commune": f"{10_000 + n % COMMUNES:05d}",
                "year": year,
            }
            # The years behind us were written without their cards' check digits.
            card = session.scalars(select(Card).where(Card.beneficiary_id == person)).one()
            card.number = make_card_number(n)
            token = open_session(session, account, Stage.FULL, "mesure", services.now())
            visitors.append(Visitor(token, names))
    return visitors


def _uuid(prefix: str, n: int) -> UUID:
    return UUID(f"{prefix}-0000-4000-8000-{n:012x}")


def _time(
    services: Services, cluster: Cluster, visit: Visit, visitors: Sequence[Visitor], turns: int
) -> str:
    timed = Stopwatch(_app(services))
    sizes, statements = list[int](), _Count(services.database)
    ours = server = 0.0
    with TestClient(timed, base_url="https://pass.example") as client:
        for turn in range(turns + len(visitors)):
            if turn == len(visitors):
                # Everything is compiled and in memory, as in a process that has served a while.
                timed.seconds.clear()
                statements.count = 0
                ours, server = time.process_time(), cpu_seconds(cluster.server_pid)
            visitor = visitors[turn % len(visitors)]
            headers = {"Cookie": f"{COOKIE}={visitor.token}"} if visit.signed_in else {}
            path = visit.path.format_map(visitor.names)
            answer = client.get(path, headers=headers, follow_redirects=False)
            if answer.status_code not in (200, 404):
                return f"  {visit.name:22} answered {answer.status_code}"
            sizes.append(len(answer.content))
        asked = statements.count / turns
        ours = 1000 * (time.process_time() - ours) / turns
        server = 1000 * (cpu_seconds(cluster.server_pid) - server) / turns
    statements.close()
    middle, tail = _percentiles(timed.seconds)
    worst = 1000 * max(timed.seconds)
    late = "  TOO SLOW" if tail > P95_MILLISECONDS_MAX else ""
    size = round(statistics.median(sizes))
    times = f"{middle:6.1f} {tail:6.1f} {worst:6.1f} | {ours:6.1f} {server:6.1f}"
    return f"  {visit.name:22} {times} | {asked:10.1f} {size:6d}{late}"


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


def _key(prefix: str, number: str) -> str:
    return f"('{prefix}-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _accounts(people: int) -> str:
    """Everybody's own account; every second one also looks after the next person."""
    account, person = _key("1a000000", "n"), _key("b0000000", "n")
    family = _key("1f000000", "n")
    every = f"generate_series(1, {people}) AS n"
    return f"""
INSERT INTO sign_in_account (id, email, given_name, family_name, factor_generation,
    factor_key_version, factor_last_step, created_at, language, passkeys)
  SELECT {account}, 'p' || n || '@exemple.example', 'Léa', 'Martin', 0, 0, 0, now(), 'fr', 0
  FROM {every};
INSERT INTO tie (id, account_id, beneficiary_id, since)
  SELECT {_key("1e000000", "n")}, {account}, {person}, now() FROM {every};
INSERT INTO family (id, name, created_at, created_by)
  SELECT {family}, 'Martin', now(), {account} FROM {every} WHERE n % 2 = 0;
INSERT INTO family_member (id, family_id, account_id, since)
  SELECT {_key("1d000000", "n")}, {family}, {account}, now() FROM {every} WHERE n % 2 = 0;
INSERT INTO family_child (id, family_id, beneficiary_id, since, added_by)
  SELECT {_key("1c000000", "n")}, {family}, {_key("b0000000", "n - 1")}, now(), {account}
  FROM {every} WHERE n % 2 = 0;
"""


_PLACES: Final = f"""
INSERT INTO commune (code, name, latitude_e6, longitude_e6)
  SELECT (10000 + n)::text, 'Commune ' || n, 48000000 + (n / 20) * 60000, 2000000 + (n % 20) * 90000
  FROM generate_series(0, {COMMUNES - 1}) AS n;
INSERT INTO partner (id, name) SELECT {_key("2a000000", "n")}, 'Librairie ' || n
  FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO partner_activity (partner_id, activity)
  SELECT {_key("2a000000", "n")}, 'librairie' FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO ledger_account (id, kind, normal_side, limited, debits_posted, credits_posted,
    rolled_up_to, debits_held, credits_held, opened_at)
  SELECT {_key("2b000000", "n")}, 'payable', 'credit', false, 0, 0, 0, 0, 0, now()
  FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO partner_account (partner_id, account_id)
  SELECT {_key("2a000000", "n")}, {_key("2b000000", "n")} FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO outlet (id, partner_id, name, folded_name, commune_code, address_1, postcode,
    latitude_e6, longitude_e6)
  SELECT {_key("2c000000", "n")}, {_key("2a000000", "n")}, 'Centre', 'librairie ' || n || ' centre',
    (10000 + n % {COMMUNES})::text, n || ' rue du Port', '92000',
    48000000 + ((n % {COMMUNES}) / 20) * 60000 + n * 7 % 20000,
    2000000 + ((n % {COMMUNES}) % 20) * 90000 + n * 13 % 30000
  FROM generate_series(1, {PARTNERS}) AS n;
INSERT INTO benefit_activity (benefit_id, activity) SELECT id, 'librairie' FROM benefit;
"""
