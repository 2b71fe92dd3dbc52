"""Between gate and backend anything may be lost, killed or restored: each passage counts once."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.partners.enrolment import revoke_terminal
from terminal.api_values import (
    GateNews,
    PassageReceipt,
    PassageReport,
    SignedList,
)
from terminal.backend_client import BackendClient
from terminal.errors import BackendUnreachable
from terminal.gate.passages import PassageState
from tests.terminal.gate.backend_world import World, school_with_gate
from tests.terminal.gate.signed_lists import Clock

T = TypeVar("T")


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with school_with_gate(tmp_path, clock) as made:
        yield made


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
        raise AssertionError(f"siblings speak of addresses, the link does not: {address}")

    def fetch_gate_photo(self, sha256: str) -> bytes:
        raise AssertionError(f"no list here names a photo: {sha256}")

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
