"""The cards of a list, each kept as one short row of bytes until it is asked for.

Promise: 400,000 cards take some seventy bytes each and no time of the garbage collector, which
would otherwise walk through all of them while somebody stands at the gate; finding one touches two
places of memory, its slot and its row. Rights, which many share, are kept once. Unchanging: changes
make another table. Nothing of a card is in a repr.
"""

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from passcard.layout import UID_LENGTH
from passcard.secret import Secret
from terminal.gate.card_index import RowIndex
from terminal.gate.decision import Holder, Right
from terminal.gate.list_body import CardBody, RightBody

#: UID, id, key, flags, bytes of the initial, bytes of the name, rights. Then photo, initial, name.
_HEAD: Final = struct.Struct(">7s16s16sBBHI")
_TAIL: Final = struct.Struct(">BBHI")
_ID_BYTES: Final = 16
_FLAGS_AT: Final = _HEAD.size - _TAIL.size
_BLOCKED: Final = 1
_PHOTO: Final = 2
_GONE: Final = 4
_PHOTO_BYTES: Final = 32
#: Until so many different ones were met, rights are known again by how they are written.
_WRITTEN_RIGHTS_MAX: Final = 10_000


class NamedTwice(ValueError):
    """A card, a chip or a right stands in the list twice, or a right to nothing that is in it."""


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card of this establishment, and the one key that proves it (AN10922-diversified).

    `initial` and `photo` (the SHA-256 of one) only where the establishment allows them.
    """

    uid: bytes
    holder: Holder = field(repr=False)
    key: Secret = field(repr=False)
    initial: str = field(default="", repr=False)
    photo: str | None = None

    @property
    def name(self) -> str:
        """Return what a supervisor may call the holder: `Léa M.`, or `Léa`."""
        given = self.holder.display_name
        return f"{given} {self.initial}." if self.initial else given


class CardTable(Mapping[bytes, ListedCard]):
    """Cards by UID; `ids` finds them by card id."""

    def __init__(self) -> None:
        self._rows = bytearray(1)  # no row begins at 0
        self._count = 0
        self._gone_bytes = 0
        self._by_uid = RowIndex(0, UID_LENGTH, 0)
        self._by_id = RowIndex(UID_LENGTH, _ID_BYTES, 0)
        self._rights = _RightsBook()

    @classmethod
    def of(cls, cards: Iterable[CardBody], services: Iterable[str]) -> "CardTable":
        """Return the table of these cards; raise NamedTwice."""
        table, codes = cls(), frozenset(services)
        for card in cards:
            table._append(card, codes)
        table._rights.forget_texts()
        table._index_anew()
        return table

    def after(
        self, gone: Iterable[UUID], cards: Iterable[CardBody], services: Iterable[str]
    ) -> "CardTable":
        """Return the table that changes lead to: cards gone, changed and new; raise NamedTwice."""
        table = CardTable()
        table._rows = self._rows[:]
        table._count, table._gone_bytes = self._count, self._gone_bytes
        table._by_uid, table._by_id = self._by_uid.copy(), self._by_id.copy()
        table._rights = self._rights.copy()
        leaving = {card_id.bytes for card_id in gone}
        table._change(leaving, list(cards), frozenset(services))
        return table

    def __getitem__(self, uid: bytes) -> ListedCard:
        """Return the card with this UID; raise KeyError."""
        place = self._by_uid.find(self._rows, uid)
        if not place:
            raise KeyError(uid)
        return self._read(place)

    def __iter__(self) -> Iterator[bytes]:
        """Give the UIDs, in the order of the list."""
        rows = self._rows
        return (bytes(rows[place : place + UID_LENGTH]) for place, _ in self._spans())

    def __len__(self) -> int:
        """Count the cards."""
        return self._count

    def __repr__(self) -> str:
        return f"CardTable({len(self)} cards)"

    @property
    def ids(self) -> "CardIds":
        """Return the UIDs by card id."""
        return CardIds(self)

    def uid_of(self, card_id: bytes) -> bytes | None:
        """Return the UID of the card with this id (16 bytes), or None."""
        place = self._by_id.find(self._rows, card_id)
        return bytes(self._rows[place : place + UID_LENGTH]) if place else None

    def each_id(self) -> Iterator[str]:
        """Give the card ids, in the order of the list."""
        rows, end = self._rows, UID_LENGTH + _ID_BYTES
        return (_written(rows[place + UID_LENGTH : place + end]) for place, _ in self._spans())

    def _spans(self) -> Iterator[tuple[int, int]]:
        """Give where each card's row begins and ends."""
        place = 1
        while place < len(self._rows):
            flags, end = self._end_of(place)
            if not flags & _GONE:
                yield place, end
            place = end

    def _end_of(self, place: int) -> tuple[int, int]:
        _, _, _, flags, initial, name, _ = _HEAD.unpack_from(self._rows, place)
        photo = _PHOTO_BYTES if flags & _PHOTO else 0
        return flags, place + _HEAD.size + photo + initial + name

    def _change(
        self, leaving: Collection[bytes], arriving: Sequence[CardBody], codes: frozenset[str]
    ) -> None:
        replaced = [bytes.fromhex(_id_digits(card)) for card in arriving]
        if not set(replaced).isdisjoint(leaving):
            raise NamedTwice
        for card_id in (*leaving, *replaced):
            self._take_out(card_id)
        places = [self._append(card, codes) for card in arriving]
        self._rights.forget_texts()
        if 2 * self._gone_bytes > len(self._rows) or not self._by_uid.has_room(len(places)):
            self._close_gaps()
            self._index_anew()
            return
        for place in places:
            self._enter(place)

    def _take_out(self, card_id: bytes) -> None:
        place = self._by_id.find(self._rows, card_id)
        if not place:
            return
        _, end = self._end_of(place)
        self._by_id.forget(self._rows, card_id)
        self._by_uid.forget(self._rows, bytes(self._rows[place : place + UID_LENGTH]))
        self._rows[place + _FLAGS_AT] |= _GONE
        self._gone_bytes += end - place
        self._count -= 1

    def _append(self, body: CardBody, codes: frozenset[str]) -> int:
        """Write a card's row and return where it begins; `_enter` lets it be found."""
        rights = self._rights.place_of(body["rights"], codes)
        photo = bytes.fromhex(body.get("photo") or "")
        initial, name = body.get("initial", "").encode(), body["display_name"].encode()
        flags = (_BLOCKED if body["state"] == "blocked" else 0) | (_PHOTO if photo else 0)
        known_by = bytes.fromhex(f"{body['uid']}{_id_digits(body)}{body['key']}")
        place = len(self._rows)
        tail = _TAIL.pack(flags, len(initial), len(name), rights)
        self._rows += b"".join((known_by, tail, photo, initial, name))
        self._count += 1
        return place

    def _enter(self, place: int) -> None:
        if not (self._by_uid.add(self._rows, place) and self._by_id.add(self._rows, place)):
            raise NamedTwice

    def _index_anew(self) -> None:
        self._by_uid = RowIndex(0, UID_LENGTH, self._count)
        self._by_id = RowIndex(UID_LENGTH, _ID_BYTES, self._count)
        for place, _ in self._spans():
            self._enter(place)

    def _close_gaps(self) -> None:
        """Leave out the rows of cards that went; the index is then to be made anew."""
        old = memoryview(self._rows)
        rows = bytearray(1)
        for place, end in self._spans():
            rows += old[place:end]
        self._rows, self._gone_bytes = rows, 0

    def _read(self, place: int) -> ListedCard:
        rows = self._rows
        uid, card_id, key, flags, initial, name, rights = _HEAD.unpack_from(rows, place)
        at = place + _HEAD.size
        photo = None
        if flags & _PHOTO:
            photo = rows[at : at + _PHOTO_BYTES].hex()
            at += _PHOTO_BYTES
        named = at + initial
        holder = Holder(
            card_id=_written(card_id),
            display_name=rows[named : named + name].decode(),
            blocked=bool(flags & _BLOCKED),
            rights=self._rights.at(rights),
        )
        return ListedCard(uid, holder, Secret(key), rows[at:named].decode(), photo)


