"""A school, its backend on a real port and its gate with a real client, for tests of both ends."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.access.establishments import (
    add_service,
    assign_gate,
    create_establishment,
    enrol_pupil,
)
from backend.access.tables import Passage as RecordedPassage
from backend.accounts.beneficiaries import create_beneficiary
from backend.cards.life import move, order_card
from backend.cards.states import CardEvent
from backend.database import Base, Database
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services
from backend.settings import Settings as BackendSettings
from backend.vault.key_file import make_keys
from backend.vault.local import LocalVault
from simulator.chip.chip import Chip
from terminal.backend_client import BackendClient
from terminal.errors import CardSilent
from terminal.gate.daemon import Parts, assemble
from terminal.gate.link import GateBackend
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import PassageJournal, open_passage_journal
from terminal.identity import Identity, enrol
from tests.terminal.gate.running import EnrolmentSettings, RunningBackend, personalised
from tests.terminal.gate.signed_lists import Clock

UID = bytes.fromhex("04A1B2C3D4E5F6")

T = TypeVar("T")


class Field:
    """A card on a reader, as the gate sees one."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        chip.power_on()

    def uid(self) -> bytes:
        return self._chip.uid

    def transmit(self, command: bytes) -> bytes:
        answer = self._chip.transmit(command)
        if len(answer) < 2:
            raise CardSilent("no whole answer")
        return answer


@dataclass
class World:
    """A school with a pupil, her card, a gate and the backend it enrolled at."""

    backend: RunningBackend
    identity: Identity
    client: BackendClient
    folder: Path
    clock: Clock
    chip: Chip
    card_id: UUID
    journal: PassageJournal = field(init=False)
    parts: Parts = field(init=False)

    def begin(self, backend: GateBackend | None = None) -> None:
        """Start the gate, or start it again after a kill: only what is on the disk is left."""
        self.journal = open_passage_journal(self.folder / "passages.db")
        gate = self.identity.terminal_id
        seal = ListSeal(self.identity.secret(), gate)
        store = ListStore(self.folder, self.identity.list_verification_key(), gate, seal)
        self.parts = assemble(
            self.identity, store, self.journal, backend or self.client, now=self.clock
        )

    def tap(self, chip: Chip | None = None) -> str:
        self.parts.gate.serve(Field(chip or self.chip), 0.0)
        shown = self.parts.board.current.shown
        assert shown is not None
        return shown.answer

    def recorded(self) -> list[tuple[int, str]]:
        with self.backend.services.database.reading() as session:
            rows = session.scalars(select(RecordedPassage).order_by(RecordedPassage.sequence))
            return [(row.sequence, row.answer) for row in rows]


@contextmanager
def running_backend(folder: Path, clock: Clock) -> Iterator[RunningBackend]:
    """Serve a backend on a port of this machine."""
    database = Database(f"sqlite:///{folder}/backend.sqlite3")
    Base.metadata.create_all(database.engine)
    vault = LocalVault(make_keys(secrets.token_bytes), now=clock)
    started = RunningBackend(Services(BackendSettings(), database, vault, clock))
    started.start()
    yield started
    started.stop()
    database.close()


def found_school(services: Services, clock: Clock) -> tuple[str, UUID]:
    """Record the school; return its gate's enrolment code and the pupil's card."""
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée du Parc")
        hours = (time(11, 30), time(13, 30))
        add_service(
            session, place.id, code="lunch", label="Déjeuner", days=range(1, 6), hours=hours
        )
        person = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2010, 1, 2),
            now=clock(),
        )
        card = order_card(session, person.id, 1, clock())
        card.uid = UID
        move(card, CardEvent.PERSONALISED, clock())
        enrol_pupil(session, place.id, person.id, ["lunch"])
        gate = create_terminal(session, kind=TerminalKind.GATE, name="Réfectoire", now=clock())
        assign_gate(session, gate.terminal_id, place.id)
        return gate.enrolment_code, card.id


@contextmanager
def school_with_gate(folder: Path, clock: Clock) -> Iterator[World]:
    """Found a school at a running backend, and enrol its gate."""
    with (
        running_backend(folder, clock) as running,
        _enrolled(running, folder / "gate", clock) as made,
    ):
        yield made


@contextmanager
def _enrolled(running: RunningBackend, folder: Path, clock: Clock) -> Iterator[World]:
    vault = running.services.vault
    assert isinstance(vault, LocalVault)
    code, card_id = found_school(running.services, clock)
    identity = enrol(EnrolmentSettings(running.url, folder), code)
    with BackendClient(running.url, identity, clock) as client:
        world = World(running, identity, client, folder, clock, personalised(vault, UID), card_id)
        world.begin()
        yield world
        world.journal.close()
