"""A database of each kind, a vault with test keys, and a clock the test moves."""

import secrets
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from starlette.datastructures import State

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.app import build_app
from backend.database import Base, Database
from backend.partners.enrolment import create_terminal, enrol_terminal
from backend.partners.registry import create_outlet, create_partner
from backend.partners.tables import TerminalKind
from backend.partners.tokens import AuthenticatedTerminal, authenticate_terminal, issue_token
from backend.services import Services
from backend.settings import Settings
from backend.vault.key_file import make_keys
from backend.vault.local import LocalVault
from tests.backend.quick import QuickClient, keep_compiled
from tests.own_postgres import own_postgres

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@dataclass
class Clock:
    """A clock that stands still until the test moves it."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 9, 1, 10, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL of this test run's own: gives its socket folder."""
    with own_postgres() as folder:
        owner = f"postgresql://postgres@/postgres?host={folder}"
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE pass_template")
        template = Database(f"postgresql+psycopg://postgres@/pass_template?host={folder}")
        create_schema(template)
        template.close()
        yield str(folder)


def create_schema(database: Database) -> None:
    """Make every table in an empty database."""
    Base.metadata.create_all(database.engine)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with every table, to copy for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    create_schema(database)
    database.close()
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    path = tmp_path / "backend.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


# Whatever changes the schema leaves a mark: that database then serves no other test.
MARKING = """
CREATE SCHEMA testing;
CREATE TABLE testing.mark (command text);
CREATE FUNCTION testing.mark() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO testing.mark VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER mark ON ddl_command_end EXECUTE FUNCTION testing.mark();
"""
EMPTYING = """
DO $$ DECLARE one record; BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  -- Neither the guards nor the foreign keys: what a test recorded goes.
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DELETE FROM %I', one.tablename);
  END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
    PERFORM setval(format('%I', one.sequencename)::regclass, 1, false);
  END LOOP;
END $$
"""


class EmptyDatabases:
    """An empty PostgreSQL database for one test after the other: emptied is faster than made."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._name: str | None = None

    def dsn(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._server}"

    def take(self) -> str:
        """Return the name of an empty one."""
        if self._name is None:
            self._name = f"t_{secrets.token_hex(6)}"
            self._administer(f"CREATE DATABASE {self._name} TEMPLATE pass_template")
            with psycopg.connect(self.dsn(self._name), autocommit=True) as connection:
                connection.execute(MARKING)
        return self._name

    def give_back(self) -> None:
        """Empty it for the next test, or drop it if its schema was changed."""
        assert self._name is not None, "one was taken"
        with psycopg.connect(self.dsn(self._name), autocommit=True) as connection:
            marked = connection.execute("SELECT command FROM testing.mark LIMIT 1").fetchone()
            if marked is None:
                connection.execute(EMPTYING)
        if marked is not None:
            self.drop()

    def drop(self) -> None:
        if self._name is not None:
            self._administer(f"DROP DATABASE {self._name} WITH (FORCE)")
            self._name = None

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def empty_databases(postgres_server: str) -> Iterator[EmptyDatabases]:
    databases = EmptyDatabases(postgres_server)
    yield databases
    databases.drop()


@pytest.fixture
def postgres_url(postgres_server: str, empty_databases: EmptyDatabases) -> Iterator[str]:
    name = empty_databases.take()
    yield f"postgresql+psycopg://postgres@/{name}?host={postgres_server}"
    empty_databases.give_back()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test, on both engines."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    keep_compiled(database)
    yield database
    database.close()


@pytest.fixture
def vault(clock: Clock) -> LocalVault:
    """A vault with fresh keys that were never in a file."""
    return LocalVault(make_keys(secrets.token_bytes), now=clock)


@pytest.fixture
def services(database: Database, vault: LocalVault, clock: Clock) -> Services:
    """What use cases stand on: the database of each kind, the test's clock, fresh keys."""
    return Services(settings=Settings(), database=database, vault=vault, now=clock)


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """The whole backend, as HTTP sees it; an unexpected error is a 500, not a crash."""
    with QuickClient(app_of(services), raise_server_exceptions=False) as client:
        yield client


@cache
def _app() -> FastAPI:
    return build_app(None)


def app_of(services: Services) -> FastAPI:
    """Return the application over these services: built once, for that takes half a second.

    Its state is made anew, so it holds nothing of another test; one at a time has it.
    """
    app = _app()
    app.state = State({"services": services})
    return app


@dataclass(frozen=True)
class SignedIn:
    """An enrolled terminal with its access token, as routes and as use cases want it."""

    terminal: AuthenticatedTerminal
    headers: dict[str, str]


@pytest.fixture
def sign_in(services: Services) -> Callable[..., SignedIn]:
    """Enrol a terminal and give it a token; a counter stands in an outlet of a new partner."""

    def enter(kind: TerminalKind, outlet_id: UUID | None = None) -> SignedIn:
        key, now = Ed25519PrivateKey.generate(), services.now()
        with services.database.unit_of_work() as session:
            if kind is TerminalKind.COUNTER and outlet_id is None:
                partner = create_partner(session, "Librairie des Halles")
                outlet_id = create_outlet(session, partner.id, "Rue du Port").id
            new = create_terminal(session, kind=kind, name=kind.value, outlet_id=outlet_id, now=now)
            public = key.public_key().public_bytes_raw()
            enrol_terminal(session, new.enrolment_code, public, now)
            name = str(new.terminal_id)
            claims = {
                "iss": name,
                "sub": name,
                "aud": "pass-backend",
                "exp": int(now.timestamp()) + 30,
                "jti": secrets.token_hex(16),
            }
            assertion = jwt.encode(claims, key, algorithm="EdDSA")
            issued = issue_token(
                session, assertion, now=now, token_seconds=services.settings.token_seconds
            )
            terminal = authenticate_terminal(session, issued.access_token, now)
        return SignedIn(terminal, {"Authorization": f"Bearer {issued.access_token}"})

    return enter


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two databases without any table, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/one.sqlite3", f"sqlite:///{tmp_path}/two.sqlite3"
        return
    folder = request.getfixturevalue("postgres_server")
    names = [f"e_{secrets.token_hex(6)}" for _ in range(2)]
    admin = f"postgresql://postgres@/postgres?host={folder}"
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}".encode())
        one, two = (f"postgresql+psycopg://postgres@/{name}?host={folder}" for name in names)
        yield one, two
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
