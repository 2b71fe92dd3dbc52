"""The signed list of cards a gate may admit: verified, parsed, searched by UID.

Promise: an `AccessList` was signed by the pinned Ed25519 key (RFC 8037), is for this gate, and is
well-formed: only `read_access_list`, and `list_changes.py` from one that it made, make any. Fields
this version does not know are ignored within the format, because a terminal is updated on another
day than the backend: a change of meaning takes another format number, and that is refused. No key
and no name is ever in a message or repr.

Not here: files (see `list_store.py`), and the decision. `valid_until` does not close the gate: an
outage must not leave a school without lunch, and a late blocking is the smaller harm. The screen
says how old the list is, and turns amber.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.utils import base64url_decode
from pydantic import BaseModel

from terminal.errors import TerminalError
from terminal.gate.card_table import CardTable, ListedCard
from terminal.gate.decision import Hours, Service
from terminal.gate.list_body import (
    CARDS,
    CARDS_MAX,
    CardBody,
    DayCodeBody,
    ListBody,
    PlaceBody,
    ServiceBody,
    SiblingBody,
)
from terminal.gate.list_parts import read_cards, take_apart

__all__ = [
    "AccessList",
    "DayCode",
    "ListFault",
    "ListRefused",
    "ListedCard",
    "Sibling",
    "Signed",
    "build_list",
    "check_supersedes",
    "malformed_refused",
    "read_access_list",
    "read_body",
    "read_payload",
    "signed_payload",
]

LIST_BYTES_MAX: Final = 192 * 1024 * 1024
BESIDE: Final = "~"
"""Between what is signed and its cards; in neither of them."""
_UNFOLDED_AT_ONCE: Final = 4 * 256 * 1024
"""So much base64url is read at a time: a whole region's is not there three times over."""
CLOCK_BEHIND_MAX: Final = timedelta(minutes=10)
"""How far this machine's clock may be behind the backend's before hours mean nothing."""

B = TypeVar("B", bound=BaseModel)


class ListFault(StrEnum):
    """Why a list was refused."""

    TAMPERED = "tampered"  # the signature is not the pinned key's
    MALFORMED = "malformed"
    ANOTHER_GATE = "another_gate"
    OLDER = "older"  # than the one held: somebody replays a list with a card since blocked
    GAP = "gap"  # changes to another list than the one held


