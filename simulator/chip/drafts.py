"""A transaction under way: what each touched file becomes if it is committed.

Drafts live without power no longer than the session's other state; nothing here is memory.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from simulator.chip.crypto import RunningMac
from simulator.chip.files import DataFile, File, RecordFile, ValueFile


@dataclass(slots=True)
class DataDraft:
    """A backup file to be: all its bytes."""

    content: bytes

    def applied(self, file: File) -> File:
        """Return the file as committed."""
        assert isinstance(file, DataFile)
        return replace(file, content=self.content)


@dataclass(slots=True)
class ValueDraft:
    """A value to be. `debited` is the sum of this transaction's debits, None without any."""

    value: int
    debited: int | None = None
    limited_credit_used: bool = False

    def applied(self, file: File) -> File:
        """Return the file as committed: debits set what LimitedCredit may give back, use ends it.

        Measured on an EV1 (libfreefare's card tests): the sum counts, whatever was credited in
        between, and it is kept even where limited credit is not enabled.
        """
        assert isinstance(file, ValueFile)
        limited = 0 if self.limited_credit_used else file.limited_credit
        if self.debited is not None:
            limited = self.debited
        return replace(file, value=self.value, limited_credit=limited)


@dataclass(slots=True)
class RecordDraft:
    """A record file to be: its records, the one that is being written, whether it was cleared."""

    records: tuple[bytes, ...]
    new: bytes | None = None
    cleared: bool = False

    def applied(self, file: File) -> File:
        """Return the file as committed; a cyclic one forgets its oldest record when full."""
        assert isinstance(file, RecordFile)
        records = self.records if self.new is None else (*self.records, self.new)
        return replace(file, records=records[-file.committed_max :])


Draft = DataDraft | ValueDraft | RecordDraft


@dataclass(slots=True)
class Transaction:
    """All that awaits CommitTransaction in the selected applications, by number of file.

    `macs` run over the transaction's commands, for each application that has a transaction MAC
    file, by the bit that tells the applications apart.
    """

    drafts: dict[int, Draft] = field(default_factory=dict)
    macs: dict[int, RunningMac] = field(default_factory=dict)
    reader_id: bytes | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to commit."""
        return not self.drafts and not self.macs

    def note(self, side: int, entry: bytes, start: Callable[[], RunningMac]) -> None:
        """Add to a transaction MAC's input; `start` begins it at the first entry."""
        if side not in self.macs:
            self.macs[side] = start()
        self.macs[side].update(entry)
