"""A plain model of a card's files, rights and transactions, written from the facts alone.

It knows no bytes of messaging and nothing of the chip's code. For a command it gives the set of
statuses that may refuse it, whatever is checked first; when that is empty the command must succeed.
"""

from dataclasses import dataclass, field
from typing import Literal

from Crypto.Cipher import AES
from Crypto.Hash import CMAC

Kind = Literal["standard", "backup", "value", "linear", "cyclic", "mac"]
Mode = Literal["plain", "mac", "full"]
DENIED, NO_FILE, BAD, BEYOND, NO_RIGHT, NOTHING, TAKEN = 0x9D, 0xF0, 0x9E, 0xBE, 0xAE, 0x0C, 0xDE
SECOND = 0x80
SIZE = 40
RECORD = 4
RECORDS = 3
LOWER, UPPER = -50, 200
NIBBLES = {"R": 12, "W": 8, "RW": 4, "C": 0}


@dataclass
class ModelFile:
    kind: Kind
    mode: Mode
    rights: int
    content: bytes = bytes(SIZE)
    value: int = 0
    limited: int = 0
    records: list[bytes] = field(default_factory=list)
    more: list[int] = field(default_factory=list)

    def nibbles(self, names: str) -> list[int]:
        sets = [self.rights] if names == "C" else [self.rights, *self.more]
        return [rights >> NIBBLES[name] & 0xF for rights in sets for name in names.split()]


@dataclass
class Pending:
    """What one file would become."""

    content: bytes = b""
    value: int = 0
    debited: int = 0
    has_debit: bool = False
    credited_back: bool = False
    new: bytes | None = None
    records: list[bytes] = field(default_factory=list)
    cleared: bool = False


