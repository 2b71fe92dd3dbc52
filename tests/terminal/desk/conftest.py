"""A real backend on a real port, with an enrolled desk and cards on order."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
import uvicorn
from sqlalchemy import select

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.accounts.beneficiaries import create_beneficiary
from backend.app import build_app
from backend.cards.life import order_card
from backend.cards.tables import Card
from backend.database import Base, Database
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services
from backend.settings import Settings
from backend.vault.keys import make_keys
from backend.vault.local import LocalVault
from terminal.desk.batch_record import BatchRecord
from terminal.identity import enrol
from terminal.settings import DeskSettings, EnrolmentSettings, load_settings
from tests.backend.card_masters import roll_card_masters
from tests.terminal.virtual_cards import READERS

START_SECONDS_MAX = 20


@dataclass
class RealDesk:
    """A desk's configuration, and the backend behind it."""

    services: Services
    config: Path
    person: UUID
    serial: int = 0

    @property
    def settings(self) -> DeskSettings:
        return load_settings(DeskSettings, self.config)

    def order(self, count: int) -> list[str]:
        """Put cards on order; return their numbers."""
        made = []
        for _ in range(count):
            self.serial += 1
            with self.services.database.unit_of_work() as session:
                card = order_card(session, self.person, self.serial, self.services.now())
                made.append(card.number)
        return made

    def card(self, number: str) -> Card:
        with self.services.database.reading() as session:
            return session.scalars(select(Card).where(Card.number == number)).one()

    def roll_card_keys(self) -> None:
        """Give the vault new card masters, as a key ceremony does."""
        roll_card_masters(self.services.vault)


@pytest.fixture
def backend_services(tmp_path: Path) -> Iterator[Services]:
    database = Database(f"sqlite:///{tmp_path}/backend.sqlite3")
    Base.metadata.create_all(database.engine)
    vault = LocalVault(make_keys(secrets.token_bytes))
    yield Services(Settings(), database, vault)
    database.close()


@pytest.fixture
def backend_url(backend_services: Services) -> Iterator[str]:
    app = build_app(backend_services)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    waited = threading.Event()
    for _ in range(START_SECONDS_MAX * 100):
        if server.started:
            break
        waited.wait(0.01)
    [listener] = server.servers
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(START_SECONDS_MAX)


@pytest.fixture
def real_desk(tmp_path: Path, backend_services: Services, backend_url: str) -> RealDesk:
    config = tmp_path / "guichet.toml"
    config.write_text(
        f'backend_url = "{backend_url}"\nstate_dir = "{tmp_path}/state"\nreader = "{READERS[0]}"\n'
    )
    now = backend_services.now()
    with backend_services.database.unit_of_work() as session:
        person = create_beneficiary(
            session, given_name="Léa", family_name="Martin", birth_date=date(2009, 5, 17), now=now
        ).id
        desk = create_terminal(session, kind=TerminalKind.DESK, name="Guichet", now=now)
    enrol(load_settings(EnrolmentSettings, config), desk.enrolment_code)
    return RealDesk(backend_services, config, person)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[BatchRecord]:
    with BatchRecord(tmp_path / "lot.jsonl") as opened:
        yield opened
