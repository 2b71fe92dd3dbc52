"""The gate's journal: one row per tap that was decided, admitted or refused, and what became of it.

Promise: when `append` returns, the row is on the disk with its sequence number; what raises
JournalError was not written, and nobody was admitted on it. A row's facts never change. It is
marked recorded only after the backend said so; a quarantined row is shown and never deleted; a
recorded one is forgotten after RETENTION_DAYS (the 90 days of an access journal, CNIL).

The journal holds no name, no key and no code. Not here: when to hand over (see `link.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final
from uuid import UUID

from terminal.errors import JournalError, JournalFault
from terminal.gate.decision import Admission, Answer, Detail
from terminal.gate.door.schema import DOOR_SCHEMA
from terminal.journal_file import JournalFile, Row, open_journal

BATCH_MAX: Final = 100  # the API's own bound for one upload
LISTED_MAX: Final = 500
RETENTION_DAYS: Final = 90
FORGOTTEN_AT_ONCE_MAX: Final = 10_000
OPPOSED_MAX: Final = 30_000  # as many as a list has cards
# A week and a day: quotas count ISO weeks, and the longest local day has 25 hours.
_LOOKED_BACK: Final = timedelta(days=8, hours=1)

_SCHEMA: Final = """
create table passage (
    sequence integer primary key autoincrement,
    passage_id text not null unique,
    occurred_at text not null,
    uid blob not null,
    card_id text,
    service text,
    answer text not null,
    detail text,
    list_version integer not null,
    milliseconds integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'recorded', 'quarantined')),
    reason text,
    check ((state = 'quarantined') = (reason is not null)),
    check (answer <> 'OK' or (card_id is not null and service is not null))
) strict;
create index passage_by_card on passage (card_id, occurred_at) where answer = 'OK';
create index passage_by_state on passage (state, sequence);
create trigger passage_facts_are_fixed
before update of sequence, passage_id, occurred_at, uid, card_id, service, answer, detail,
    list_version, milliseconds on passage
begin
    select raise(abort, 'what happened does not change');
end;
create trigger passage_is_settled_once before update of state on passage
when old.state <> 'waiting'
begin
    select raise(abort, 'this passage is settled');
end;
create trigger passage_is_kept before delete on passage
when old.state <> 'recorded'
begin
    select raise(abort, 'only what the backend has may be forgotten');
end;
"""

_UPGRADES: Final = (
    """
create table sibling_passage (
    passage_id text primary key,
    gate text not null,
    sequence integer not null,
    card_id text not null,
    service text not null,
    occurred_at text not null
) strict;
create table opposed_card (card_id text primary key, list_version integer not null) strict;
create index sibling_passage_by_card on sibling_passage (card_id, occurred_at);
create index sibling_passage_by_time on sibling_passage (occurred_at);
""",
    DOOR_SCHEMA,
)

_INSERT: Final = """insert into passage (passage_id, occurred_at, uid, card_id, service, answer,
detail, list_version, milliseconds) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning sequence"""


class PassageState(StrEnum):
    """Where a passage stands between the gate and the backend."""

    WAITING = "waiting"
    RECORDED = "recorded"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One decided tap. `milliseconds` from card arrival to decision; `sequence` 0 until written."""

    passage_id: UUID
    occurred_at: datetime
    uid: bytes = field(repr=False)
    card_id: str | None
    service: str | None
    answer: Answer
    detail: Detail | None
    list_version: int
    milliseconds: int
    sequence: int = 0
    state: PassageState = PassageState.WAITING
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiblingPassage:
    """An admission at another gate of the same place: `sequence` is that gate's own number."""

    passage_id: UUID
    gate: str
    sequence: int
    card_id: str
    service: str
    occurred_at: datetime


