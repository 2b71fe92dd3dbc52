"""The network comes and goes; passages arrive once, the list is never turned back."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from passcard.secret import Secret
from terminal.api_values import (
    GateNews,
    PassageReceipt,
    PassageReport,
    QuarantinedPassage,
    SiblingAdmission,
    SignedList,
)
from terminal.errors import BackendRefused, BackendUnreachable, JournalError, JournalFault
from terminal.gate.decision import Answer
from terminal.gate.link import BackendLink, Pace
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import Passage, PassageJournal, PassageState, open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.view import state_json

GATE = "3f0c1df0-5a36-4b6e-9a3c-000000000001"
NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)

Payload = Callable[..., dict[str, Any]]


class Signing(Protocol):
    @property
    def key(self) -> Ed25519PublicKey: ...

    def sign(self, payload: object, header: object = None) -> str: ...


class Ticking(Protocol):
    def __call__(self) -> datetime: ...

    def advance(self, **by: float) -> None: ...


@dataclass
class FakeBackend:
    """Keeps what it is given, as the real one does, and fails when told to."""

    jws: str = ""
    version: int = 7
    away: bool = False
    lose_answers: int = 0
    refuses: BackendRefused | None = None
    unreadable: frozenset[int] = frozenset()
    odd: dict[int, str] = field(default_factory=dict)
    kept: dict[UUID, int] = field(default_factory=dict)
    etags: list[str | None] = field(default_factory=list)
    asked_for_changes: list[bool] = field(default_factory=list)
    batches: list[list[int]] = field(default_factory=list)
    blocked: list[UUID] = field(default_factory=list)
    siblings: list[SiblingAdmission] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)

    def fetch_access_list(
        self, etag: str | None = None, *, changes: bool = False
    ) -> SignedList | None:
        self.etags.append(etag)
        self.asked_for_changes.append(changes)
        self._fail()
        if etag == f'"{self.version}"':
            return None
        return SignedList(jws=self.jws, etag=f'"{self.version}"')

    def tell_gate_address(self, address: str | None) -> None:
        raise NotImplementedError

    def fetch_gate_photo(self, sha256: str) -> bytes:
        raise NotImplementedError

    def fetch_gate_news(self, since: str | None = None) -> GateNews:
        self.cursors.append(since)
        self._fail()
        cursor = f"news {len(self.cursors)}"
        return GateNews(cursor=cursor, blocked=tuple(self.blocked), passages=tuple(self.siblings))

    def upload_passages(self, passages: Sequence[PassageReport]) -> PassageReceipt:
        self.batches.append([each.sequence for each in passages])
        self._fail()
        if self.unreadable.intersection(self.batches[-1]):
            raise BackendRefused(422, "malformed_request")
        known = [each for each in passages if each.passage_id in self.kept]
        odd = [each for each in passages if each.sequence in self.odd]
        fresh = [each for each in passages if each not in known and each not in odd]
        self.kept.update({each.passage_id: each.sequence for each in fresh})
        if self.lose_answers:
            self.lose_answers -= 1
            raise BackendUnreachable("the answer is lost")
        return PassageReceipt(
            recorded=tuple(each.passage_id for each in fresh),
            already_recorded=tuple(each.passage_id for each in known),
            quarantined=tuple(
                QuarantinedPassage(passage_id=each.passage_id, reason=self.odd[each.sequence])
                for each in odd
            ),
        )

    def _fail(self) -> None:
        if self.away:
            raise BackendUnreachable("no answer")
        if self.refuses is not None:
            raise self.refuses


@dataclass
class World:
    """A gate's link with everything around it."""

    backend: FakeBackend
    journal: PassageJournal
    store: ListStore
    board: StateBoard
    link: BackendLink
    clock: Ticking

    def tap(self) -> Passage:
        return self.journal.append(
            Passage(
                passage_id=uuid4(),
                occurred_at=self.clock(),
                uid=bytes(7),
                card_id=None,
                service=None,
                answer=Answer.CARTE_INCONNUE,
                detail=None,
                list_version=7,
                milliseconds=1,
            )
        )


@pytest.fixture
def world(tmp_path: Path, signer: Signing, payload: Payload, clock: Ticking) -> Iterator[World]:
    backend = FakeBackend(jws=signer.sign(payload()))
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    store = ListStore(tmp_path, signer.key, GATE, ListSeal(Secret(bytes(32)), GATE))
    board = StateBoard()
    link = BackendLink(
        backend, store, journal, board, now=clock, pace=Pace(60.0, 5.0, (0.01,), 0.4)
    )
    yield World(backend, journal, store, board, link, clock)
    journal.close()


def test_a_first_list_is_kept_and_shown(world: World) -> None:
    assert world.link.turn()
    held = world.board.current.access_list
    assert held is not None
    assert world.board.current.online
    assert world.store.load() == held


LEA_CARD = UUID("00000000-0000-4000-8000-000000000001")


def test_a_card_blocked_between_two_lists_is_opposed_at_once_and_after_a_restart(
    world: World, signer: Signing, payload: Payload
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
    world: World, signer: Signing, payload: Payload
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
    world: World, signer: Signing, payload: Payload
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
