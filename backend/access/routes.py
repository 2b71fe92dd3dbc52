"""Access lists out, passages in; for gates only."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backend.access.access_list import Held, issue_access_list
from backend.access.errors import GateAddressRefused
from backend.access.interventions import Intervention
from backend.access.news import NEWS_MAX, note_heard, read_news
from backend.access.passages import BATCH_MAX, PassageReport, QuarantineReason, record_passages
from backend.access.photos import find_photo
from backend.access.tables import (
    ADDRESS_CHARACTERS_MAX,
    DETAIL_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    SERVICE_CODE_CHARACTERS_MAX,
    GateAnswer,
    InterventionKind,
)
from backend.cursors import cursor_field, read_cursor, read_moment, write_cursor
from backend.http import ServicesDependency
from backend.partners.authentication import CurrentTerminal, TerminalKind, require_kind
from backend.wire_types import Count, GateSequence, Moment

router = APIRouter(prefix="/v1", tags=["access"])

#: What its cursors are bound to.
NEWS_LIST = "gate-news"
ETAG_CHARACTERS_MAX = 200
Cursor = Annotated[str, cursor_field(NEWS_LIST)]
Sha256Text = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


#: How it is written; whether it is of a local network is looked at when it comes.
LanAddress = Annotated[
    str,
    Field(
        max_length=ADDRESS_CHARACTERS_MAX,
        pattern=r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9][0-9]{0,4}$",
        description="a private IP address and a port, as in 192.168.1.20:9262",
    ),
]


class AccessListBody(BaseModel):
    """A gate's list: a compact JWS (RFC 7515), EdDSA under the list-signing key, and its cards.

    After the JWS come a tilde and, in base64url, the JSON array of cards whose SHA-256 the signed
    `cards_sha256` is.
    """

    list: str


class InterventionBody(BaseModel):
    """What a supervisor did at the gate that no card did."""

    model_config = ConfigDict(extra="forbid")

    kind: InterventionKind
    supervisor: str = Field(min_length=1, max_length=NAME_CHARACTERS_MAX)
    reason: str = Field(min_length=1, max_length=REASON_CHARACTERS_MAX)
    note: str | None = Field(default=None, max_length=NOTE_CHARACTERS_MAX)
    cancels: UUID | None = Field(default=None, description="the passage that is taken back")
    day_code_id: UUID | None = None


class PassageBody(BaseModel):
    """One decided tap, admitted or refused, or what a supervisor did instead."""

    model_config = ConfigDict(extra="forbid")

    passage_id: UUID
    sequence: GateSequence
    occurred_at: Moment
    uid: str | None = Field(
        pattern=r"^([0-9A-F]{2}){1,10}$",
        description="what the card called itself; null where no card was there",
    )
    card_id: UUID | None
    service: str | None = Field(max_length=SERVICE_CODE_CHARACTERS_MAX)
    answer: GateAnswer
    detail: str | None = Field(max_length=DETAIL_CHARACTERS_MAX)
    list_version: Count | None
    intervention: InterventionBody | None = None


class PassagesBody(BaseModel):
    """A batch, in the order of its numbers."""

    model_config = ConfigDict(extra="forbid")

    passages: list[PassageBody] = Field(min_length=1, max_length=BATCH_MAX)


class QuarantinedBody(BaseModel):
    """A passage put aside: it need not be sent again."""

    passage_id: UUID
    reason: QuarantineReason


class PassageReceiptBody(BaseModel):
    """What became of each passage."""

    recorded: list[UUID]
    already_recorded: list[UUID]
    quarantined: list[QuarantinedBody]


@router.get(
    "/access-list",
    response_model=AccessListBody,
    responses={
        304: {"description": "Still the list of If-None-Match"},
        404: {"description": "This gate stands nowhere yet"},
    },
    name="read_access_list",
)
def access_list(
    terminal: CurrentTerminal,
    services: ServicesDependency,
    if_none_match: Annotated[str | None, Header(max_length=ETAG_CHARACTERS_MAX)] = None,
    changes: bool = False,
) -> Response:
    """Give a gate its signed list, or 304 when it has it already.

    With `changes`, only what changed since the list of If-None-Match, where that is still known;
    the signed content itself says which of the two it is.
    """
    require_kind(terminal, TerminalKind.GATE)
    held = _held(if_none_match)
    issued = issue_access_list(services, terminal.terminal_id, held, changes=changes)
    if issued is None:
        return Response(status_code=304, headers=_headers(if_none_match or ""))
    body = AccessListBody(list=issued.jws).model_dump_json()
    return Response(body, media_type="application/json", headers=_headers(issued.etag))


@router.get(
    "/gate-photos/{sha256}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}},
        404: {"description": "No such photo in its list"},
    },
    name="read_gate_photo",
)
def gate_photo(
    sha256: Sha256Text, terminal: CurrentTerminal, services: ServicesDependency
) -> Response:
    """Give a gate a photo that its list names."""
    require_kind(terminal, TerminalKind.GATE)
    with services.database.reading() as session:
        image = find_photo(session, terminal.terminal_id, bytes.fromhex(sha256))
    return Response(image, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


class SiblingPassageBody(BaseModel):
    """An admission at another gate of the same establishment."""

    passage_id: UUID
    gate: UUID = Field(description="the terminal id of that gate")
    sequence: int = Field(description="that gate's own count")
    card_id: UUID | None = Field(description="null for a guest's")
    service: str
    occurred_at: AwareDatetime
    day_code_id: UUID | None


class SiblingAddressBody(BaseModel):
    """Where another gate of the establishment listens on the school's own network."""

    gate: UUID
    address: str


