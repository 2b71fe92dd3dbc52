"""All the fakes of one counter, its journal with them."""

from dataclasses import dataclass, field

from terminal.counter.ports import Collaborators, Journal
from terminal.counter.record import SaleRecord
from terminal.counter.states import Event
from terminal.errors import JournalError, JournalFault
from tests.terminal.counter.fakes import CountingIds, FakeClock, FakePad, FakeReader, TwinBackend


class MemoryJournal:
    """A journal for many short lives; `fail_at` is the number of the write that fails, from 1."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.records: dict[str, SaleRecord] = {}
        self.happened: list[Event] = []
        self.writes = 0
        self.fail_at = fail_at

    def open_sale(self, record: SaleRecord, /) -> None:
        self._write(record, Event.STARTED)

    def append(self, before: SaleRecord, event: Event, after: SaleRecord, /) -> None:
        assert self.records[before.sale_id] == before, "the row is where its writer left it"
        self._write(after, event)

    def find(self, sale_id: str, /) -> SaleRecord | None:
        return self.records.get(sale_id)

    def list_unfinished(self) -> list[SaleRecord]:
        return [record for record in self.records.values() if not record.finished]

    def _write(self, record: SaleRecord, event: Event) -> None:
        self.writes += 1
        if self.writes == self.fail_at:
            raise JournalError(JournalFault.DISK_FULL, "the disk is full")
        self.records[record.sale_id] = record
        self.happened.append(event)


@dataclass
class World:
    """All the fakes of one counter, and the collaborators made of them."""

    clock: FakeClock = field(default_factory=FakeClock)
    pad: FakePad = field(default_factory=FakePad)
    backend: TwinBackend = field(default_factory=TwinBackend)
    journal: Journal = field(default_factory=MemoryJournal)
    new_id: CountingIds = field(default_factory=lambda: CountingIds(1000))

    def __post_init__(self) -> None:
        self.reader = FakeReader(self.clock)

    @property
    def collaborators(self) -> Collaborators:
        return Collaborators(
            self.reader, self.pad, self.backend, self.journal, self.clock, self.new_id
        )
