"""The gate's journal: one row per tap that was decided, admitted or refused, and what became of it.

Promise: when `append` returns, the row is on the disk with its sequence number; what raises
JournalError was not written, and nobody was admitted on it. A row's facts never change. It is
marked recorded only after the backend said so; a quarantined row is shown and never deleted; a
recorded one is forgotten after RETENTION_DAYS (the 90 days of an access journal, CNIL), or fewer.

The journal holds no holder's name, no key and no code; supervisors' names are sealed in it. Not
here: when to hand over (see `link.py`).
"""

import threading
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
from terminal.gate.interventions import CounterEntry, Intervention
from terminal.gate.journal_schema import SCHEMA, UPGRADES
from terminal.gate.name_seal import Names, NoSeal, columns_of, intervention_of
from terminal.journal_file import JournalFile, Row, open_journal

BATCH_MAX: Final = 100  # the API's own bound for one upload
LISTED_MAX: Final = 500
RETENTION_DAYS: Final = 90
FORGOTTEN_AT_ONCE_MAX: Final = 10_000
OPPOSED_MAX: Final = 30_000  # as many as a list has cards
# A week and a day: quotas count ISO weeks, and the longest local day has 25 hours.
_LOOKED_BACK: Final = timedelta(days=8, hours=1)

_INSERT: Final = """insert into passage (passage_id, occurred_at, uid, card_id, service, answer,
detail, list_version, milliseconds, intervention, supervisor, why, note, cancels, day_code_id)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning sequence"""
_ADMISSIONS: Final = """select ? as gate, sequence, service, occurred_at from passage
where answer = 'OK' and card_id = ? and (occurred_at >= ? or sequence > ?)
    and passage_id not in (select passage_id from cancelled_passage)
union all select gate, sequence, service, occurred_at from sibling_passage
where card_id = ? and passage_id not in (select passage_id from cancelled_passage)
order by occurred_at desc limit ?"""

_BY_SERVICE: Final = """select service, count(*) as passed from (
select passage_id, service from passage
    where answer = 'OK' and occurred_at >= ? and occurred_at < ?
union all select passage_id, service from sibling_passage
    where occurred_at >= ? and occurred_at < ?)
where passage_id not in (select passage_id from cancelled_passage) group by service"""
_USES: Final = """select count(*) from (
select passage_id from passage where day_code_id = ? and answer = 'OK'
union all select passage_id from sibling_passage where day_code_id = ?)
where passage_id not in (select passage_id from cancelled_passage)"""


class PassageState(StrEnum):
    """Where a passage stands between the gate and the backend."""

    WAITING = "waiting"
    RECORDED = "recorded"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One decided tap, or what a supervisor did instead (`intervention`).

    `milliseconds` from card arrival to decision; `sequence` 0 until written.
    """

    passage_id: UUID
    occurred_at: datetime
    uid: bytes | None = field(repr=False)
    card_id: str | None
    service: str | None
    answer: Answer | CounterEntry
    detail: Detail | None
    list_version: int
    milliseconds: int
    intervention: Intervention | None = None
    sequence: int = 0
    state: PassageState = PassageState.WAITING
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiblingPassage:
    """An admission at another gate of the same place: `sequence` is that gate's own number."""

    passage_id: UUID
    gate: str
    sequence: int
    card_id: str | None
    service: str
    occurred_at: datetime
    day_code_id: str | None = None


