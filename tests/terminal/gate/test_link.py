"""The list and the news come as they can, and are never turned back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from terminal.api_values import (
    SiblingAdmission,
)
from terminal.errors import BackendRefused
from terminal.gate.view import state_json
from tests.terminal.gate.link_world import World, linked
from tests.terminal.gate.signed_lists import NOON, Clock, Payload, Signer


@pytest.fixture
def world(tmp_path: Path, signer: Signer, payload: Payload, clock: Clock) -> Iterator[World]:
    with linked(tmp_path, signer, payload, clock) as made:
        yield made


def test_a_first_list_is_kept_and_shown(world: World) -> None:
    assert world.link.turn()
    held = world.board.current.access_list
    assert held is not None
    assert world.board.current.online
    assert world.store.load() == held


LEA_CARD = UUID("00000000-0000-4000-8000-000000000001")


def test_a_card_blocked_between_two_lists_is_opposed_at_once_and_after_a_restart(
    world: World, signer: Signer, payload: Payload
) -> None:
    world.link.turn()
    assert world.board.current.opposed == frozenset()
    world.backend.blocked.append(LEA_CARD)
    world.link.turn()
    assert world.board.current.opposed == {str(LEA_CARD)}
    assert world.journal.list_opposed(7) == {str(LEA_CARD)}, "it is on the disk"
    # The next list knows it itself.
    world.backend.blocked.clear()
    world.backend.jws, world.backend.version = signer.sign(payload(version=8)), 8
    world.clock.advance(seconds=61)
    world.link.turn()
    assert world.board.current.opposed == frozenset()


def test_news_are_asked_for_from_the_last_cursor_that_was_kept(world: World) -> None:
    world.link.turn()
    world.backend.away = True
    world.link.turn()
    world.backend.away = False
    world.link.turn()
    assert world.backend.cursors == [None, "news 1", "news 1"]


def test_a_cursor_that_the_backend_does_not_know_is_given_up(world: World) -> None:
    world.link.turn()
    world.backend.refuses = BackendRefused(404, "cursor_invalid")
    world.link.turn()
    world.backend.refuses = None
    world.link.turn()
    assert world.backend.cursors == [None, "news 1", None]


def test_without_a_list_no_news_are_asked_for(world: World) -> None:
    world.backend.refuses = BackendRefused(404, "gate_not_assigned")
    world.link.turn()
    assert world.backend.cursors == []


def test_who_passed_at_a_sibling_has_passed(world: World) -> None:
    world.backend.siblings.append(
        SiblingAdmission(
            passage_id=uuid4(),
            gate=uuid4(),
            sequence=3,
            card_id=LEA_CARD,
            service="lunch",
            occurred_at=world.clock(),
        )
    )
    world.link.turn()
    world.link.turn()
    [admission] = world.journal.list_admissions(str(LEA_CARD), world.clock())
    assert (admission.service, admission.at) == ("lunch", world.clock())


def test_a_list_is_asked_for_again_only_when_due_and_confirmed_by_its_etag(world: World) -> None:
    world.link.turn()
    world.clock.advance(seconds=59)
    world.link.turn()
    assert world.backend.etags == [None]
    world.clock.advance(seconds=1)
    world.link.turn()
    assert world.backend.etags == [None, '"7"']
    assert world.board.current.confirmed_at == world.clock()
    held = world.board.current.access_list
    assert held is not None
    assert world.store.confirmed_at(held, world.clock()) == world.clock()


def test_a_clock_set_back_does_not_stop_the_refreshes(world: World) -> None:
    world.link.turn()
    world.clock.advance(days=-30)
    world.link.turn()
    assert len(world.backend.etags) == 2


def test_past_half_its_validity_the_same_version_is_fetched_anew(
    world: World, signer: Signer, payload: Payload
) -> None:
    world.link.turn()
    world.clock.advance(hours=24)
    world.backend.jws = signer.sign(payload(issued=world.clock()))
    world.link.turn()
    assert world.backend.etags == [None, None]
    held = world.board.current.access_list
    assert held is not None
    assert held.issued_at == world.clock()


def test_an_older_list_changes_nothing_and_is_shown_as_trouble(
    world: World, signer: Signer, payload: Payload
) -> None:
    world.link.turn()
    world.backend.version, world.backend.jws = 6, signer.sign(payload(version=6))
    world.clock.advance(minutes=2)
    world.link.turn()
    held = world.board.current.access_list
    assert held is not None
    assert held.version == 7
    assert world.board.current.trouble == "list_older"
    world.backend.version, world.backend.jws = 8, signer.sign(payload(version=8))
    world.clock.advance(minutes=2)
    world.link.turn()
    assert world.board.current.trouble is None


def test_a_full_disk_still_serves_the_new_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.store, "_write", full)
    world.link.turn()
    assert world.board.current.access_list is not None
    assert world.board.current.trouble == "list_not_kept"


def test_the_age_of_the_list_turns_amber(world: World) -> None:
    world.link.turn()
    shown = state_json(world.board.current, NOON + timedelta(minutes=6))
    assert (shown["list_words"], shown["list_age_seconds"]) == ("liste de 12:04", 360)
    assert (shown["service"], shown["list_stale"]) == ("lunch", False)
    late = state_json(world.board.current, NOON + timedelta(hours=24))
    assert (late["list_words"], late["list_stale"]) == (
        "liste ancienne du 17/11 à 12:04",
        True,
    )
    none = state_json(replace(world.board.current, access_list=None), NOON)
    assert (none["service"], none["list_version"], none["list_stale"]) == (None, None, True)
