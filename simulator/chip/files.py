"""Files as values: what each kind keeps, and the access rights that guard it.

No command here: `file_commands`, `data_commands`, `value_commands` and `record_commands` change
these values, `transactions` decides when a change becomes what the card holds.
"""

from dataclasses import dataclass, field, replace
from typing import Self

from simulator.chip.keys import Key, KeyKind

FILE_NUMBER_MAX = 31
FREE, NEVER = 0xE, 0xF
UINT32_MAX = 0xFFFFFFFF
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
TMV_LENGTH = 8
READER_ID_LENGTH = 16
ADDITIONAL_RIGHTS_MAX = 7
# A record or size has three bytes on the wire; a card of 8K cannot hold more than this.
FILE_SIZE_MAX = 0xFFFFFF


def check(condition: bool, problem: str) -> None:
    """Raise ValueError: a value that no card can hold."""
    if not condition:
        raise ValueError(problem)


@dataclass(frozen=True, slots=True)
class AccessRights:
    """Four nibbles: a key number 0 to D, FREE or NEVER each."""

    value: int

    def __post_init__(self) -> None:
        check(0 <= self.value <= 0xFFFF, "access rights have two bytes")

    @property
    def read(self) -> int:
        """Return who reads."""
        return self.value >> 12

    @property
    def write(self) -> int:
        """Return who writes."""
        return self.value >> 8 & 0xF

    @property
    def read_write(self) -> int:
        """Return who reads and writes."""
        return self.value >> 4 & 0xF

    @property
    def change(self) -> int:
        """Return who changes the file's settings."""
        return self.value & 0xF

    def to_bytes(self) -> bytes:
        """Return the two bytes of the wire."""
        return self.value.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class Head:
    """What every file has: its communication byte, its rights, its ISO file id if any.

    Each of the `additional` rights opens the file as well, but for changing its settings.
    """

    communication: int
    rights: AccessRights
    iso_file_id: bytes = b""
    additional: tuple[AccessRights, ...] = ()

    def __post_init__(self) -> None:
        check(0 <= self.communication <= 0xFF, "the communication mode has one byte")
        check(len(self.iso_file_id) in {0, 2}, "an ISO file id has two bytes")
        check(len(self.additional) <= ADDITIONAL_RIGHTS_MAX, "seven additional rights at most")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A standard or backup data file."""

    head: Head
    content: bytes
    backup: bool

    def __post_init__(self) -> None:
        check(0 < len(self.content) <= FILE_SIZE_MAX, "a data file has some bytes")

    def with_written(self, offset: int, written: bytes) -> Self:
        """Return it with these bytes at that place."""
        content = self.content[:offset] + written + self.content[offset + len(written) :]
        return replace(self, content=content)


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A value between two limits; `limited_credit` is what LimitedCredit may still give back."""

    head: Head
    lower: int
    upper: int
    value: int
    limited_credit: int
    options: int

    def __post_init__(self) -> None:
        check(INT32_MIN <= self.lower <= self.value <= self.upper <= INT32_MAX, "value limits")
        check(0 <= self.limited_credit <= UINT32_MAX, "the limited credit has four bytes")
        check(0 <= self.options <= 0b11, "a value file has two options")

    @property
    def limited_credit_enabled(self) -> bool:
        """Bit 0."""
        return bool(self.options & 1)

    @property
    def free_get_value(self) -> bool:
        """Bit 1."""
        return bool(self.options & 2)


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A linear or cyclic file; the oldest record first."""

    head: Head
    record_size: int
    records_max: int
    cyclic: bool
    records: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        check(0 < self.record_size <= FILE_SIZE_MAX, "a record has some bytes")
        check(self.cyclic < self.records_max <= FILE_SIZE_MAX, "some records, two if cyclic")
        check(len(self.records) <= self.committed_max, "more records than there is room for")
        check(all(len(one) == self.record_size for one in self.records), "records of one size")

    @property
    def committed_max(self) -> int:
        """Return how many records it holds: a cyclic file keeps one place for the next."""
        return self.records_max - self.cyclic


@dataclass(frozen=True, slots=True)
class TransactionMacFile:
    """The transaction MAC's key, its counter, the last MAC and the last committed reader's id."""

    head: Head
    key: Key
    counter: int = 0
    mac: bytes = bytes(TMV_LENGTH)
    reader_id: bytes = field(default=bytes(READER_ID_LENGTH))
    counter_max: int = UINT32_MAX

    def __post_init__(self) -> None:
        check(self.key.kind is KeyKind.AES, "a transaction MAC key is AES")
        check(0 <= self.counter <= self.counter_max <= UINT32_MAX, "TMC and its limit")
        check(len(self.mac) == TMV_LENGTH, "a TMV has 8 bytes")
        check(len(self.reader_id) == READER_ID_LENGTH, "a reader's id has 16 bytes")


File = DataFile | ValueFile | RecordFile | TransactionMacFile
