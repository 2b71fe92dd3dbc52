"""What goes wrong at a gate: no passage lost, none doubled, nobody admitted who may not be."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from passcard.secret import Secret
from simulator.chip.chip import Chip
from simulator.chip.other_cards import clone_of
from terminal.api_values import GateNews, PassageReceipt, PassageReport, SignedList
from terminal.backend_client import BackendClient
from terminal.errors import BackendUnreachable
from terminal.gate.access_list import read_access_list
from terminal.gate.decision import Answer, Detail
from terminal.gate.link import BackendLink, GateBackend, Pace
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import Passage, PassageJournal, PassageState, open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.tap import Gate
from terminal.gate.view import state_json
from tests.terminal.gate.signed_lists import GATE, LEA_UID, Clock, Payload, Signer
from tests.terminal.gate.test_tap import Field, pass_card
from tests.terminal.scripted_backend import Reply, ScriptedBackend

ROOT = Path(__file__).parents[3]
SECONDS_MAX = 60
FRAME_HEADER, PAGE = 24, 4096  # sqlite.org/fileformat2.html §4
PUPILS = 3
PACE = Pace(60.0, 5.0, (0.01,))


@dataclass
class Ledger:
    """A backend that keeps each passage once, and may be away."""

    jws: str
    away: bool = False
    kept: dict[UUID, PassageReport] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)

    def _answer(self) -> None:
        if self.away:
            raise BackendUnreachable("no answer")

    def fetch_access_list(
        self, etag: str | None = None, *, changes: bool = False
    ) -> SignedList | None:
        del changes
        self._answer()
        return None if etag == '"7"' else SignedList(jws=self.jws, etag='"7"')

    def fetch_gate_news(self, since: str | None = None) -> GateNews:
        del since
        self._answer()
        return GateNews(cursor="now", blocked=(), passages=())

    def upload_passages(self, passages: Sequence[PassageReport]) -> PassageReceipt:
        self._answer()
        fresh = [each for each in passages if each.passage_id not in self.kept]
        self.kept.update({each.passage_id: each for each in fresh})
        self.order.extend(each.sequence for each in fresh)
        old = tuple(each.passage_id for each in passages if each not in fresh)
        recorded = tuple(each.passage_id for each in fresh)
        return PassageReceipt(recorded=recorded, already_recorded=old, quarantined=())


@dataclass
class World:
    """A gate with three pupils and everything around it."""

    folder: Path
    gate: Gate
    journal: PassageJournal
    board: StateBoard
    link: BackendLink
    backend: Ledger
    clock: Clock
    cards: list[Chip]

    def tap(self, card: Chip) -> str:
        self.gate.serve(Field(card), 100.0)
        shown = self.board.current.shown
        assert shown is not None
        return shown.answer

    def rows(self) -> list[Passage]:
        return list(reversed(self.journal.list_last(500)))

    def hand_over(self) -> None:
        """Turn the link until nothing waits."""
        while self.journal.count(PassageState.WAITING):
            assert self.link.turn()


@pytest.fixture
def world(
    tmp_path: Path, signer: Signer, payload: Payload, card: Payload, clock: Clock
) -> Iterator[World]:
    pupils = [card(f"04AABBCCDDEE{n:02}", f"Élève {n}", n) for n in range(1, PUPILS + 1)]
    jws = signer.sign(payload(cards=pupils))
    journal = open_passage_journal(tmp_path / "passages.db")
    board, backend = StateBoard(), Ledger(jws)
    store = ListStore(tmp_path, signer.key, GATE, ListSeal(Secret(bytes(32)), GATE))
    board.change(access_list=read_access_list(jws, signer.key, GATE), confirmed_at=clock())
    gate = Gate(journal, board, now=clock, monotonic=lambda: 100.04)
    spoken_to = cast("GateBackend", backend)  # what no fault here asks for is left out
    link = BackendLink(spoken_to, store, journal, board, now=clock, pace=PACE)
    cards = [pass_card(f"04AABBCCDDEE{n:02}", n) for n in range(1, PUPILS + 1)]
    yield World(tmp_path, gate, journal, board, link, backend, clock, cards)
    journal.close()


# --- the backend is away for a week ---------------------------------------------------------------


def test_the_backend_away_for_a_week(world: World) -> None:
    assert world.link.turn()
    world.backend.away = True
    for _day in range(7):
        noon = world.clock()
        for card in world.cards:
            world.tap(card)
            world.clock.advance(seconds=90)
            world.tap(card)  # each comes twice, every day
            assert not world.link.turn()
        world.clock.advance(seconds=(noon + timedelta(days=1) - world.clock()).total_seconds())
    state = state_json(world.board.current, world.clock())
    assert (state["online"], state["list_stale"]) == (False, True)
    assert state["outbox"] == world.journal.count(PassageState.WAITING) == 7 * 2 * PUPILS

    world.backend.away = False
    world.hand_over()
    world.link.turn()
    assert world.backend.order == list(range(1, 7 * 2 * PUPILS + 1))
    admitted = [each for each in world.backend.kept.values() if each.answer == "OK"]
    a_day = Counter((each.uid, each.occurred_at.date()) for each in admitted)
    # Tuesday to Friday, and Monday: the list was too old and still feeds the school.
    assert len(a_day) == 5 * PUPILS
    assert set(a_day.values()) == {1}
    assert world.board.current.online


# --- the clock jumps ------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-50, 50, -20, 24 * 60, -30 * 24 * 60], ids=lambda m: f"{m} min")
def test_a_clock_that_jumps_gives_nobody_a_second_meal(world: World, jump: int) -> None:
    lea = world.cards[0]
    assert world.tap(lea) == Answer.OK
    noon = world.clock()
    world.clock.advance(minutes=jump)
    during = world.tap(lea)
    world.clock.advance(minutes=-jump)
    world.clock.advance(minutes=2)
    assert world.tap(lea) == Answer.DEJA_PASSE
    admitted = [row for row in world.rows() if row.answer is Answer.OK]
    # By its own clock another day is another meal; on the true day there is one.
    assert admitted[0].occurred_at == noon
    assert len(admitted) == (2 if jump == 24 * 60 else 1)
    assert (during == Answer.OK) == (jump == 24 * 60)
    world.hand_over()
    assert len(world.backend.kept) == len(world.rows())


# --- the list comes in half -----------------------------------------------------------------------


class FixedIdentity:
    def client_assertion(self, now: datetime) -> str:
        return f"assertion made at {now:%H:%M}"


def test_a_list_half_downloaded_changes_nothing_and_comes_whole_later(
    world: World, backend: ScriptedBackend, signer: Signer, payload: Payload, card: Payload
) -> None:
    fresh = signer.sign(payload(version=8, cards=[card(LEA_UID, "Léa", 1, state="blocked")]))
    body = {"list": fresh}
    path = "/v1/access-list"
    size = len(json.dumps(body))
    etag = {"ETag": '"8"'}
    cuts = (1, size // 3, size // 2, size - 1)
    for cut in cuts:
        backend.script(path, Reply(body=body, headers=etag, cut_after=cut))
    torn = Reply(body={"list": fresh[:-8]}, headers=etag)
    backend.script(path, torn, torn)  # refused, it is asked for once more, whole
    backend.script(path, Reply(body=body, headers=etag))
    store = ListStore(world.folder, signer.key, GATE, ListSeal(Secret(bytes(32)), GATE))
    with BackendClient(backend.url, FixedIdentity()) as client:
        link = BackendLink(client, store, world.journal, world.board, now=world.clock, pace=PACE)
        before = world.board.current.access_list
        for _ in cuts:
            with pytest.raises(BackendUnreachable):
                link.refresh()
            assert world.board.current.access_list is before
        link.refresh()  # whole by its length, and half of what was signed
        assert world.board.current.access_list is before
        assert world.board.current.list_fault is not None
        assert world.tap(world.cards[1]) == Answer.OK
        link.refresh()
    held = world.board.current.access_list
    assert held is not None
    assert held.version == 8
    assert state_json(world.board.current, world.clock())["list_version"] == 8
    assert store.load() == held
    assert world.tap(world.cards[0]) == Answer.CARTE_OPPOSEE


# --- one card, too often --------------------------------------------------------------------------


def test_fifty_taps_a_second_from_one_card(world: World) -> None:
    lea = world.cards[0]
    said = Counter[str]()
    for _ in range(2 * 50):
        said[world.tap(lea)] += 1
        world.clock.advance(milliseconds=20)
    assert said == {Answer.OK: 1, Answer.DEJA_PASSE: 2 * 50 - 1}
    assert world.tap(world.cards[1]) == Answer.OK  # and the queue goes on
    world.hand_over()
    assert world.backend.order == list(range(1, 2 * 50 + 2))


def test_clones_of_a_uid_between_the_taps_of_the_real_card(world: World) -> None:
    lea = world.cards[0]
    clones = [clone_of(lea, bytes), pass_card(LEA_UID, 2)]
    said = []
    for card in (clones[0], lea, clones[1], clones[0], lea):
        said.append(world.tap(card))
        world.clock.advance(minutes=1)
    unknown = Answer.CARTE_INCONNUE
    assert said == [unknown, Answer.OK, unknown, unknown, Answer.DEJA_PASSE]
    genuine = [row for row in world.rows() if row.detail is not Detail.NOT_GENUINE]
    assert [row.answer for row in genuine] == [Answer.OK, Answer.DEJA_PASSE]