class NewsBody(BaseModel):
    """What a gate must hear between two lists; the same news may come twice."""

    cursor: str = Field(description="the `since` of the next question")
    blocked: list[UUID] = Field(max_length=NEWS_MAX, description="cards blocked meanwhile")
    passages: list[SiblingPassageBody] = Field(max_length=NEWS_MAX)
    cancelled: list[UUID] = Field(max_length=NEWS_MAX, description="passages taken back")
    siblings: list[SiblingAddressBody]


class GateAddressBody(BaseModel):
    """Where a gate listens for its siblings; null where it does not."""

    model_config = ConfigDict(extra="forbid")

    address: LanAddress | None


@router.get("/gate-news", name="read_gate_news")
def gate_news(
    terminal: CurrentTerminal, services: ServicesDependency, since: Cursor | None = None
) -> NewsBody:
    """Tell a gate which cards were blocked, and who passed at its siblings, since a cursor."""
    require_kind(terminal, TerminalKind.GATE)
    begin = None if since is None else read_moment(read_cursor(NEWS_LIST, since))
    with services.database.reading() as session:
        news = read_news(session, terminal.terminal_id, begin, services.now())
    if not news.is_heard_of:
        with services.database.unit_of_work() as session:
            note_heard(session, terminal.terminal_id, services.now())
    passages = [
        SiblingPassageBody(
            passage_id=passage.passage_id,
            gate=passage.gate,
            sequence=passage.sequence,
            card_id=passage.card_id,
            service=passage.service,
            occurred_at=passage.occurred_at,
            day_code_id=passage.day_code_id,
        )
        for passage in news.passages
    ]
    return NewsBody(
        cursor=write_cursor(NEWS_LIST, news.cursor.isoformat()),
        blocked=list(news.blocked),
        passages=passages,
        cancelled=list(news.cancelled),
        siblings=[
            SiblingAddressBody(gate=each.gate, address=each.address) for each in news.siblings
        ],
    )


@router.put("/gate-address", status_code=204, name="tell_gate_address")
def gate_address(
    body: GateAddressBody, terminal: CurrentTerminal, services: ServicesDependency
) -> None:
    """Note where a gate listens, for its siblings to be told."""
    require_kind(terminal, TerminalKind.GATE)
    if body.address is not None:
        _require_local(body.address)
    with services.database.unit_of_work() as session:
        note_heard(session, terminal.terminal_id, services.now(), body.address or "")


def _require_local(address: str) -> None:
    """Let only an address of a local network pass; raise GateAddressRefused."""
    try:
        parts = urlsplit(f"//{address}")
        host, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError:
        raise GateAddressRefused from None
    if not host.is_private or host.is_unspecified or not port:
        raise GateAddressRefused


@router.post("/passages", name="upload_passages")
def passages(
    body: PassagesBody, terminal: CurrentTerminal, services: ServicesDependency
) -> PassageReceiptBody:
    """Record a gate's passages, each exactly once however often it is sent."""
    require_kind(terminal, TerminalKind.GATE)
    reports = [_report(passage) for passage in body.passages]
    with services.database.unit_of_work() as session:
        receipt = record_passages(session, terminal.terminal_id, reports, services.now())
    return PassageReceiptBody(
        recorded=receipt.recorded,
        already_recorded=receipt.already_recorded,
        quarantined=[
            QuarantinedBody(passage_id=passage_id, reason=reason)
            for passage_id, reason in receipt.quarantined.items()
        ],
    )


def _report(body: PassageBody) -> PassageReport:
    done = body.intervention
    return PassageReport(
        passage_id=body.passage_id,
        sequence=body.sequence,
        occurred_at=body.occurred_at,
        uid=None if body.uid is None else bytes.fromhex(body.uid),
        card_id=body.card_id,
        service=body.service,
        answer=body.answer,
        detail=body.detail,
        list_version=body.list_version,
        intervention=None if done is None else Intervention(**done.model_dump()),
    )


def _headers(etag: str) -> dict[str, str]:
    # The list holds keys: no cache on the way may keep it (RFC 9111 §5.2.2.5).
    return {"ETag": etag, "Cache-Control": "no-store"}


def _held(if_none_match: str | None) -> Held | None:
    """Return the version and digest in an entity tag of ours; any other tag is none we know."""
    tag = (if_none_match or "").strip().removeprefix("W/").strip('"')
    found = re.fullmatch(r"([0-9]{1,18})(?:-([0-9a-f]{16}))?", tag)
    if found is None:
        return None
    digest = None if found[2] is None else bytes.fromhex(found[2])
    return Held(int(found[1]), digest)