class ListRefused(TerminalError):
    """The list is not to be used; the one held stays. `fault` says why, nothing is quoted."""

    def __init__(self, fault: ListFault) -> None:
        super().__init__(f"access list refused: {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another gate of the place."""

    gate: str
    name: str
    key: Ed25519PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class DayCode:
    """A code that stands in for a card on one day; only its digest is known here."""

    code_id: str
    salt: str = field(repr=False)
    digest: bytes = field(repr=False)
    service: str
    day: date
    label: str
    passages_max: int
    card_id: str | None


@dataclass(frozen=True, slots=True)
class AccessList:
    """One version of a gate's list; times are aware.

    `counted` tells how far the passages of each gate of the place are in its meals and weeks: by
    terminal id, the number of the last one. `uids` finds a card by its id.
    """

    gate: str
    establishment: str
    version: int
    issued_at: datetime
    valid_until: datetime
    hours: Hours
    cards: Mapping[bytes, ListedCard] = field(repr=False)
    uids: Mapping[str, bytes] = field(repr=False)
    counted: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    digest: str | None = None
    siblings: tuple[Sibling, ...] = ()
    day_codes: tuple[DayCode, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Return the wall clock of the place."""
        return self.hours.zone

    @property
    def etag(self) -> str:
        """Return what names this list to the backend."""
        return f'"{self.version}"' if self.digest is None else f'"{self.version}-{self.digest}"'

    def find(self, uid: bytes) -> ListedCard | None:
        """Return the card with this UID, or None."""
        return self.cards.get(uid)

    def card_of(self, card_id: str) -> ListedCard | None:
        """Return the card with this id, or None."""
        uid = self.uids.get(card_id)
        return None if uid is None else self.cards[uid]

    def name_of(self, card_id: str) -> str | None:
        """Return what a supervisor may call a card's holder."""
        card = self.card_of(card_id)
        return None if card is None else card.name

    def proves_clock_wrong(self, now: datetime) -> bool:
        """Tell whether `now` cannot be: the list was issued after it (a dead clock battery)."""
        return now < self.issued_at - CLOCK_BEHIND_MAX

    def supersedes(self, held: "AccessList") -> bool:
        """Tell whether it may replace `held`: never back to an older version or an older issue."""
        return (self.version, self.issued_at) >= (held.version, held.issued_at)


def read_access_list(jws: str, key: Ed25519PublicKey, gate: str) -> AccessList:
    """Return the verified list of `gate` (its terminal id); raises ListRefused."""
    return read_payload(signed_payload(jws, key), gate)


@dataclass(frozen=True, slots=True)
class Signed:
    """What the pinned key signed: a JSON object, and the array of cards that it names, if any."""

    payload: bytes = field(repr=False)
    cards: bytearray | None = field(default=None, repr=False)


def read_payload(signed: Signed, gate: str) -> AccessList:
    """Return the list in what was signed; raises ListRefused."""
    body, cards = read_body(signed, ListBody, gate)
    with malformed_refused():
        table = CardTable.of(cards, [service.service for service in body.services])
    return build_list(body, table)


def signed_payload(text: str, key: Ed25519PublicKey) -> Signed:
    """Return what the pinned key signed, with the cards that it names; raises ListRefused.

    The cards lie beside the signature, which holds their SHA-256: neither the backend's vault nor
    an HSM has to take a whole school in.
    """
    if len(text) > LIST_BYTES_MAX:
        raise ListRefused(ListFault.MALFORMED)
    end = text.find(BESIDE)
    try:
        payload: bytes = jwt.PyJWS().decode(
            text if end < 0 else text[:end], key, algorithms=["EdDSA"]
        )
    except jwt.InvalidTokenError:
        raise ListRefused(ListFault.TAMPERED) from None
    if end < 0 or end + 1 == len(text):
        return Signed(payload)
    return Signed(payload, _named_cards(payload, text, end + 1))


def _named_cards(payload: bytes, text: str, begin: int) -> bytearray:
    """Return the cards that lie in `text` from `begin` on, if it is these that were meant."""
    cards = bytearray()
    with malformed_refused():
        named = _NamedCards.model_validate_json(payload).cards_sha256
        for at in range(begin, len(text), _UNFOLDED_AT_ONCE):
            cards += base64url_decode(text[at : at + _UNFOLDED_AT_ONCE])
    if sha256(cards).hexdigest() != named:
        raise ListRefused(ListFault.TAMPERED)
    return cards


class _NamedCards(BaseModel):
    cards_sha256: str


def read_body(signed: Signed, kind: type[B], gate: str) -> tuple[B, Iterator[CardBody]]:
    """Return a well-formed body for this gate, and its cards, checked as they are taken.

    Raises ListRefused; taking the cards, what `malformed_refused` makes one.
    """
    found: Iterator[list[CardBody]]
    with malformed_refused():
        if signed.cards is None:
            parts = take_apart(signed.payload)
            found = map(CARDS.validate_json, parts.chunks())
        else:
            parts = take_apart(_with_no_cards(signed.payload))
            found = read_cards(signed.cards, CARDS.validate_json)
        body = kind.model_validate_json(parts.place)
    if getattr(body, "gate", None) != gate:
        raise ListRefused(ListFault.ANOTHER_GATE)
    return body, _bounded(found)


def _with_no_cards(payload: bytes) -> bytes:
    end = payload.rstrip()
    if not end.endswith(b"}"):
        raise ValueError("no object")
    return end[:-1] + b',"cards":[]}'


def _bounded(found: Iterable[list[CardBody]]) -> Iterator[CardBody]:
    taken = 0
    for cards in found:
        taken += len(cards)
        if taken > CARDS_MAX:
            raise ValueError("too many cards")
        yield from cards


@contextmanager
def malformed_refused() -> Iterator[None]:
    """Refuse a list for whatever is wrong in it, without quoting it: it would be keys and names."""
    try:
        yield
    except ValueError:  # pydantic's are ValueErrors
        raise ListRefused(ListFault.MALFORMED) from None


def check_supersedes(fresh: AccessList, held: AccessList | None) -> None:
    """Raise ListRefused if `fresh` would turn the gate back to an older list."""
    if held is not None and not fresh.supersedes(held):
        raise ListRefused(ListFault.OLDER)


def build_list(body: PlaceBody, cards: CardTable) -> AccessList:
    """Put a list together; raises ListRefused."""
    try:
        zone = ZoneInfo(body.timezone)
        siblings = tuple(_sibling(each) for each in body.siblings)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ListRefused(ListFault.MALFORMED) from None
    return AccessList(
        gate=body.gate,
        establishment=body.establishment,
        version=body.version,
        issued_at=body.issued_at,
        valid_until=body.valid_until,
        hours=Hours(
            services=tuple(_service(service) for service in body.services),
            zone=zone,
            closed_days=frozenset(body.closed_days),
        ),
        cards=cards,
        uids=cards.ids,
        counted=body.counted,
        digest=body.digest,
        siblings=siblings,
        day_codes=tuple(_day_code(each) for each in body.day_codes),
    )


def _service(body: ServiceBody) -> Service:
    return Service(
        code=body.service,
        label=body.label,
        days=frozenset(body.days),
        opens=time.fromisoformat(body.opens),
        closes=time.fromisoformat(body.closes),
        passages_max=body.passages_max,
        week_max=body.week_max,
        held_on_closed_days=body.held_on_closed_days,
    )


def _sibling(body: SiblingBody) -> Sibling:
    key = Ed25519PublicKey.from_public_bytes(base64url_decode(body.key))
    return Sibling(str(body.gate), body.name, key)


def _day_code(body: DayCodeBody) -> DayCode:
    return DayCode(
        code_id=str(body.code_id),
        salt=body.salt,
        digest=bytes.fromhex(body.digest),
        service=body.service,
        day=body.day,
        label=body.label,
        passages_max=body.passages_max,
        card_id=None if body.card_id is None else str(body.card_id),
    )
