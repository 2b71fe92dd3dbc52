"""A gate's link with a backend in memory that keeps what it is given, for tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from passcard.secret import Secret
from terminal.api_values import (
    GateNews,
    PassageReceipt,
    PassageReport,
    QuarantinedPassage,
    SiblingAdmission,
    SignedList,
)
from terminal.errors import BackendRefused, BackendUnreachable
from terminal.gate.decision import Answer
from terminal.gate.link import BackendLink, Pace
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.state import StateBoard
from tests.terminal.gate.signed_lists import GATE, Clock, Payload, Signer


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
        raise AssertionError(f"siblings speak of addresses, the link does not: {address}")

    def fetch_gate_photo(self, sha256: str) -> bytes:
        raise AssertionError(f"no list here names a photo: {sha256}")

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
    clock: Clock

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


@contextmanager
def linked(
    folder: Path, signer: Signer, payload: Payload, clock: Clock, *, retention_days: int = 90
) -> Iterator[World]:
    """Put a gate's link together; take it away at the end."""
    backend = FakeBackend(jws=signer.sign(payload()))
    journal = open_passage_journal(folder / "passages.sqlite3", None, retention_days)
    store = ListStore(folder, signer.key, GATE, ListSeal(Secret(bytes(32)), GATE))
    board = StateBoard()
    link = BackendLink(
        backend, store, journal, board, now=clock, pace=Pace(60.0, 5.0, (0.01,), 0.4)
    )
    yield World(backend, journal, store, board, link, clock)
    journal.close()
