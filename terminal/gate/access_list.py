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

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.utils import base64url_decode
from pydantic import BaseModel, ValidationError

from passcard.secret import Secret
from terminal.errors import TerminalError
from terminal.gate.decision import Holder, Hours, Right, Service
from terminal.gate.list_body import (
    CardBody,
    DayCodeBody,
    ListBody,
    PlaceBody,
    RightBody,
    ServiceBody,
    SiblingBody,
)

LIST_BYTES_MAX: Final = 192 * 1024 * 1024
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


def read_payload(payload: bytes, gate: str) -> AccessList:
    """Return the list in a payload whose signature was verified; raises ListRefused."""
    body = read_body(payload, ListBody, gate)
    return build_list(body, {card.uid: card for card in map(build_card, body.cards)})


def signed_payload(jws: str, key: Ed25519PublicKey) -> bytes:
    """Return what the pinned key signed; raises ListRefused."""
    if len(jws) > LIST_BYTES_MAX:
        raise ListRefused(ListFault.MALFORMED)
    try:
        payload: bytes = jwt.PyJWS().decode(jws, key, algorithms=["EdDSA"])
    except jwt.InvalidTokenError:
        raise ListRefused(ListFault.TAMPERED) from None
    return payload


def read_body(payload: bytes, kind: type[B], gate: str) -> B:
    """Return a well-formed body for this gate; raises ListRefused."""
    try:
        body = kind.model_validate_json(payload)
    except ValidationError:
        # The error would quote what it found: keys and names.
        raise ListRefused(ListFault.MALFORMED) from None
    if getattr(body, "gate", None) != gate:
        raise ListRefused(ListFault.ANOTHER_GATE)
    return body


def check_supersedes(fresh: AccessList, held: AccessList | None) -> None:
    """Raise ListRefused if `fresh` would turn the gate back to an older list."""
    if held is not None and not fresh.supersedes(held):
        raise ListRefused(ListFault.OLDER)


def build_list(body: PlaceBody, cards: Mapping[bytes, ListedCard]) -> AccessList:
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
        uids={card.holder.card_id: uid for uid, card in cards.items()},
        counted=body.counted,
        digest=body.digest,
        siblings=siblings,
        day_codes=tuple(_day_code(each) for each in body.day_codes),
    )


def build_card(body: CardBody) -> ListedCard:
    """Return a card of a body that was checked."""
    holder = Holder(
        card_id=str(body.card_id),
        display_name=body.display_name,
        blocked=body.state == "blocked",
        rights=tuple(_right(right) for right in body.rights),
    )
    key = Secret(bytes.fromhex(body.key))
    return ListedCard(bytes.fromhex(body.uid), holder, key, body.initial, body.photo)


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


def _right(body: RightBody) -> Right:
    return Right(
        service=body.service,
        days=None if body.days is None else frozenset(body.days),
        reserved_on=None if body.reserved_on is None else frozenset(body.reserved_on),
        meals_left=body.meals_left,
        passages_max=body.passages_max,
        week_used=body.week_used,
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