class Model:
    """Two applications with five keys; bit 7 of a number is of the second, which is fixed."""

    def __init__(self, uid: bytes, transaction_key: bytes) -> None:
        self.uid, self.transaction_key = uid, transaction_key
        self.files: dict[int, ModelFile] = {}
        self.pending: dict[int, Pending] = {}
        self.key: int | None = None
        self.counter = 0
        self.input: list[bytes] = []

    # Sessions.

    def forget(self) -> None:
        """An error, a selection, a loss of power."""
        self.key = None
        self.abort()

    def abort(self) -> None:
        self.pending, self.input = {}, []

    # Rights.

    def key_in(self, number: int) -> int | None:
        """The session's key, as a number of the application of that file; none of it if >= 80."""
        return None if self.key is None else self.key ^ number & SECOND

    def refusals(self, number: int, names: str, *kinds: Kind) -> set[int]:
        file = self.files.get(number)
        if file is None:
            return {NO_FILE}
        why = set() if not kinds or file.kind in kinds else {BAD}
        holders = file.nibbles(names)
        if set(holders) == {0xF}:
            why.add(DENIED)
        elif self.key_in(number) not in holders and 0xE not in holders:
            why.add(NO_RIGHT)
        return why

    def mode(self, number: int, names: str) -> Mode:
        """The file's own mode, or plain where the right is only free."""
        file = self.files.get(number)
        if file is None or self.key is None or self.key_in(number) not in file.nibbles(names):
            return "plain"
        return file.mode

    # The transaction MAC's input.

    @property
    def counts(self) -> bool:
        return any(file.kind == "mac" for file in self.files.values())

    @property
    def touched(self) -> bool:
        """Whether the transaction is of the first application's files too."""
        return bool(self.input) or any(not number & SECOND for number in self.pending)

    def note(self, head: bytes, data: bytes = b"") -> None:
        if self.counts and not head[1] & SECOND:
            self.input += [head + bytes(-len(head) % 16), data + bytes(-len(data) % 16)]

    # Files.

    def create(self, number: int, file: ModelFile) -> set[int]:
        if number in self.files:
            return {TAKEN}
        self.files[number] = file
        return set()

    def delete(self, number: int) -> set[int]:
        file = self.files.pop(number, None)
        if file is None:
            return {NO_FILE}
        self.pending.pop(number, None)
        return set()

    # Data.

    def read(self, number: int, offset: int, length: int) -> set[int]:
        why = self.refusals(number, "R RW", "standard", "backup")
        wanted = length or SIZE - offset
        if not why and not 0 < wanted <= SIZE - offset:
            why.add(BEYOND)
        return why

    def data(self, ins: int, number: int, offset: int, length: int) -> bytes:
        length = length or SIZE - offset
        found = self.files[number].content[offset : offset + length]
        self.note(bytes((ins, number)) + le(offset) + le(length), found)
        return found

    def write(self, ins: int, number: int, offset: int, data: bytes) -> set[int]:
        why = self.refusals(number, "W RW", "standard", "backup")
        if offset + len(data) > SIZE:
            why.add(BEYOND)
        if why:
            return why
        file = self.files[number]
        self.note(bytes((ins, number)) + le(offset) + le(len(data)), data)
        if file.kind == "standard":
            file.content = patched(file.content, offset, data)
        else:
            held = self.pending.setdefault(number, Pending(content=file.content))
            held.content = patched(held.content, offset, data)
        return why

    # Values.

    def value(self, number: int) -> set[int]:
        return self.refusals(number, "R W RW", "value")

    def told_value(self, number: int) -> bytes:
        value = self.files[number].value.to_bytes(4, "little", signed=True)
        self.note(bytes((0x6C, number)) + value)
        return value

    def move(self, ins: int, number: int, amount: int) -> set[int]:
        """Credit, debit or limited credit."""
        names = {0x0C: "RW", 0xDC: "R W RW", 0x1C: "W RW"}[ins]
        why = self.refusals(number, names, "value")
        if amount < 0:
            why.add(BAD)
        if why & {BAD, NO_FILE}:
            return why
        file = self.files[number]
        held = self.pending.get(number, Pending(value=file.value))
        after = held.value + (-amount if ins == 0xDC else amount)
        if not LOWER <= after <= UPPER:
            why.add(BEYOND)
        if ins == 0x1C and (held.credited_back or amount > file.limited):
            why.add(BEYOND)
        if why:
            return why
        held.value = after
        if ins == 0xDC:
            held.debited, held.has_debit = held.debited + amount, True
        held.credited_back |= ins == 0x1C
        self.pending[number] = held
        self.note(bytes((ins, number)) + amount.to_bytes(4, "little"))
        return why

    # Records.

    def _held(self, number: int) -> Pending:
        records = list(self.files[number].records)
        return self.pending.setdefault(number, Pending(records=records))

    def write_record(self, ins: int, number: int, offset: int, data: bytes) -> set[int]:
        why = self.refusals(number, "W RW", "linear", "cyclic")
        if offset + len(data) > RECORD:
            why.add(BEYOND)
        if why & {BAD, NO_FILE}:
            return why
        file = self.files[number]
        if file.kind == "linear" and len(file.records) >= RECORDS:
            why.add(BEYOND)
        if number in self.pending and self.pending[number].cleared:
            why.add(DENIED)
        if why:
            return why
        held = self._held(number)
        held.new = patched(held.new or bytes(RECORD), offset, data)
        self.note(bytes((ins, number)) + le(offset) + le(len(data)), data)
        return why

    def update_record(self, number: int, record: int, data: bytes) -> set[int]:
        why = self.refusals(number, "RW", "linear", "cyclic")
        if len(data) > RECORD:
            why.add(BEYOND)
        if why & {BAD, NO_FILE}:
            return why
        if record >= len(self.files[number].records):
            why.add(BEYOND)
        if number in self.pending and self.pending[number].cleared:
            why.add(DENIED)
        if why:
            return why
        held = self._held(number)
        at = -1 - record
        held.records[at] = patched(held.records[at], 0, data)
        self.note(bytes((0xDB, number)) + le(record) + le(0) + le(len(data)), data)
        return why

    def read_records(self, number: int, first: int, count: int) -> set[int]:
        why = self.refusals(number, "R RW", "linear", "cyclic")
        if why:
            return why
        held = len(self.files[number].records)
        wanted = count or held - first
        return set() if 0 < wanted <= held - first else {BEYOND}

    def records(self, number: int, first: int, count: int) -> bytes:
        newest_first = self.files[number].records[::-1]
        count = count or len(newest_first) - first
        found = b"".join(newest_first[first : first + count][::-1])
        self.note(bytes((0xBB, number)) + le(first) + le(count), found)
        return found

    def clear(self, number: int) -> set[int]:
        why = self.refusals(number, "RW", "linear", "cyclic")
        if not why:
            self.pending[number] = Pending(cleared=True)
            self.note(bytes((0xEB, number)))
        return why

    # Transactions.

    def commit(self) -> set[int]:
        if not self.pending and not self.input:
            return {NOTHING}
        for number, held in self.pending.items():
            self._settle(self.files[number], held)
        self.counter += self.counts and self.touched
        self.abort()
        return set()

    def _settle(self, file: ModelFile, held: Pending) -> None:
        match file.kind:
            case "backup":
                file.content = held.content
            case "value":
                file.value = held.value
                if held.credited_back:
                    file.limited = 0
                if held.has_debit:
                    file.limited = held.debited
            case "linear" | "cyclic":
                new = [held.new] if held.new is not None else []
                room = RECORDS - (file.kind == "cyclic")
                file.records = (held.records + new)[-room:]

    def transaction_mac(self) -> bytes:
        """What a commit would report now."""
        counter = (self.counter + 1).to_bytes(4, "little")
        label = bytes.fromhex("5A00010080")
        key = CMAC.new(self.transaction_key, label + counter + self.uid, AES).digest()
        return counter + CMAC.new(key, b"".join(self.input), AES).digest()[1::2]


def le(value: int) -> bytes:
    return value.to_bytes(3, "little")


def patched(whole: bytes, offset: int, part: bytes) -> bytes:
    return whole[:offset] + part + whole[offset + len(part) :]
