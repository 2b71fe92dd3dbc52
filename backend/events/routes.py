"""A partner's events, read by its own system with its own token."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from backend.cursors import CursorInvalid, cursor_field, read_cursor, write_cursor
from backend.events.content import EVENTS_LIST, Event, EventKind
from backend.events.errors import EventTokenMissing
from backend.events.feed import EVENTS_PER_PAGE_MAX, read_events
from backend.events.tokens import partner_of
from backend.http import ServicesDependency

EVENTS_PER_PAGE = 50

router = APIRouter(prefix="/v1", tags=["events"])
_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="EventToken",
    description="The token of a partner's own system, from the partner's space.",
)
Cursor = Annotated[str, cursor_field(EVENTS_LIST)]


def current_partner(
    services: ServicesDependency,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> UUID:
    """Return the partner that asks; raise EventTokenMissing, EventTokenInvalid."""
    if credentials is None:
        raise EventTokenMissing
    with services.database.reading() as session:
        return partner_of(session, credentials.credentials)


CurrentPartner = Annotated[UUID, Depends(current_partner)]


class EventDataBody(BaseModel):
    """The payment, and what became of it. Nothing of a holder is here."""

    payment_id: UUID
    return_id: UUID | None = Field(description="the void's or the refund's")
    outlet_id: UUID | None
    terminal_id: UUID
    benefit: str | None
    amount_cents: int = Field(description="what moved")
    left_cents: int = Field(description="what of the payment was still paid after it")
    authorisation_number: str | None


class EventBody(BaseModel):
    """One event, as it is also sent to endpoints; take an unknown `type` as if it were not there.

    `id` is the same however often it comes.
    """

    id: UUID
    type: EventKind
    timestamp: datetime
    cursor: str = Field(description="where to go on after this event")
    data: EventDataBody


class EventPageBody(BaseModel):
    """Some events in order; ask again with `after` = `cursor`, at once where `has_more`."""

    events: list[EventBody] = Field(max_length=EVENTS_PER_PAGE_MAX)
    cursor: str
    has_more: bool


@router.get("/events")
def list_events(
    partner_id: CurrentPartner,
    services: ServicesDependency,
    limit: Annotated[int, Query(ge=1, le=EVENTS_PER_PAGE_MAX)] = EVENTS_PER_PAGE,
    after: Cursor | None = None,
) -> EventPageBody:
    """Read what happened to a partner's payments, from its first on, or after a cursor."""
    begin = 0 if after is None else read_place(after)
    with services.database.reading() as session:
        page = read_events(session, partner_id, begin, limit)
    return EventPageBody(
        events=[_body(one) for one in page.events],
        cursor=write_cursor(EVENTS_LIST, str(page.reached)),
        has_more=page.has_more,
    )


def read_place(cursor: str) -> int:
    """Return the number in a cursor of events; raise CursorInvalid."""
    position = read_cursor(EVENTS_LIST, cursor)
    if not (position.isascii() and position.isdecimal() and len(position) <= 18):
        raise CursorInvalid
    return int(position)


def _body(event: Event) -> EventBody:
    return EventBody.model_validate(event.as_json())
