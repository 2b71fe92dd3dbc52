"""What happened at door and reader, in the gate's journal: numbered, kept, handed over once.

Promise: an event is on the disk when `note` returns; it is handed over in the order of its numbers,
never changed, and forgotten only once the backend has it and its time is over. The backend is told
what happened and when, never who stood there; who released a door by hand stays here, sealed. Not
here: what an alarm is (`motion.py`).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID, uuid4

from terminal.errors import BackendGarbled, BackendRefused, JournalError
from terminal.gate.name_seal import Names, NoSeal
from terminal.gate_event_values import GateEventReceipt, GateEventReport
from terminal.journal_file import JournalFile, Row

LOG = logging.getLogger(__name__)

LISTED_MAX: Final = 100
BATCH_MAX: Final = 100  # the API's own bound for one upload
BATCHES_AT_ONCE_MAX: Final = 10
UNREADABLE: Final = frozenset({413, 422})
"""Statuses by which the backend says that it cannot read what it was sent."""
READER_NEWS_SECONDS: Final = 30.0
"""A plug that wobbles is told of no more often; at last it is told how it is."""


class DoorNews(StrEnum):
    """What is kept of a door's day; the values are the API's words."""

    NOT_PASSED = "not_passed"  # released, and nobody went through
    IN_DOUBT = "in_doubt"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    SENSOR_STUCK = "sensor_stuck"
    LINE_LOST = "line_lost"
    ALARM_OVER = "alarm_over"
    EMERGENCY = "emergency"  # the fire panel released the door for everybody
    EMERGENCY_BY_HAND = "emergency_hand"  # a supervisor did
    EMERGENCY_OVER = "emergency_over"
    READER_LOST = "reader_lost"
    READER_BACK = "reader_back"


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """One thing that happened; `is_told`: the backend has it, or would not take it.

    `passages` went through a door released for everybody, `supervisor` released it or ended that.
    """

    sequence: int
    event_id: UUID
    occurred_at: datetime
    kind: DoorNews
    card_id: str | None
    is_told: bool
    passages: int | None = None
    supervisor: str | None = None


class EventBackend(Protocol):
    """What takes the events."""

    def upload_gate_events(self, events: Sequence[GateEventReport]) -> GateEventReceipt:
        """Hand over at most BATCH_MAX events."""
        ...


class EventBook:
    """The events of one gate, in the file of its passages."""

    def __init__(
        self,
        file: JournalFile,
        new_id: Callable[[], UUID] = uuid4,
        *,
        names: Names | None = None,
    ) -> None:
        self._file = file
        self._new_id = new_id
        self._names: Names = names or NoSeal()

    def note(
        self,
        kind: DoorNews,
        at: datetime,
        card_id: str | None = None,
        *,
        passages: int | None = None,
        supervisor: str | None = None,
    ) -> None:
        """Write down what happened; raises JournalError."""
        moment = at.astimezone(UTC).isoformat(timespec="microseconds")
        name = None if supervisor is None else self._names.close(supervisor)
        self._file.execute(
            "insert into door_event (event_id, occurred_at, kind, card_id, passages, supervisor)"
            " values (?, ?, ?, ?, ?, ?)",
            (self._new_id().hex, moment, kind, card_id, passages, name),
        )

    def list_events(self, count_max: int = LISTED_MAX) -> list[DoorEvent]:
        """Return what happened last, newest first."""
        rows = self._file.rows(
            "select * from door_event order by sequence desc limit ?", (min(count_max, LISTED_MAX),)
        )
        return [self._event(row) for row in rows]

    def list_waiting(self) -> list[DoorEvent]:
        """Return the first events to hand over, in order of their numbers."""
        rows = self._file.rows(
            "select * from door_event where state = 'waiting' order by sequence limit ?",
            (BATCH_MAX,),
        )
        return [self._event(row) for row in rows]

    def _event(self, row: Row) -> DoorEvent:
        supervisor = row["supervisor"]
        return DoorEvent(
            sequence=row["sequence"],
            event_id=UUID(row["event_id"]),
            occurred_at=datetime.fromisoformat(row["occurred_at"]),
            kind=DoorNews(row["kind"]),
            card_id=row["card_id"],
            is_told=row["state"] != "waiting",
            passages=row["passages"],
            supervisor=None if supervisor is None else self._names.open(supervisor),
        )

    def settle(self, recorded: Sequence[UUID], refused: Mapping[UUID, str]) -> int:
        """Mark what the backend said, all or nothing; return how many that settled."""
        sql = "update door_event set state = ?, reason = ? where event_id = ? and state = 'waiting'"
        with self._file.transaction():
            settled = sum(
                self._file.execute(sql, ("recorded", None, event_id.hex)) for event_id in recorded
            )
            return settled + sum(
                self._file.execute(sql, ("refused", reason, event_id.hex))
                for event_id, reason in refused.items()
            )


def hand_over(book: EventBook, backend: EventBackend) -> None:
    """Hand over what waits, oldest first; raises BackendError and JournalError.

    Cut at any moment, the same events go again and count once.
    """
    for _ in range(BATCHES_AT_ONCE_MAX):
        waiting = book.list_waiting()
        if not waiting:
            return
        try:
            _hand_over(book, backend, waiting)
        except BackendRefused as refusal:
            if refusal.status not in UNREADABLE:
                raise
            # One the backend cannot read, of a later edition than it, holds no other up.
            for each in waiting:
                _hand_over_one(book, backend, each)


def _hand_over_one(book: EventBook, backend: EventBackend, event: DoorEvent) -> None:
    try:
        _hand_over(book, backend, [event])
    except BackendRefused as refusal:
        if refusal.status not in UNREADABLE:
            raise
        book.settle([], {event.event_id: refusal.code})


def _hand_over(book: EventBook, backend: EventBackend, events: Sequence[DoorEvent]) -> None:
    reports = [
        GateEventReport(
            event_id=each.event_id,
            sequence=each.sequence,
            occurred_at=each.occurred_at,
            kind=each.kind,
            passages=each.passages,
        )
        for each in events
    ]
    receipt = backend.upload_gate_events(reports)
    refused = {each.event_id: each.reason for each in receipt.refused}
    if book.settle([*receipt.recorded, *receipt.already_recorded], refused) == 0:
        raise BackendGarbled("the receipt names none of the events that were sent")


class ReaderWatch:
    """Notes when the card reader goes and comes back; a journal that fails is the log's."""

    def __init__(
        self, book: EventBook, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._book, self._now, self._monotonic = book, now, monotonic
        self._is_there, self._noted_at = True, -READER_NEWS_SECONDS

    def see(self, *, is_there: bool) -> None:
        """Hear how the reader is, as often as one looks."""
        at = self._monotonic()
        if is_there is self._is_there or at - self._noted_at < READER_NEWS_SECONDS:
            return
        try:
            self._book.note(DoorNews.READER_BACK if is_there else DoorNews.READER_LOST, self._now())
        except JournalError as error:
            LOG.error("it could not be written down how the reader is: %s", error)  # noqa: TRY400 - its message says it all
            return
        self._is_there, self._noted_at = is_there, at