class CardIds(Mapping[str, bytes]):
    """The UIDs of a table's cards, by card id."""

    def __init__(self, table: CardTable) -> None:
        self._table = table

    def __getitem__(self, card_id: str) -> bytes:
        """Return the UID of the card with this id; raise KeyError."""
        try:
            uid = self._table.uid_of(UUID(card_id).bytes)
        except ValueError:
            uid = None
        if uid is None:
            raise KeyError(card_id)
        return uid

    def __iter__(self) -> Iterator[str]:
        """Give the card ids."""
        return self._table.each_id()

    def __len__(self) -> int:
        """Count the cards."""
        return len(self._table)

    def __repr__(self) -> str:
        return f"CardIds({len(self)} cards)"


class _RightsBook:
    """Different rights, each kept once and named by a number."""

    def __init__(self) -> None:
        self._rights: list[tuple[Right, ...]] = []
        self._places: dict[tuple[Right, ...], int] = {}
        #: By their text and the services they were checked against: most cards share a few.
        self._written: dict[tuple[str, frozenset[str]], int] = {}

    def copy(self) -> "_RightsBook":
        """Return another that grows apart from this one."""
        book = _RightsBook()
        book._rights, book._places = list(self._rights), dict(self._places)
        return book

    def at(self, place: int) -> tuple[Right, ...]:
        """Return the rights of this number."""
        return self._rights[place]

    def place_of(self, bodies: list[RightBody], codes: frozenset[str]) -> int:
        """Return the number of these rights to `codes`, new or not; raise NamedTwice."""
        written = (repr(bodies), codes)
        place = self._written.get(written)
        if place is None:
            place = self._look_up(bodies, codes)
            if len(self._written) >= _WRITTEN_RIGHTS_MAX:
                self._written.clear()
            self._written[written] = place
        return place

    def forget_texts(self) -> None:
        """Forget what only served while cards came in."""
        self._written.clear()

    def _look_up(self, bodies: list[RightBody], codes: frozenset[str]) -> int:
        named = [body["service"] for body in bodies]
        if not codes.issuperset(named) or len(set(named)) != len(named):
            raise NamedTwice
        rights = tuple(_right(body) for body in bodies)
        place = self._places.setdefault(rights, len(self._rights))
        if place == len(self._rights):
            self._rights.append(rights)
        return place


def _id_digits(body: CardBody) -> str:
    return body["card_id"].replace("-", "")


def _written(card_id: bytes | bytearray) -> str:
    text = card_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _right(body: RightBody) -> Right:
    days, reserved = body.get("days"), body.get("reserved_on")
    return Right(
        service=body["service"],
        days=None if days is None else frozenset(days),
        reserved_on=None if reserved is None else frozenset(reserved),
        meals_left=body.get("meals_left"),
        passages_max=body.get("passages_max"),
        week_used=body.get("week_used", 0),
    )
