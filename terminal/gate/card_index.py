"""Where a row begins, by a key that stands in it: open addressing, one 64-bit slot a row.

Promise: a search touches one slot and the row itself, however many rows there are: 400,000 cost a
tap what 400 do. Rows and slots are plain memory, nothing that the garbage collector walks through.
Python's own keyed hash places the keys; never are more than half of the slots taken. Not here: what
a row says (`card_table.py`).
"""

from array import array
from typing import Final

_SLOTS_MIN: Final = 1024
#: A slot: 31 bits of the key's hash above, 32 bits of the row's place below; 0 was never taken.
_TAG: Final = 0x7FFF_FFFF
_PLACE: Final = 0xFFFF_FFFF
#: What is left of a row that went: no hash has that tag, and the search goes on behind it.
_GONE: Final = 0xFFFF_FFFF << 32


class RowIndex:
    """Finds rows by the `length` bytes of a key that stand `shift` bytes after a row's beginning.

    Rows are handed in with each call, and begin anywhere but at 0. It has room for `rows_max`.
    """

    __slots__ = ("_length", "_mask", "_shift", "_slots", "_taken")

    def __init__(self, shift: int, length: int, rows_max: int) -> None:
        count = _SLOTS_MIN
        while count < 2 * rows_max:
            count *= 2
        self._shift = shift
        self._length = length
        self._mask = count - 1
        self._slots = array("Q", bytes(8 * count))
        self._taken = 0

    def copy(self) -> "RowIndex":
        """Return another that changes apart from this one."""
        other = RowIndex(self._shift, self._length, 0)
        other._mask, other._taken = self._mask, self._taken
        other._slots = self._slots[:]
        return other

    def has_room(self, rows: int) -> bool:
        """Tell whether so many more may be added."""
        return 2 * (self._taken + rows) <= len(self._slots)

    def find(self, rows: bytearray, key: bytes) -> int:
        """Return where the row with this key begins, 0 if there is none."""
        if len(key) != self._length:
            return 0
        return self._slots[self._seek(rows, key)] & _PLACE

    def add(self, rows: bytearray, place: int) -> bool:
        """Note the row that begins at `place`; False, and nothing noted, if its key is there."""
        assert 2 * self._taken < len(self._slots), "who adds makes room"
        begin = place + self._shift
        key = bytes(rows[begin : begin + self._length])
        at = self._seek(rows, key)
        if self._slots[at]:
            return False
        self._slots[at] = (hash(key) >> 32 & _TAG) << 32 | place
        self._taken += 1
        return True

    def forget(self, rows: bytearray, key: bytes) -> None:
        """Forget the row with this key, which is there; its slot serves no other."""
        self._slots[self._seek(rows, key)] = _GONE

    def _seek(self, rows: bytearray, key: bytes) -> int:
        """Return the slot of this key, or the free one where its search ends."""
        slots, mask, number = self._slots, self._mask, hash(key)
        at, tag, shift = number & mask, number >> 32 & _TAG, self._shift
        while slot := slots[at]:
            if slot >> 32 == tag and rows.startswith(key, (slot & _PLACE) + shift):
                return at
            at = (at + 1) & mask
        return at
