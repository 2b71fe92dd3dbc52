"""Several workers behind one socket: refused when they cannot work, replaced when they die."""

import os
import secrets
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from pydantic import ValidationError

from backend import schema
from backend.commands import readiness
from backend.commands.refusal import CommandRefused
from backend.commands.serve import RESTARTS_PER_MINUTE_MAX, _Foreman
from backend.commands.verbs.invocation import Invocation
from backend.database import Database, Pooler
from backend.services import Services
from backend.settings import Settings
from backend.vault.key_file import OpenKeyFile, make_keys, write_keys

WAIT_SECONDS_MAX = 30.0


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def settings_for(url: str, **more: object) -> Settings:
    socket = {"vault_socket": Path("/run/pass/vault")}
    return Settings(**({"database_url": url} | socket | more))  # type: ignore[arg-type]


def test_workers_need_the_vault_in_a_process_of_its_own_and_postgresql() -> None:
    with pytest.raises(ValidationError, match="vault_socket"):
        Settings(workers=2, database_url="postgresql+psycopg://x/y")
    with pytest.raises(ValidationError, match="PostgreSQL"):
        Settings(workers=2, vault_socket=Path("/run/pass/vault"))


@pytest.fixture
def migrated_url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    # Its tables were made from the declarations: the revision is not the subject here.
    monkeypatch.setattr(schema, "require_current", lambda _database: None)
    return postgres_url


def test_more_connections_than_the_server_grants_are_refused(migrated_url: str) -> None:
    readiness.check_before_serving(settings_for(migrated_url, workers=2))
    greedy = settings_for(migrated_url, workers=20, database_connections_max=50)
    with pytest.raises(CommandRefused, match="20 workers of 50 connections need 1000"):
        readiness.check_before_serving(greedy)
    # Behind a pooler the connections are the pooler's to count.
    pooled = settings_for(
        migrated_url,
        workers=20,
        database_connections_max=50,
        database_pooler=Pooler.TRANSACTION,
    )
    readiness.check_before_serving(pooled)


def test_another_schema_is_refused_before_anybody_listens(tmp_path: Path) -> None:
    empty = Settings(database_url=f"sqlite:///{tmp_path}/empty.sqlite3")
    with pytest.raises(schema.WrongSchemaError):
        readiness.check_before_serving(empty)


SERVE = """
import sys
from backend.commands import serve
from backend.health import router
from backend.settings import Settings
from fastapi import FastAPI

def make():
    app = FastAPI()
    @app.get("/pid")
    def pid() -> int:
        import os
        return os.getpid()
    return app

settings = Settings(listen_port=int(sys.argv[1]))
sys.exit(serve.serve(make, settings, workers=2))
"""


@pytest.fixture
def two_workers() -> Iterator[SimpleNamespace]:
    import socket  # noqa: PLC0415 - named like a fixture's own word

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}/pid"

        def pid() -> int | None:
            try:
                return int(httpx.get(url, timeout=5).text)
            except (httpx.HTTPError, ValueError):
                return None

        try:
            until(lambda: pid() is not None)
            yield SimpleNamespace(process=process, pid=pid)
        finally:
            process.kill()


def test_a_worker_that_dies_is_replaced_and_all_stop_when_told(
    two_workers: SimpleNamespace,
) -> None:
    first = two_workers.pid()
    assert first != two_workers.process.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: two_workers.pid() not in {None, first})
    two_workers.process.send_signal(signal.SIGTERM)
    assert two_workers.process.wait(WAIT_SECONDS_MAX) == 0
    assert two_workers.pid() is None


def test_workers_that_die_at_once_end_the_program() -> None:
    started: list[int] = []

    def work() -> None:
        raise OSError("no")

    foreman = _Foreman(work, 2)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    hire = foreman._hire

    def hire_and_count() -> None:
        started.append(1)
        hire()

    foreman._hire = hire_and_count  # type: ignore[method-assign]
    try:
        assert foreman.run() == 1
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert len(started) == 2 + RESTARTS_PER_MINUTE_MAX


def test_told_to_stop_while_it_hires_it_stops_whom_it_hired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork, hired = os.fork, list[int]()

    def fork_and_be_told() -> int:
        pid = fork()
        if pid:
            hired.append(pid)
            os.kill(os.getpid(), signal.SIGTERM)
        return pid

    monkeypatch.setattr(os, "fork", fork_and_be_told)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    began = time.monotonic()
    try:
        # A worker that is never told works on until the wait is over.
        assert _Foreman(lambda: time.sleep(WAIT_SECONDS_MAX), 2).run() == 0
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert len(hired) == 1
    assert time.monotonic() - began < WAIT_SECONDS_MAX


def test_a_place_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    import socket  # noqa: PLC0415

    from backend.commands.serve import _listen  # noqa: PLC0415

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(listen_port=taken.getsockname()[1])
        with pytest.raises(CommandRefused, match="cannot listen at"):
            _listen(settings)


def test_a_database_answers_for_its_limits(postgres_url: str) -> None:
    limits = settings_for(postgres_url, database_lock_milliseconds_max=700).database_limits
    database = Database(postgres_url, limits)
    with database.unit_of_work() as session:
        assert session.connection().exec_driver_sql("SHOW lock_timeout").scalar() == "700ms"
    database.close()


def test_reports_are_read_from_the_replica(tmp_path: Path) -> None:
    opened: list[str] = []

    def services() -> Services:
        opened.append("the database itself")
        return cast("Services", None)

    none = Settings(database_url=f"sqlite:///{tmp_path}/own.sqlite3")
    Invocation(Namespace(), none, print, services).reports()
    assert opened == ["the database itself"]
    replica = Database(f"sqlite:///{tmp_path}/replica.sqlite3")
    schema.migrate(replica)
    replica.close()
    keys = tmp_path / "keys.json"
    write_keys(keys, OpenKeyFile(make_keys(secrets.token_bytes)))
    both = none.model_copy(
        update={
            "reports_database_url": f"sqlite:///{tmp_path}/replica.sqlite3",
            "vault_key_file": keys,
        }
    )
    found = Invocation(Namespace(), both, print, services).reports()
    assert found.database.engine.url.database == f"{tmp_path}/replica.sqlite3"
    assert len(opened) == 1
    found.database.close()
