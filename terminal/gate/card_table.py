"""The cards of a list, each kept as a short record of bytes until it is asked for.

Promise: 400,000 cards take a few hundred bytes each and no time of the garbage collector, which
would otherwise walk through all of them while somebody stands at the gate. Rights, which many
share, are kept once. Unchanging: changes make another table. Nothing of a card is in a repr.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from passcard.secret import Secret
from terminal.gate.decision import Holder, Right
from terminal.gate.list_body import CardBody, RightBody

_HEAD: Final = struct.Struct(">16s16sBBI")  # id, key, flags, length of the initial, rights
_BLOCKED: Final = 1
_PHOTO: Final = 2
_PHOTO_BYTES: Final = 32


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
        self._records: dict[bytes, bytes] = {}
        self._uids: dict[bytes, bytes] = {}
        self._rights: list[tuple[Right, ...]] = []
        self._places: dict[tuple[Right, ...], int] = {}

    @classmethod
    def of(cls, cards: Iterable[CardBody], services: Iterable[str]) -> "CardTable":
        """Return the table of these cards; raise NamedTwice."""
        table, codes = cls(), frozenset(services)
        for card in cards:
            table._add(card, codes)
        return table

    def after(
        self, gone: Iterable[UUID], cards: Iterable[CardBody], services: Iterable[str]
    ) -> "CardTable":
        """Return the table that changes lead to: cards gone, changed and new; raise NamedTwice."""
        table, codes = CardTable(), frozenset(services)
        table._records, table._uids = dict(self._records), dict(self._uids)
        table._rights, table._places = list(self._rights), dict(self._places)
        leaving, arriving = {card_id.bytes for card_id in gone}, list(cards)
        if leaving & {card.card_id.bytes for card in arriving}:
            raise NamedTwice
        for card_id in (*leaving, *(card.card_id.bytes for card in arriving)):
            uid = table._uids.pop(card_id, None)
            if uid is not None:
                del table._records[uid]
        for card in arriving:
            table._add(card, codes)
        return table

    def __getitem__(self, uid: bytes) -> ListedCard:
        """Return the card with this UID; raise KeyError."""
        return self._read(uid, self._records[uid])

    def __iter__(self) -> Iterator[bytes]:
        """Give the UIDs."""
        return iter(self._records)

    def __len__(self) -> int:
        """Count the cards."""
        return len(self._records)

    def __repr__(self) -> str:
        return f"CardTable({len(self)} cards)"

    @property
    def ids(self) -> "CardIds":
        """Return the UIDs by card id."""
        return CardIds(self._uids)

    def _add(self, body: CardBody, codes: frozenset[str]) -> None:
        uid, card_id = bytes.fromhex(body.uid), body.card_id.bytes
        named = [right.service for right in body.rights]
        if uid in self._records or card_id in self._uids:
            raise NamedTwice
        if not codes.issuperset(named) or len(set(named)) != len(named):
            raise NamedTwice
        rights = tuple(_right(right) for right in body.rights)
        place = self._places.setdefault(rights, len(self._rights))
        if place == len(self._rights):
            self._rights.append(rights)
        photo = b"" if body.photo is None else bytes.fromhex(body.photo)
        initial = body.initial.encode()
        flags = (_BLOCKED if body.state == "blocked" else 0) | (_PHOTO if photo else 0)
        head = _HEAD.pack(card_id, bytes.fromhex(body.key), flags, len(initial), place)
        self._records[uid] = b"".join((head, photo, initial, body.display_name.encode()))
        self._uids[card_id] = uid

    def _read(self, uid: bytes, record: bytes) -> ListedCard:
        card_id, key, flags, length, place = _HEAD.unpack_from(record)
        at = _HEAD.size
        photo = None
        if flags & _PHOTO:
            photo = record[at : at + _PHOTO_BYTES].hex()
            at += _PHOTO_BYTES
        holder = Holder(
            card_id=_written(card_id),
            display_name=record[at + length :].decode(),
            blocked=bool(flags & _BLOCKED),
            rights=self._rights[place],
        )
        return ListedCard(uid, holder, Secret(key), record[at : at + length].decode(), photo)


class CardIds(Mapping[str, bytes]):
    """The UIDs of a table's cards, by card id."""

    def __init__(self, uids: Mapping[bytes, bytes]) -> None:
        self._uids = uids

    def __getitem__(self, card_id: str) -> bytes:
        """Return the UID of the card with this id; raise KeyError."""
        try:
            return self._uids[UUID(card_id).bytes]
        except ValueError:
            raise KeyError(card_id) from None

    def __iter__(self) -> Iterator[str]:
        """Give the card ids."""
        return map(_written, self._uids)

    def __len__(self) -> int:
        """Count the cards."""
        return len(self._uids)

    def __repr__(self) -> str:
        return f"CardIds({len(self)} cards)"


def _written(card_id: bytes) -> str:
    text = card_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _right(body: RightBody) -> Right:
    return Right(
        service=body.service,
        days=None if body.days is None else frozenset(body.days),
        reserved_on=None if body.reserved_on is None else frozenset(body.reserved_on),
        meals_left=body.meals_left,
        passages_max=body.passages_max,
        week_used=body.week_used,
    )
