"""Years of transfers in one table, beside the same rows in a partition for each year.

What `docs/decisions/0015` decides on: how long it takes to find a transfer by its id, to read a
wallet's latest movements, and to write one more, with the real table's indexes; and whether the
partitions can hold an id to once. Rows are written by the server itself, without triggers.

`python -m benchmarks ten_years --rows 10000000` measures ten years of a Region; else fewer.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from psycopg.errors import FeatureNotSupported

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.database import Base, Database
from benchmarks.postgres import Cluster

ROWS = 1_000_000
MOVEMENTS_OF_A_WALLET = 25
YEARS = 12
TURNS = 200
LINES = 50
ONE, MANY = "ledger_transfer", "by_year"
COLUMNS = "id, debit_account_id, credit_account_id, amount_cents, reason, reference, recorded_at"


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    del folder
    parser = argparse.ArgumentParser(prog="python -m benchmarks ten_years")
    parser.add_argument("--rows", type=int, default=ROWS)
    rows: int = parser.parse_args(list(arguments)).rows
    with Cluster() as cluster:
        name = cluster.create_database()
        database = Database(cluster.url(name))
        Base.metadata.create_all(database.engine)
        database.close()
        _fill(cluster, name, rows)
        yield f"{rows} transfers of {YEARS} years, medians in ms: one table | one for each year"
        where = f"postgresql://postgres@/{name}?host={cluster.folder}"
        with psycopg.connect(where, autocommit=True) as connection:
            # Triggers would write accounts that are not there.
            connection.execute("SET session_replication_role = replica")
            yield from _compare(connection, rows)
            yield f"  can the partitions hold an id to once: {_can_be_unique(connection)}"


def _fill(cluster: Cluster, name: str, rows: int) -> None:
    first = date.today().year - YEARS + 1  # noqa: DTZ011 - a year is enough
    partitions = "".join(
        f"CREATE TABLE {MANY}_{year} PARTITION OF {MANY}"
        f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01');"
        for year in range(first, first + YEARS)
    )
    wallet, partner = f"n * 7919 % {max(rows // MOVEMENTS_OF_A_WALLET, 1)}", "n % 3000"
    cluster.sql(
        f"CREATE TABLE {MANY} (LIKE ledger_transfer INCLUDING IDENTITY)"
        f" PARTITION BY RANGE (recorded_at); {partitions}"
        "SET session_replication_role = replica;"
        f" INSERT INTO {ONE} ({COLUMNS}) SELECT {_key('f', 'n')}, {_key('a', wallet)},"
        f" {_key('b', partner)}, 100, 'Paiement chez Partenaire', 'payment:' || n,"
        f" '{first}-01-01'::timestamptz + n * ((now() - '{first}-01-01'::timestamptz) / {rows})"
        f" FROM generate_series(1::bigint, {rows}) AS n;"
        f" INSERT INTO {MANY} ({COLUMNS}) SELECT {COLUMNS} FROM {ONE} ORDER BY sequence;"
        f" CREATE UNIQUE INDEX ON {MANY} (sequence, recorded_at);"
        f" CREATE UNIQUE INDEX ON {MANY} (id, recorded_at);"
        f" CREATE INDEX ON {MANY} (debit_account_id, sequence);"
        f" CREATE INDEX ON {MANY} (credit_account_id, sequence);"
        f" CREATE INDEX ON {MANY} (reference);",
        name,
    )
    cluster.sql("VACUUM (ANALYZE)", name)
    cluster.sql("CHECKPOINT", name)


def _key(letter: str, number: str) -> str:
    return f"('{letter}0000000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _id(letter: str, number: int) -> UUID:
    return UUID(f"{letter}0000000-0000-4000-8000-{number:012x}")


def _compare(connection: psycopg.Connection, rows: int) -> Iterator[str]:
    draw = random.Random(1)  # noqa: S311 - the same rows each time
    wallets = max(rows // MOVEMENTS_OF_A_WALLET, 1)

    def by_id(table: str) -> None:
        query = f"SELECT * FROM {table} WHERE id = %s"
        connection.execute(query.encode(), (_id("f", draw.randint(1, rows)),)).fetchall()

    def latest(table: str) -> None:
        query = (
            f"SELECT * FROM {table} WHERE debit_account_id = %s"
            f" ORDER BY sequence DESC LIMIT {LINES}"
        )
        connection.execute(query.encode(), (_id("a", draw.randrange(wallets)),)).fetchall()

    def insert(table: str) -> None:
        query = (
            f"INSERT INTO {table} ({COLUMNS})"
            " VALUES (%s, %s, %s, 100, 'Paiement', 'payment:x', now())"
        )
        keys = uuid4(), _id("a", draw.randrange(wallets)), _id("b", 1)
        connection.execute(query.encode(), keys)

    works: dict[str, Callable[[str], None]] = {
        "find one by its id": by_id,
        f"a wallet's latest {LINES}": latest,
        "write one, on disk": insert,
    }
    for name, work in works.items():
        seconds = {table: list[float]() for table in (ONE, MANY)}
        for _ in range(TURNS):
            for table, spent in seconds.items():
                began = time.perf_counter()
                work(table)
                spent.append(time.perf_counter() - began)
        one, many = (1000 * statistics.median(seconds[table]) for table in (ONE, MANY))
        yield f"  {name:22} {one:6.2f} | {many:6.2f}   ratio {many / one:.1f}"


def _can_be_unique(connection: psycopg.Connection) -> str:
    try:
        connection.execute(f"CREATE UNIQUE INDEX ON {MANY} (id)".encode())
    except FeatureNotSupported as refusal:
        return f"no ({str(refusal).partition(chr(10))[0]})"
    return "yes"
