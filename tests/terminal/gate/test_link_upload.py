"""The network comes and goes; passages arrive once, in their order."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal.api_values import (
    PassageReceipt,
)
from terminal.errors import BackendRefused, JournalError, JournalFault
from terminal.gate.link import BackendLink, Pace
from terminal.gate.passages import PassageState
from terminal.gate.state import StateBoard
from terminal.settings import GateSettings
from tests.terminal.gate.link_world import World, linked
from tests.terminal.gate.signed_lists import Clock, Payload, Signer


@pytest.fixture
def world(tmp_path: Path, signer: Signer, payload: Payload, clock: Clock) -> Iterator[World]:
    with linked(tmp_path, signer, payload, clock) as made:
        yield made


def test_passages_go_in_order_and_in_batches(world: World) -> None:
    for _ in range(205):
        world.tap()
    assert world.link.turn()
    assert [len(batch) for batch in world.backend.batches] == [100, 100, 5]
    assert [n for batch in world.backend.batches for n in batch] == list(range(1, 206))
    assert world.journal.count(PassageState.RECORDED) == 205
    assert world.board.current.outbox == 0


def test_backend_away_passages_stay_and_go_once_when_it_is_back(world: World) -> None:
    world.backend.away = True
    made = [world.tap(), world.tap()]
    assert not world.link.turn()
    assert (world.board.current.online, world.board.current.trouble) == (
        False,
        "backend_unreachable",
    )
    assert world.journal.list_waiting() == made
    world.backend.away = False
    assert world.link.turn()
    assert list(world.backend.kept.values()) == [1, 2]


def test_a_lost_answer_is_no_second_passage(world: World) -> None:
    world.tap()
    world.backend.lose_answers = 2
    assert [world.link.turn() for _ in range(3)] == [False, False, True]
    assert list(world.backend.kept.values()) == [1]
    assert world.journal.count(PassageState.RECORDED) == 1


def test_killed_before_the_mark_it_goes_again_and_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tap()

    def killed(*_: object) -> int:
        raise JournalError(JournalFault.UNUSABLE, "the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(world.journal, "settle", killed)
        assert not world.link.turn()
    assert world.journal.count(PassageState.WAITING) == 1
    assert world.link.turn()
    assert list(world.backend.kept.values()) == [1]


def test_what_the_backend_puts_aside_is_counted_on_the_screen(world: World) -> None:
    for _ in range(3):
        world.tap()
    world.backend.odd = {2: "passage_id_reused"}
    assert world.link.turn()
    assert (world.board.current.outbox, world.board.current.quarantined) == (0, 1)


def test_one_unreadable_passage_does_not_hold_up_the_others(world: World) -> None:
    for _ in range(4):
        world.tap()
    world.backend.unreadable = frozenset({3})
    assert world.link.turn()
    assert list(world.backend.kept.values()) == [1, 2, 4]
    [aside] = world.journal.list_quarantined()
    assert (aside.sequence, aside.reason) == (3, "malformed_request")


def test_a_revoked_gate_keeps_everything_and_says_so(world: World) -> None:
    world.tap()
    world.backend.refuses = BackendRefused(401, "terminal_revoked")
    assert not world.link.turn()
    assert world.board.current.trouble == "terminal_revoked"
    assert world.journal.count(PassageState.WAITING) == 1


def test_a_receipt_about_nothing_is_no_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tap()
    empty = PassageReceipt(recorded=(), already_recorded=(), quarantined=())
    monkeypatch.setattr(world.backend, "upload_passages", lambda _: empty)
    assert not world.link.turn()
    assert world.journal.count(PassageState.WAITING) == 1


def test_old_recorded_passages_are_forgotten(world: World) -> None:
    world.tap()
    world.link.turn()
    world.clock.advance(days=91)
    world.link.turn()
    assert world.journal.list_last() == []


@pytest.mark.parametrize("days", [9, 30])
def test_a_site_may_keep_them_for_less(
    tmp_path: Path, signer: Signer, payload: Payload, clock: Clock, days: int
) -> None:
    with linked(tmp_path, signer, payload, clock, retention_days=days) as world:
        world.tap()
        world.link.turn()
        world.clock.advance(days=days, seconds=-1)
        world.link.turn()
        assert len(world.journal.list_last()) == 1
        world.clock.advance(seconds=2)
        world.link.turn()
        assert world.journal.list_last() == []


@pytest.mark.parametrize("days", [8, 91])
def test_no_site_keeps_them_for_longer_than_it_may_or_less_than_a_week_needs(days: int) -> None:
    chosen = {"backend_url": "http://127.0.0.1:1", "state_dir": "/x", "retention_days": days}
    with pytest.raises(ValueError, match="retention_days"):
        GateSettings.model_validate(chosen | {"reader": "Pass"})


def test_the_pauses_grow_and_are_bounded() -> None:
    pace = Pace(refresh_seconds=15.0)
    assert [pace.pause_after(n) for n in range(1, 9)] == [1, 2, 5, 10, 15, 15, 15, 15]


def start_link(link: BackendLink) -> threading.Thread:
    thread = threading.Thread(target=link.run)
    thread.start()
    return thread


class Seen:
    """Lets a test wait for a state without sleeping."""

    def __init__(self, board: StateBoard, wanted: Callable[[StateBoard], bool]) -> None:
        self._event = threading.Event()
        self._board, self._wanted = board, wanted
        self._stop = board.listen(self._look)
        self._look()

    def _look(self) -> None:
        if self._wanted(self._board):
            self._event.set()

    def wait(self) -> bool:
        try:
            return self._event.wait(10)
        finally:
            self._stop()


def test_in_its_thread_it_wakes_for_a_passage_and_stops_at_once(world: World) -> None:
    thread = start_link(world.link)
    assert Seen(world.board, lambda board: board.current.online).wait()
    world.tap()
    world.board.change(outbox=1)
    world.link.wake()
    assert Seen(world.board, lambda board: board.current.outbox == 0).wait()
    world.link.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_in_a_rush_passages_go_together_and_news_are_not_asked_each_time(world: World) -> None:
    thread = start_link(world.link)
    assert Seen(world.board, lambda board: board.current.online).wait()
    for _ in range(4):  # within what a passage waits for company
        world.tap()
        world.board.change(outbox=world.board.current.outbox + 1)
        world.link.wake()
    assert Seen(world.board, lambda board: board.current.outbox == 0).wait()
    world.link.stop()
    thread.join(5)
    assert world.backend.batches == [[1, 2, 3, 4]]
    assert (len(world.backend.cursors), len(world.backend.etags)) == (1, 1)


def test_in_its_thread_it_comes_back_by_itself(world: World) -> None:
    world.backend.away = True
    thread = start_link(world.link)
    assert Seen(world.board, lambda board: board.current.trouble is not None).wait()
    world.tap()
    world.backend.away = False
    assert Seen(world.board, lambda board: board.current.online).wait()
    world.link.stop()
    thread.join(5)
    assert list(world.backend.kept.values()) == [1]
