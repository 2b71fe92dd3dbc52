"""What gossip reads and writes in the gate's journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from terminal.gate.gossip.packets import Admitted, Line, TakenBack
from terminal.gate.passages import PassageJournal, SiblingPassage, journal_text
from terminal.journal_file import Row


class GossipBook:
    """The lines of one gate's journal, as siblings need them."""

    def __init__(self, journal: PassageJournal) -> None:
        self._journal = journal
        self._file = journal.file

    def next_epoch(self) -> int:
        """Return a number that no start of this gate has had, and keep it."""
        row = self._file.first_row(
            "insert into gossip_epoch values (1, 1)"
            " on conflict do update set epoch = epoch + 1 returning epoch"
        )
        assert row is not None, "an insert returns its row or raises"
        return int(row["epoch"])

    def last_sequence(self) -> int:
        """Return the number of the last line, whatever it says."""
        row = self._file.first_row("select coalesce(max(sequence), 0) from passage")
        assert row is not None, "an aggregate always has one row"
        return int(row[0])

    def last_sequence_before(self, moment: datetime) -> int:
        """Return the number of the last line before a moment."""
        row = self._file.first_row(
            "select coalesce(max(sequence), 0) from passage where occurred_at < ?",
            (journal_text(moment),),
        )
        assert row is not None, "an aggregate always has one row"
        return int(row[0])

    def lines_after(self, sequence: int, count_max: int) -> list[Line]:
        """Return the first admissions and counter-entries after a number."""
        rows = self._file.rows(
            "select sequence, passage_id, card_id, service, occurred_at, cancels, day_code_id"
            " from passage where sequence > ? and (answer = 'OK' or cancels is not null)"
            " order by sequence limit ?",
            (sequence, count_max),
        )
        return [_line(row) for row in rows]

    def note(self, gate: str, lines: Sequence[Line], heard_at: datetime) -> int:
        """Note what a sibling said; return how much of it was news."""
        admitted = [_sibling(gate, line) for line in lines if isinstance(line, Admitted)]
        taken_back = [line.passage_id for line in lines if isinstance(line, TakenBack)]
        news = self._journal.note_siblings(admitted) if admitted else 0
        return news + (self._journal.note_cancelled(taken_back, heard_at) if taken_back else 0)

    def addresses(self) -> dict[str, str]:
        """Return where siblings were last known to listen."""
        rows = self._file.rows("select gate, address from sibling_address")
        return {row["gate"]: row["address"] for row in rows}

    def keep_addresses(self, addresses: Mapping[str, str]) -> None:
        """Keep where siblings listen, in place of what was known."""
        with self._file.transaction():
            self._file.execute("delete from sibling_address")
            for gate, address in addresses.items():
                self._file.execute("insert into sibling_address values (?, ?)", (gate, address))


def _line(row: Row) -> Line:
    if row["cancels"] is not None:
        return TakenBack(row["sequence"], UUID(row["cancels"]))
    card_id, code_id = row["card_id"], row["day_code_id"]
    return Admitted(
        row["sequence"],
        UUID(row["passage_id"]),
        None if card_id is None else UUID(card_id),
        row["service"],
        datetime.fromisoformat(row["occurred_at"]),
        None if code_id is None else UUID(code_id),
    )


def _sibling(gate: str, line: Admitted) -> SiblingPassage:
    return SiblingPassage(
        passage_id=line.passage_id,
        gate=gate,
        sequence=line.sequence,
        card_id=None if line.card_id is None else str(line.card_id),
        service=line.service,
        occurred_at=line.occurred_at,
        day_code_id=None if line.day_code_id is None else str(line.day_code_id),
    )
