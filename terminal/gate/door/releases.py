"""Who the door was opened for, on the disk before it opens.

Promise: a release becomes its passage, or nothing, once and in one unit of work. One that a power
cut left behind counts as a passage with the detail `in_doubt`: its holder had the right and an open
door, and a meal too many can be taken back, while one that nobody counted could be had again.

Not here: when to open (`keeper.py`).
"""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from terminal.gate.decision import Answer, Detail
from terminal.gate.door.event_book import DoorNews, EventBook
from terminal.gate.interventions import Intervention
from terminal.gate.name_seal import Names, columns_of, intervention_of
from terminal.gate.passages import Passage, PassageJournal
from terminal.journal_file import Row


class ReleaseBook:
    """The releases and events of one gate, in the file of its passages."""

    def __init__(self, journal: PassageJournal) -> None:
        self._journal = journal
        self._file = journal.file
        self.events = EventBook(journal.file, names=journal.names)

    def begin(self, passage: Passage) -> None:
        """Write down who is about to be released; raises JournalError."""
        self._file.execute(
            "insert into door_release values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(passage.passage_id),
                _text(passage.occurred_at),
                passage.uid,
                passage.card_id,
                passage.service,
                passage.list_version,
                passage.milliseconds,
                *_signed(passage.intervention, self._journal.names),
            ),
        )

    def count(self, passage: Passage, detail: Detail | None = None) -> Passage | None:
        """Make a passage of a release and return it; None if it was settled before."""
        with self._file.transaction():
            if not self._take(passage.passage_id):
                return None
            return self._journal.append(replace(passage, detail=detail))

    def discount(self, passage: Passage, at: datetime) -> None:
        """Forget a release: nobody went through."""
        with self._file.transaction():
            if self._take(passage.passage_id):
                self.events.note(DoorNews.NOT_PASSED, at, passage.card_id)

    def _take(self, passage_id: UUID) -> bool:
        sql = "delete from door_release where passage_id = ?"
        return self._file.execute(sql, (str(passage_id),)) == 1

    def count_left_behind(self, at: datetime) -> int:
        """Count, in doubt, what an end without warning left open; return how many."""
        rows = self._file.rows("select * from door_release order by occurred_at")
        for row in rows:
            passage = _passage(row, self._journal.names)
            if self.count(passage, Detail.IN_DOUBT) is not None:
                self.note(DoorNews.IN_DOUBT, at, passage.card_id)
        return len(rows)

    def note(self, kind: DoorNews, at: datetime, card_id: str | None = None) -> None:
        """Write down what happened; raises JournalError."""
        self.events.note(kind, at, card_id)


def _passage(row: Row, names: Names) -> Passage:
    return Passage(
        passage_id=UUID(row["passage_id"]),
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        uid=row["uid"],
        card_id=row["card_id"],
        service=row["service"],
        answer=Answer.OK,
        detail=None,
        list_version=row["list_version"],
        milliseconds=row["milliseconds"],
        intervention=intervention_of(row, names),
    )


def _signed(done: Intervention | None, names: Names) -> tuple[str | None, ...]:
    """Return who opened the door by hand and why; a counter-entry opens none."""
    kind, supervisor, why, note, _cancels, day_code_id = columns_of(done, names)
    return kind, supervisor, why, note, day_code_id


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