_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class PassageJournal:
    """The passages of one gate, in one file. May be shared by threads."""

    def __init__(
        self,
        file: JournalFile,
        names: Names | None = None,
        retention_days: int = RETENTION_DAYS,
    ) -> None:
        self._file = file
        #: How long what the backend has is kept here.
        self.retention = timedelta(days=retention_days)
        #: How supervisors are named in the file.
        self.names: Names = names or NoSeal()
        #: Held while it is decided whether somebody passes, and written down.
        self.deciding = threading.RLock()

    @property
    def file(self) -> JournalFile:
        """Return the file, for what must be written together with a passage."""
        return self._file

    def append(self, passage: Passage) -> Passage:
        """Write a passage and return it with its sequence number; raises JournalError.

        A counter-entry takes its passage back in the same unit of work.
        """
        done = passage.intervention
        if done is None or done.cancels is None:
            return self._insert(passage)
        with self._file.transaction():
            self._take_back([done.cancels], passage.occurred_at)
            return self._insert(passage)

    def _insert(self, passage: Passage) -> Passage:
        row = self._file.first_row(
            _INSERT,
            (
                str(passage.passage_id),
                journal_text(passage.occurred_at),
                passage.uid,
                passage.card_id,
                passage.service,
                passage.answer,
                passage.detail,
                passage.list_version,
                passage.milliseconds,
                *columns_of(passage.intervention, self.names),
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
        since, own = journal_text(at - _LOOKED_BACK), counted.get(gate, 0)
        rows = self._file.rows(
            _ADMISSIONS,
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
                    "insert into sibling_passage values (?, ?, ?, ?, ?, ?, ?)"
                    " on conflict do nothing",
                    (
                        str(each.passage_id),
                        each.gate,
                        each.sequence,
                        each.card_id,
                        each.service,
                        journal_text(each.occurred_at),
                        each.day_code_id,
                    ),
                )
                for each in passages
            )

    def note_cancelled(self, passage_ids: Collection[UUID], heard_at: datetime) -> int:
        """Note passages that were taken back, here or elsewhere; return how many were news."""
        with self._file.transaction():
            return self._take_back(passage_ids, heard_at)

    def _take_back(self, passage_ids: Collection[UUID], heard_at: datetime) -> int:
        return sum(
            self._file.execute(
                "insert into cancelled_passage values (?, ?) on conflict do nothing",
                (str(passage_id), journal_text(heard_at)),
            )
            for passage_id in passage_ids
        )

    def is_taken_back(self, passage_id: UUID) -> bool:
        """Tell whether a passage was taken back, here or elsewhere."""
        sql = "select 1 from cancelled_passage where passage_id = ?"
        return self._file.first_row(sql, (str(passage_id),)) is not None

    def count_uses(self, day_code_id: str) -> int:
        """Return how often a one-day code was used, here and as far as we heard elsewhere."""
        row = self._file.first_row(_USES, (day_code_id, day_code_id))
        assert row is not None, "an aggregate always has one row"
        return int(row[0])

    def count_services(self, begin: datetime, end: datetime) -> dict[str, int]:
        """Return, by service, admissions in this time that were not taken back, here and heard."""
        moments = (journal_text(begin), journal_text(end))
        rows = self._file.rows(_BY_SERVICE, (*moments, *moments))
        return {row["service"]: int(row["passed"]) for row in rows}

    def find(self, passage_id: UUID) -> Passage | None:
        """Return a passage of this gate, or None."""
        row = self._file.first_row("select * from passage where passage_id = ?", (str(passage_id),))
        return None if row is None else self._passage(row)

    def list_waiting(self, count_max: int = BATCH_MAX) -> list[Passage]:
        """Return the first passages to hand over, in order of sequence."""
        rows = self._file.rows(
            "select * from passage where state = 'waiting' order by sequence limit ?",
            (count_max,),
        )
        return [self._passage(row) for row in rows]

    def list_last(self, count_max: int = 10) -> list[Passage]:
        """Return the last passages, newest first."""
        rows = self._file.rows(
            "select * from passage order by sequence desc limit ?", (min(count_max, LISTED_MAX),)
        )
        return [self._passage(row) for row in rows]

    def list_quarantined(self, count_max: int = LISTED_MAX) -> list[Passage]:
        """Return what the backend would not record, newest first."""
        rows = self._file.rows(
            "select * from passage where state = 'quarantined' order by sequence desc limit ?",
            (min(count_max, LISTED_MAX),),
        )
        return [self._passage(row) for row in rows]

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
            (journal_text(moment), FORGOTTEN_AT_ONCE_MAX),
        )
        self._file.execute(
            "delete from cancelled_passage where heard_at < ?", (journal_text(moment),)
        )
        self._file.execute(
            "delete from door_event where occurred_at < ? and state <> 'waiting'",
            (journal_text(moment),),
        )
        return self._file.execute(
            "delete from passage where sequence in (select sequence from passage"
            " where state = 'recorded' and occurred_at < ? order by sequence limit ?)",
            (journal_text(moment), FORGOTTEN_AT_ONCE_MAX),
        )

    def _passage(self, row: Row) -> Passage:
        try:
            return Passage(
                passage_id=UUID(row["passage_id"]),
                occurred_at=datetime.fromisoformat(row["occurred_at"]),
                uid=row["uid"],
                card_id=row["card_id"],
                service=row["service"],
                answer=_answer(row["answer"]),
                detail=None if row["detail"] is None else Detail(row["detail"]),
                list_version=row["list_version"],
                milliseconds=row["milliseconds"],
                intervention=intervention_of(row, self.names),
                sequence=row["sequence"],
                state=PassageState(row["state"]),
                reason=row["reason"],
            )
        except ValueError as cause:
            raise JournalError(JournalFault.DAMAGED, "a passage in a form nobody wrote") from cause

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_passage_journal(
    path: Path, names: Names | None = None, retention_days: int = RETENTION_DAYS
) -> PassageJournal:
    """Open the journal at `path`, or make it (mode 0600); raises JournalError.

    A running gate seals the names in it; whoever opens it without its key cannot read them.
    """
    return PassageJournal(open_journal(path, SCHEMA, UPGRADES), names, retention_days)


def _answer(text: str) -> Answer | CounterEntry:
    return CounterEntry(text) if text in set(CounterEntry) else Answer(text)


def journal_text(moment: datetime) -> str:
    """Return a form whose order as text is the order in time: UTC, always six decimals."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
