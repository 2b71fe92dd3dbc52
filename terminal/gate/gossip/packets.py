"""A datagram between two gates of a place: signed JSON, small enough never to be cut.

Promise: `open_packet` gives only what the named sibling signed for this gate, in bounds; everything
else is PacketRefused, and costs one signature check at most. No name and no key travels: ids, a
service, a moment. Pure.

On the wire: `PG1`, the Ed25519 signature (64 bytes) over a context and the body, the JSON body.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

PACKET_BYTES_MAX: Final = 1232
"""What an IPv6 path carries whole (RFC 8200 §5: 1280, less the headers)."""
LINES_MAX: Final = 4
BIGGEST: Final = 2**53
_MAGIC: Final = b"PG1"
_CONTEXT: Final = b"pass-gate-gossip-1\n"
_SIGNATURE_BYTES: Final = 64


class PacketRefused(ValueError):
    """Not a datagram of a sibling for this gate."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A counter-entry: `sequence` is the sender's own number for it."""

    sequence: int
    passage_id: UUID


@dataclass(frozen=True, slots=True)
class Admitted:
    """An admission at the sender."""

    sequence: int
    passage_id: UUID
    card_id: UUID | None
    service: str
    occurred_at: datetime
    day_code_id: UUID | None = None


Line = Admitted | TakenBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What one gate tells another.

    `lines` are all its admissions and counter-entries with numbers after `after`, up to `upto`;
    `holds` is how far it holds those of the one it speaks to. `number` only ever grows.
    """

    gate: str
    to: str
    number: tuple[int, int]
    after: int
    upto: int
    holds: int
    lines: tuple[Line, ...] = ()


_Number = Annotated[int, Field(ge=0, le=BIGGEST)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _LineBody(_Body):
    s: _Number
    i: UUID
    c: UUID | None = None
    v: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")] | None = None
    t: AwareDatetime | None = None
    d: UUID | None = None


class _PacketBody(_Body):
    g: UUID
    to: UUID
    e: _Number
    n: _Number
    a: _Number
    u: _Number
    h: _Number
    l: Annotated[list[_LineBody], Field(max_length=LINES_MAX)]  # noqa: E741 -- a name on the wire


def seal_packet(packet: Packet, key: Ed25519PrivateKey) -> bytes:
    """Return the datagram."""
    body = {
        "g": packet.gate,
        "to": packet.to,
        "e": packet.number[0],
        "n": packet.number[1],
        "a": packet.after,
        "u": packet.upto,
        "h": packet.holds,
        "l": [_line_body(line) for line in packet.lines],
    }
    raw = json.dumps(body, separators=(",", ":")).encode()
    sealed = _MAGIC + key.sign(_CONTEXT + raw) + raw
    assert len(sealed) <= PACKET_BYTES_MAX, "LINES_MAX lines fit"
    return sealed


def open_packet(datagram: bytes, keys: Mapping[str, Ed25519PublicKey], own: str) -> Packet:
    """Return what a sibling says to `own`; raises PacketRefused."""
    head = len(_MAGIC) + _SIGNATURE_BYTES
    if not head < len(datagram) <= PACKET_BYTES_MAX or not datagram.startswith(_MAGIC):
        raise PacketRefused("no datagram of a gate")
    raw = datagram[head:]
    try:
        body = _PacketBody.model_validate_json(raw)
    except ValidationError:
        raise PacketRefused("malformed") from None
    key = keys.get(str(body.g))
    if key is None or str(body.to) != own:
        raise PacketRefused("of nobody here, or for somebody else")
    try:
        key.verify(datagram[len(_MAGIC) : head], _CONTEXT + raw)
    except InvalidSignature:
        raise PacketRefused("not signed by the one it names") from None
    if body.u < body.a or any(not body.a < line.s <= body.u for line in body.l):
        raise PacketRefused("its numbers contradict each other")
    return Packet(
        gate=str(body.g),
        to=str(body.to),
        number=(body.e, body.n),
        after=body.a,
        upto=body.u,
        holds=body.h,
        lines=tuple(_line(line) for line in body.l),
    )


def _line_body(line: Line) -> dict[str, object]:
    if isinstance(line, TakenBack):
        return {"s": line.sequence, "i": str(line.passage_id)}
    at = line.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body: dict[str, object] = {"s": line.sequence, "i": str(line.passage_id), "v": line.service}
    body["t"] = at
    if line.card_id is not None:
        body["c"] = str(line.card_id)
    if line.day_code_id is not None:
        body["d"] = str(line.day_code_id)
    return body


def _line(body: _LineBody) -> Line:
    if body.v is None or body.t is None:
        return TakenBack(body.s, body.i)
    return Admitted(body.s, body.i, body.c, body.v, body.t, body.d)
