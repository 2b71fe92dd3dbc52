"""The signed list of cards a gate may admit: verified, parsed, searched by UID.

Promise: an `AccessList` was signed by the pinned Ed25519 key (RFC 8037), is for this gate, and is
well-formed: only `read_access_list` makes one. Fields this version does not know are ignored
within format 1, because a terminal is updated on another day than the backend: a change of meaning
takes another format number, and that is refused. No key and no name is ever in a message or repr.

Not here: files (see `list_store.py`), and the decision. `valid_until` does not close the gate: an
outage must not leave a school without lunch, and a late blocking is the smaller harm. The screen
says how old the list is, and turns amber.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from passcard.secret import Secret
from terminal.errors import TerminalError
from terminal.gate.decision import Holder, Hours, Right, Service

FORMAT: Final = 2
LIST_BYTES_MAX: Final = 8 * 1024 * 1024
CARDS_MAX: Final = 30_000
SERVICES_MAX: Final = 50
PASSAGES_PER_DAY_MAX: Final = 20
CLOSED_DAYS_MAX: Final = 800
RESERVED_DAYS_MAX: Final = 100
MEALS_MAX: Final = 10_000
GATES_MAX: Final = 100
CLOCK_BEHIND_MAX: Final = timedelta(minutes=10)
"""How far this machine's clock may be behind the backend's before hours mean nothing."""


class ListFault(StrEnum):
    """Why a list was refused."""

    TAMPERED = "tampered"  # the signature is not the pinned key's
    MALFORMED = "malformed"
    ANOTHER_GATE = "another_gate"
    OLDER = "older"  # than the one held: somebody replays a list with a card since blocked


class ListRefused(TerminalError):
    """The list is not to be used; the one held stays. `fault` says why, nothing is quoted."""

    def __init__(self, fault: ListFault) -> None:
        super().__init__(f"access list refused: {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card of this establishment, and the one key that proves it (AN10922-diversified)."""

    uid: bytes
    holder: Holder = field(repr=False)
    key: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccessList:
    """One version of a gate's list; times are aware.

    `counted` tells how far the passages of each gate of the place are in its meals and weeks: by
    terminal id, the number of the last one.
    """

    gate: str
    establishment: str
    version: int
    issued_at: datetime
    valid_until: datetime
    hours: Hours
    cards: dict[bytes, ListedCard] = field(repr=False)
    counted: Mapping[str, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Return the wall clock of the place."""
        return self.hours.zone

    def find(self, uid: bytes) -> ListedCard | None:
        """Return the card with this UID, or None."""
        return self.cards.get(uid)

    def name_of(self, card_id: str) -> str | None:
        """Return the first name of a card's holder, for the supervisor's list."""
        for card in self.cards.values():
            if card.holder.card_id == card_id:
                return card.holder.display_name
        return None

    def proves_clock_wrong(self, now: datetime) -> bool:
        """Tell whether `now` cannot be: the list was issued after it (a dead clock battery)."""
        return now < self.issued_at - CLOCK_BEHIND_MAX

    def supersedes(self, held: "AccessList") -> bool:
        """Tell whether it may replace `held`: never back to an older version or an older issue."""
        return (self.version, self.issued_at) >= (held.version, held.issued_at)


def read_access_list(jws: str, key: Ed25519PublicKey, gate: str) -> AccessList:
    """Return the verified list of `gate` (its terminal id); raises ListRefused."""
    if len(jws) > LIST_BYTES_MAX:
        raise ListRefused(ListFault.MALFORMED)
    try:
        payload = jwt.PyJWS().decode(jws, key, algorithms=["EdDSA"])
    except jwt.InvalidTokenError:
        raise ListRefused(ListFault.TAMPERED) from None
    try:
        body = _ListBody.model_validate_json(payload)
    except ValidationError:
        # The error would quote what it found: keys and names.
        raise ListRefused(ListFault.MALFORMED) from None
    if body.gate != gate:
        raise ListRefused(ListFault.ANOTHER_GATE)
    return _access_list(body)


def check_supersedes(fresh: AccessList, held: AccessList | None) -> None:
    """Raise ListRefused if `fresh` would turn the gate back to an older list."""
    if held is not None and not fresh.supersedes(held):
        raise ListRefused(ListFault.OLDER)


_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
_WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Days = Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class _ServiceBody(_Body):
    service: _Code
    label: _Label
    days: _Days
    opens: _WallTime
    closes: _WallTime
    passages_max: Annotated[int, Field(ge=1, le=PASSAGES_PER_DAY_MAX)]
    week_max: Annotated[int, Field(ge=1, le=7 * PASSAGES_PER_DAY_MAX)] | None = None
    held_on_closed_days: bool = False

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("a service opens and closes on one day")
        return self


# JSON has no dates: what is strict elsewhere reads ISO text here.
_Day = Annotated[date, Field(strict=False)]


class _RightBody(_Body):
    service: _Code
    days: _Days | None = None
    reserved_on: Annotated[list[_Day], Field(max_length=RESERVED_DAYS_MAX)] | None = None
    meals_left: Annotated[int, Field(ge=-MEALS_MAX, le=MEALS_MAX)] | None = None
    passages_max: Annotated[int, Field(ge=1, le=PASSAGES_PER_DAY_MAX)] | None = None
    week_used: Annotated[int, Field(ge=0, le=MEALS_MAX)] = 0


class _CardBody(_Body):
    uid: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{14}$")]
    card_id: UUID
    key: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{32}$")]
    display_name: Annotated[str, StringConstraints(max_length=100)]
    state: Literal["active", "blocked"]
    rights: Annotated[list[_RightBody], Field(max_length=SERVICES_MAX)]


class _ListBody(_Body):
    format: Literal[2]
    gate: str
    establishment: _Label
    version: Annotated[int, Field(ge=1)]
    issued_at: AwareDatetime
    valid_until: AwareDatetime
    timezone: str
    services: Annotated[list[_ServiceBody], Field(max_length=SERVICES_MAX)]
    closed_days: Annotated[list[_Day], Field(max_length=CLOSED_DAYS_MAX)]
    counted: Annotated[dict[str, Annotated[int, Field(ge=0)]], Field(max_length=GATES_MAX)]
    cards: Annotated[list[_CardBody], Field(max_length=CARDS_MAX)]

    @model_validator(mode="after")
    def _names_each_thing_once(self) -> Self:
        codes = {service.service for service in self.services}
        uids = {card.uid for card in self.cards}
        ids = {card.card_id for card in self.cards}
        if len(codes) != len(self.services) or not len(uids) == len(ids) == len(self.cards):
            raise ValueError("named twice")
        for card in self.cards:
            rights = [right.service for right in card.rights]
            if not codes.issuperset(rights) or len(set(rights)) != len(rights):
                raise ValueError("a right to a service that is not in the list, or two to one")
        if self.valid_until <= self.issued_at:
            raise ValueError("never valid")
        return self


def _access_list(body: _ListBody) -> AccessList:
    try:
        zone = ZoneInfo(body.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ListRefused(ListFault.MALFORMED) from None
    cards = (_card(card) for card in body.cards)
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
        cards={card.uid: card for card in cards},
        counted=body.counted,
    )


def _service(body: _ServiceBody) -> Service:
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


def _card(body: _CardBody) -> ListedCard:
    holder = Holder(
        card_id=str(body.card_id),
        display_name=body.display_name,
        blocked=body.state == "blocked",
        rights=tuple(_right(right) for right in body.rights),
    )
    return ListedCard(bytes.fromhex(body.uid), holder, Secret(bytes.fromhex(body.key)))


def _right(body: _RightBody) -> Right:
    return Right(
        service=body.service,
        days=None if body.days is None else frozenset(body.days),
        reserved_on=None if body.reserved_on is None else frozenset(body.reserved_on),
        meals_left=body.meals_left,
        passages_max=body.passages_max,
        week_used=body.week_used,
    )
