"""Both ends of the gate: a real backend on a real port, a real client, a chip made by the vault."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.access import access_list
from backend.access.access_list import issue_access_list
from backend.access.errors import ListTooLong
from backend.access.establishments import (
    enrol_pupil,
)
from backend.access.event_tables import GateEventKind
from backend.access.gate_events import list_gate_events
from backend.access.tables import Establishment
from backend.accounts.beneficiaries import create_beneficiary
from backend.cards.life import block_card, move, order_card
from backend.cards.states import CardEvent
from backend.vault import framing
from backend.vault.remote import RemoteVault
from backend.vault.serving import Door, VaultServer
from simulator.chip.other_cards import clone_of
from terminal.errors import BackendUnreachable
from terminal.gate.access_list import read_access_list
from terminal.gate.door.event_book import DoorNews, EventBook, hand_over
from terminal.gate.passages import PassageState
from tests.terminal.gate.backend_world import UID, World, school_with_gate
from tests.terminal.gate.signed_lists import Clock

T = TypeVar("T")


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with school_with_gate(tmp_path, clock) as made:
        yield made


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
    for kind, people in ((DoorNews.EMERGENCY, None), (DoorNews.EMERGENCY_OVER, 17)):
        book.note(kind, world.clock(), passages=people, supervisor="Mme Roy")
    hand_over(book, world.client)
    assert book.list_waiting() == []
    with world.backend.services.database.reading() as session:
        over, freed, seen = list_gate_events(session, since=world.clock() - timedelta(hours=1))
    assert (seen.kind, seen.gate, seen.is_alarm) == (GateEventKind.FORCED, "Réfectoire", True)
    assert (freed.kind, freed.is_alarm) == (GateEventKind.EMERGENCY, True)
    assert (over.kind, over.passages) == (GateEventKind.EMERGENCY_OVER, 17)


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
