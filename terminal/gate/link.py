"""Between the gate and the backend: list and news come, the passages go, at the gate's own pace.

Promise: passages go in order of their numbers, at most BATCH_MAX at once, and are marked only
after the backend named them; killed or cut at any moment, the same passages go again and count
once. One passage the backend cannot even read does not hold the others up: it is put aside, with
the reason, and shown. A refused list changes nothing. Nothing here is waited for by a tap.

Not here: HTTP (`terminal/backend_client.py`).
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from terminal.api_values import (
    GateNews,
    InterventionReport,
    PassageReceipt,
    PassageReport,
    SiblingAdmission,
    SignedList,
)
from terminal.errors import BackendError, BackendGarbled, BackendRefused, JournalError
from terminal.gate.access_list import ListRefused
from terminal.gate.list_store import ListNotKept, ListStore
from terminal.gate.passages import (
    BATCH_MAX,
    Passage,
    PassageJournal,
    PassageState,
    SiblingPassage,
)
from terminal.gate.state import StateBoard

LOG = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 60.0
NEWS_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 2.0
"""A passage waits at most this long for company: in a rush, two or three go in one request."""
BACK_OFF_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Pauses after the first, second … failure in a row; the last one then repeats."""
BATCHES_PER_ROUND_MAX: Final = 20
UNREADABLE: Final = frozenset({413, 422})
#: The backend has no such place in its news, or no longer.
CURSOR_INVALID: Final = "cursor_invalid"
"""Statuses by which the backend says that it cannot read what it was sent."""


class GateBackend(Protocol):
    """What the gate asks of the backend."""

    def fetch_access_list(
        self, etag: str | None = None, *, changes: bool = False
    ) -> SignedList | None:
        """Return the signed list, or changes to the one of `etag`; None if it is still that."""
        ...

    def fetch_gate_news(self, since: str | None = None) -> GateNews:
        """Return what happened since the cursor of the last answer."""
        ...

    def upload_passages(self, passages: Sequence[PassageReport]) -> PassageReceipt:
        """Hand over at most BATCH_MAX passages."""
        ...

    def tell_gate_address(self, address: str | None) -> None:
        """Say where this gate listens for its siblings."""
        ...

    def fetch_gate_photo(self, sha256: str) -> bytes:
        """Return a photo that the list names."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the link turns; pauses in seconds."""

    refresh_seconds: float = REFRESH_SECONDS
    news_seconds: float = NEWS_SECONDS
    back_off_seconds: Sequence[float] = BACK_OFF_SECONDS
    gather_seconds: float = GATHER_SECONDS

    def pause_after(self, failures: int) -> float:
        """Return the pause after so many failures in a row; it never exceeds the refresh's."""
        last = len(self.back_off_seconds) - 1
        return min(self.back_off_seconds[min(failures - 1, last)], self.refresh_seconds)


