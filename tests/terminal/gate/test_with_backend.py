"""Both ends of the gate: a real backend on a real port, a real client, a chip made by the vault."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.access import access_list
from backend.access.access_list import issue_access_list
from backend.access.errors import ListTooLong
from backend.access.establishments import (
    add_service,
    assign_gate,
    create_establishment,
    enrol_pupil,
)
from backend.access.event_tables import GateEventKind
from backend.access.gate_events import list_gate_events
from backend.access.tables import Establishment
from backend.access.tables import Passage as RecordedPassage
from backend.accounts.beneficiaries import create_beneficiary
from backend.cards.life import block_card, move, order_card
from backend.cards.states import CardEvent
from backend.database import Base, Database
from backend.partners.enrolment import create_terminal, revoke_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services
from backend.settings import Settings as BackendSettings
from backend.vault import framing
from backend.vault.key_file import make_keys
from backend.vault.local import LocalVault
from backend.vault.remote import RemoteVault
from backend.vault.serving import Door, VaultServer
from simulator.chip.chip import Chip
from simulator.chip.other_cards import clone_of
from terminal.api_values import (
    GateNews,
    PassageReceipt,
    PassageReport,
    SignedList,
)
from terminal.backend_client import BackendClient
from terminal.errors import BackendUnreachable, CardSilent
from terminal.gate.access_list import read_access_list
from terminal.gate.daemon import Parts, assemble
from terminal.gate.door.event_book import DoorNews, EventBook, hand_over
from terminal.gate.link import GateBackend
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import PassageJournal, PassageState, open_passage_journal
from terminal.identity import Identity, enrol
from tests.terminal.gate.running import EnrolmentSettings, RunningBackend, personalised

UID = bytes.fromhex("04A1B2C3D4E5F6")

T = TypeVar("T")


class Ticking(Protocol):
    def __call__(self) -> datetime: ...

    def advance(self, **by: float) -> None: ...


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
    clock: Ticking
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


@pytest.fixture
def running(tmp_path: Path, clock: Ticking) -> Iterator[RunningBackend]:
    database = Database(f"sqlite:///{tmp_path}/backend.sqlite3")
    Base.metadata.create_all(database.engine)
    vault = LocalVault(make_keys(secrets.token_bytes), now=clock)
    started = RunningBackend(Services(BackendSettings(), database, vault, clock))
    started.start()
    yield started
    started.stop()
    database.close()


def found_school(services: Services, clock: Ticking) -> tuple[str, UUID]:
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


@pytest.fixture
def world(running: RunningBackend, tmp_path: Path, clock: Ticking) -> Iterator[World]:
    vault = running.services.vault
    assert isinstance(vault, LocalVault)
    code, card_id = found_school(running.services, clock)
    folder = tmp_path / "gate"
    identity = enrol(EnrolmentSettings(running.url, folder), code)
    with BackendClient(running.url, identity, clock) as client:
        world = World(running, identity, client, folder, clock, personalised(vault, UID), card_id)
        world.begin()
        yield world
        world.journal.close()


def test_the_vaults_card_opens_the_gate_with_the_vaults_list(world: World) -> None:
    assert world.parts.link.turn()
    assert world.tap() == "OK"
    assert world.tap(clone_of(world.chip, secrets.token_bytes)) == "CARTE_INCONNUE"
    assert world.parts.link.turn()
    assert world.recorded() == [(1, "OK"), (2, "CARTE_INCONNUE")]
    assert world.journal.count(PassageState.WAITING) == 0


def test_an_unchanged_list_is_confirmed_and_a_blocked_card_is_refused(world: World) -> None:
    world.parts.link.turn()
    world.clock.advance(minutes=2)
    world.parts.link.turn()
    assert world.parts.board.current.confirmed_at == world.clock()
    with world.backend.services.database.unit_of_work() as session:
        block_card(session, world.card_id, "lost", world.clock())
    world.clock.advance(minutes=2)
    world.parts.link.turn()
    held = world.parts.board.current.access_list
    assert held is not None
    assert held.version == 2
    assert world.tap() == "CARTE_OPPOSEE"


def test_the_backend_away_changes_no_decision_and_loses_no_passage(world: World) -> None:
    world.parts.link.turn()
    world.backend.stop()
    assert world.tap() == "OK"
    world.clock.advance(minutes=5)
    assert world.tap() == "DEJA_PASSE"
    assert not world.parts.link.turn()
    assert world.parts.board.current.trouble == "backend_unreachable"
    # Killed and started again, still without a backend: it goes on from the disk.
    world.journal.close()
    world.begin()
    assert world.tap() == "DEJA_PASSE"
    assert world.recorded() == []
    world.backend.start()
    assert world.parts.link.turn()
    assert world.recorded() == [(1, "OK"), (2, "DEJA_PASSE"), (3, "DEJA_PASSE")]


def test_a_card_blocked_now_is_refused_before_any_new_list(world: World) -> None:
    world.parts.link.turn()
    held = world.parts.board.current.access_list
    world.clock.advance(seconds=5)
    with world.backend.services.database.unit_of_work() as session:
        block_card(session, world.card_id, "lost", world.clock())
    assert world.parts.link.turn()
    assert world.parts.board.current.access_list is held, "the list is not due yet"
    assert world.tap() == "CARTE_OPPOSEE"
    # Killed and started again with the same old list: it is still refused.
    world.journal.close()
    world.begin()
    assert world.tap() == "CARTE_OPPOSEE"


class LosingAt:
    """Loses the n-th exchange: the request on its way, or the answer on its way back."""

    def __init__(self, client: BackendClient, nth: int, *, arrives: bool) -> None:
        self._client, self._nth, self._arrives = client, nth, arrives
        self.exchanges = 0

    def fetch_access_list(
        self, etag: str | None = None, *, changes: bool = False
    ) -> SignedList | None:
        return self._lose(lambda: self._client.fetch_access_list(etag, changes=changes))

    def tell_gate_address(self, address: str | None) -> None:
        raise NotImplementedError

    def fetch_gate_photo(self, sha256: str) -> bytes:
        raise NotImplementedError

    def fetch_gate_news(self, since: str | None = None) -> GateNews:
        return self._lose(lambda: self._client.fetch_gate_news(since))

    def upload_passages(self, passages: Sequence[PassageReport]) -> PassageReceipt:
        return self._lose(lambda: self._client.upload_passages(passages))

    def _lose(self, exchange: Callable[[], T]) -> T:
        self.exchanges += 1
        if self.exchanges != self._nth:
            return exchange()
        if self._arrives:
            exchange()
        raise BackendUnreachable("lost")


@pytest.mark.parametrize("arrives", [False, True])
def test_every_exchange_lost_in_turn_counts_each_passage_once(world: World, arrives: bool) -> None:
    world.parts.link.turn()
    expected: list[tuple[int, str]] = []
    for nth in range(1, 5):
        losing = LosingAt(world.client, nth, arrives=arrives)
        world.journal.close()
        world.begin(losing)
        for _ in range(2):
            # Each time a day later, so that each round admits once.
            expected.append((len(expected) + 1, world.tap()))
            world.clock.advance(minutes=1)
        while not world.parts.link.turn():
            assert losing.exchanges < 10
        world.parts.link.turn()
        assert world.recorded() == expected
        assert world.journal.count(PassageState.WAITING) == 0
        world.clock.advance(days=1)
    assert [answer for _, answer in expected].count("OK") == 4


class Killed(BaseException):
    """The process is no more."""


def test_killed_between_the_upload_and_the_mark_it_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.parts.link.turn()
    world.tap()

    def killed(*_: object) -> int:
        raise Killed

    monkeypatch.setattr(world.journal, "settle", killed)
    with pytest.raises(Killed):
        world.parts.link.turn()
    assert world.recorded() == [(1, "OK")]
    world.journal.close()
    world.begin()
    assert world.journal.count(PassageState.WAITING) == 1
    assert world.parts.link.turn()
    assert world.recorded() == [(1, "OK")]
    assert world.journal.count(PassageState.RECORDED) == 1


def test_a_revoked_gate_says_so_and_keeps_its_passages(world: World) -> None:
    world.parts.link.turn()
    world.tap()
    with world.backend.services.database.unit_of_work() as session:
        revoke_terminal(session, UUID(world.identity.terminal_id), world.clock())
    assert not world.parts.link.turn()
    assert world.parts.board.current.trouble == "terminal_revoked"
    assert world.journal.count(PassageState.WAITING) == 1


def test_a_lost_journal_is_seen_not_mixed_up(world: World) -> None:
    """The disk was replaced: numbers begin again, and the backend puts the second 1 aside."""
    world.parts.link.turn()
    world.tap()
    world.parts.link.turn()
    world.journal.close()
    for file in world.folder.glob("passages.db*"):
        file.unlink()
    world.begin()
    world.clock.advance(days=1)
    world.parts.link.turn()
    world.tap()
    world.parts.link.turn()
    [aside] = world.journal.list_quarantined()
    assert aside.reason == "sequence_reused"
    assert world.recorded() == [(1, "OK")]


def test_the_passages_of_a_long_outage_arrive_in_order(world: World) -> None:
    world.parts.link.turn()
    world.backend.stop()
    for _ in range(250):
        world.tap()
        world.clock.advance(seconds=5)
    world.backend.start()
    assert world.parts.link.turn()
    assert [number for number, _ in world.recorded()] == list(range(1, 251))


def test_a_card_blocked_while_the_gate_was_offline_is_refused_as_soon_as_it_is_back(
    world: World,
) -> None:
    assert world.parts.link.turn()
    world.backend.stop()
    with world.backend.services.database.unit_of_work() as session:
        block_card(session, world.card_id, "lost", world.clock())
    assert not world.parts.link.turn()
    assert world.tap() == "OK", "nobody could tell it"
    world.clock.advance(minutes=1)
    world.backend.start()
    assert world.parts.link.turn()
    assert world.tap() == "CARTE_OPPOSEE"


def test_a_forced_door_is_the_establishments_to_see(world: World) -> None:
    assert world.parts.link.turn()
    book = EventBook(world.journal.file)
    book.note(DoorNews.FORCED, world.clock(), str(world.card_id))
    world.backend.stop()
    with pytest.raises(BackendUnreachable):
        hand_over(book, world.client)
    world.backend.start()
    for _ in range(2):
        hand_over(book, world.client)
    with world.backend.services.database.reading() as session:
        [seen] = list_gate_events(session, since=world.clock() - timedelta(hours=1))
    assert (seen.kind, seen.gate, seen.is_alarm) == (GateEventKind.FORCED, "Réfectoire", True)


def test_a_list_longer_than_any_message_to_the_vault_reaches_the_gate(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A vault in a process of its own takes 8 MB at once; a school of 400,000 is ten times that."""
    monkeypatch.setattr(framing, "FRAME_BYTES_MAX", 8_000)
    services, now = world.backend.services, world.clock()
    with services.database.unit_of_work() as session:
        place = session.scalars(select(Establishment.id)).one()
        for number in range(60):
            person = create_beneficiary(
                session,
                given_name="Élève",
                family_name="Martin",
                birth_date=date(2010, 1, 2),
                now=now,
            )
            card = order_card(session, person.id, 2 + number, now)
            card.uid = b"\x04" + number.to_bytes(6, "big")
            move(card, CardEvent.PERSONALISED, now)
            enrol_pupil(session, place, person.id, ["lunch"])
    server = VaultServer(services.vault, Door(tmp_path / "vault.socket"))
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        far = replace(services, vault=RemoteVault(tmp_path / "vault.socket"))
        issued = issue_access_list(far, UUID(world.identity.terminal_id))
        assert issued is not None
        assert len(issued.jws) > 2 * framing.FRAME_BYTES_MAX
        key = world.identity.list_verification_key()
        found = read_access_list(issued.jws, key, world.identity.terminal_id)
        assert len(found.cards) == 61
        assert found.cards[UID].key.reveal() == services.vault.derive_access_key(UID)
        monkeypatch.setattr(access_list, "LIST_BYTES_MAX", 15_000)
        with pytest.raises(ListTooLong):
            issue_access_list(far, UUID(world.identity.terminal_id))
    finally:
        server.stop()
        thread.join(20)
