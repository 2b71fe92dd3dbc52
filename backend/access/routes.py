"""Access lists out, passages in; for gates only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backend.access.access_list import issue_access_list
from backend.access.news import NEWS_MAX, read_news
from backend.access.passages import BATCH_MAX, PassageReport, QuarantineReason, record_passages
from backend.access.tables import DETAIL_CHARACTERS_MAX, SERVICE_CODE_CHARACTERS_MAX, GateAnswer
from backend.http import ErrorBody, ServicesDependency
from backend.partners.authentication import CurrentTerminal, TerminalKind, require_kind

router = APIRouter(prefix="/v1", tags=["access"])

ETAG_CHARACTERS_MAX = 200
BIGGEST_INTEGER = 2**63 - 1


class AccessListBody(BaseModel):
    """A gate's list as a compact JWS (RFC 7515), EdDSA under the list-signing key."""

    list: str


class PassageBody(BaseModel):
    """One decided tap, admitted or refused."""

    model_config = ConfigDict(extra="forbid")

    passage_id: UUID
    sequence: int = Field(ge=1, le=BIGGEST_INTEGER, description="the gate's own count, from 1")
    occurred_at: AwareDatetime
    uid: str = Field(pattern=r"^([0-9A-F]{2}){1,10}$", description="what the card called itself")
    card_id: UUID | None
    service: str | None = Field(max_length=SERVICE_CODE_CHARACTERS_MAX)
    answer: GateAnswer
    detail: str | None = Field(max_length=DETAIL_CHARACTERS_MAX)
    list_version: int | None = Field(ge=0, le=BIGGEST_INTEGER)


class PassagesBody(BaseModel):
    """A batch, in the order of its numbers."""

    model_config = ConfigDict(extra="forbid")

    passages: list[PassageBody] = Field(min_length=1, max_length=BATCH_MAX)


class QuarantinedBody(BaseModel):
    """A passage put aside: it need not be sent again."""

    passage_id: UUID
    reason: QuarantineReason


class ReceiptBody(BaseModel):
    """What became of each passage."""

    recorded: list[UUID]
    already_recorded: list[UUID]
    quarantined: list[QuarantinedBody]


@router.get(
    "/access-list",
    response_model=AccessListBody,
    responses={304: {"description": "Still the list of If-None-Match"}, 404: {"model": ErrorBody}},
)
def access_list(
    terminal: CurrentTerminal,
    services: ServicesDependency,
    if_none_match: Annotated[str | None, Header(max_length=ETAG_CHARACTERS_MAX)] = None,
) -> Response:
    """Give a gate its signed list, or 304 when it has it already."""
    require_kind(terminal, TerminalKind.GATE)
    known_version = _version_in(if_none_match)
    issued = issue_access_list(services, terminal.terminal_id, known_version)
    if issued is None:
        return Response(status_code=304, headers=_headers(known_version))
    body = AccessListBody(list=issued.jws).model_dump_json()
    return Response(body, media_type="application/json", headers=_headers(issued.version))


class SiblingPassageBody(BaseModel):
    """An admission at another gate of the same establishment."""

    passage_id: UUID
    gate: UUID = Field(description="the terminal id of that gate")
    sequence: int = Field(description="that gate's own count")
    card_id: UUID
    service: str
    occurred_at: AwareDatetime


class NewsBody(BaseModel):
    """What a gate must hear between two lists; the same news may come twice."""

    cursor: AwareDatetime = Field(description="the `since` of the next question")
    blocked: list[UUID] = Field(max_length=NEWS_MAX, description="cards blocked meanwhile")
    passages: list[SiblingPassageBody] = Field(max_length=NEWS_MAX)


@router.get("/gate-news")
def gate_news(
    terminal: CurrentTerminal, services: ServicesDependency, since: AwareDatetime | None = None
) -> NewsBody:
    """Tell a gate which cards were blocked, and who passed at its siblings, since a cursor."""
    require_kind(terminal, TerminalKind.GATE)
    with services.database.reading() as session:
        news = read_news(session, terminal.terminal_id, since, services.now())
    passages = [
        SiblingPassageBody(
            passage_id=passage.passage_id,
            gate=passage.gate,
            sequence=passage.sequence,
            card_id=passage.card_id,
            service=passage.service,
            occurred_at=passage.occurred_at,
        )
        for passage in news.passages
    ]
    return NewsBody(cursor=news.cursor, blocked=list(news.blocked), passages=passages)


@router.post("/passages")
def passages(
    body: PassagesBody, terminal: CurrentTerminal, services: ServicesDependency
) -> ReceiptBody:
    """Record a gate's passages, each exactly once however often it is sent."""
    require_kind(terminal, TerminalKind.GATE)
    reports = [_report(passage) for passage in body.passages]
    with services.database.unit_of_work() as session:
        receipt = record_passages(session, terminal.terminal_id, reports, services.now())
    return ReceiptBody(
        recorded=receipt.recorded,
        already_recorded=receipt.already_recorded,
        quarantined=[
            QuarantinedBody(passage_id=passage_id, reason=reason)
            for passage_id, reason in receipt.quarantined.items()
        ],
    )


def _report(body: PassageBody) -> PassageReport:
    return PassageReport(
        passage_id=body.passage_id,
        sequence=body.sequence,
        occurred_at=body.occurred_at,
        uid=bytes.fromhex(body.uid),
        card_id=body.card_id,
        service=body.service,
        answer=body.answer,
        detail=body.detail,
        list_version=body.list_version,
    )


def _headers(version: int | None) -> dict[str, str]:
    # The list holds keys: no cache on the way may keep it (RFC 9111 §5.2.2.5).
    return {"ETag": f'"{version}"', "Cache-Control": "no-store"}


def _version_in(if_none_match: str | None) -> int | None:
    """Return the version in an entity tag of ours; any other tag is none we know."""
    tag = (if_none_match or "").strip().removeprefix("W/").strip('"')
    return int(tag) if tag.isascii() and tag.isdigit() else None