class BackendLink:
    """Turns in a thread of its own; `wake` it after a passage, `stop` it at the end.

    `chores` are done at each turn that goes well, and may raise what the backend may; `woken_too`
    hear of each passage; `hear_addresses` is told where siblings listen.
    """

    def __init__(
        self,
        backend: GateBackend,
        store: ListStore,
        journal: PassageJournal,
        board: StateBoard,
        *,
        now: Callable[[], datetime],
        pace: Pace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hear_addresses: Callable[[Mapping[str, str]], None] = lambda _: None
        self.woken_too: list[Callable[[], None]] = []
        self.chores: list[Callable[[], None]] = []
        self._backend = backend
        self._store = store
        self._journal = journal
        self._board = board
        self._now = now
        self._monotonic = monotonic
        self._pace = pace or Pace()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._refresh_at: datetime | None = None
        self._cursor: str | None = None

    def wake(self) -> None:
        """Say that a passage waits; during a back-off it goes on waiting."""
        self._wake.set()
        for each in self.woken_too:
            each()

    def stop(self) -> None:
        """End `run` after the exchange it is in."""
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Turn until stopped. Every failure is a state on the screen, none ends the loop."""
        failures, news_at = 0, 0.0
        while not self._stop.is_set():
            self._wake.clear()
            began = self._monotonic()
            is_due = failures > 0 or began >= news_at
            if is_due:
                news_at = began + min(self._pace.refresh_seconds, self._pace.news_seconds)
            if self.turn(only_upload=not is_due):
                failures = 0
                # Awake at once for a passage; a stop that came meanwhile has set it too.
                self._wait(self._wake, news_at - self._monotonic())
                self._wait(self._stop, self._gathered_at(began, news_at) - self._monotonic())
            else:
                failures += 1
                self._wait(self._stop, self._pace.pause_after(failures))

    def _gathered_at(self, began: float, news_at: float) -> float:
        """Return when the next turn may begin: a passage waits for others, news for nobody."""
        return min(began + self._pace.gather_seconds, news_at)

    def _wait(self, event: threading.Event, seconds: float) -> None:
        if not self._stop.is_set() and seconds > 0:
            event.wait(seconds)

    def turn(self, *, only_upload: bool = False) -> bool:
        """Refresh the list if it is time, hear the news, hand over what waits.

        Return whether all went well.
        """
        trouble = None
        if not only_upload:
            trouble = self._attempt(self._refresh_when_due)
            trouble = self._attempt(self.hear_news) or trouble
        # A list that cannot come (gate not assigned yet) is no reason to keep the passages.
        trouble = self._attempt(self.upload) or trouble
        for chore in self.chores if trouble is None else ():
            trouble = self._attempt(chore) or trouble
        self._board.change(
            online=trouble is None, trouble=trouble or self._board.current.list_fault
        )
        return trouble is None

    def _attempt(self, step: Callable[[], object]) -> str | None:
        """Run one step; return the code of what went wrong, None if nothing did."""
        try:
            step()
        except BackendRefused as refusal:
            LOG.warning("the backend refused", extra={"facts": {"code": refusal.code}})
            return refusal.code
        except BackendError as error:
            LOG.warning("no answer from the backend: %s", error)
            return "backend_unreachable"
        except JournalError as error:
            LOG.error("the journal cannot be read or marked: %s", error)  # noqa: TRY400 - its own message says it all
            return f"journal_{error.fault}"
        return None

    def _refresh_when_due(self) -> None:
        now = self._now()
        due = self._refresh_at
        # A clock set back must not put the next refresh into a far future.
        if due is not None and now < due <= now + timedelta(seconds=self._pace.refresh_seconds):
            return
        self.refresh()
        self._refresh_at = now + timedelta(seconds=self._pace.refresh_seconds)

    def refresh(self) -> None:
        """Fetch the list, or learn that the one held is current; raises BackendError."""
        held, now = self._board.current.access_list, self._now()
        # Past half its validity the same version is fetched anew, for its later `valid_until`.
        is_fresh = (
            held is not None and now < held.issued_at + (held.valid_until - held.issued_at) / 2
        )
        etag = held.etag if held is not None and is_fresh else None
        signed = self._backend.fetch_access_list(etag, changes=not self._store.wants_whole())
        if signed is None:
            self._store.confirm(now)
            self._board.change(confirmed_at=now, list_fault=None)
            return
        if not self._accept(signed.jws, now) and etag is not None:
            # Changes that do not fit what is held: only a whole list helps.
            whole = self._backend.fetch_access_list()
            if whole is not None:
                self._accept(whole.jws, now)

    def _accept(self, jws: str, now: datetime) -> bool:
        """Use a list that came, if it may be used; tell whether it was."""
        try:
            fresh = self._store.accept(jws, self._board.current.access_list)
        except ListRefused as refusal:
            LOG.error("%s", refusal)  # noqa: TRY400 - a traceback would show nothing more
            self._board.change(list_fault=f"list_{refusal.fault}")
            return False
        held = fresh.access_list
        opposed = self._journal.list_opposed(held.version)
        self._board.change(access_list=held, confirmed_at=now, list_fault=None, opposed=opposed)
        try:
            self._store.keep(jws, now, None if fresh.is_whole else held.version)
        except ListNotKept as fault:
            LOG.error("%s", fault)  # noqa: TRY400 - idem
            self._board.change(list_fault="list_not_kept")
        return True

    def hear_news(self) -> None:
        """Note who was blocked and who passed elsewhere; raises BackendError and JournalError."""
        held = self._board.current.access_list
        if held is None:
            return  # without a list nobody passes
        try:
            news = self._backend.fetch_gate_news(self._cursor)
        except BackendRefused as refusal:
            if refusal.code == CURSOR_INVALID:
                self._cursor = None  # begun again: what was heard twice is noted once
            raise
        self._journal.note_opposed([str(card_id) for card_id in news.blocked], held.version)
        self._journal.note_siblings([_sibling(passage) for passage in news.passages])
        self._journal.note_cancelled(news.cancelled, self._now())
        self.hear_addresses({str(each.gate): each.address for each in news.siblings})
        self._board.change(opposed=self._journal.list_opposed(held.version))
        self._cursor = news.cursor  # kept only once everything is on the disk

    def upload(self) -> None:
        """Hand over what waits, oldest first; raises BackendError and JournalError."""
        for _ in range(BATCHES_PER_ROUND_MAX):
            batch = self._journal.list_waiting(BATCH_MAX)
            if not batch:
                break
            self._hand_over(batch)
            self._show_counts()
            if self._stop.is_set():
                break
        self._journal.forget_before(self._now() - self._journal.retention)

    def _show_counts(self) -> None:
        self._board.change(
            outbox=self._journal.count(PassageState.WAITING),
            quarantined=self._journal.count(PassageState.QUARANTINED),
        )

    def _hand_over(self, batch: Sequence[Passage]) -> None:
        try:
            receipt = self._backend.upload_passages([_report(passage) for passage in batch])
        except BackendRefused as refusal:
            if refusal.status not in UNREADABLE:
                raise
            self._hand_over_singly(batch, refusal)
            return
        recorded = [*receipt.recorded, *receipt.already_recorded]
        quarantined = {each.passage_id: each.reason for each in receipt.quarantined}
        if self._journal.settle(recorded, quarantined) == 0:
            raise BackendGarbled("the receipt names none of the passages that were sent")

    def _hand_over_singly(self, batch: Sequence[Passage], refusal: BackendRefused) -> None:
        """Find the passage that the backend cannot read, and put it aside."""
        if len(batch) == 1:
            self._journal.settle([], {batch[0].passage_id: refusal.code})
            return
        for passage in batch:
            self._hand_over([passage])


def _sibling(heard: SiblingAdmission) -> SiblingPassage:
    return SiblingPassage(
        passage_id=heard.passage_id,
        gate=str(heard.gate),
        sequence=heard.sequence,
        card_id=None if heard.card_id is None else str(heard.card_id),
        service=heard.service,
        occurred_at=heard.occurred_at,
        day_code_id=None if heard.day_code_id is None else str(heard.day_code_id),
    )


def _report(passage: Passage) -> PassageReport:
    done = passage.intervention
    return PassageReport(
        passage_id=passage.passage_id,
        sequence=passage.sequence,
        occurred_at=passage.occurred_at,
        uid=passage.uid,
        card_id=None if passage.card_id is None else UUID(passage.card_id),
        service=passage.service,
        answer=passage.answer,
        detail=passage.detail,
        list_version=passage.list_version,
        intervention=None if done is None else InterventionReport(**asdict(done)),
    )