_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class PassageJournal:
    """The passages of one gate, in one file. May be shared by threads."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    @property
    def file(self) -> JournalFile:
        """Return the file, for what must be written together with a passage."""
        return self._file

    def append(self, passage: Passage) -> Passage:
        """Write a passage and return it with its sequence number; raises JournalError."""
        row = self._file.first_row(
            _INSERT,
            (
                str(passage.passage_id),
                _text(passage.occurred_at),
                passage.uid,
                passage.card_id,
                passage.service,
                passage.answer,
                passage.detail,
                passage.list_version,
                passage.milliseconds,
            ),
        )
        assert row is not None, "an insert returns its row or raises"
        return replace(passage, sequence=int(row["sequence"]))

    def list_admissions(
        self, card_id: str, at: datetime, gate: str = "", counted: Mapping[str, int] = _NOTHING
    ) -> list[Admission]:
        """Return a card's admissions here and at sibling gates, of the week before `at` or later.

        With them come those that `counted` (the list's, by gate) does not know yet, however old;
        `gate` is this one. Newest first, at most LISTED_MAX; raises JournalError.
        """
        since, own = _text(at - _LOOKED_BACK), counted.get(gate, 0)
        rows = self._file.rows(
            "select ? as gate, sequence, service, occurred_at from passage"
            " where answer = 'OK' and card_id = ? and (occurred_at >= ? or sequence > ?)"
            " union all select gate, sequence, service, occurred_at from sibling_passage"
            " where card_id = ? order by occurred_at desc limit ?",
            (gate, card_id, since, own, card_id, LISTED_MAX),
        )
        return [
            Admission(
                row["service"],
                datetime.fromisoformat(row["occurred_at"]),
                counted=row["sequence"] <= counted.get(row["gate"], 0),
            )
            for row in rows
        ]

    def note_opposed(self, card_ids: Collection[str], list_version: int) -> None:
        """Note cards blocked since the list of this version, which still calls them active."""
        with self._file.transaction():
            for card_id in card_ids:
                self._file.execute(
                    "insert into opposed_card values (?, ?)"
                    " on conflict do update set list_version = excluded.list_version",
                    (card_id, list_version),
                )

    def list_opposed(self, list_version: int) -> frozenset[str]:
        """Return the cards noted under this version or a later one; forget those a list knows."""
        self._file.execute("delete from opposed_card where list_version < ?", (list_version,))
        rows = self._file.rows("select card_id from opposed_card limit ?", (OPPOSED_MAX,))
        return frozenset(row["card_id"] for row in rows)

    def note_siblings(self, passages: Sequence[SiblingPassage]) -> int:
        """Note admissions at other gates of the place; return how many were news."""
        with self._file.transaction():
            return sum(
                self._file.execute(
                    "insert into sibling_passage values (?, ?, ?, ?, ?, ?) on conflict do nothing",
                    (
                        str(each.passage_id),
                        each.gate,
                        each.sequence,
                        each.card_id,
                        each.service,
                        _text(each.occurred_at),
                    ),
                )
                for each in passages
            )

    def list_waiting(self, count_max: int = BATCH_MAX) -> list[Passage]:
        """Return the first passages to hand over, in order of sequence."""
        rows = self._file.rows(
            "select * from passage where state = 'waiting' order by sequence limit ?",
            (count_max,),
        )
        return [_passage(row) for row in rows]

    def list_last(self, count_max: int = 10) -> list[Passage]:
        """Return the last passages, newest first."""
        rows = self._file.rows(
            "select * from passage order by sequence desc limit ?", (min(count_max, LISTED_MAX),)
        )
        return [_passage(row) for row in rows]

    def list_quarantined(self, count_max: int = LISTED_MAX) -> list[Passage]:
        """Return what the backend would not record, newest first."""
        rows = self._file.rows(
            "select * from passage where state = 'quarantined' order by sequence desc limit ?",
            (min(count_max, LISTED_MAX),),
        )
        return [_passage(row) for row in rows]

    def count(self, state: PassageState) -> int:
        """Return how many passages stand in `state`."""
        row = self._file.first_row("select count(*) from passage where state = ?", (state,))
        assert row is not None, "an aggregate always has one row"
        return int(row[0])

    def settle(self, recorded: Sequence[UUID], quarantined: Mapping[UUID, str]) -> int:
        """Mark what the backend said, all or nothing; return how many rows that settled.

        A row settled before stays as it is, so a receipt may come twice.
        """
        changed = 0
        with self._file.transaction():
            for passage_id in recorded:
                changed += self._mark(passage_id, PassageState.RECORDED, None)
            for passage_id, reason in quarantined.items():
                changed += self._mark(passage_id, PassageState.QUARANTINED, reason)
        return changed

    def _mark(self, passage_id: UUID, state: PassageState, reason: str | None) -> int:
        return self._file.execute(
            "update passage set state = ?, reason = ? where passage_id = ? and state = 'waiting'",
            (state, reason, str(passage_id)),
        )

    def forget_before(self, moment: datetime) -> int:
        """Forget the oldest recorded passages before `moment`; return how many of our own."""
        self._file.execute(
            "delete from sibling_passage where passage_id in (select passage_id from"
            " sibling_passage where occurred_at < ? order by occurred_at limit ?)",
            (_text(moment), FORGOTTEN_AT_ONCE_MAX),
        )
        self._file.execute("delete from door_event where occurred_at < ?", (_text(moment),))
        return self._file.execute(
            "delete from passage where sequence in (select sequence from passage"
            " where state = 'recorded' and occurred_at < ? order by sequence limit ?)",
            (_text(moment), FORGOTTEN_AT_ONCE_MAX),
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_passage_journal(path: Path) -> PassageJournal:
    """Open the journal at `path`, or make it (mode 0600); raises JournalError."""
    return PassageJournal(open_journal(path, _SCHEMA, _UPGRADES))


def _passage(row: Row) -> Passage:
    try:
        return Passage(
            passage_id=UUID(row["passage_id"]),
            occurred_at=datetime.fromisoformat(row["occurred_at"]),
            uid=row["uid"],
            card_id=row["card_id"],
            service=row["service"],
            answer=Answer(row["answer"]),
            detail=None if row["detail"] is None else Detail(row["detail"]),
            list_version=row["list_version"],
            milliseconds=row["milliseconds"],
            sequence=row["sequence"],
            state=PassageState(row["state"]),
            reason=row["reason"],
        )
    except ValueError as cause:
        raise JournalError(JournalFault.DAMAGED, "a passage in a form nobody wrote") from cause


def _text(moment: datetime) -> str:
    """Return a form whose order as text is the order in time: UTC, always six decimals."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
