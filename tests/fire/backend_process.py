"""The real backend's use cases in a process that can be killed at every point of I/O.

A point is before and after each unit of work and each question to the vault, and just before each
commit. When it is killed every request in flight dies with it; what was committed stays, and the
next request finds a new process. Answers are the JSON that the real routes would send.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backend.database import Database
from backend.services import Services
from backend.vault.vault import Vault
from tests.fire.schedule import Killed, Schedule

T = TypeVar("T")
STEP_SECONDS_MAX = 0.02


@dataclass
class Faults:
    """How often what goes wrong; all nothing once the fire is out."""

    lost: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    backend_killed: float = 0.0
    terminal_killed: float = 0.0

    def stop(self) -> None:
        """Let nothing go wrong from now on."""
        self.lost = self.doubled = self.delayed = 0.0
        self.backend_killed = self.terminal_killed = 0.0


class BackendProcess:
    """A generation of the backend; `services` are real but for the points between them."""

    def __init__(
        self, schedule: Schedule, services: Services, faults: Faults, start: datetime
    ) -> None:
        self.schedule = schedule
        self.generation = 0
        self._faults = faults
        self.services = replace(
            services,
            database=cast("Database", _Watched(services.database, self)),
            vault=cast("Vault", _WatchedVault(services.vault, self)),
            now=lambda: start + timedelta(seconds=schedule.seconds),
        )

    def answer(self, ask: Callable[[Services], BaseModel]) -> bytes:
        """Answer one request as JSON; raise BackendError, or Killed with the process."""
        self.schedule.current().process = self.generation
        self.point()
        return ask(self.services).model_dump_json().encode()

    def point(self) -> None:
        """Let others go first, then die perhaps."""
        self.schedule.pause(self.schedule.random.random() * STEP_SECONDS_MAX)
        self.die_perhaps()

    def die_perhaps(self) -> None:
        """Die here, or because the process died while this request slept."""
        if self.schedule.current().process != self.generation:
            raise Killed
        if self.schedule.happens("backend killed", self._faults.backend_killed):
            self.generation += 1
            raise Killed


class _Watched:
    """A database with a point before each unit of work, before its commit, and after it."""

    def __init__(self, database: Database, process: BackendProcess) -> None:
        self.engine = database.engine
        self._database = database
        self._process = process

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        self._process.point()
        with self._database.unit_of_work() as session:
            yield session
            session.flush()
            self._process.die_perhaps()
        self._process.point()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        self._process.point()
        with self._database.reading() as session:
            yield session

    @contextmanager
    def single_statements(self) -> Iterator[Connection]:
        self._process.point()
        with self._database.single_statements() as connection:
            yield connection
        self._process.point()

    def repeat(self, work: Callable[[Session], T]) -> T:
        with self.unit_of_work() as session:
            return work(session)


class _WatchedVault:
    def __init__(self, vault: Vault, process: BackendProcess) -> None:
        self._vault = vault
        self._process = process

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._vault, name)

        def asked(*arguments: Any, **named: Any) -> Any:
            self._process.point()
            answer = real(*arguments, **named)
            self._process.point()
            return answer

        return asked
